"""What a panel shows, as Grafana's type of panel and its options."""

from __future__ import annotations

from typing import Any, Final

from obsv.dashboards.grafana import names
from obsv.dashboards.grafana.names import turned
from obsv.dashboards.grafana.reader import Json
from obsv.dashboards.model import (
    AlertList,
    BarGauge,
    Calculation,
    Gauge,
    Heatmap,
    Histogram,
    Legend,
    Pie,
    Reduce,
    Stat,
    StateTimeline,
    Table,
    Text,
    TimeSeries,
    View,
)

CALCULATIONS: Final[dict[str, str]] = {**turned(names.CALCULATIONS)}
"""Ours to Grafana's."""
TITLES: Final[dict[str, str]] = {**turned(names.CALCULATION_TITLES)}
_SCHEMES: Final = {"accent": "Blues", "grey": "Greys", "heat": "Oranges", "spectrum": "Spectral"}
_EXPONENTS: Final = {"linear": 1, "sqrt": 0.5, "log": 0.2}
_Y_SCALES: Final[dict[str, Json]] = {
    "linear": {"type": "linear"},
    "log2": {"type": "log", "log": 2},
    "log10": {"type": "log", "log": 10},
}
_DIRECTIONS: Final = turned(names.DIRECTION)


def write_view(view: View) -> tuple[str, Json]:
    """The type and the options; of a table without its columns, which are transformations."""
    match view:
        case Stat() | Gauge() | BarGauge() | Pie():
            return _single(view)
        case Table():
            return "table", _table(view)
        case Heatmap():
            return "heatmap", _heatmap(view)
        case AlertList():
            return "alertlist", _alerts(view)
        case Text():
            return "text", {"mode": "markdown", "content": view.markdown}
        case _:
            return _series(view)


def _alerts(view: AlertList) -> Json:
    """Grafana's has no acknowledged or silenced ones to leave out, and no history."""
    states = {"firing": True, "pending": False, "noData": False, "normal": False, "error": True}
    return {
        "viewMode": "list",
        "groupMode": "default",
        "groupBy": [],
        "maxItems": view.most,
        "sortOrder": turned(names.ALERT_ORDER)[view.sort],
        "alertInstanceLabelFilter": "{" + ", ".join(view.matchers) + "}" if view.matchers else "",
        "stateFilter": states,
    }


def _series(view: View) -> tuple[str, Json]:
    match view:
        case TimeSeries():
            tooltip = {"mode": turned(names.TOOLTIP)[view.tooltip], "sort": turned(names.ORDER)[view.tooltip_sort]}
            return "timeseries", {"legend": _legend(view.legend), "tooltip": tooltip}
        case Histogram():
            size = {"bucketSize": view.bucket} if view.bucket else {}
            return "histogram", {"combine": view.combine, "legend": _legend(view.legend), **size}
        case StateTimeline():
            options = {
                "mergeValues": view.merge,
                "showValue": turned(names.SHOW_VALUES)[view.show_values],
                "rowHeight": view.row_height,
                "legend": _legend(view.legend),
            }
            return "status-history" if view.steps else "state-timeline", options
        case _:
            raise TypeError(f"{type(view).__name__} is no panel with options")


def _single(view: Stat | Gauge | BarGauge | Pie) -> tuple[str, Json]:
    made: Json = {"reduceOptions": _reduce(view.reduce)}
    match view:
        case Stat():
            return "stat", made | {
                "textMode": turned(names.STAT_TEXT)[view.text],
                "colorMode": turned(names.STAT_COLOR)[view.color],
                "graphMode": "area" if view.spark else "none",
                "showPercentChange": view.change,
                "orientation": _DIRECTIONS[view.direction],
                "justifyMode": "auto",
                "wideLayout": True,
            }
        case Gauge():
            return "gauge", made | {
                "showThresholdMarkers": view.marks,
                "showThresholdLabels": view.labels,
                "orientation": _DIRECTIONS[view.direction],
            }
        case BarGauge():
            return "bargauge", made | {
                "displayMode": turned(names.BAR_STYLE)[view.style],
                "showUnfilled": view.unfilled,
                "orientation": _DIRECTIONS[view.direction],
                "valueMode": "color",
            }
        case Pie():
            return "piechart", made | {
                "pieType": "donut" if view.donut else "pie",
                "displayLabels": list(view.labels),
                "legend": {**_legend(view.legend), "values": list(view.legend_values)},
            }


def _reduce(reduce: Reduce) -> Json:
    made: Json = {"calcs": [CALCULATIONS[reduce.calc]], "fields": reduce.field, "values": bool(reduce.rows)}
    return made | ({"limit": reduce.rows} if reduce.rows else {})


def _legend(legend: Legend) -> Json:
    made: dict[str, Any] = {
        "showLegend": legend.show,
        "displayMode": "table" if legend.calcs else "list",
        "placement": legend.place,
        "calcs": [CALCULATIONS[calc] for calc in legend.calcs],
    }
    if legend.sort:
        made["sortBy"] = "Name" if legend.sort == "name" else TITLES[legend.sort]
        made["sortDesc"] = legend.descending
    if legend.width:
        made["width"] = legend.width
    return made


def _table(view: Table) -> Json:
    footer: tuple[Calculation, ...] = (view.footer,) if view.footer else ()
    return {
        "showHeader": view.header,
        "cellHeight": turned(names.CELL_HEIGHT)[view.height],
        "footer": {
            "show": bool(footer),
            "reducer": [CALCULATIONS[calc] for calc in footer],
            "fields": "",
            "countRows": False,
        },
    }


def _heatmap(view: Heatmap) -> Json:
    calculated = view.source == "values"
    scale = _Y_SCALES[view.y_scale]
    return {
        "calculate": calculated,
        "calculation": {"yBuckets": {"scale": scale}} if calculated else {},
        "color": {"mode": "scheme", "scheme": _SCHEMES[view.scheme], "exponent": _EXPONENTS[view.scale], "steps": 64},
        "rowsFrame": {"layout": "auto"} if calculated else {"layout": "auto", "yBucketScale": scale},
        "legend": {"show": view.legend},
        "yAxis": {},
    }
