"""Transformations: what a table makes of rows and columns, and what is left of that in other panels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from obsv.dashboards.grafana.patterns import all_but, exact, to_pattern
from obsv.dashboards.grafana.read.columns import TablePlan
from obsv.dashboards.grafana.read.common import calculation
from obsv.dashboards.grafana.read.draft import Draft
from obsv.dashboards.grafana.reader import SHORT, Node
from obsv.dashboards.model import BarGauge, Field, Gauge, Override, Pie, Stat, Table

_OFF: Final = Field(hide_from=("chart", "legend", "tooltip"))
_HARMLESS: Final = {"prepareTimeSeries", "convertFrameType"}
"""Forms of the same data that only Grafana tells apart."""
_FLAT: Final = {"merge", "joinByField", "seriesToColumns", "labelsToFields", "seriesToRows", "concatenate"}
"""How series become a table, which panels that show each series by itself do not need."""


def apply_transformations(draft: Draft) -> None:
    """Put what the transformations do into the view, the overrides and the queries."""
    plan = TablePlan(draft.is_instant) if isinstance(draft.view, Table) else None
    own, draft.overrides = draft.overrides, []
    for node in draft.node.nodes("transformations"):
        id_ = node.short("id")
        node.usual(topic="series", filter=None)
        if node.flag("disabled"):
            node.read_all(node.data)
            node.tell(f"the transformation {id_!r}, which is off, was left out")
            continue
        if id_ == "filterByRefId":
            _filter_by_ref(node.node("options"), draft)
        elif plan is not None:
            plan.apply(id_, node.node("options"))
        else:
            _apply_to_series(id_, node.node("options"), draft)
    if plan is not None:
        draft.view = plan.table(draft.view)  # type: ignore[arg-type]
        own = [plan.override(one) for one in own]
    draft.overrides += own


def _filter_by_ref(options: Node, draft: Draft) -> None:
    """Hide the queries that are not among those."""
    pattern, lost = to_pattern(options.short("include"))
    if options.has("exclude") or lost:
        options.tell("results are not left out by a query's name here", "warning")
        options.skip("exclude")
        return
    chosen = {query.ref for query in draft.queries if query.ref in _names(pattern)}
    draft.queries = [
        msgspec.structs.replace(query, hidden=query.hidden or query.ref not in chosen) for query in draft.queries
    ]


def _names(pattern: str) -> set[str]:
    return set(
        pattern.removeprefix("^").removesuffix("$").removeprefix("(?:").removeprefix("(").removesuffix(")").split("|")
    )


def _apply_to_series(id_: str, options: Node, draft: Draft) -> None:
    """What a transformation means where each series is shown by itself."""
    if id_ in _FLAT or id_ in _HARMLESS:
        _skip_all(options)
        if id_ in _FLAT:
            options.tell(f"the transformation {id_!r} is left out: series are shown one by one here")
        return
    if id_ in _OF_SERIES:
        _OF_SERIES[id_](options, draft)
        return
    options.read_all(options.data)
    options.tell(f"the transformation {id_!r} is not brought over", "warning")


def _skip_all(node: Node) -> None:
    node.skip(*node.names())


def _organize(options: Node, draft: Draft) -> None:
    """New names and hiding become overrides."""
    options.skip("indexByName", "orderByMode", "orderBy")
    excluded, renamed, included = (options.node(key) for key in ("excludeByName", "renameByName", "includeByName"))
    _skip_all(included)
    for name in excluded.names():
        if excluded.flag(name) and name not in {"Time", "time"}:
            draft.overrides.append(Override(match=name[:SHORT], set=_OFF))
    for name in renamed.names():
        if title := renamed.short(name):
            draft.overrides.append(_named(name, title))


def _named(name: str, title: str) -> Override:
    if name.startswith("Value #"):
        return Override(by="ref", match=name.removeprefix("Value #")[:SHORT], set=Field(name=title))
    if name == "Value":
        return Override(by="type", match="number", set=Field(name=title))
    return Override(match=name[:SHORT], set=Field(name=title))


def _filter_by_name(options: Node, draft: Draft) -> None:
    for key, wanted in (("include", all_but), ("exclude", exact)):
        chosen = options.node(key)
        chosen.usual(variable="")
        names, pattern = chosen.texts("names"), chosen.text("pattern")
        shown = [name for name in names if name not in {"Time", "time"}]
        matched = wanted(shown) if shown else ""
        if pattern or len(matched) > SHORT:
            options.tell("series are not filtered by a pattern of their name here", "warning")
        elif matched:
            draft.overrides.append(Override(by="regex", match=matched, set=_OFF))
    options.usual(byVariable=False)


def _reduce(options: Node, draft: Draft) -> None:
    """A calculation of each series is what single values are of anyway."""
    options.skip("mode", "labelsToFields", "includeTimeField")
    options.usual(fields={})
    reducers = options.texts("reducers")
    if len(reducers) > 1:
        options.tell(f"of several calculations the first is shown, not {', '.join(reducers[1:])}", "warning")
    if isinstance(draft.view, Stat | Gauge | BarGauge | Pie):
        calc = calculation(options, reducers[0]) if reducers else "max"
        reduce = msgspec.structs.replace(draft.view.reduce, calc=calc, rows=0)
        draft.view = msgspec.structs.replace(draft.view, reduce=reduce)
    else:
        options.tell("the transformation 'reduce' is not brought over", "warning")


_OF_SERIES: Final[dict[str, Callable[[Node, Draft], None]]] = {
    "organize": _organize,
    "filterFieldsByName": _filter_by_name,
    "filterByName": _filter_by_name,
    "reduce": _reduce,
}
