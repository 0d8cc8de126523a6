"""The heatmap of before Grafana 9.1."""

from __future__ import annotations

from obsv.dashboards.grafana.reader import Json, Node


def from_heatmap(node: Node) -> Json:
    """Its options in today's form."""
    color, axis, legend = node.node("color"), node.node("yAxis"), node.node("legend")
    color.skip("cardColor", "min", "max", "colorScale")
    axis.skip("show", "splitFactor")
    base = axis.number("logBase") or 1
    is_log: Json = {"type": "log", "log": base} if base > 1 else {"type": "linear"}
    calculated = node.short("dataFormat") != "tsbuckets"
    scheme = color.short("colorScheme").removeprefix("interpolate")
    options: Json = {
        "calculate": calculated,
        "color": {
            "mode": "opacity" if color.short("mode") == "opacity" else "scheme",
            "scheme": scheme or "Oranges",
            "exponent": color.number("exponent"),
        },
        "yAxis": {
            "unit": axis.short("format"),
            "decimals": axis.number("decimals"),
            "min": axis.number("min"),
            "max": axis.number("max"),
        },
        "legend": {"show": legend.flag("show")},
        "calculation": {"yBuckets": {"scale": is_log}} if calculated else {},
    }
    for key in ("cards", "tooltip", "xAxis"):
        found = node.node(key)
        found.skip(*found.names())
    return {
        "options": options,
    }
