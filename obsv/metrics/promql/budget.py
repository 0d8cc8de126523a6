"""How much memory one query may take: reckoned from the sizes of what it holds, before more is asked of the system."""

from __future__ import annotations

from collections.abc import Sequence

from obsv.metrics.promql.errors import TooMuchMemory
from obsv.metrics.promql.values import Scalar, String, Vector
from obsv.metrics.store.labels import LabelSets
from obsv.metrics.store.rolled import RolledSet
from obsv.metrics.store.types import Labels, SeriesSet

SAMPLE = 16
"""Bytes of a sample: its time and its value."""
READING = 3
"""While samples are read, merged and put in order there are up to so many copies of each."""
CELL = 9
"""Bytes of a value at a step, and of the mark that it is there."""
WORKING = 3
"""What is done with a value takes up to so many times its size beside it."""
LABELS = 1000
"""Bytes of a label set that is a dict."""
HISTOGRAM = 1500
"""Bytes of a native histogram that is an object."""


class Budget:
    """Counts what is held at a time; `held` is in bytes, `peak` the most that it was."""

    def __init__(self, most: int) -> None:
        self.most, self.held, self.peak = most, 0, 0

    @property
    def samples_left(self) -> int:
        """How many samples may still be read."""
        return max(0, self.most - self.held) // (SAMPLE * READING)

    def check(self, more: int) -> None:
        """Raises TooMuchMemory where so many bytes more would be too many."""
        size = self.held + more
        if size > self.peak:
            self.peak = size
            if size > self.most:
                raise TooMuchMemory(self.most)

    def check_cells(self, rows: int, steps: int) -> None:
        """The same for a vector and what is done with it."""
        self.check(rows * steps * CELL * (1 + WORKING))

    def hold(self, more: int) -> None:
        """Count them from now on."""
        self.check(more)
        self.held += more

    def keep(self, before: int, value: Scalar | String | Vector) -> None:
        """Of what came to be held since `before`, only the value remains, and something will be done with it."""
        self.held = before
        size = _size(value)
        self.check(size * (1 + WORKING))
        self.held += size


def samples_size(series: SeriesSet) -> int:
    """Bytes of samples, their labels and histograms."""
    starts = 0 if series.starts is None else series.starts.nbytes
    return series.t.nbytes + series.v.nbytes + starts + len(series.histograms) * HISTOGRAM + _labels(series.labels)


def buckets_size(rolled: RolledSet) -> int:
    """Bytes of buckets and their labels."""
    columns = sum(column.nbytes for column in rolled.columns.values())
    return rolled.t.nbytes + rolled.first_t.nbytes + columns + _labels(rolled.labels)


def _labels(labels: Sequence[Labels]) -> int:
    is_made = type(labels) is list or (isinstance(labels, LabelSets) and labels.are_made)
    return len(labels) * (LABELS if is_made else SAMPLE)


def _size(value: Scalar | String | Vector) -> int:
    if type(value) is Vector:
        return value.values.size * CELL + _labels(value.labels)
    return value.values.nbytes if isinstance(value, Scalar) else 0
