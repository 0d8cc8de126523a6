"""What a request brings, as columns; and the points that have to be added up first."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from obsv.metrics.histograms import Histogram, token
from obsv.metrics.ingest.otlp.series import Family, Series
from obsv.metrics.store.labels import EncodedLabels
from obsv.metrics.store.types import Exemplar, Metadata, WriteBatch

NS_PER_MS = 1_000_000


@dataclass
class Columns:
    """One sample a row: the label bytes of its series, its time in Unix ns, its value."""

    keys: list[bytes] = field(default_factory=list[bytes])
    times: array[int] = field(default_factory=lambda: array("Q"))
    values: array[float] = field(default_factory=lambda: array("d"))
    histograms: list[Histogram] = field(default_factory=list[Histogram])
    exemplars: list[Exemplar] = field(default_factory=list[Exemplar])

    def __len__(self) -> int:
        return len(self.keys)

    def add(self, key: bytes, t: int, value: float | Histogram) -> None:
        """One sample."""
        if isinstance(value, Histogram):
            self.histograms.append(value)
            value = token(len(self.histograms) - 1)
        self.keys.append(key)
        self.times.append(t)
        self.values.append(value)

    def batch(self, metadata: list[Metadata]) -> WriteBatch:
        """All of it as a store takes it."""
        return WriteBatch(
            EncodedLabels(self.keys),
            np.arange(len(self.keys) + 1, dtype=np.int64),
            (np.frombuffer(self.times, np.uint64) // NS_PER_MS).astype(np.int64),
            np.array(self.values, np.float64),
            self.histograms,
            self.exemplars,
            metadata,
        )


@dataclass(slots=True)
class ClassicAmount:
    """What a histogram with listed bounds counted; `buckets` are not cumulative, the last one has no bound.

    Where only the whole was counted there are neither bounds nor buckets; `sum` None is not known.
    """

    bounds: tuple[float, ...]
    buckets: Sequence[int]
    count: int
    sum: float | None


Amount = float | ClassicAmount | Histogram
"""What a point counted."""


@dataclass(slots=True)
class Delta:
    """What happened to a series between two times in Unix ns, to be added to what happened before."""

    family: Family
    series: Series
    start: int
    t: int
    amount: Amount
    exemplars: list[Exemplar]
    """Their `row` counts from the first of the samples that the point becomes."""


@dataclass(slots=True)
class Begun:
    """A series whose counter began at a time (Unix ns) that is new here; rows [first, stop) of its columns are its."""

    series: Series
    start: int
    first: int
    stop: int
    is_native: bool = False


@dataclass
class Reading:
    """A request, read.

    `runs` are (data points, samples of each) in the order of `floats`; every row of `natives` is one point.  `infos`
    are label bytes and times of target_info.  `refused` points make no sense, the first by its `fault`.
    """

    points: int = 0
    floats: Columns = field(default_factory=Columns)
    natives: Columns = field(default_factory=Columns)
    runs: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    deltas: list[Delta] = field(default_factory=list[Delta])
    infos: list[tuple[bytes, int]] = field(default_factory=list[tuple[bytes, int]])
    begun: list[Begun] = field(default_factory=list[Begun])
    metadata: dict[str, Metadata] = field(default_factory=dict[str, Metadata])
    refused: int = 0
    fault: str = ""

    def add(self, series: Series, t: int, values: list[float]) -> None:
        """A point that is several samples, of the first of its series' keys."""
        floats = self.floats
        floats.keys += series.keys[: len(values)]
        floats.times.extend([t] * len(values))
        floats.values.extend(values)
        self.runs.append((1, len(values)))

    def refuse(self, count: int, fault: str) -> None:
        """Count data points that cannot be taken; the first fault stays."""
        self.refused += count
        self.fault = self.fault or fault
