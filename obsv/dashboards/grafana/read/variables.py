"""Variables: what may be chosen, and what is chosen at first."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from obsv.dashboards.grafana import names, patterns
from obsv.dashboards.grafana.read.sources import Sources
from obsv.dashboards.grafana.reader import SHORT, Node
from obsv.dashboards.model import MAX_VARIABLES, Choice, Variable

ALL: Final = "$__all"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_AUTO: Final = re.compile(r"\$__auto(?:_interval_\w+)?")
_KINDS: Final = {
    "query": "query",
    "custom": "custom",
    "interval": "interval",
    "textbox": "text",
    "constant": "constant",
    "adhoc": "filters",
}
# What Grafana keeps of the last time, and what its editors do.
_KEPT: Final = (
    "definition", "skipUrlSync", "tagValuesQuery", "tagsQuery", "id", "global", "index", "state", "error",
    "rootStateKey", "initLock", "allowCustomValue", "placeholder", "queryValue", "useTags", "tags", "hideLabel",
    "hideVariable", "origin", "allFormat", "multiFormat", "refresh_on_load",
)  # fmt: skip
_QUERY_TYPES: Final = {0: "label_names", 1: "label_values", 2: "metrics", 3: "query_result", 4: "series", 5: "classic"}
_FOLDED_SORT: Final = {5: "asc", 6: "desc"}


def read_sources(nodes: list[Node], sources: Sources) -> None:
    """Note the data sources that variables choose between, before anything names them."""
    for node in nodes:
        name, plugin = node.data.get("name"), node.data.get("query")
        if node.data.get("type") == "datasource" and isinstance(name, str) and isinstance(plugin, str):
            sources.plugins[name] = plugin


def read_variables(nodes: list[Node], sources: Sources) -> tuple[Variable, ...]:
    """Our variables, each name once."""
    made: dict[str, Variable] = {}
    for node in nodes:
        variable = _read(node, sources)
        if variable is None:
            continue
        if variable.name in made:
            node.tell(f"a second variable {variable.name!r} was left out", "error")
        elif len(made) == MAX_VARIABLES:
            node.tell(f"the variable {variable.name!r} is beyond the {MAX_VARIABLES} that there may be", "error")
        else:
            made[variable.name] = variable
    return tuple(made.values())


def _read(node: Node, sources: Sources) -> Variable | None:
    kind, name = node.short("type") or "query", node.short("name")
    if kind == "datasource":
        _drop_source(node, name)
        return None
    if kind not in _KINDS or not _NAME.fullmatch(name):
        node.tell(f"the variable {name!r} of type {kind!r} is not brought over", "error")
        node.read_all(node.data)
        return None
    node.skip(*_KEPT)
    values = _MAKERS[_KINDS[kind]](node, sources)
    hide = node.number("hide") or 0
    if hide not in names.HIDE:
        node.tell(f"the variable {name!r} is shown with the others here")
    node.skip("datasource", "refresh")
    label = node.short("label")
    made = Variable(name=name, label="" if label == name else label, description=node.text("description"))
    return msgspec.structs.replace(made, hide=names.HIDE.get(int(hide), ""), **{"kind": _KINDS[kind], **values})


def _drop_source(node: Node, name: str) -> None:
    plugin = node.short("query")
    if Sources({name: plugin}).of(f"${{{name}}}").kind != "prometheus":
        node.tell(
            f"the variable {name!r} chooses a data source of {plugin or 'another kind'}, and was left out", "warning"
        )
    if node.flag("multi"):
        node.tell(f"the variable {name!r} chose several data sources, and was left out", "warning")
    # There is one source of metrics here: this organisation's own.
    node.skip(*node.names())


def _chosen(node: Node) -> tuple[str, ...]:
    current = node.node("current")
    current.skip("text", "selected", "tags", "isNone", "properties")
    value = current.data.get("value")
    chosen = current.texts("value") if value not in (None, "", {}) else []
    if not isinstance(value, str | list | int | float):
        current.skip("value")
    return tuple(
        ALL if one == "All" and current.data.get("text") in ("All", ["All"]) else one[:SHORT] for one in chosen
    )


def _many(node: Node) -> dict[str, Any]:
    return {
        "multi": node.flag("multi"),
        "all": node.flag("includeAll"),
        "all_value": node.short("allValue"),
        "value": _chosen(node),
    }


def _query(node: Node, sources: Sources) -> dict[str, Any]:
    """A query, as text or as what its editor says; one for another data source keeps the values of the last time."""
    if (source := sources.of(node.data.get("datasource"))).kind in {"other", "grafana"}:
        node.tell(f"a variable asks {source.name}, not Prometheus: it has the values of the last time", "warning")
        node.read_all(node.data.get("query"))
        node.skip("query", "sort", "regex")
        return {**_many(node), "kind": "custom", "options": tuple(_options(node)), "sort": ""}
    node.usual(regexApplyTo="value", staticOptions=([],), staticOptionsOrder="before")
    node.skip("options")
    sort = node.number("sort") or 0
    if sort in _FOLDED_SORT:
        node.tell("values are sorted with capitals first here")
    pattern, lost = patterns.to_filter(node.text("regex"))
    if lost or len(pattern) > SHORT:
        node.tell(f"a variable's regular expression is not brought over: {lost or 'it is too long'}", "warning")
    return {
        **_many(node),
        "query": _query_text(node),
        "regex": pattern if len(pattern) <= SHORT else "",
        "sort": {**names.SORT, **_FOLDED_SORT}.get(int(sort), ""),
        "refresh": "time" if node.number("refresh") == 2 else "load",
    }


def _query_text(node: Node) -> str:
    if not isinstance(node.data.get("query"), dict):
        return node.text("query")
    query = node.node("query")
    query.skip("refId", "qryType", "editorMode", "datasource", "type", "stream", "key")
    kind = query.data.get("qryType")
    if text := query.text("query"):
        query.skip("label", "metric", "labelFilters", "match", "series", "metricRegex")
        return text
    return _from_editor(query, _QUERY_TYPES.get(int(kind), "") if isinstance(kind, int | float) else "")


def _from_editor(query: Node, kind: str) -> str:
    """The text of a query that only its editor's parts are left of."""
    label, metric = query.text("label"), query.text("metric")
    filters = [
        f'{one.text("label")}{one.text("op") or "="}"{one.text("value")}"' for one in query.nodes("labelFilters")
    ]
    selector = metric + (f"{{{','.join(filters)}}}" if filters else "")
    match kind:
        case "label_names":
            return f"label_names({query.text('match')})"
        case "label_values":
            return f"label_values({selector}, {label})" if selector else f"label_values({label})"
        case "metrics":
            return f"metrics({query.text('metricRegex') or metric or '.*'})"
        case "query_result":
            return f"query_result({query.text('varQuery')})"
        case "series":
            return query.text("seriesQuery")
        case _:
            return query.text("expr")


def _options(node: Node) -> Iterator[Choice]:
    """The options as Grafana last had them; "all" is not one of them."""
    for one in node.nodes("options"):
        one.skip("selected", "isNone", "properties")
        value, text = one.short("value"), one.short("text")
        if value != ALL:
            yield Choice(value=value, text="" if text == value else text)


def _custom(node: Node, _: Sources) -> dict[str, Any]:
    text = node.text("query")
    if node.short("valuesFormat") == "json":
        choices = _from_json(node, text)
    elif text:
        node.skip("options")
        choices = tuple(_split(text))
    else:
        choices = tuple(_options(node))
    node.usual(sort=0, regex="")
    return {**_many(node), "options": choices, "sort": ""}


def _from_json(node: Node, text: str) -> tuple[Choice, ...]:
    node.skip("options")
    try:
        listed = json.loads(text)
        pairs = [
            (one, "") if isinstance(one, str) else (str(one["value"]), str(one.get("text") or "")) for one in listed
        ]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        node.tell("the values of a variable are not a list", "error")
        return ()
    return tuple(Choice(value=value[:SHORT], text=shown[:SHORT]) for value, shown in pairs)


_COMMA: Final = re.compile(r"(?:\\,|[^,])+")
_PAIR: Final = re.compile(r"(.+?)\s+:\s+(.+)", re.DOTALL)


def _split(text: str) -> Iterator[Choice]:
    r"""`a, b\, c, shown : value`.  Source: Grafana's documentation, "Add a custom variable"."""
    for part in _COMMA.findall(text):
        plain = part.replace("\\,", ",").strip()
        if found := _PAIR.fullmatch(plain):
            yield Choice(value=found[2][:SHORT], text=found[1][:SHORT])
        elif plain:
            yield Choice(value=plain[:SHORT])


def _interval(node: Node, _: Sources) -> dict[str, Any]:
    node.skip("options")
    auto = node.flag("auto")
    choices = [*([Choice(value="$__interval", text="auto")] if auto else []), *_split(node.text("query"))]
    if auto:
        node.skip("auto_count", "auto_min")
        node.tell("the interval `auto` follows the width of the panel here, not a number of steps")
    else:
        node.skip("auto_count", "auto_min")
    value = tuple("$__interval" if one == "auto" or _AUTO.fullmatch(one) else one for one in _chosen(node))
    node.usual(multi=False, includeAll=False, allValue=("",), sort=0, regex="")
    return {"options": tuple(choices), "value": value, "sort": ""}


def _plain(node: Node, _: Sources) -> dict[str, Any]:
    """A text or constant: what was chosen last, else what it begins with."""
    node.skip("options")
    text, chosen = node.short("query"), _chosen(node)
    node.usual(multi=False, includeAll=False, allValue=("",), sort=0, regex="")
    return {"query": text, "value": chosen if chosen != (text,) else (), "sort": ""}


def _filters(node: Node, _: Sources) -> dict[str, Any]:
    """Each filter as a matcher."""
    node.usual(current={}, options=([],), query="", defaultKeys=([],), enableGroupBy=False, applyMode="auto")
    node.usual(multi=False, includeAll=False, allValue=("",), sort=0, regex="")
    made: list[str] = []
    for one in [*node.nodes("baseFilters"), *node.nodes("filters")]:
        one.skip("condition", "keyLabel", "valueLabels", "forceEdit", "origin")
        label, op, value = one.short("key"), one.short("operator") or "=", one.text("value")
        if op not in {"=|", "!=|"}:
            one.skip("values")
        elif several := one.texts("values"):
            op, value = op.replace("=|", "=~").replace("!=~", "!~"), "|".join(re.escape(each) for each in several)
        matcher = f"{label}{op}{json.dumps(value, ensure_ascii=False)}"
        if op in {"=", "!=", "=~", "!~"} and re.fullmatch(r"[A-Za-z_]\w*", label) and len(matcher) <= SHORT:
            made.append(matcher)
        else:
            one.tell(f"the filter {matcher[:80]!r} is not brought over", "warning")
    return {"value": tuple(made), "sort": ""}


_MAKERS: Final[dict[str, Callable[[Node, Sources], dict[str, Any]]]] = {
    "query": _query,
    "custom": _custom,
    "interval": _interval,
    "text": _plain,
    "constant": _plain,
    "filters": _filters,
}
