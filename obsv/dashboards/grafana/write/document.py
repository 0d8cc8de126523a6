"""A whole dashboard in Grafana's model."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from obsv.dashboards.grafana.colors import from_color
from obsv.dashboards.grafana.read.document import MAX_KEY
from obsv.dashboards.grafana.reader import Json
from obsv.dashboards.grafana.write.panels import write_panels
from obsv.dashboards.grafana.write.values import write_dashboard_link
from obsv.dashboards.grafana.write.variables import source_variable, write_variable
from obsv.dashboards.model import AnnotationQuery, Dashboard

SCHEMA: Final = 39
"""Of Grafana 10.4 and 11: newer ones bring it up to date, older ones read what they know."""


def export_dashboard(dashboard: Dashboard) -> dict[str, Any]:
    """The dashboard for Grafana, to be written as JSON and imported there.

    All queries ask the Prometheus of a variable, so that it works wherever there is one.  Marks of alerts and incidents
    are left out, for Grafana shows its own; so is the folder, which is chosen when it is imported.
    """
    name = _free_name({one.name for one in dashboard.variables})
    source = {"type": "prometheus", "uid": f"${{{name}}}"}
    variables = [write_variable(one, source) for one in dashboard.variables]
    marks = [one for one in dashboard.annotations if one.source in {"events", "expression"}]
    return {
        "id": None,
        "uid": _uid(dashboard.key),
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": list(dashboard.tags),
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "timezone": {"": "browser", "UTC": "utc"}.get(dashboard.zone, dashboard.zone),
        "time": {"from": dashboard.time.start, "to": dashboard.time.end},
        "timepicker": {},
        "refresh": dashboard.refresh,
        "weekStart": "",
        "fiscalYearStartMonth": 0,
        "liveNow": False,
        "templating": {"list": [source_variable(name), *variables]},
        "annotations": {"list": [_annotation(one, source) for one in marks]},
        "links": [write_dashboard_link(one) for one in dashboard.links],
        "panels": write_panels(dashboard.panels, source),
    }


def _free_name(taken: set[str]) -> str:
    name = "datasource"
    while name in taken:
        name += "_"
    return name


def _uid(key: str) -> str:
    """The key, or as much of it as Grafana takes, and a hash of the whole."""
    if len(key) <= MAX_KEY:
        return key
    return f"{key[: MAX_KEY - 9]}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def _annotation(one: AnnotationQuery, source: Json) -> Json:
    made: Json = {"name": one.name, "enable": one.enabled, "hide": False}
    if one.color:
        made["iconColor"] = from_color(one.color)
    if one.source == "expression":
        return made | {"datasource": source, "expr": one.expr, "titleFormat": one.title}
    target = {"type": "tags", "tags": list(one.tags), "limit": 100, "matchAny": False}
    return made | {"datasource": {"type": "grafana", "uid": "-- Grafana --"}, "target": target}
