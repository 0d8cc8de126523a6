"""Single values of before Grafana 7: singlestat panels, and the pie chart that was a plugin."""

from __future__ import annotations

from obsv.dashboards.grafana.names import CALCULATIONS, OLD_CALCULATIONS
from obsv.dashboards.grafana.reader import Json, Node


def from_single(node: Node) -> Json:
    """A stat panel, or a gauge."""
    sparkline, gauge = node.node("sparkline"), node.node("gauge")
    node.skip("mappingTypes")
    sparkline.skip("fillColor", "lineColor", "full", "ymin", "ymax")
    colored, ground = node.flag("colorValue"), node.flag("colorBackground")
    name = node.short("valueName") or "avg"
    defaults: Json = {
        "unit": node.short("format"),
        "decimals": node.number("decimals"),
        "noValue": node.text("nullText") or None,
        "mappings": _mappings(node),
        "thresholds": {"mode": "absolute", "steps": _steps(node)},
        "color": {"mode": "thresholds"},
    }
    for key in ("prefix", "postfix"):
        if text := node.short(key):
            node.tell(f"the {key} {text!r} of a single value was left out", "warning")
    options: Json = {"reduceOptions": {"calcs": [_calculation(name)], "values": False, "fields": ""}}
    bounds = {"min": gauge.number("minValue"), "max": gauge.number("maxValue")}
    marks, labels, spark = gauge.flag("thresholdMarkers", True), gauge.flag("thresholdLabels"), sparkline.flag("show")
    if is_gauge := gauge.flag("show"):
        defaults |= bounds
        options |= {"showThresholdMarkers": marks, "showThresholdLabels": labels}
    else:
        options |= {
            "colorMode": "background" if ground else "value" if colored else "none",
            "graphMode": "area" if spark else "none",
            "textMode": "name" if name == "name" else "auto",
        }
    return {
        "type": "gauge" if is_gauge else "stat",
        "options": options,
        "fieldConfig": {"defaults": defaults, "overrides": []},
    }


def _calculation(name: str) -> str:
    today = OLD_CALCULATIONS.get(name, name)
    return today if today in CALCULATIONS else "lastNotNull"


def _steps(node: Node) -> list[Json]:
    """Three colours, and two values as text between them."""
    values = [text.strip() for text in node.text("thresholds").split(",")] if node.has("thresholds") else []
    numbers = [float(one) for one in values if one.replace(".", "", 1).lstrip("-").isdecimal()]
    colors = node.texts("colors") if node.has("colors") else []
    if not numbers or not colors:
        return [{"color": "text", "value": None}]
    return [{"color": color, "value": value} for color, value in zip(colors, [None, *numbers], strict=False)]


def _mappings(node: Node) -> list[Json]:
    """Either of values or of ranges, whichever was chosen."""
    by_value, by_range = node.nodes("valueMaps"), node.nodes("rangeMaps")
    chosen, other = (by_range, by_value) if node.number("mappingType") == 2 else (by_value, by_range)
    for one in other:
        one.skip(*one.names())
    made: list[Json] = []
    for one in chosen:
        one.skip("op", "$$hashKey")
        text = one.short("text")
        if chosen is by_range:
            made.append({"type": 2, "from": one.short("from"), "to": one.short("to"), "text": text})
        elif (value := one.short("value")) != "null" or text != "N/A":
            made.append({"type": 1, "value": value, "text": text})
    return made


def from_old_pie(node: Node) -> Json:
    """Today's pie chart."""
    legend = node.node("legend")
    node.skip("combine")
    legend.skip("header", "sideWidth", "sort", "sortDesc", "percentageDecimals", "rightSide")
    shown = [key for key, old in (("value", "values"), ("percent", "percentage")) if legend.flag(old)]
    colors = node.node("aliasColors")
    overrides = [
        {
            "matcher": {"id": "byName", "options": alias},
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colors.short(alias)}}],
        }
        for alias in colors.names()
    ]
    kind, place = node.short("pieType"), node.short("legendType")
    options: Json = {
        "pieType": kind if kind in {"pie", "donut"} else "pie",
        "reduceOptions": {"calcs": [_calculation(node.short("valueName") or "current")], "values": False, "fields": ""},
        "legend": {
            "showLegend": legend.flag("show", True),
            "placement": "right" if place.lower().startswith("right") else "bottom",
            "values": shown,
            "calcs": [],
        },
    }
    defaults = {"unit": node.short("format"), "decimals": node.number("decimals")}
    return {
        "options": options,
        "fieldConfig": {"defaults": defaults, "overrides": overrides},
    }
