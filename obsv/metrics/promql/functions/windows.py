"""Functions of a range vector: the kernel walks every series' windows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.histograms import is_token
from obsv.metrics.kernels.promql import RangeFunction
from obsv.metrics.promql.ast import Call, Node, Selector, unwrap
from obsv.metrics.promql.compute import Params, compute
from obsv.metrics.promql.errors import ExecutionError
from obsv.metrics.promql.functions import slow_windows
from obsv.metrics.promql.functions.base import Function
from obsv.metrics.promql.samples import keep_samples, without_stale
from obsv.metrics.promql.text import go_float
from obsv.metrics.promql.values import Grid, Mask, Matrix, Vector
from obsv.metrics.store.types import Labels, SeriesSet

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator

NAMES = {
    "rate": RangeFunction.RATE, "increase": RangeFunction.INCREASE, "delta": RangeFunction.DELTA,
    "irate": RangeFunction.IRATE, "idelta": RangeFunction.IDELTA, "changes": RangeFunction.CHANGES,
    "resets": RangeFunction.RESETS, "deriv": RangeFunction.DERIV, "predict_linear": RangeFunction.PREDICT_LINEAR,
    "double_exponential_smoothing": RangeFunction.SMOOTH, "ts_of_min_over_time": RangeFunction.TS_OF_MIN,
    "ts_of_max_over_time": RangeFunction.TS_OF_MAX, "ts_of_first_over_time": RangeFunction.TS_OF_FIRST,
    "ts_of_last_over_time": RangeFunction.TS_OF_LAST, "default_rollup": RangeFunction.LAST,
    **{
        f"{function.name.lower()}_over_time": function
        for function in (
            RangeFunction.SUM, RangeFunction.AVG, RangeFunction.MIN, RangeFunction.MAX, RangeFunction.COUNT,
            RangeFunction.LAST, RangeFunction.FIRST, RangeFunction.PRESENT, RangeFunction.STDDEV, RangeFunction.STDVAR,
            RangeFunction.QUANTILE, RangeFunction.MAD,
        )
    },
}  # fmt: skip
KEEPS_NAME = frozenset(("last_over_time", "first_over_time", "default_rollup"))
COUNTERS = frozenset(("rate", "increase"))
FLOATS_ONLY = frozenset(
    (
        RangeFunction.MIN, RangeFunction.MAX, RangeFunction.STDDEV, RangeFunction.STDVAR, RangeFunction.QUANTILE,
        RangeFunction.MAD, RangeFunction.DERIV, RangeFunction.PREDICT_LINEAR, RangeFunction.SMOOTH,
        RangeFunction.TS_OF_MIN, RangeFunction.TS_OF_MAX,
    )
)  # fmt: skip
"""These pass over histograms, and say so."""
PLAIN = NAMES.keys() - {"quantile_over_time", "predict_linear", "double_exponential_smoothing"}
"""These have no parameter but the range."""


def _window(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    at = 1 if node.name == "quantile_over_time" else 0
    params = tuple(ev.scalar(arg, grid).values for i, arg in enumerate(node.args) if i != at)
    if node.name == "quantile_over_time":
        for q in np.unique(params[0]):
            ev.notes.quantile(float(q), node.args[0])
    if node.name == "double_exponential_smoothing":
        _check_smoothing(params)
    arg = node.args[at]
    vector, windows = over_time(ev, arg, NAMES[node.name], grid, params)
    if node.name in COUNTERS and len(vector.labels):
        tokens = ev.tokens(vector)
        if (vector.present if tokens is None else vector.present & ~tokens).any():
            note_counter(ev, arg, vector.labels[0])
    vector = ev.spread(vector, windows, grid)
    return vector if node.name in KEEPS_NAME else ev.computed(vector)


def over_time(
    ev: Evaluator, arg: Node, function: RangeFunction, grid: Grid, params: Params = ()
) -> tuple[Vector, Grid]:
    """A function of a range vector, and the windows that it was evaluated in."""
    inner = unwrap(arg)
    parts = ev.parts.get(id(inner))
    if parts is not None and isinstance(inner, Selector):

        def of_samples(series: SeriesSet, windows: Grid) -> Vector:
            return _of_matrix(ev, arg, function, Matrix(without_stale(series), windows, inner.range_ms), ())

        if ev.counts:
            ev.counts.add_windows(parts.looked_at(ev))
        return parts.over_time(ev, function, of_samples), parts.asked.windows
    matrix = ev.matrix(arg, grid)
    count_windows(ev, matrix)
    if function is RangeFunction.PREDICT_LINEAR:
        matrix, params = _ahead_of_now(matrix, grid, params)
    return _of_matrix(ev, arg, function, matrix, params), matrix.grid


def _of_matrix(ev: Evaluator, arg: Node, function: RangeFunction, matrix: Matrix, params: Params) -> Vector:
    inner = unwrap(arg)
    modifier = inner.modifier if isinstance(inner, Selector) else ""
    if modifier:
        return _extended(ev, arg, function, matrix, modifier)
    if function in FLOATS_ONLY:
        return _floats_only(ev, arg, function, matrix, params)
    return _any(ev, arg, function, matrix, params)


def count_windows(ev: Evaluator, matrix: Matrix) -> None:
    """Count the samples in windows, where that is asked for."""
    if ev.counts:
        ev.counts.add_windows(compute(ev, RangeFunction.COUNT, matrix).values)


def note_counter(ev: Evaluator, arg: Node, labels: Labels) -> None:
    """Say so where rate() is asked for what does not look like a counter; `labels` are the first row's."""
    ev.notes.counter(labels.get("__name__", ""), labels.get("__type__", ""), arg)


def _ahead_of_now(matrix: Matrix, grid: Grid, params: Params) -> tuple[Matrix, Params]:
    """predict_linear looks ahead from the time of evaluation, wherever offset and `@` have moved the window.

    The kernel takes how far that is behind the window's end, in ms.
    """
    windows = matrix.grid
    if windows.count != grid.count:
        windows = Grid(windows.start, 0, grid.count)
    return replace(matrix, grid=windows), (params[0], (grid.times - windows.times).astype(np.float64))


def _check_smoothing(params: Params) -> None:
    for word, values in zip(("smoothing", "trend"), params, strict=True):
        if not ((values >= 0) & (values <= 1)).all():
            raise ExecutionError(
                f"invalid {word} factor. Expected: 0 <= {word[0]}f <= 1, got: {go_float(float(values[0]))}"
            )


def _floats_only(ev: Evaluator, node: Node, function: RangeFunction, matrix: Matrix, params: Params) -> Vector:
    found = is_token(matrix.series.v) if ev.histograms else None
    if found is None or not found.any():
        return compute(ev, function, matrix, params)
    floats = replace(matrix, series=keep_samples(matrix.series, ~found))
    both = compute(ev, RangeFunction.PRESENT, floats).present
    both &= compute(ev, RangeFunction.PRESENT, replace(matrix, series=keep_samples(matrix.series, found))).present
    for row in np.flatnonzero(both.any(axis=1)).tolist():
        ev.notes.ignored_in_range(matrix.series.labels[row].get("__name__", ""), node)
    return compute(ev, function, floats, params)


def _any(ev: Evaluator, node: Node, function: RangeFunction, matrix: Matrix, params: Params) -> Vector:
    """By the kernel, but for series with histograms or start times where those make a difference."""
    vector, series = compute(ev, function, matrix, params), matrix.series
    if function not in slow_windows.COMPUTE:
        return vector
    slow = np.zeros(len(series.labels), np.bool_)
    if ev.histograms:
        slow |= _rows_with(series, is_token(series.v))
    if series.starts is not None and is_slow(series, function):
        slow |= _rows_with(series, series.starts != 0)
    rows = np.flatnonzero(slow)
    if len(rows):
        some = replace(matrix, series=slow_windows.rows_of(series, rows), unnamed=None)
        part = _empty(ev, some)
        slow_windows.fill(ev, node, slow_windows.COMPUTE[function], some, part)
        vector.values[rows], vector.present[rows] = part.values, part.present
    return vector


def is_slow(series: SeriesSet, function: RangeFunction) -> bool:
    """Whether start times of the counters make a difference, which the kernel does not know."""
    return series.starts is not None and function in slow_windows.STARTED and bool(series.starts.any())


def _rows_with(series: SeriesSet, marked: Mask) -> Mask:
    count = np.concatenate(([0], np.cumsum(marked)))
    rows: Mask = np.diff(count[series.offsets]) > 0
    return rows


def _extended(ev: Evaluator, node: Node, function: RangeFunction, matrix: Matrix, modifier: str) -> Vector:
    vector = _empty(ev, matrix)
    margins = (ev.lookback_ms, ev.lookback_ms if modifier == "smoothed" else 0)
    slow_windows.fill(ev, node, slow_windows.extended(function, modifier), matrix, vector, margins=margins)
    return vector


def _empty(ev: Evaluator, matrix: Matrix) -> Vector:
    shape = (len(matrix.series.labels), matrix.grid.count)
    ev.budget.check_cells(*shape)
    return Vector(matrix.series.labels, np.zeros(shape), np.zeros(shape, np.bool_), unnamed=matrix.unnamed)


FUNCTIONS: dict[str, Function] = dict.fromkeys(NAMES, _window)
