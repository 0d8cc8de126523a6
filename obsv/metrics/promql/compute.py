"""Window functions by the kernel, for all series and steps at once."""

from __future__ import annotations

import numpy as np

from obsv.metrics.kernels import promql as kernel
from obsv.metrics.kernels.promql import RangeFunction, Reduction
from obsv.metrics.promql.groups import Groups
from obsv.metrics.promql.shares import in_shares
from obsv.metrics.promql.values import Matrix, Vector
from obsv.metrics.store.types import Float64

Params = tuple[Float64, ...]


def compute(function: RangeFunction, matrix: Matrix, params: Params = ()) -> Vector:
    """A window function over a range vector by the kernel; `params` are float64[steps]."""
    windows, series = matrix.grid, matrix.series
    shape = (len(series.labels), windows.count)
    values, present = np.zeros(shape), np.zeros(shape, np.uint8)
    none = np.zeros(windows.count)
    first, second = (*(np.ascontiguousarray(p[: windows.count]) for p in params), none, none)[:2]

    def work(rows: slice) -> None:
        kernel.range_function(
            function,
            series.offsets[rows.start : rows.stop + 1],
            series.t,
            series.v,
            windows.start,
            windows.step,
            matrix.range_ms,
            first,
            second,
            values[rows],
            present[rows],
        )

    in_shares(len(series.labels), values.size + len(series.t), work)
    return Vector(series.labels, values, present.view(np.bool_), unnamed=matrix.unnamed)


def compute_reduced(function: RangeFunction, matrix: Matrix, reduction: Reduction, groups: Groups) -> Vector | None:
    """A window function without parameters, its rows reduced by group, without a matrix in between.

    None where that does not do: an average whose sum is beyond a double.
    """
    windows, series = matrix.grid, matrix.series
    shape = (len(groups), windows.count)
    values, present = np.zeros(shape), np.zeros(shape, np.uint8)
    none, whole = np.zeros(windows.count), list[bool]()

    def work(some: slice) -> None:
        whole.append(
            kernel.reduce_windows(
                function,
                reduction,
                series.offsets,
                series.t,
                series.v,
                windows.start,
                windows.step,
                matrix.range_ms,
                none,
                none,
                groups.bounds[some.start : some.stop + 1],
                groups.rows,
                values[some],
                present[some],
            )
        )

    in_shares(len(groups), len(series.labels) * windows.count + len(series.t), work)
    return Vector(groups.labels, values, present.view(np.bool_)) if all(whole) else None
