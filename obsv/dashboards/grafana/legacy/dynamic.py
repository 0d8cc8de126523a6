"""Dynamic dashboards, Grafana 12's model v2, as the classic model that all else is read from.

Source: Grafana's documentation, "Dashboard JSON model", schema v2.  What has no place in the classic model keeps its
name in it, so that it is told of.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from obsv.dashboards.grafana.reader import MAX_DEPTH, Json

_KINDS: Final = {
    "QueryVariable": "query",
    "CustomVariable": "custom",
    "DatasourceVariable": "datasource",
    "IntervalVariable": "interval",
    "TextVariable": "textbox",
    "ConstantVariable": "constant",
    "AdhocVariable": "adhoc",
}
_HIDE: Final = {"dontHide": 0, "hideLabel": 1, "hideVariable": 2}
_REFRESH: Final = {"never": 0, "onDashboardLoad": 1, "onTimeRangeChanged": 2}
_SORT: Final = {
    "disabled": 0,
    "alphabeticalAsc": 1,
    "alphabeticalDesc": 2,
    "numericalAsc": 3,
    "numericalDesc": 4,
    "alphabeticalCaseInsensitiveAsc": 5,
    "alphabeticalCaseInsensitiveDesc": 6,
    "naturalAsc": 7,
    "naturalDesc": 8,
}
_MOVED: Final = {"elements", "layout", "timeSettings", "variables", "annotations", "cursorSync"}
_OF_TIME: Final = {"from", "to", "timezone", "autoRefresh", "autoRefreshIntervals", "quickRanges", "hideTimepicker"}
_WIDTH: Final = 8
_HEIGHT: Final = 8
"""Of a panel whose layout finds its size."""


def is_dynamic(data: Json) -> bool:
    """Whether it is of this model."""
    return isinstance(data.get("elements"), dict) and isinstance(data.get("layout"), dict)


def from_dynamic(data: Json) -> Json:
    """The classic model."""
    time = _object(data.get("timeSettings"))
    kept = {key: value for key, value in data.items() if key not in _MOVED}
    elements = {name: _object(one) for name, one in _object(data.get("elements")).items()}
    panels: list[Json] = []
    _lay(_object(data.get("layout")), elements, panels, 0, 0)
    settings = {key: value for key, value in time.items() if key not in _OF_TIME}
    return {
        **kept,
        **settings,
        "panels": panels,
        "time": {"from": time.get("from"), "to": time.get("to")},
        "timezone": time.get("timezone"),
        "refresh": time.get("autoRefresh"),
        "templating": {"list": [_variable(one) for one in _objects(data.get("variables"))]},
        "annotations": {"list": [_annotation(one) for one in _objects(data.get("annotations"))]},
    }


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _number(value: object, default: int) -> int:
    return int(value) if isinstance(value, int | float) and abs(value) < 1e6 else default


def _source(query: Json, spec: Json) -> tuple[Json, Json | None]:
    """What a query asks, and of which data source: named beside it at first, within it later."""
    named = _object(query.get("datasource")) or _object(spec.get("datasource"))
    kind = query.get("group") if query.get("kind") == "DataQuery" else query.get("kind")
    source = {"type": named.get("type") or kind, "uid": named.get("uid") or named.get("name")}
    return _object(query.get("spec")), source if source["type"] or source["uid"] else None


def _variable(one: Json) -> Json:
    spec = _object(one.get("spec"))
    kind = _KINDS.get(str(one.get("kind")), one.get("kind"))
    made = {**spec, "type": kind}
    for key, words in (("hide", _HIDE), ("refresh", _REFRESH), ("sort", _SORT)):
        if key in made:
            made[key] = words.get(str(made[key]), 0)
    if kind == "datasource":
        made["query"] = spec.get("pluginId")
    elif kind == "query":
        asked, made["datasource"] = _source(_object(spec.get("query")), spec)
        made["query"] = asked.get("__legacyStringValue") or asked
    return made


def _annotation(one: Json) -> Json:
    spec = _object(one.get("spec"))
    asked, source = _source(_object(spec.get("query")), spec)
    rest = {key: value for key, value in spec.items() if key not in {"query", "legacyOptions"}}
    return {**_object(spec.get("legacyOptions")), **rest, "datasource": source, "target": asked}


def _lay(layout: Json, elements: dict[str, Json], panels: list[Json], top: int, depth: int) -> int:
    """Put a layout's panels below `top`, rows and tabs as rows; where it ends."""
    spec = _object(layout.get("spec"))
    if depth > MAX_DEPTH:
        return top
    for inner in [*_objects(spec.get("rows")), *_objects(spec.get("tabs"))]:
        row = _object(inner.get("spec"))
        rest = {key: value for key, value in row.items() if key not in {"layout", "collapse", "hideHeader", "repeat"}}
        made = {**rest, **_repeat(row), "type": "row", "gridPos": {"x": 0, "y": top, "w": 24, "h": 1}}
        folded = row.get("collapse") is True
        inside: list[Json] = []
        end = _lay(_object(row.get("layout")), elements, inside, top + 1, depth + 1)
        panels += [{**made, "collapsed": True, "panels": inside}] if folded else [{**made, "collapsed": False}, *inside]
        top = top + 1 if folded else end
    placed = list(_placed(_objects(spec.get("items")), elements, top))
    panels += placed
    return max((one["gridPos"]["y"] + one["gridPos"]["h"] for one in placed), default=top)


def _placed(items: list[Json], elements: dict[str, Json], top: int) -> Iterator[Json]:
    for index, item in enumerate(items):
        spec = _object(item.get("spec"))
        element = elements.get(str(_object(spec.get("element")).get("name")))
        if element is None:
            continue
        across = 24 // _WIDTH
        place = {
            "x": _number(spec.get("x"), index % across * _WIDTH),
            "y": top + _number(spec.get("y"), index // across * _HEIGHT),
            "w": _number(spec.get("width"), _WIDTH),
            "h": _number(spec.get("height"), _HEIGHT),
        }
        hidden = {key: spec[key] for key in ("conditionalRendering",) if spec.get(key)}
        yield {**_panel(_object(element.get("spec"))), **_repeat(spec), **hidden, "gridPos": place}


def _repeat(spec: Json) -> Json:
    repeat = _object(spec.get("repeat"))
    names = {"repeat": "value", "repeatDirection": "direction", "maxPerRow": "maxPerRow"}
    return {ours: repeat[theirs] for ours, theirs in names.items() if repeat.get(theirs) is not None}


def _panel(spec: Json) -> Json:
    group, view = _object(_object(spec.get("data")).get("spec")), _object(spec.get("vizConfig"))
    shown = _object(view.get("spec"))
    kind: Any = view.get("group") if view.get("kind") == "VizConfig" else view.get("kind")
    rest = {key: value for key, value in spec.items() if key not in {"data", "vizConfig"}}
    if not view:
        return rest
    return {
        **rest,
        **_object(group.get("queryOptions")),
        "type": kind,
        "options": _object(shown.get("options")),
        "fieldConfig": _object(shown.get("fieldConfig")),
        "targets": [_target(_object(one.get("spec"))) for one in _objects(group.get("queries"))],
        "transformations": [_step(one) for one in _objects(group.get("transformations"))],
    }


def _target(spec: Json) -> Json:
    asked, source = _source(_object(spec.get("query")), spec)
    return {**asked, "refId": spec.get("refId"), "hide": spec.get("hidden") is True, "datasource": source}


def _step(one: Json) -> Json:
    spec = _object(one.get("spec"))
    return {**spec, "id": spec.get("id") or one.get("group") or one.get("kind")}
