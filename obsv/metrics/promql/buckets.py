"""Evaluates selectors whose steps are answered in pieces, from samples and from roll-ups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.kernels.promql import RangeFunction
from obsv.metrics.kernels.rollup import bucket_rates
from obsv.metrics.promql.compute import compute
from obsv.metrics.promql.layers import Asked, Moved, Piece, moved
from obsv.metrics.promql.samples import is_stale
from obsv.metrics.promql.shares import in_shares
from obsv.metrics.promql.values import Grid, Mask, Matrix, Vector, label_key
from obsv.metrics.store.rolled import RolledSet
from obsv.metrics.store.types import Float64, SeriesSet

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator

BY_COLUMN = {
    RangeFunction.LAST: "last", RangeFunction.PRESENT: "last", RangeFunction.TS_OF_LAST: "last",
    RangeFunction.MIN: "min", RangeFunction.MAX: "max", RangeFunction.SUM: "sum",
}  # fmt: skip
COLUMN_OF = {f"{function.name.lower()}_over_time": name for function, name in BY_COLUMN.items()} | {
    "absent_over_time": "last"
}
"""The same by what the functions are called in PromQL."""
RATES = (RangeFunction.RATE, RangeFunction.INCREASE, RangeFunction.DELTA)

OfSamples = Callable[[SeriesSet, Grid], Vector]
"""What computes some steps of a selector from samples."""

Values = tuple[Float64, Mask]
OfBuckets = Callable[[RolledSet, Moved], Values]
"""What computes the values of a piece's windows from buckets, and where there are some."""

CELLS = 4_000_000
"""Values that are computed at once."""


@dataclass(slots=True)
class Part:
    """A piece of a selector's steps with its data."""

    piece: Piece
    data: SeriesSet | RolledSet


@dataclass(slots=True)
class Parts:
    """All steps of a selector."""

    asked: Asked
    parts: list[Part] = field(default_factory=list[Part])

    @property
    def has_histograms(self) -> bool:
        """Whether roll-ups left series out that have native histograms."""
        return any(isinstance(part.data, RolledSet) and part.data.has_histograms for part in self.parts)

    @property
    def is_guess(self) -> bool:
        """Whether roll-ups did not tell all."""
        return any(isinstance(part.data, RolledSet) and part.data.is_guess for part in self.parts)

    @property
    def as_samples(self) -> SeriesSet | None:
        """What can be taken for samples, so that all that is known of these is true of it; None where nothing can."""
        name = "last" if not self.asked.is_range else COLUMN_OF.get(self.asked.function, "")
        if len(self.parts) > 1 or not self.parts[0].piece.is_exact or not name:
            return None
        (part,) = self.parts
        if isinstance(part.data, SeriesSet):
            return part.data
        return column_of(without_stale(part.data) if self.asked.is_range else part.data, name)

    def with_samples(self, adopt: Callable[[SeriesSet], SeriesSet]) -> Parts:
        """The same, with the samples as `adopt` gives them."""
        parts = [
            replace(part, data=adopt(part.data)) if isinstance(part.data, SeriesSet) else part for part in self.parts
        ]
        return Parts(self.asked, parts)

    def instant(self, ev: Evaluator, function: RangeFunction) -> Vector:
        """The current samples at every step, or their times; buckets do for samples, since each has its newest."""

        def of_samples(series: SeriesSet, windows: Grid) -> Vector:
            return compute(ev, function, Matrix(series, windows, ev.lookback_ms))

        def of_buckets(rolled: RolledSet, windows: Moved) -> Values:
            vector = of_samples(column_of(rolled, "last"), windows.windows)
            return vector.values, vector.present

        return _evaluated(ev, self.asked, self.parts, of_samples, of_buckets)

    def over_time(self, ev: Evaluator, function: RangeFunction, of_samples: OfSamples) -> Vector:
        """A window function at every step."""
        parts = [
            replace(part, data=without_stale(part.data)) if isinstance(part.data, RolledSet) else part
            for part in self.parts
        ]
        return _evaluated(ev, self.asked, parts, of_samples, partial(_over_time, ev, function))

    def looked_at(self, ev: Evaluator) -> Float64:
        """How many samples and buckets are in the window of each step, float64[series, steps]."""

        def of_samples(series: SeriesSet, windows: Grid) -> Vector:
            return compute(ev, RangeFunction.COUNT, Matrix(series, windows, self.asked.back))

        def of_buckets(rolled: RolledSet, windows: Moved) -> Values:
            return _windows(ev, RangeFunction.COUNT, rolled, windows, next(iter(rolled.columns)))

        return _evaluated(ev, self.asked, self.parts, of_samples, of_buckets).values


def _evaluated(
    ev: Evaluator, asked: Asked, parts: Sequence[Part], of_samples: OfSamples, of_buckets: OfBuckets
) -> Vector:
    found: list[Vector] = []
    for part in parts:
        piece, data, windows = part.piece, part.data, asked.windows
        if isinstance(data, SeriesSet):
            start = windows.start + piece.first * windows.step
            found.append(of_samples(data, Grid(start, windows.step, piece.stop - piece.first)))
        else:
            found.append(_at_steps(ev, data, moved(asked, piece), of_buckets))
    return found[0] if len(found) == 1 else _side_by_side(found)


def _at_steps(ev: Evaluator, data: RolledSet, windows: Moved, of_buckets: OfBuckets) -> Vector:
    """The values at the steps of a piece; its windows may be many more, so series are taken some at a time."""
    shape = (len(data.labels), len(windows.index))
    ev.budget.check_cells(*shape)
    values, present = np.zeros(shape), np.zeros(shape, np.bool_)
    at_once = max(1, CELLS // windows.windows.count)
    for first in range(0, shape[0], at_once):
        rows = slice(first, min(shape[0], first + at_once))
        some = replace(data, labels=[{}] * (rows.stop - first), offsets=data.offsets[first : rows.stop + 1])
        found, there = of_buckets(some, windows)
        values[rows], present[rows] = found[:, windows.index], there[:, windows.index]
    return Vector(data.labels, values * windows.scale if windows.scale != 1.0 else values, present)


def _over_time(ev: Evaluator, function: RangeFunction, rolled: RolledSet, windows: Moved) -> Values:
    if function in RATES:
        return _rates(ev, function, rolled, windows)
    if function in BY_COLUMN:
        return _windows(ev, function, rolled, windows, BY_COLUMN[function])
    counts, present = _windows(ev, RangeFunction.SUM, rolled, windows, "count")
    if function is RangeFunction.COUNT:
        return counts, present
    sums, _ = _windows(ev, RangeFunction.SUM, rolled, windows, "sum")
    return np.divide(sums, counts, out=sums, where=present), present


def without_stale(rolled: RolledSet) -> RolledSet:
    """The buckets less stale markers."""
    told = next(name for name in ("last", "count", "min", "max") if name in rolled.columns)
    stale = is_stale(rolled.columns[told])
    if not stale.any():
        return rolled
    count = np.concatenate(([0], np.cumsum(~stale)))
    columns = {name: column[~stale] for name, column in rolled.columns.items()}
    return replace(
        rolled, offsets=count[rolled.offsets], t=rolled.t[~stale], first_t=rolled.first_t[~stale], columns=columns
    )


def column_of(rolled: RolledSet, name: str) -> SeriesSet:
    """A column, taken for samples."""
    return SeriesSet(rolled.labels, rolled.offsets, rolled.t, rolled.columns[name])


def _windows(ev: Evaluator, function: RangeFunction, rolled: RolledSet, windows: Moved, name: str) -> Values:
    vector = compute(ev, function, Matrix(column_of(rolled, name), windows.windows, windows.range_ms))
    return vector.values, vector.present


def _rates(ev: Evaluator, function: RangeFunction, rolled: RolledSet, windows: Moved) -> Values:
    grid, columns = windows.windows, rolled.columns
    shape = (len(rolled.labels), grid.count)
    ev.budget.check_cells(*shape)
    values, present = np.zeros(shape), np.zeros(shape, np.uint8)

    def work(rows: slice) -> None:
        bucket_rates(
            rolled.offsets[rows.start : rows.stop + 1],
            rolled.t,
            rolled.first_t,
            columns["last"],
            columns["count"],
            columns["first"],
            columns["drops"],
            grid.start,
            grid.step,
            windows.range_ms,
            function is not RangeFunction.DELTA,
            function is RangeFunction.RATE,
            values[rows],
            present[rows],
        )

    in_shares(len(rolled.labels), values.size + len(rolled.t), work)
    return values, present.view(np.bool_)


def _side_by_side(found: list[Vector]) -> Vector:
    """Vectors of steps that follow each other as one, row by row of labels."""
    rows: dict[tuple[tuple[str, str], ...], int] = {}
    places = [[rows.setdefault(label_key(labels), len(rows)) for labels in vector.labels] for vector in found]
    shape = (len(rows), sum(vector.values.shape[1] for vector in found))
    values, present = np.zeros(shape), np.zeros(shape, np.bool_)
    at = 0
    for vector, mine in zip(found, places, strict=True):
        steps = slice(at, at + vector.values.shape[1])
        values[mine, steps], present[mine, steps] = vector.values, vector.present
        at = steps.stop
    return Vector([dict(key) for key in rows], values, present)
