"""`selector smoothed`: the value between the samples before and after each step, by linear interpolation."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.promql.ast import Selector
from obsv.metrics.promql.fetch import moved
from obsv.metrics.promql.samples import without_stale
from obsv.metrics.promql.values import Grid, Vector

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator


def smoothed(ev: Evaluator, node: Selector, grid: Grid) -> Vector:
    """From the samples within the lookback before and after a step; without one after it, the one before."""
    series, windows = without_stale(ev.data[id(node)]), moved(grid, node.at, node.offset_ms, ev.top)
    shape = (len(series.labels), windows.count)
    ev.budget.check_cells(*shape)
    values, present = np.zeros(shape), np.zeros(shape, np.bool_)
    for row in range(shape[0]):
        ev.check_time()
        low, high = series.offsets[row : row + 2].tolist()
        t, v = series.t[low:high].tolist(), series.v[low:high].tolist()
        for step, at in enumerate(windows.times.tolist()):
            value = _at(t, v, at, ev.lookback_ms)
            if value is not None:
                values[row, step], present[row, step] = value, True
    return ev.spread(Vector(series.labels, values, present), windows, grid)


def _at(t: list[int], v: list[float], at: int, lookback_ms: int) -> float | None:
    i = bisect_right(t, at) - 1
    has_before = i >= 0 and t[i] > at - lookback_ms
    has_after = i + 1 < len(t) and t[i + 1] <= at + lookback_ms
    if has_before and has_after:
        return v[i] + (v[i + 1] - v[i]) * (at - t[i]) / (t[i + 1] - t[i])
    if has_before:
        return v[i]
    return None
