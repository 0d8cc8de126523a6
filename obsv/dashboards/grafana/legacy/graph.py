"""The graph panel of before Grafana 7.4, which dashboards of Grafana 8 to 10 may still hold, as a time series panel."""

from __future__ import annotations

from typing import Any, Final

from obsv.dashboards.grafana.legacy.overrides import series_overrides
from obsv.dashboards.grafana.names import CALCULATION_TITLES, CALCULATIONS, OLD_CALCULATIONS
from obsv.dashboards.grafana.reader import Json, Node

_CALCS: Final = {"min": "min", "max": "max", "avg": "mean", "current": "lastNotNull", "total": "sum"}
_NULLS: Final = {"null": False, "connected": True}
_LEVELS: Final = {"critical": "red", "warning": "orange", "ok": "green"}
_SORT_TITLES: Final = {ours: title for title, ours in CALCULATION_TITLES.items()}


def from_graph(node: Node) -> Json:
    """Its options and fields, in today's form."""
    axes = node.nodes("yaxes")
    custom = _drawn(node)
    defaults: Json = {"custom": custom, "color": {"mode": "palette-classic"}}
    if axes:
        _axis(axes[0], defaults)
    if (decimals := node.number("decimals")) is not None:
        defaults["decimals"] = decimals
    _thresholds(node, defaults)
    _bottom(node)
    right = _right_axis(axes[1]) if len(axes) > 1 else []
    overrides = series_overrides(node, right)
    defaults["links"] = [
        *(node.node("fieldConfig").node("defaults").take("links", list) or ()),
        *(node.node("options").take("dataLinks", list) or ()),
    ]
    node.node("yaxis").skip("align", "alignLevel")
    return {
        "options": {"legend": _legend(node.node("legend")), "tooltip": _tooltip(node.node("tooltip"))},
        "fieldConfig": {"defaults": defaults, "overrides": overrides},
    }


def _drawn(node: Node) -> Json:
    """Lines, bars, points."""
    lines, bars, points = node.flag("lines", True), node.flag("bars"), node.flag("points")
    fill, width = node.number("fill"), node.number("linewidth")
    custom: Json = {
        "drawStyle": "line" if lines else "bars" if bars else "points",
        "lineWidth": 1 if width is None else width,
        # Ten was opaque then.
        "fillOpacity": (10.0 if fill is None else fill * 10) if lines else 100 if bars else 0,
        "showPoints": "always" if points else "never",
        "pointSize": 2 * (node.number("pointradius") or 2),
    }
    if lines and bars:
        node.tell("lines and bars at once are lines here", "warning")
    if node.flag("steppedLine"):
        custom["lineInterpolation"] = "stepAfter"
    if node.flag("dashes"):
        custom["lineStyle"] = {
            "fill": "dash",
            "dash": [node.number("dashLength") or 10, node.number("spaceLength") or 10],
        }
    if node.flag("stack"):
        custom["stacking"] = {"mode": "percent" if node.flag("percentage") else "normal", "group": "A"}
    nulls = node.short("nullPointMode") or "null"
    if nulls == "null as zero":
        node.tell("gaps are shown as gaps here, not as zero", "warning")
    custom["spanNulls"] = _NULLS.get(nulls, False)
    return custom


def _axis(axis: Node, defaults: Json) -> None:
    """The left axis: unit, bounds, scale."""
    axis.skip("$$hashKey")
    custom: Json = defaults["custom"]
    shown = axis.flag("show", True)
    defaults |= {"unit": axis.short("format"), "min": axis.number("min"), "max": axis.number("max")}
    if (decimals := axis.number("decimals")) is not None:
        defaults["decimals"] = decimals
    custom["axisLabel"] = axis.short("label")
    base = axis.number("logBase") or 1
    if base > 1:
        custom["scaleDistribution"] = {"type": "log", "log": base}
    if not shown:
        custom["axisPlacement"] = "hidden"


def _right_axis(axis: Node) -> list[Json]:
    """What series on the right axis have of their own."""
    if not axis.flag("show", True):
        axis.skip(*axis.names())
        return []
    scratch: Json = {"custom": {}}
    _axis(axis, scratch)
    found: dict[str, Any] = {key: scratch[key] for key in ("unit", "min", "max", "decimals") if scratch.get(key)}
    found |= {f"custom.{key}": value for key, value in scratch["custom"].items() if value}
    return [{"id": key, "value": value} for key, value in found.items()]


def _thresholds(node: Node, defaults: Json) -> None:
    """Lines and areas at values; each begins or ends a step."""
    steps: list[tuple[float, str, str]] = []
    lines = areas = False
    for one in node.nodes("thresholds"):
        one.skip("yaxis", "$$hashKey", "visible", "index", "state", "source")
        value, op, mode = one.number("value"), one.short("op") or "gt", one.short("colorMode") or "critical"
        lines, areas = lines or one.flag("line", True), areas or one.flag("fill", True)
        color = _LEVELS.get(mode) or one.short("lineColor") or one.short("fillColor") or "red"
        one.skip("lineColor", "fillColor")
        if value is not None:
            steps.append((value, op, color))
    if not steps:
        return
    steps.sort(key=lambda one: one[0])
    made: list[Json] = [{"color": steps[0][2] if steps[0][1] == "lt" else "transparent", "value": None}]
    for at, (value, op, color) in enumerate(steps):
        following = steps[at + 1][2] if at + 1 < len(steps) and steps[at + 1][1] == "lt" else "transparent"
        made.append({"color": color if op == "gt" else following, "value": value})
    defaults["thresholds"] = {"mode": "absolute", "steps": made}
    mode = "line+area" if lines and areas else "area" if areas else "line"
    defaults["custom"]["thresholdsStyle"] = {"mode": mode}


def _bottom(node: Node) -> None:
    axis = node.node("xaxis")
    axis.skip("buckets", "name", "show", "values")
    if (mode := axis.short("mode") or "time") != "time":
        axis.tell(f"the axis of {mode!r} is one of time here", "warning")
    axis.skip("min", "max")


def _legend(legend: Node) -> Json:
    """Which calculations it has, and where it is."""
    legend.skip("alignAsTable", "values", "hideEmpty", "hideZero", "rightSideWidth")
    calcs = [today for old, today in _CALCS.items() if legend.flag(old)]
    made: Json = {
        "showLegend": legend.flag("show", True),
        "displayMode": "table" if calcs else "list",
        "placement": "right" if legend.flag("rightSide") else "bottom",
        "calcs": calcs,
        "width": legend.number("sideWidth"),
    }
    sort = legend.short("sort")
    calculation = CALCULATIONS.get(OLD_CALCULATIONS.get(sort, sort))
    if calculation:
        made |= {"sortBy": _SORT_TITLES[calculation], "sortDesc": legend.flag("sortDesc")}
    legend.skip("sortDesc")
    return made


def _tooltip(tooltip: Node) -> Json:
    tooltip.skip("value_type", "msResolution")
    order = {1: "asc", 2: "desc"}.get(int(tooltip.number("sort") or 0), "none")
    return {"mode": "multi" if tooltip.flag("shared", True) else "single", "sort": order}
