"""Overrides of single series in the graph panel: by their alias or a pattern of it."""

from __future__ import annotations

from typing import Any, Final

from obsv.dashboards.grafana.reader import Json, Node

_DROPPED: Final = ("zindex", "$$hashKey", "pointradius", "hashKey", "fillGradient", "spaceLength", "dashLength")


def series_overrides(node: Node, right: list[Json]) -> list[Json]:
    """Today's form of all of them; `right` is what goes with the right axis."""
    made: list[Json] = []
    colors = node.node("aliasColors")
    for alias in colors.names():
        value = {"mode": "fixed", "fixedColor": colors.short(alias)}
        made.append({"matcher": {"id": "byName", "options": alias}, "properties": [{"id": "color", "value": value}]})
    for one in node.nodes("seriesOverrides"):
        alias = one.short("alias")
        properties = _properties(one, right)
        one.skip(*(key for key in _DROPPED if key in one.data))
        if alias and properties:
            is_pattern = alias.startswith("/")
            matcher = {"id": "byRegexp" if is_pattern else "byName", "options": alias}
            made.append({"matcher": matcher, "properties": properties})
    return made


def _properties(one: Node, right: list[Json]) -> list[Json]:
    found: dict[str, Any] = {}
    if "yaxis" in one.data:
        is_right = one.number("yaxis") == 2
        found["custom.axisPlacement"] = "right" if is_right else "left"
        if is_right:
            found |= {each["id"]: each["value"] for each in right}
    _drawn(one, found)
    if one.has("color"):
        found["color"] = {"mode": "fixed", "fixedColor": one.short("color")}
    if one.short("transform") == "negative-Y":
        found["custom.transform"] = "negative-Y"
    _hidden(one, found)
    return [{"id": key, "value": value} for key, value in found.items()]


def _drawn(one: Node, found: dict[str, Any]) -> None:
    _style(one, found)
    if (fill := one.number("fill")) is not None:
        found["custom.fillOpacity"] = min(fill * 10, 100)
    if (width := one.number("linewidth")) is not None:
        found["custom.lineWidth"] = width
    if one.flag("dashes"):
        dash = [one.number("dashLength") or 10, one.number("spaceLength") or 10]
        found["custom.lineStyle"] = {"fill": "dash", "dash": dash}
    if "steppedLine" in one.data:
        found["custom.lineInterpolation"] = "stepAfter" if one.flag("steppedLine") else "linear"
    if one.has("fillBelowTo"):
        found["custom.fillBelowTo"] = one.short("fillBelowTo")
    if one.has("nullPointMode"):
        found["custom.spanNulls"] = one.short("nullPointMode") == "connected"
    if "stack" in one.data:
        found["custom.stacking"] = _stack(one)


def _style(one: Node, found: dict[str, Any]) -> None:
    """Lines, bars or points."""
    bars, lines = one.flag("bars"), one.flag("lines", True)
    if bars:
        found |= {"custom.drawStyle": "bars", "custom.fillOpacity": 100}
    if one.flag("points") and not lines:
        found["custom.drawStyle"] = "points"
    elif "lines" in one.data and lines:
        found["custom.drawStyle"] = "line"
    elif "lines" in one.data and not bars:
        found["custom.lineWidth"] = 0
    if "points" in one.data:
        found["custom.showPoints"] = "always" if one.flag("points") else "never"


def _stack(one: Node) -> Json:
    """In a group of its own by a letter, or not at all."""
    value = one.data.get("stack")
    if isinstance(value, str):
        return {"mode": "normal", "group": one.short("stack")}
    return {"mode": "normal", "group": "A"} if one.flag("stack") else {"mode": "none"}


def _hidden(one: Node, found: dict[str, Any]) -> None:
    no_legend, no_tooltip = not one.flag("legend", True), one.flag("hideTooltip")
    if no_legend or no_tooltip:
        found["custom.hideFrom"] = {"viz": False, "legend": no_legend, "tooltip": no_tooltip}
