"""How series and cells are drawn: the custom part of a panel's field configuration."""

from __future__ import annotations

from typing import Final

from obsv.core.duration import format_duration_ms
from obsv.dashboards.grafana import names
from obsv.dashboards.grafana.read.properties import Made, Property, choice, flag, number, text, usual_as
from obsv.dashboards.grafana.reader import Node

MAX_GAP_MS: Final = 366 * 86_400_000


def _line_style(node: Node, key: str, made: Made) -> None:
    style = node.node(key)
    fill = style.short("fill") or "solid"
    if fill not in {"solid", "dash", "dot"}:
        style.tell(f"the line style {fill!r} is dashed here")
    dash = style.take("dash", list) or []
    lengths = [min(max(float(one), 0), 1000) for one in dash if isinstance(one, int | float)][:20]
    if fill == "solid":
        made.put("dash", (), ())
    else:
        made.put("dash", tuple(lengths or ((0, 10) if fill == "dot" else (10, 10))))


def _stacking(node: Node, key: str, made: Made) -> None:
    stacking = node.node(key)
    made.put("stack", stacking.pick("mode", names.STACK, None), "none")
    # Switched off in an override, the editor leaves `false` for the group.
    stacking.usual(group=False)
    if stacking.data.get("group") is not False:
        made.put("stack_group", stacking.short("group") or None, "A")


def _span_nulls(node: Node, key: str, made: Made) -> None:
    value = node.data.get(key)
    if isinstance(value, bool) or value is None:
        if value is not None:
            made.put("gaps", "connect" if node.flag(key) else "gap", "gap")
        return
    ms = node.number(key)
    if ms is not None and ms >= 1:
        made.put("gaps", "connect")
        made.put("gap_over", format_duration_ms(min(max(round(ms), 0), MAX_GAP_MS)))


def _transform(node: Node, key: str, made: Made) -> None:
    value = node.short(key)
    if value == "constant":
        node.tell("a constant line (its first value) is drawn as it is", "warning")
    elif value not in {"negative-Y", "false", "none", ""}:
        node.tell(f"the transform {value!r} is not known here")
    made.put("negate", value == "negative-Y", usual=False)


def _scale(node: Node, key: str, made: Made) -> None:
    scale = node.node(key)
    kind, log = scale.short("type") or "linear", scale.number("log")
    scale.usual(linearThreshold=1)
    if kind == "log":
        if log not in {2, 10, None}:
            scale.tell(f"a logarithmic axis of base {log:g} is of base 10 here")
        made.put("scale", "log2" if log in {2, None} else "log10")
    elif kind in {"linear", "symlog"}:
        if kind == "symlog" and log not in {10, None}:
            scale.tell("a symmetric logarithmic axis is of base 10 here")
        made.put("scale", kind, "linear")
    else:
        scale.tell(f"the scale {kind!r} is not known here")


def _marks(node: Node, key: str, made: Made) -> None:
    style = node.node(key)
    mode = style.short("mode") or "off"
    if mode == "dashed+area":
        style.tell("dashed threshold lines with areas are solid here")
        mode = "line+area"
    if mode not in names.MARKS:
        style.tell(f"thresholds marked as {mode!r} are not marked here")
    made.put("threshold_marks", names.MARKS.get(mode, "none"), "none")


_HIDDEN: Final = (("viz", "chart"), ("legend", "legend"), ("tooltip", "tooltip"))


def _hide_from(node: Node, key: str, made: Made) -> None:
    hide = node.node(key)
    hide.skip("vis", "graph")
    where = tuple(ours for theirs, ours in _HIDDEN if hide.flag(theirs))
    if made.kind == "table":
        made.put("hidden", "chart" in where, usual=False)
    else:
        made.put("hide_from", where, ())


_CELLS: Final = {
    "auto": "text",
    "color-text": "color-text",
    "color-background": "color-background",
    "color-background-solid": "color-background",
    "gauge": "gauge",
    "basic": "gauge",
    "gradient-gauge": "gauge",
    "lcd-gauge": "gauge",
    "sparkline": "sparkline",
    "json-view": "json",
}


def _put_cell(node: Node, kind: str, made: Made) -> None:
    if kind not in _CELLS:
        node.tell(f"cells of type {kind!r} are text here", "warning")
    made.put("cell", _CELLS.get(kind, "text"), "text")


def _cell(node: Node, key: str, made: Made) -> None:
    options = node.node(key)
    options.usual(
        applyToRow=False,
        wrapText=False,
        mode=("gradient", "basic"),
        valueDisplayMode=("color", "text"),
        hideValue=False,
    )
    _put_cell(options, options.short("type") or "auto", made)


def _old_cell(node: Node, key: str, made: Made) -> None:
    _put_cell(node, node.short(key) or "auto", made)


def _width(node: Node, key: str, made: Made) -> None:
    made.put("column_width", node.whole(key, 20, 2000))


CUSTOM: Final[dict[str, Property]] = {
    "drawStyle": choice("draw", names.DRAW, "line"),
    "lineInterpolation": choice("line", names.LINE, "linear"),
    "lineWidth": number("width", 0, 10),
    "lineStyle": _line_style,
    "fillOpacity": number("fill", 0, 100),
    "fillBelowTo": text("fill_below", ""),
    "showPoints": choice("points", names.POINTS),
    "pointSize": number("point_size", 1, 40),
    "stacking": _stacking,
    "spanNulls": _span_nulls,
    "transform": _transform,
    "axisPlacement": choice("axis", names.AXIS, "auto"),
    "axisLabel": text("axis_label", ""),
    "axisSoftMin": number("soft_min"),
    "axisSoftMax": number("soft_max"),
    "axisCenteredZero": flag("center_zero"),
    "scaleDistribution": _scale,
    "thresholdsStyle": _marks,
    "hideFrom": _hide_from,
    "cellOptions": _cell,
    "displayMode": _old_cell,
    "align": choice("align", names.ALIGN, "auto"),
    "width": _width,
    "filterable": flag("filterable"),
    "hidden": flag("hidden"),
    # What is so anyway.
    "insertNulls": usual_as(False),
    "barAlignment": usual_as(0),
    "barWidthFactor": usual_as(0.6),
    "axisColorMode": usual_as("text"),
    "axisBorderShow": usual_as(False),
    "axisGridShow": usual_as(True),
    "axisWidth": usual_as(),
    "gradientMode": usual_as("none"),
    "showValues": usual_as(False),
    "lineColor": usual_as(),
    "pointSymbol": usual_as("circle"),
    "inspect": usual_as(False),
    "minWidth": usual_as(50),
    "wrapText": usual_as(False),
    "hideHeader": usual_as(False),
    "neutral": usual_as(),
}
