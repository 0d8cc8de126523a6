"""Functions of native histograms: count, sum, avg, stddev, stdvar."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.histograms import Histogram
from obsv.metrics.histograms.arithmetic import ieee_divide
from obsv.metrics.histograms.quantile import variance
from obsv.metrics.promql.ast import Call
from obsv.metrics.promql.functions.base import Function
from obsv.metrics.promql.values import Grid, Vector

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator


def _each(function: Callable[[Histogram], float]) -> Function:
    def apply(ev: Evaluator, node: Call, grid: Grid) -> Vector:
        vector = ev.vector(node.args[0], grid)
        tokens = ev.tokens(vector)
        if tokens is None:
            return Vector.empty(grid.count)
        values = np.zeros(vector.values.shape)
        for i in np.flatnonzero(tokens).tolist():
            values.flat[i] = function(ev.histogram(vector.values.flat[i]))
        rows = np.flatnonzero(tokens.any(axis=1))
        return ev.computed(vector.like(values, tokens).take(rows))

    return apply


def _deviation(histogram: Histogram) -> float:
    found = variance(histogram)
    return math.sqrt(found) if found >= 0 else math.nan


FUNCTIONS: dict[str, Function] = {
    "histogram_avg": _each(lambda h: ieee_divide(h.sum, h.count)),
    "histogram_count": _each(lambda h: h.count),
    "histogram_stddev": _each(_deviation),
    "histogram_stdvar": _each(variance),
    "histogram_sum": _each(lambda h: h.sum),
}
