"""What expressions evaluate to, over a whole step grid at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obsv.metrics.kernels.labelindex_plain import METADATA
from obsv.metrics.promql.errors import ExecutionError
from obsv.metrics.store.labels import LabelSets, take
from obsv.metrics.store.types import Float64, Int64, Labels, SeriesSet

Mask = NDArray[np.bool_]

SAME_LABELS = "vector cannot contain metrics with the same labelset"


@dataclass(frozen=True, slots=True)
class Grid:
    """Evaluation times `start + i * step` for i in 0..count-1, unix ms.

    `asked_end` is the end of the range that was asked for, where that lies behind the last step; else 0.
    """

    start: int
    step: int
    count: int
    asked_end: int = 0

    @property
    def end(self) -> int:
        """The last time."""
        return self.start + (self.count - 1) * self.step

    @property
    def until(self) -> int:
        """What `end()` is: the end that was asked for."""
        return self.asked_end or self.end

    @property
    def times(self) -> Int64:
        """All times, int64[count]."""
        return self.start + np.arange(self.count, dtype=np.int64) * self.step


@dataclass(slots=True)
class Scalar:
    """One number a step: float64[steps]."""

    values: Float64


@dataclass(slots=True)
class String:
    """A string; the same at every step."""

    value: str


@dataclass(slots=True)
class Vector:
    """k series by steps: `values` float64[k, steps] counts where `present` bool[k, steps] is set (a NaN is a value).

    Rows have distinct labels, except between a function and the `unique` that ends it.  `ordered` rows keep their order
    in an instant query's answer.  A value may be a token of a histogram (`obsv.metrics.histograms`), whose place is in
    the evaluator's table.  `unnamed` bool[k] marks rows that lose their metric name when the evaluation ends, where
    names are dropped late; None where none does.
    """

    labels: Sequence[Labels]
    values: Float64
    present: Mask
    ordered: bool = False
    unnamed: Mask | None = None

    @classmethod
    def empty(cls, steps: int) -> Vector:
        """No rows."""
        return cls([], np.zeros((0, steps)), np.zeros((0, steps), np.bool_))

    def take(self, rows: list[int] | Int64) -> Vector:
        """Some rows, in that order."""
        unnamed = None if self.unnamed is None else self.unnamed[rows]
        return Vector(take(self.labels, rows), self.values[rows], self.present[rows], self.ordered, unnamed)

    def broadcast(self, steps: int) -> Vector:
        """A one-step vector at every step."""
        shape = (len(self.labels), steps)
        values, present = np.broadcast_to(self.values, shape), np.broadcast_to(self.present, shape)
        return Vector(self.labels, values, present, self.ordered, self.unnamed)

    def like(self, values: Float64, present: Mask | None = None) -> Vector:
        """Other values for the same rows."""
        return Vector(self.labels, values, self.present if present is None else present, self.ordered, self.unnamed)


@dataclass(slots=True)
class Matrix:
    """A range vector: samples of each series (stale markers taken out), and the windows (T - range, T] to look at.

    `grid` gives the T of each window, already moved by offset and `@`.
    """

    series: SeriesSet
    grid: Grid
    range_ms: int
    unnamed: Mask | None = None


def label_key(labels: Labels) -> tuple[tuple[str, str], ...]:
    """A hashable, sortable identity of a label set."""
    return tuple(sorted(labels.items()))


def without_name(labels: Labels) -> Labels:
    """The labels less the metric name, and less type and unit, which are part of it."""
    if not any(name in labels for name in METADATA):
        return labels
    return {name: value for name, value in labels.items() if name not in METADATA}


def drop_names(vector: Vector) -> Vector:
    """Take the metric names off; rows that become the same are joined."""
    if isinstance(vector.labels, LabelSets) and (labels := vector.labels.unnamed()) is not None:
        return Vector(labels, vector.values, vector.present, vector.ordered)
    dropped = [without_name(labels) for labels in vector.labels]
    return unique(Vector(dropped, vector.values, vector.present, vector.ordered))


def drop_marked_names(vector: Vector) -> Vector:
    """Take the metric names off those rows that are marked."""
    if vector.unnamed is None:
        return vector
    labels = [without_name(one) if drop else one for one, drop in zip(vector.labels, vector.unnamed, strict=True)]
    return unique(Vector(labels, vector.values, vector.present, vector.ordered))


def unique(vector: Vector) -> Vector:
    """Join rows with the same labels.  Raises ExecutionError where two of them have a value at one step."""
    first: dict[tuple[tuple[str, str], ...], int] = {}
    rows = [first.setdefault(label_key(labels), i) for i, labels in enumerate(vector.labels)]
    if len(first) == len(rows):
        return vector
    values, present = vector.values.copy(), vector.present.copy()
    for i, target in enumerate(rows):
        if target == i:
            continue
        if (present[target] & present[i]).any():
            raise ExecutionError(SAME_LABELS)
        values[target] = np.where(present[i], values[i], values[target])
        present[target] |= present[i]
    return vector.like(values, present).take(sorted(first.values()))
