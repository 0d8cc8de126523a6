"""Words that both have, in Grafana's spelling and ours; written the other way round where a table is turned over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeVar

from obsv.dashboards.model import Calculation

Sort = Literal["", "asc", "desc", "number-asc", "number-desc", "natural-asc", "natural-desc"]

AlertOrder = Literal["newest", "oldest", "name", "severity"]
ALERT_ORDER: Final[dict[int, AlertOrder]] = {5: "newest", 4: "oldest", 1: "name", 3: "severity"}

CALCULATIONS: Final[dict[str, Calculation]] = {
    "lastNotNull": "last-not-null",
    "last": "last",
    "firstNotNull": "first-not-null",
    "first": "first",
    "min": "min",
    "max": "max",
    "mean": "mean",
    "sum": "sum",
    "count": "count",
    "range": "range",
    "delta": "delta",
    "diff": "difference",
    "diffperc": "difference-percent",
    "median": "median",
    "stdDev": "stddev",
    "distinctCount": "distinct",
    "changeCount": "changes",
    "p90": "p90",
    "p95": "p95",
    "p99": "p99",
}
OLD_CALCULATIONS: Final[dict[str, str]] = {
    "avg": "mean",
    "current": "lastNotNull",
    "total": "sum",
    "curr": "lastNotNull",
    "last_time": "lastNotNull",
}
"""Names of before Grafana 7, in today's."""

CALCULATION_TITLES: Final[dict[str, Calculation]] = {
    "Last *": "last-not-null",
    "Last": "last",
    "First *": "first-not-null",
    "First": "first",
    "Min": "min",
    "Max": "max",
    "Mean": "mean",
    "Total": "sum",
    "Count": "count",
    "Range": "range",
    "Delta": "delta",
    "Difference": "difference",
    "Difference percent": "difference-percent",
    "Median": "median",
    "StdDev": "stddev",
    "Distinct Count": "distinct",
    "Change Count": "changes",
    "90th %": "p90",
    "95th %": "p95",
    "99th %": "p99",
}
"""What Grafana heads a column of a calculation with; a legend and a table are sorted by that."""

DRAW: Final = {"line": "line", "bars": "bars", "points": "points"}
LINE: Final = {"linear": "linear", "smooth": "smooth", "stepBefore": "step-before", "stepAfter": "step-after"}
POINTS: Final = {"auto": "auto", "always": "always", "never": "never"}
STACK: Final = {"none": "none", "normal": "normal", "percent": "percent"}
AXIS: Final = {"auto": "auto", "left": "left", "right": "right", "hidden": "hidden"}
MARKS: Final = {"off": "none", "line": "line", "dashed": "dashed", "area": "area", "line+area": "line+area"}
ALIGN: Final = {"auto": "auto", "left": "left", "center": "center", "right": "right"}
THRESHOLDS: Final = {"absolute": "absolute", "percentage": "percent"}
SPECIAL: Final = {"null": "null", "nan": "nan", "true": "true", "false": "false", "empty": "empty"}
DIRECTION: Final[dict[str, Literal["auto", "h", "v"]]] = {"auto": "auto", "horizontal": "h", "vertical": "v"}
STAT_TEXT: Final[dict[str, Literal["auto", "value", "name", "value+name", "none"]]] = {
    "auto": "auto",
    "value": "value",
    "name": "name",
    "value_and_name": "value+name",
    "none": "none",
}
STAT_COLOR: Final[dict[str, Literal["none", "value", "background"]]] = {
    "none": "none",
    "value": "value",
    # Solid or shaded, a ground is a ground; the last is what is written.
    "background_solid": "background",
    "background": "background",
}
BAR_STYLE: Final[dict[str, Literal["basic", "gradient", "cells"]]] = {
    "basic": "basic",
    "gradient": "gradient",
    "lcd": "cells",
}
TOOLTIP: Final[dict[str, Literal["one", "all", "none"]]] = {"single": "one", "multi": "all", "none": "none"}
ORDER: Final[dict[str, Literal["", "asc", "desc"]]] = {"none": "", "asc": "asc", "desc": "desc"}
PLACE: Final[dict[str, Literal["bottom", "right"]]] = {"bottom": "bottom", "right": "right"}
CELL_HEIGHT: Final[dict[str, Literal["small", "medium", "large"]]] = {"sm": "small", "md": "medium", "lg": "large"}
PIE_LABELS: Final[dict[str, Literal["name", "value", "percent"]]] = {
    "name": "name",
    "value": "value",
    "percent": "percent",
}
PIE_LEGEND: Final[dict[str, Literal["value", "percent"]]] = {"value": "value", "percent": "percent"}
SHOW_VALUES: Final[dict[str, Literal["auto", "always", "never"]]] = {
    "auto": "auto",
    "always": "always",
    "never": "never",
}
SORT: Final[dict[int, Sort]] = {
    0: "",
    1: "asc",
    2: "desc",
    3: "number-asc",
    4: "number-desc",
    7: "natural-asc",
    8: "natural-desc",
}
HIDE: Final[dict[int, Literal["", "label", "variable"]]] = {0: "", 1: "label", 2: "variable"}

S = TypeVar("S")
T = TypeVar("T")


def turned(table: Mapping[S, T]) -> dict[T, S]:
    """The table from ours to Grafana's."""
    return {ours: theirs for theirs, ours in table.items()}
