"""Window functions by the kernel, for all series and steps at once, or in parts where that takes long."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.kernels import promql as kernel
from obsv.metrics.kernels.promql import RangeFunction, Reduction
from obsv.metrics.promql.groups import Groups
from obsv.metrics.promql.shares import in_shares
from obsv.metrics.promql.values import Matrix, Vector
from obsv.metrics.store.types import Float64, UInt8

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator

Params = tuple[Float64, ...]
AT_ONCE = 20_000_000
"""Samples in windows that the kernel looks at before it is asked whether it shall go on: some tens of milliseconds."""


def compute(ev: Evaluator, function: RangeFunction, matrix: Matrix, params: Params = ()) -> Vector:
    """A window function over a range vector by the kernel; `params` are float64[steps]."""
    windows, series = matrix.grid, matrix.series
    shape = (len(series.labels), windows.count)
    ev.budget.check_cells(*shape)
    values, present = np.zeros(shape), np.zeros(shape, np.uint8)
    none = np.zeros(windows.count)
    first, second = (*(np.ascontiguousarray(p[: windows.count]) for p in params), none, none)[:2]

    def work(rows: slice, steps: slice, out: Float64, there: UInt8) -> None:
        kernel.range_function(
            function,
            series.offsets[rows.start : rows.stop + 1],
            series.t,
            series.v,
            windows.start + steps.start * windows.step,
            windows.step,
            matrix.range_ms,
            first[steps],
            second[steps],
            out,
            there,
        )

    parts, steps_at_once = _plan(matrix)
    in_parts = _in_parts(ev, values, present, steps_at_once, work)
    in_shares(len(series.labels), values.size + len(series.t), in_parts, parts=parts)
    return Vector(series.labels, values, present.view(np.bool_), unnamed=matrix.unnamed)


def compute_reduced(
    ev: Evaluator, function: RangeFunction, matrix: Matrix, reduction: Reduction, groups: Groups
) -> Vector | None:
    """A window function without parameters, its rows reduced by group, without a matrix in between.

    None where that does not do: an average whose sum is beyond a double.
    """
    windows, series = matrix.grid, matrix.series
    shape = (len(groups), windows.count)
    ev.budget.check_cells(*shape)
    values, present = np.zeros(shape), np.zeros(shape, np.uint8)
    none, whole = np.zeros(windows.count), list[bool]()

    def work(some: slice, steps: slice, out: Float64, there: UInt8) -> None:
        whole.append(
            kernel.reduce_windows(
                function,
                reduction,
                series.offsets,
                series.t,
                series.v,
                windows.start + steps.start * windows.step,
                windows.step,
                matrix.range_ms,
                none[steps],
                none[steps],
                groups.bounds[some.start : some.stop + 1],
                groups.rows,
                out,
                there,
            )
        )

    parts, steps_at_once = _plan(matrix)
    if 0 < len(groups) < parts:
        steps_at_once = max(1, steps_at_once * len(groups) // len(series.labels))
    in_parts = _in_parts(ev, values, present, steps_at_once, work)
    in_shares(len(groups), len(series.labels) * windows.count + len(series.t), in_parts, parts=parts)
    return Vector(groups.labels, values, present.view(np.bool_)) if all(whole) else None


def _plan(matrix: Matrix) -> tuple[int, int]:
    """Into how many stretches of rows the work is cut at least, and how many steps of one series are done at once."""
    steps, samples = matrix.grid.count, len(matrix.series.t)
    if steps * samples <= AT_ONCE:
        return 1, steps
    span_ms = matrix.range_ms + (steps - 1) * matrix.grid.step
    in_windows = 1 + samples * matrix.range_ms // max(1, span_ms)
    a_series = 1 + in_windows // len(matrix.series.labels)
    return 1 + steps * in_windows // AT_ONCE, max(1, AT_ONCE // a_series)


def _in_parts(
    ev: Evaluator,
    values: Float64,
    present: UInt8,
    at_once: int,
    work: Callable[[slice, slice, Float64, UInt8], None],
) -> Callable[[slice], None]:
    """Work for a stretch of rows, as work for stretches of their steps with a look before each at whether to go on."""
    count = values.shape[1]
    if at_once >= count:
        return lambda rows: work(rows, slice(0, count), values[rows], present[rows])

    def in_parts(rows: slice) -> None:
        for begin in range(0, count, at_once):
            ev.check_time()
            steps = slice(begin, min(begin + at_once, count))
            out, there = values[rows, steps], present[rows, steps]
            is_apart = not out.flags.c_contiguous
            if is_apart:
                out, there = out.copy(), there.copy()
            work(rows, steps, out, there)
            if is_apart:
                values[rows, steps], present[rows, steps] = out, there

    return in_parts
