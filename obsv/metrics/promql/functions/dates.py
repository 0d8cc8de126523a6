"""Parts of a date, UTC; without an argument of the evaluation time.  And `timestamp`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.promql.ast import Call, Selector, unwrap
from obsv.metrics.promql.functions.base import Function
from obsv.metrics.promql.values import Grid, Vector
from obsv.metrics.store.types import Float64, Int64

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator


def _days(seconds: Int64) -> np.ndarray[tuple[int, ...], np.dtype[np.datetime64]]:
    days: np.ndarray[tuple[int, ...], np.dtype[np.datetime64]] = seconds.astype("datetime64[s]").astype("datetime64[D]")
    return days


def _month_length(seconds: Int64) -> Float64:
    month = seconds.astype("datetime64[s]").astype("datetime64[M]")
    length: Float64 = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.float64)
    return length


PARTS: dict[str, Callable[[Int64], Float64]] = {
    "minute": lambda s: (s // 60 % 60).astype(np.float64),
    "hour": lambda s: (s // 3600 % 24).astype(np.float64),
    "day_of_week": lambda s: ((s // 86400 + 4) % 7).astype(np.float64),
    "day_of_month": lambda s: (
        (_days(s) - _days(s).astype("datetime64[M]").astype("datetime64[D]")).astype(np.float64) + 1
    ),
    "day_of_year": lambda s: (
        (_days(s) - _days(s).astype("datetime64[Y]").astype("datetime64[D]")).astype(np.float64) + 1
    ),
    "days_in_month": _month_length,
    "month": lambda s: (s.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12 + 1).astype(np.float64),
    "year": lambda s: (s.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970).astype(np.float64),
}


def _part(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    if node.args:
        vector = ev.floats(ev.vector(node.args[0], grid))
    else:
        vector = Vector([{}], (grid.times / 1000)[np.newaxis, :], np.ones((1, grid.count), np.bool_))
    finite = np.isfinite(vector.values)
    seconds = np.where(finite, vector.values, 0.0).astype(np.int64)
    values = np.where(finite, PARTS[node.name](seconds), np.nan)
    return ev.computed(vector.like(values))


def _timestamp(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    """The sample's own time for a plain selector, the evaluation time for anything else."""
    inner = unwrap(node.args[0])
    if isinstance(inner, Selector):
        return ev.computed(ev.instant(inner, grid, want_time=True))
    vector = ev.vector(inner, grid)
    return ev.computed(vector.like(np.broadcast_to(grid.times / 1000, vector.values.shape)))


def _start_timestamp(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    """When the sample's counter began, for a plain selector; without that knowledge nothing."""
    inner = unwrap(node.args[0])
    if not isinstance(inner, Selector):
        return Vector.empty(grid.count)
    return ev.computed(ev.instant_starts(inner, grid))


FUNCTIONS: dict[str, Function] = {
    **dict.fromkeys(PARTS, _part),
    "start_timestamp": _start_timestamp,
    "timestamp": _timestamp,
}
