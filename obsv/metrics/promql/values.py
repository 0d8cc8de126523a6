"""What expressions evaluate to, over a whole step grid at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obsv.metrics.promql.errors import ExecutionError
from obsv.metrics.store.types import Float64, Int64, SeriesSet

Labels = dict[str, str]
Mask = NDArray[np.bool_]

SAME_LABELS = "vector cannot contain metrics with the same labelset"


@dataclass(frozen=True, slots=True)
class Grid:
    """Evaluation times `start + i * step` for i in 0..count-1, unix ms."""

    start: int
    step: int
    count: int

    @property
    def end(self) -> int:
        """The last time."""
        return self.start + (self.count - 1) * self.step

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
    in an instant query's answer.
    """

    labels: list[Labels]
    values: Float64
    present: Mask
    ordered: bool = False

    @classmethod
    def empty(cls, steps: int) -> Vector:
        """No rows."""
        return cls([], np.zeros((0, steps)), np.zeros((0, steps), np.bool_))

    def take(self, rows: list[int] | Int64) -> Vector:
        """Some rows, in that order."""
        return Vector([self.labels[i] for i in rows], self.values[rows], self.present[rows], self.ordered)

    def broadcast(self, steps: int) -> Vector:
        """A one-step vector at every step."""
        shape = (len(self.labels), steps)
        return Vector(
            self.labels, np.broadcast_to(self.values, shape), np.broadcast_to(self.present, shape), self.ordered
        )


@dataclass(slots=True)
class Matrix:
    """A range vector: samples of each series (stale markers taken out), and the windows (T - range, T] to look at.

    `grid` gives the T of each window, already moved by offset and `@`.
    """

    series: SeriesSet
    grid: Grid
    range_ms: int


def label_key(labels: Labels) -> tuple[tuple[str, str], ...]:
    """A hashable, sortable identity of a label set."""
    return tuple(sorted(labels.items()))


def without_name(labels: Labels) -> Labels:
    """The labels less the metric name."""
    if "__name__" not in labels:
        return labels
    return {name: value for name, value in labels.items() if name != "__name__"}


def drop_names(vector: Vector) -> Vector:
    """Take the metric names off; rows that become the same are joined."""
    return unique(
        Vector([without_name(labels) for labels in vector.labels], vector.values, vector.present, vector.ordered)
    )


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
    return Vector(vector.labels, values, present, vector.ordered).take(sorted(first.values()))
