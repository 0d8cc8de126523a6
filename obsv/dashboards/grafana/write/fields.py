"""How values are shown: a `Field` as Grafana's properties, and for whom they are set."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from obsv.core.duration import parse_duration_ms
from obsv.dashboards.grafana import names
from obsv.dashboards.grafana.colors import from_color
from obsv.dashboards.grafana.names import turned
from obsv.dashboards.grafana.patterns import from_pattern
from obsv.dashboards.grafana.read.fields import NO_THRESHOLDS
from obsv.dashboards.grafana.reader import Json
from obsv.dashboards.grafana.write.values import write_link, write_mapping, write_thresholds
from obsv.dashboards.grafana.write.views import CALCULATIONS
from obsv.dashboards.model import Field, Override

_COLOR_MODES: Final = {"series": "palette-classic", "thresholds": "thresholds", "value": "continuous-GrYlRd"}
_PLAIN: Final = {
    "unit": "unit",
    "decimals": "decimals",
    "min": "min",
    "max": "max",
    "name": "displayName",
    "no_value": "noValue",
    "width": "custom.lineWidth",
    "fill": "custom.fillOpacity",
    "fill_below": "custom.fillBelowTo",
    "point_size": "custom.pointSize",
    "axis_label": "custom.axisLabel",
    "soft_min": "custom.axisSoftMin",
    "soft_max": "custom.axisSoftMax",
    "center_zero": "custom.axisCenteredZero",
    "column_width": "custom.width",
    "filterable": "custom.filterable",
    "hidden": "custom.hidden",
}
"""Fields that are the same there under another name."""
_WORDS: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "draw": ("custom.drawStyle", turned(names.DRAW)),
    "line": ("custom.lineInterpolation", turned(names.LINE)),
    "points": ("custom.showPoints", turned(names.POINTS)),
    "axis": ("custom.axisPlacement", turned(names.AXIS)),
    "align": ("custom.align", turned(names.ALIGN)),
}
_CELLS: Final = {"text": "auto", "json": "json-view"}
_SCALES: Final[dict[str, Json]] = {
    "linear": {"type": "linear"},
    "log2": {"type": "log", "log": 2},
    "log10": {"type": "log", "log": 10},
    "symlog": {"type": "symlog", "log": 10, "linearThreshold": 1},
}
_OPS: Final = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte", "==": "eq", "!=": "neq"}
_ALL: Final = {"zero": "allIsZero", "null": "allIsNull"}


def write_field_config(field: Field, overrides: list[Override]) -> Json:
    """The defaults of a panel and its overrides; the first that counts is the last."""
    defaults: Json = {"custom": {}}
    for id_, value in properties(field):
        section, dot, name = id_.partition(".")
        if dot:
            defaults[section][name] = value
        else:
            defaults[id_] = value
    # Without any, Grafana puts in its own.
    if field.thresholds is None:
        defaults["thresholds"] = write_thresholds(NO_THRESHOLDS, field.thresholds_are or "absolute")
    return {"defaults": defaults, "overrides": [_override(one) for one in overrides]}


def properties(field: Field) -> Iterator[tuple[str, Any]]:
    """All that is set, by Grafana's ids of an override's properties."""
    for ours, theirs in _PLAIN.items():
        if (value := getattr(field, ours)) is not None:
            yield theirs, value
    for ours, (theirs, words) in _WORDS.items():
        if (value := getattr(field, ours)) is not None:
            yield theirs, words[value]
    if field.color is not None:
        yield "color", _color(field.color)
    if field.thresholds is not None:
        yield "thresholds", write_thresholds(field.thresholds, field.thresholds_are)
    if field.mappings is not None:
        yield "mappings", [write_mapping(one, index) for index, one in enumerate(field.mappings)]
    if field.links is not None:
        yield "links", [write_link(one) for one in field.links]
    yield from _drawn(field)


def _color(color: str) -> Json:
    if color in _COLOR_MODES:
        return {"mode": _COLOR_MODES[color]}
    return {"mode": "fixed", "fixedColor": from_color(color)}


def _drawn(field: Field) -> Iterator[tuple[str, Any]]:
    if field.dash is not None:
        style = "solid" if not field.dash else "dot" if field.dash[0] == 0 else "dash"
        yield "custom.lineStyle", {"fill": style, "dash": list(field.dash)} if field.dash else {"fill": style}
    if field.stack is not None or field.stack_group is not None:
        stacking = {"mode": field.stack, "group": field.stack_group}
        yield "custom.stacking", {key: value for key, value in stacking.items() if value is not None}
    if field.gaps is not None:
        over = parse_duration_ms(field.gap_over) if field.gap_over else None
        yield "custom.spanNulls", over if over and field.gaps == "connect" else field.gaps == "connect"
    if field.negate is not None:
        yield "custom.transform", "negative-Y" if field.negate else "none"
    if field.scale is not None:
        yield "custom.scaleDistribution", _SCALES[field.scale]
    if field.threshold_marks is not None:
        yield "custom.thresholdsStyle", {"mode": turned(names.MARKS)[field.threshold_marks]}
    if field.hide_from is not None:
        hidden = {"viz": "chart", "legend": "legend", "tooltip": "tooltip"}
        yield "custom.hideFrom", {theirs: ours in field.hide_from for theirs, ours in hidden.items()}
    if field.cell is not None:
        yield "custom.cellOptions", {"type": _CELLS.get(field.cell, field.cell)}


def _override(override: Override) -> Json:
    set_ = [{"id": id_, "value": value} for id_, value in properties(override.set)]
    return {"matcher": _matcher(override), "properties": set_}


def _matcher(override: Override) -> Json:
    match override.by:
        case "name":
            return {"id": "byName", "options": override.match}
        case "regex":
            return {"id": "byRegexp", "options": from_pattern(override.match)}
        case "ref":
            return {"id": "byFrameRefID", "options": override.match}
        case "type":
            return {"id": "byType", "options": override.match}
        case "value":
            return {"id": "byValue", "options": _comparison(override.match)}


def _comparison(match: str) -> Json:
    if match in _ALL:
        return {"reducer": _ALL[match]}
    found = re.fullmatch(r"(\S+) (\S+) (\S+)", match)
    calculation, op, value = found.groups() if found else ("last-not-null", "==", "0")
    reducer = CALCULATIONS.get(calculation, "lastNotNull")
    return {"reducer": reducer, "op": _OPS.get(op, "eq"), "value": json.loads(value)}
