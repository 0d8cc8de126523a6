"""Functions of a range vector: the kernel walks every series' windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.kernels import promql as kernel
from obsv.metrics.kernels.promql import RangeFunction
from obsv.metrics.promql.ast import Call, Node, Selector, unwrap
from obsv.metrics.promql.errors import ExecutionError
from obsv.metrics.promql.functions.base import Function
from obsv.metrics.promql.text import go_float
from obsv.metrics.promql.values import Grid, Matrix, Vector, drop_names

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator

NAMES = {
    "rate": RangeFunction.RATE, "increase": RangeFunction.INCREASE, "delta": RangeFunction.DELTA,
    "irate": RangeFunction.IRATE, "idelta": RangeFunction.IDELTA, "changes": RangeFunction.CHANGES,
    "resets": RangeFunction.RESETS, "deriv": RangeFunction.DERIV, "predict_linear": RangeFunction.PREDICT_LINEAR,
    "double_exponential_smoothing": RangeFunction.SMOOTH, "ts_of_min_over_time": RangeFunction.TS_OF_MIN,
    "ts_of_max_over_time": RangeFunction.TS_OF_MAX, "ts_of_first_over_time": RangeFunction.TS_OF_FIRST,
    "ts_of_last_over_time": RangeFunction.TS_OF_LAST,
    **{
        f"{function.name.lower()}_over_time": function
        for function in (
            RangeFunction.SUM, RangeFunction.AVG, RangeFunction.MIN, RangeFunction.MAX, RangeFunction.COUNT,
            RangeFunction.LAST, RangeFunction.FIRST, RangeFunction.PRESENT, RangeFunction.STDDEV, RangeFunction.STDVAR,
            RangeFunction.QUANTILE, RangeFunction.MAD,
        )
    },
}  # fmt: skip
KEEPS_NAME = frozenset(("last_over_time", "first_over_time"))
COUNTERS = frozenset(("rate", "increase", "irate"))


def apply(
    function: RangeFunction, matrix: Matrix, grid: Grid, *params: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> Vector:
    """A window function over a range vector; `params` are float64[steps]."""
    windows, series = matrix.grid, matrix.series
    shape = (len(series.labels), windows.count)
    values, present = np.zeros(shape), np.zeros(shape, np.uint8)
    none = np.zeros(windows.count)
    first, second = (*(np.ascontiguousarray(p[: windows.count]) for p in params), none, none)[:2]
    kernel.range_function(
        function,
        series.offsets,
        series.t,
        series.v,
        windows.start,
        windows.step,
        matrix.range_ms,
        first,
        second,
        values,
        present,
    )
    mask = present.view(np.bool_)
    vector = Vector(list(series.labels), values, mask)
    seen = np.flatnonzero(mask.any(axis=1))
    if len(seen) < shape[0]:
        vector = vector.take(seen)
    return vector if windows.count == grid.count else vector.broadcast(grid.count)


def _metric(node: Node) -> str:
    inner = unwrap(node)
    return inner.name if isinstance(inner, Selector) else ""


def _window(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    at = 1 if node.name == "quantile_over_time" else 0
    params = [ev.scalar(arg, grid).values for i, arg in enumerate(node.args) if i != at]
    if node.name == "quantile_over_time":
        for q in np.unique(params[0]):
            ev.notes.quantile(float(q), node.args[0])
    if node.name == "double_exponential_smoothing":
        for word, values in zip(("smoothing", "trend"), params, strict=True):
            if not ((values >= 0) & (values <= 1)).all():
                raise ExecutionError(
                    f"invalid {word} factor. Expected: 0 <= {word[0]}f <= 1, got: {go_float(float(values[0]))}"
                )
    matrix = ev.matrix(node.args[at], grid)
    if node.name in COUNTERS and matrix.series.labels:
        ev.notes.counter(_metric(node.args[at]), node.args[at])
    vector = apply(NAMES[node.name], matrix, grid, *params)
    return vector if node.name in KEEPS_NAME else drop_names(vector)


FUNCTIONS: dict[str, Function] = dict.fromkeys(NAMES, _window)
