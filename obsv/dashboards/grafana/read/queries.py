"""Targets: what a panel asks, if it asks Prometheus."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec

from obsv.dashboards.grafana.read.check import parse_error
from obsv.dashboards.grafana.read.expressions import Converter, NotConvertible, UnknownQuery
from obsv.dashboards.grafana.read.metricsql import to_promql
from obsv.dashboards.grafana.read.sources import Source, Sources
from obsv.dashboards.grafana.reader import LONG, Json, Node
from obsv.dashboards.model import MAX_QUERIES, Query

_REF: Final = re.compile(r"[A-Za-z0-9_]{1,20}")
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# What the editors keep for themselves, what Grafana computes, and what other data sources' editors leave behind.
_OF_EDITORS: Final = (
    "datasource", "datasourceUid", "editorMode", "key", "requestId", "useBackend", "fullMetaSearch",
    "includeNullMetadata", "disableTextWrap", "queryType", "metric", "step", "calculatedInterval", "errors",
    "format", "legendLink", "scenarioId", "builder", "qryType", "target", "textEditor", "intervalMs", "maxDataPoints",
)  # fmt: skip
_OF_OTHERS: Final = (
    "alias", "aggregation", "application", "bucketAggs", "column", "dsType", "functions", "group", "groupBy", "host",
    "item", "measurement", "metricColumn", "metrics", "mode", "options", "orderByTime", "policy", "query", "rawQuery",
    "rawSql", "resultFormat", "select", "sql", "tags", "timeColumn", "timeField", "timeColumnType", "where", "table",
    "dimensions", "namespace", "period", "region", "statistics", "expression", "type", "dataset", "adhocFilters",
)  # fmt: skip
# What the editor keeps of the other types of expressions.
_OF_EXPRESSIONS: Final = (
    "conditions", "expression", "reducer", "settings", "window", "downsampler", "upsampler", "type", "intervalFactor",
    "exemplar", "expr", "instant", "range", "interval", "legendFormat",
)  # fmt: skip
_STEP: Final = re.compile(r"[$\[].*|\d+(?:\.\d+)?(?:ms|[smhdwy])?")


@dataclass(slots=True)
class Asked:
    """What was made of a panel's targets."""

    queries: list[Query] = field(default_factory=list)
    foreign: dict[str, Node] = field(default_factory=dict)
    """Targets for something else, by what that is."""
    renamed: dict[str, str] = field(default_factory=dict)
    """References that are called otherwise here."""
    refs: set[str] = field(default_factory=set)


def read_targets(panel: Node, sources: Sources, panel_of: Callable[[float], Json | None]) -> Asked:
    """The queries of a panel; `panel_of` finds another panel, whose results one may show."""
    asked, own = Asked(), sources.of(panel.data.get("datasource"))
    panel.skip("datasource")
    least, expressions = _panel_step(panel), list[tuple[str, Node]]()
    for target in _resolved(panel, sources, panel_of):
        source = sources.of(target.data["datasource"]) if target.has("datasource") else own
        if source.kind == "mixed":
            source = Source("unknown")
        ref = _reference(target, asked)
        if source.kind == "expression":
            expressions.append((ref, target))
        elif is_foreign(target, source):
            asked.foreign.setdefault(source.name or "another data source", target)
        else:
            _add(asked, ref, read_query(target), least)
    _convert(asked, expressions)
    if len(asked.queries) > MAX_QUERIES:
        panel.tell(f"of {len(asked.queries)} queries the first {MAX_QUERIES} are here", "error")
        del asked.queries[MAX_QUERIES:]
    return asked


def _panel_step(panel: Node) -> str:
    return _step(panel, "interval")


def _step(node: Node, key: str) -> str:
    """A least step; an old one begins with `>`."""
    text = node.short(key).strip().lstrip(">=").strip()
    if text and not _STEP.fullmatch(text):
        node.tell(f"the interval {text!r} is not a duration")
        return ""
    return f"{text}s" if text.isdigit() and text != "0" else text


def _resolved(panel: Node, sources: Sources, panel_of: Callable[[float], Json | None]) -> Iterator[Node]:
    """The targets; one that shows another panel's results stands for that panel's own."""
    own = sources.of(panel.data.get("datasource"))
    for target in panel.nodes("targets"):
        source = sources.of(target.data["datasource"]) if target.has("datasource") else own
        if source.kind != "dashboard":
            yield target
            continue
        number = target.number("panelId")
        other = None if number is None else panel_of(number)
        if other is None or other is panel.data or not isinstance(targets := other.get("targets"), list):
            target.read_all(target.data)
            target.tell("the results of a panel that is not there are not shown", "error")
            continue
        target.skip("refId", "datasource", "key")
        target.usual(withTransforms=False, topic="series", panelFilter=None)
        for one in targets:
            if isinstance(one, dict) and sources.of(one.get("datasource")).kind != "dashboard":
                copied = {"datasource": other.get("datasource"), **one}
                target.ledger.made.append(copied)
                yield Node(copied, target.ledger, target.path, target.panel)


def is_foreign(target: Node, source: Source) -> bool:
    """Whether it asks something else than Prometheus."""
    if source.kind in {"other", "grafana"}:
        return True
    has_other = any(
        target.data.get(key) for key in ("rawSql", "query", "measurement", "bucketAggs", "target", "rawQuery")
    )
    return source.kind == "unknown" and not target.data.get("expr") and has_other


def _reference(target: Node, asked: Asked) -> str:
    given = target.text("refId")
    if not _REF.fullmatch(given) or given in asked.refs:
        letters = (letter + suffix for suffix in ("", *map(str, range(1, 100))) for letter in _LETTERS)
        ref = next(one for one in letters if one not in asked.refs)
        if given:
            target.tell(f"a query {given!r} is called {ref} here")
            asked.renamed.setdefault(given, ref)
    else:
        ref = given
    asked.refs.add(ref)
    return ref


def _add(asked: Asked, ref: str, query: Query | None, least: str) -> None:
    if query is not None:
        asked.queries.append(msgspec.structs.replace(query, ref=ref, step=query.step or least))


def read_query(target: Node) -> Query | None:
    """A query of Prometheus; None if there is no expression, or one that is too long."""
    target.skip(*_OF_EDITORS, *_OF_OTHERS)
    instant, ranged = target.flag("instant"), target.flag("range")
    target.usual(intervalFactor=1, exemplar=False, hide=False)
    expr = target.take("expr", str) or ""
    if len(expr) > LONG:
        target.tell(f"a query longer than {LONG} characters was left out", "error")
        return None
    legend = target.short("legendFormat")
    query = Query(
        expr=expr,
        legend="" if legend == "__auto" else legend,
        at="both" if instant and ranged else "instant" if instant else "range",
        step=_step(target, "interval"),
        hidden=target.flag("hide"),
    )
    if not expr.strip():
        return None
    if not (wrong := parse_error(expr)):
        return query
    if promql := to_promql(expr):
        target.tell("a query in MetricsQL became PromQL, which may differ where series have gaps", "warning")
        return msgspec.structs.replace(query, expr=promql)
    target.tell(f"a query is not PromQL as it stands here: {wrong}", "warning")
    return query


def _convert(asked: Asked, expressions: list[tuple[str, Node]]) -> None:
    """Turn expressions into queries, those first that others build on."""
    known = {query.ref: query for query in asked.queries}
    known |= {theirs: known[ours] for theirs, ours in asked.renamed.items() if ours in known}
    waiting = expressions
    while waiting:
        left = [one for one in waiting if not _converted(asked, known, *one, is_last=False)]
        if len(left) == len(waiting):
            for one in left:
                _converted(asked, known, *one, is_last=True)
            return
        waiting = left


def _converted(asked: Asked, known: dict[str, Query], ref: str, target: Node, *, is_last: bool) -> bool:
    """Whether an expression has become a query, or been told of; one that names what is not known waits."""
    converter = Converter(known)
    try:
        made = converter.convert(target)
    except NotConvertible as why:
        if isinstance(why, UnknownQuery) and not is_last:
            return False
        target.tell(f"{why} is not brought over", "error")
        target.read_all(target.data)
        return True
    target.skip(*_OF_EDITORS, *_OF_EXPRESSIONS)
    known[ref] = msgspec.structs.replace(made, ref=ref, hidden=target.flag("hide"))
    asked.queries.append(known[ref])
    doubts = "; ".join(converter.doubts)
    target.tell(f"the expression {ref} became PromQL{': ' if doubts else ''}{doubts}", "warning" if doubts else "info")
    return True
