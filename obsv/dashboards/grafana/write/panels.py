"""Panels with what they ask, and the grid with its folded rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from obsv.dashboards.grafana.reader import Json
from obsv.dashboards.grafana.write.fields import write_field_config
from obsv.dashboards.grafana.write.tables import TableWriter
from obsv.dashboards.grafana.write.values import write_link
from obsv.dashboards.grafana.write.views import write_view
from obsv.dashboards.model import AlertList, Heatmap, Panel, Placeholder, Query, Row, Table, Text, View

_VERSION: Final = "11.0.0"
"""Whose options these are; Grafana brings those of older versions up to date."""


@dataclass(slots=True)
class _Folded:
    """A folded row, the panels in it, and how far down they reach."""

    made: Json
    top: int
    bottom: int


def write_panels(panels: tuple[Panel, ...], source: Json) -> list[Json]:
    """All panels from top to bottom; those of a folded row are within it, and what follows moves up by their height."""
    made: list[Json] = []
    folded: _Folded | None = None
    up = 0
    for panel in sorted(panels, key=lambda one: (one.grid.y, one.grid.x)):
        if isinstance(panel.view, Row):
            up += folded.bottom - folded.top if folded else 0
            one = _row(panel, panel.view, up)
            folded = _Folded(one, 0, 0) if panel.view.folded else None
            made.append(one)
            continue
        one = _panel(panel, source, 0 if folded else up)
        if folded is None:
            made.append(one)
            continue
        inner: list[Json] = folded.made["panels"]
        folded.top = folded.top if inner else panel.grid.y
        folded.bottom = max(folded.bottom, panel.grid.y + panel.grid.h)
        inner.append(one)
    return made


def _place(panel: Panel, up: int) -> Json:
    return {"x": panel.grid.x, "y": max(panel.grid.y - up, 0), "w": panel.grid.w, "h": panel.grid.h}


def _row(panel: Panel, row: Row, up: int) -> Json:
    frame = _frame(panel, up)
    return frame | {"type": "row", "collapsed": row.folded, "panels": []}


def _frame(panel: Panel, up: int) -> Json:
    """What panels and rows of every kind have."""
    made: dict[str, Any] = {"id": panel.id, "title": panel.title, "gridPos": _place(panel, up)}
    if panel.description:
        made["description"] = panel.description
    if panel.links:
        made["links"] = [write_link(one) for one in panel.links]
    if panel.repeat is not None:
        made |= {"repeat": panel.repeat.variable, "repeatDirection": panel.repeat.direction}
        made["maxPerRow"] = panel.repeat.most
    optional = {
        "timeFrom": panel.last,
        "timeShift": panel.shift,
        "maxDataPoints": panel.max_points,
        "transparent": panel.transparent,
    }
    return made | {key: value for key, value in optional.items() if value}


def _panel(panel: Panel, source: Json, up: int) -> Json:
    if isinstance(panel.view, Placeholder):
        return _restored(panel, panel.view, up)
    kind, options = write_view(panel.view)
    made = _frame(panel, up) | {"type": kind, "pluginVersion": _VERSION, "options": options}
    if isinstance(panel.view, Text | AlertList):
        return made
    overrides = list(panel.overrides)
    if isinstance(panel.view, Table):
        table = TableWriter(panel.view, sum(not query.hidden for query in panel.queries))
        made["transformations"] = table.transformations()
        options["sortBy"] = table.sort()
        overrides = [table.override(one) for one in overrides]
    if isinstance(panel.view, Heatmap):
        options["yAxis"] = _y_axis(panel)
    return made | {
        "datasource": source,
        "fieldConfig": write_field_config(panel.field, overrides),
        "targets": [_target(query, panel.view, source) for query in panel.queries],
    }


def _y_axis(panel: Panel) -> Json:
    """A heatmap's axis has these of its own."""
    field = panel.field
    found = {"unit": field.unit, "decimals": field.decimals, "min": field.min, "max": field.max}
    return {key: value for key, value in (found | {"axisLabel": field.axis_label}).items() if value is not None}


def _target(query: Query, view: View, source: Json) -> Json:
    """A query; a table has rows of labels, a heatmap buckets."""
    is_table = isinstance(view, Table) and not view.calcs
    made: dict[str, Any] = {
        "refId": query.ref,
        "datasource": source,
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.legend or "__auto",
        "instant": query.at != "range",
        "range": query.at != "instant",
        "format": "table" if is_table else "heatmap" if isinstance(view, Heatmap) else "time_series",
    }
    if query.step:
        made["interval"] = query.step
    if query.hidden:
        made["hide"] = True
    return made


def _restored(panel: Panel, placeholder: Placeholder, up: int) -> Json:
    """The panel that a placeholder stands for, in its place of now; if it is not at hand, a text that says so."""
    try:
        kept = json.loads(placeholder.source)
    except ValueError:
        kept = None
    if not isinstance(kept, dict):
        content = f"{placeholder.was}: {placeholder.reason}"
        return _frame(panel, up) | {"type": "text", "options": {"mode": "markdown", "content": content}}
    return {**kept, "title": panel.title, "id": panel.id, "gridPos": _place(panel, up)}
