"""The table of before Grafana 7, whose styles are overrides today."""

from __future__ import annotations

from typing import Any, Final

from obsv.dashboards.grafana.reader import Json, Node

_CELLS: Final = {"cell": "color-background", "row": "color-background", "value": "color-text"}
_OF_DATES: Final = "time:"


def from_table(node: Node) -> Json:
    """Today's table: a row a label set with `table`, a row a series of calculations with `timeseries_aggregations`."""
    sort, transform = node.node("sort"), node.short("transform")
    made: list[Json] = []
    if transform == "timeseries_aggregations":
        calcs = [one.short("value") for one in node.nodes("columns")]
        made.append({"id": "reduce", "options": {"reducers": calcs or ["mean"]}})
    elif transform not in {"", "table", "timeseries_to_columns", "timeseries_to_rows"}:
        node.tell(f"the transform {transform!r} of a table is not brought over", "warning")
    column = sort.data.get("col")
    sort.skip("col", "desc")
    if column is not None:
        node.tell("by which column the table is sorted is chosen here")
    options = {"showHeader": node.flag("showHeader", True)}
    overrides = [one for style in node.nodes("styles") if (one := _override(style))["properties"]]
    return {
        "options": options,
        "fieldConfig": {"defaults": {}, "overrides": overrides},
        "transformations": made,
    }


def _override(style: Node) -> Json:
    style.skip("$$hashKey", "dateFormat" if style.data.get("type") != "date" else "type", "sanitize", "preserveFormat")
    pattern, kind = style.short("pattern"), style.short("type")
    found: dict[str, Any] = {}
    if alias := style.short("alias"):
        found["displayName"] = alias
    match kind:
        case "hidden":
            found["custom.hidden"] = True
        case "date":
            found["unit"] = f"{_OF_DATES}{style.short('dateFormat') or 'YYYY-MM-DD HH:mm:ss'}"
        case "number":
            found |= {key: style.data.get(key) for key in ("unit", "decimals") if style.has(key)}
            _colored(style, found)
        case _:
            pass
    _mapped(style, found)
    if style.flag("link") and (url := style.text("linkUrl", 2000)):
        link = {
            "title": style.short("linkTooltip") or url[:200],
            "url": url,
            "targetBlank": style.flag("linkTargetBlank"),
        }
        found["links"] = [link]
    style.skip(
        "unit", "decimals", "colorMode", "colors", "thresholds", "link", "linkUrl", "linkTooltip", "linkTargetBlank",
        "valueMaps", "rangeMaps", "mappingType", "align", "dateFormat",
    )  # fmt: skip
    matcher = {"id": "byRegexp" if pattern.startswith("/") else "byName", "options": pattern}
    return {"matcher": matcher, "properties": [{"id": key, "value": value} for key, value in found.items()]}


def _colored(style: Node, found: dict[str, Any]) -> None:
    """Three colours, and two values between them."""
    mode = style.short("colorMode")
    values = [one for one in style.texts("thresholds") if one.replace(".", "", 1).lstrip("-").isdecimal()]
    colors = style.texts("colors")
    if mode not in _CELLS or not values or not colors:
        return
    if mode == "row":
        style.tell("a coloured row is a coloured cell here")
    found["custom.displayMode"] = _CELLS[mode]
    bounds = [None, *map(float, values)]
    steps = [{"color": color, "value": value} for color, value in zip(colors, bounds, strict=False)]
    found["thresholds"] = {"mode": "absolute", "steps": steps}
    found["color"] = {"mode": "thresholds"}


def _mapped(style: Node, found: dict[str, Any]) -> None:
    kind = style.number("mappingType")
    if kind == 1 and style.nodes("valueMaps"):
        found["mappings"] = [
            {"type": 1, "value": one.short("value"), "text": one.short("text")} for one in style.nodes("valueMaps")
        ]
    elif kind == 2 and style.nodes("rangeMaps"):
        found["mappings"] = [
            {"type": 2, "from": one.short("from"), "to": one.short("to"), "text": one.short("text")}
            for one in style.nodes("rangeMaps")
        ]
