"""Documents as old and new Grafanas write them, made by hand."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
PROMETHEUS = {"type": "prometheus", "uid": "p"}


def document(*panels: Json, **more: Any) -> Json:
    """A document of these panels."""
    return {"title": "Made by hand", "uid": "by-hand", "schemaVersion": 39, "panels": list(panels), **more}


def panel(kind: str = "timeseries", *exprs: str, **more: Any) -> Json:
    """A panel of these expressions."""
    targets = [{"refId": chr(65 + at), "expr": expr} for at, expr in enumerate(exprs)]
    return {"type": kind, "id": 1, "title": "P", "datasource": PROMETHEUS, "targets": targets, **more}


def field(kind: str = "timeseries", **defaults: Any) -> Json:
    """A panel whose fields have these defaults."""
    return panel(kind, "up", fieldConfig={"defaults": defaults, "overrides": []})


GRAPH: Json = {
    "type": "graph",
    "id": 1,
    "title": "Traffic",
    "datasource": "Prometheus",
    "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
    "lines": True,
    "linewidth": 2,
    "fill": 3,
    "stack": True,
    "nullPointMode": "connected",
    "renderer": "flot",
    "legend": {
        "show": True,
        "values": True,
        "max": True,
        "avg": True,
        "rightSide": True,
        "sort": "avg",
        "sortDesc": True,
    },
    "tooltip": {"shared": True, "sort": 2, "value_type": "individual"},
    "yaxes": [
        {"format": "Bps", "label": "in / out", "logBase": 1, "max": None, "min": "0", "show": True},
        {"format": "percentunit", "label": None, "logBase": 2, "max": "1", "min": None, "show": True},
    ],
    "xaxis": {"mode": "time", "show": True, "name": None, "values": [], "buckets": None},
    "yaxis": {"align": False, "alignLevel": None},
    "seriesOverrides": [
        {"alias": "/out.*/", "transform": "negative-Y"},
        {"alias": "load", "yaxis": 2, "fill": 0, "dashes": True, "color": "#C4162A", "legend": False},
    ],
    "aliasColors": {"total": "#7EB26D"},
    "thresholds": [{"value": 80, "op": "gt", "colorMode": "critical", "fill": True, "line": True}],
    "timeFrom": "2h",
    "alert": {"name": "too much"},
    "targets": [{"refId": "A", "expr": "rate(node_network_receive_bytes_total[5m])", "interval": ">30s"}],
}
SINGLESTAT: Json = {
    "type": "singlestat",
    "id": 2,
    "title": "State",
    "datasource": "Prometheus",
    "gridPos": {"x": 12, "y": 0, "w": 6, "h": 4},
    "format": "percent",
    "decimals": 1,
    "valueName": "current",
    "colorBackground": True,
    "colors": ["#299c46", "rgba(237, 129, 40, 0.89)", "#d44a3a"],
    "thresholds": "70,90",
    "sparkline": {"show": True, "full": False},
    "gauge": {"show": False, "minValue": 0, "maxValue": 100},
    "mappingType": 1,
    "valueMaps": [{"op": "=", "value": "null", "text": "N/A"}, {"op": "=", "value": "1", "text": "UP"}],
    "postfix": " of it",
    "targets": [{"refId": "A", "expr": "up", "instant": True}],
}
OLD_TABLE: Json = {
    "type": "table-old",
    "id": 3,
    "title": "Table",
    "datasource": "Prometheus",
    "gridPos": {"x": 0, "y": 8, "w": 12, "h": 8},
    "transform": "table",
    "styles": [
        {"pattern": "Time", "type": "hidden"},
        {
            "pattern": "Value #A",
            "alias": "CPU",
            "type": "number",
            "unit": "percent",
            "decimals": 1,
            "colorMode": "cell",
            "colors": ["green", "orange", "red"],
            "thresholds": ["70", "90"],
        },
    ],
    "targets": [{"refId": "A", "expr": "sum by (instance) (up)", "format": "table", "instant": True}],
}
OLD_PIE: Json = {
    "type": "grafana-piechart-panel",
    "id": 4,
    "title": "Pie",
    "datasource": "Prometheus",
    "gridPos": {"x": 12, "y": 8, "w": 6, "h": 8},
    "pieType": "donut",
    "valueName": "current",
    "legendType": "Right side",
    "format": "bytes",
    "legend": {"show": True, "values": True},
    "aliasColors": {"a": "red"},
    "targets": [{"refId": "A", "expr": "sum by (a) (b)"}],
}
OLD_HEATMAP: Json = {
    "type": "heatmap",
    "id": 5,
    "title": "Heat",
    "datasource": "Prometheus",
    "gridPos": {"x": 0, "y": 16, "w": 12, "h": 8},
    "dataFormat": "tsbuckets",
    "color": {"mode": "spectrum", "colorScheme": "interpolateOranges", "exponent": 0.5},
    "yAxis": {"format": "s", "logBase": 1, "show": True},
    "legend": {"show": False},
    "tooltip": {"show": True},
    "targets": [{"refId": "A", "expr": "sum by (le) (increase(h_bucket[5m]))", "format": "heatmap"}],
}
LOGS: Json = {
    "type": "logs",
    "id": 7,
    "title": "Logs",
    "datasource": "Loki",
    "gridPos": {"x": 18, "y": 8, "w": 6, "h": 8},
    "targets": [{"refId": "A", "expr": '{app="x"}'}],
    "options": {"showTime": True},
}
VARIABLES: list[Json] = [
    {
        "name": "instance",
        "type": "query",
        "datasource": "Prometheus",
        "query": "label_values(up, instance)",
        "regex": "/(.*):.*/",
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": None,
        "current": {"text": "All", "value": ["$__all"]},
        "refresh": 2,
        "options": [],
    },
    {
        "name": "interval",
        "type": "interval",
        "query": "1m,5m,1h",
        "auto": True,
        "current": {"text": "auto", "value": "$__auto_interval_interval"},
    },
    {"name": "c", "type": "custom", "query": "a,b\\,c,Shown : d", "current": {"text": "Shown", "value": "d"}},
    {"name": "t", "type": "textbox", "query": "x", "current": {"text": "y", "value": "y"}},
    {"name": "f", "type": "adhoc", "filters": [{"key": "job", "operator": "=~", "value": "a|b"}]},
]
OLD: Json = document(
    GRAPH,
    SINGLESTAT,
    OLD_TABLE,
    OLD_PIE,
    OLD_HEATMAP,
    LOGS,
    schemaVersion=26,
    uid="Old_One",
    tags=["a"],
    time={"from": "now-3h", "to": "now"},
    refresh="10s",
    timezone="utc",
    templating={"list": VARIABLES},
    annotations={
        "list": [
            {"name": "Deploys", "datasource": "-- Grafana --", "enable": True, "type": "tags", "tags": ["deploy"]},
            {"name": "Restarts", "datasource": "Prometheus", "enable": False, "expr": "resets(a[5m]) > 0"},
        ]
    },
    links=[
        {"type": "dashboards", "tags": ["x"], "title": "Others"},
        {"type": "link", "title": "Docs", "url": "https://example.org/?x=1", "includeVars": True, "keepTime": True},
    ],
)
"""A dashboard as Grafana 8 could still hold one."""


def dynamic(*, later: bool) -> Json:
    """A dashboard in the model v2, in its first form or a later one."""

    def asked(spec: Json) -> Json:
        if later:
            return {"kind": "DataQuery", "group": "prometheus", "datasource": {"name": "p"}, "spec": spec}
        return {"kind": "prometheus", "spec": spec}

    named: Json = {} if later else {"datasource": PROMETHEUS}
    spec = {"options": {}, "fieldConfig": {"defaults": {"unit": "bytes"}, "overrides": []}, "pluginVersion": "12"}
    view = {"kind": "VizConfig", "group": "timeseries", "spec": spec} if later else {"kind": "timeseries", "spec": spec}
    query = {"query": asked({"expr": "up", "legendFormat": "{{job}}"}), "refId": "A", "hidden": True, **named}
    group = {
        "queries": [{"kind": "PanelQuery", "spec": query}],
        "queryOptions": {"interval": "1m"},
        "transformations": [],
    }
    panel = {"id": 1, "title": "Up", "data": {"kind": "QueryGroup", "spec": group}, "vizConfig": view, "links": []}
    element = {"kind": "ElementReference", "name": "panel-1"}
    grid = {"kind": "GridLayoutItem", "spec": {"x": 2, "y": 0, "width": 10, "height": 6, "element": element}}
    auto = {"kind": "AutoGridLayoutItem", "spec": {"element": element}}
    rows = [
        {"title": "First", "collapse": True, "layout": {"kind": "GridLayout", "spec": {"items": [grid]}}},
        {"title": "Second", "collapse": False, "layout": {"kind": "AutoGridLayout", "spec": {"items": [auto]}}},
    ]
    variable = {"name": "job", "query": asked({"query": "label_values(up, job)"}), "sort": "numericalDesc", **named}
    variable |= {"refresh": "onTimeRangeChanged", "multi": True, "hide": "dontHide", "current": {}}
    mark = {"name": "Restarts", "query": asked({"expr": "resets(a[5m])"}), "enable": True, "hide": False, **named}
    return {
        "apiVersion": "dashboard.grafana.app/v2beta1",
        "kind": "Dashboard",
        "metadata": {"name": "dyn"},
        "spec": {
            "title": "Dynamic",
            "cursorSync": "Off",
            "tags": [],
            "elements": {"panel-1": {"kind": "Panel", "spec": panel}},
            "layout": {
                "kind": "RowsLayout",
                "spec": {"rows": [{"kind": "RowsLayoutRow", "spec": row} for row in rows]},
            },
            "timeSettings": {
                "from": "now-1h",
                "to": "now",
                "timezone": "utc",
                "autoRefresh": "5s",
                "weekStart": "monday",
            },
            "variables": [{"kind": "QueryVariable", "spec": variable}],
            "annotations": [{"kind": "AnnotationQuery", "spec": mark}],
        },
    }
