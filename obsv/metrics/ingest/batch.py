"""Gathers samples of any way in into the columns that a store takes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from obsv.metrics.histograms import Histogram, token
from obsv.metrics.store.types import Exemplar, Metadata, WriteBatch

Key = tuple[tuple[str, str], ...]


class BatchBuilder:
    """Samples by series, in the order of first appearance; empty label values are left out."""

    def __init__(self) -> None:
        self._rows: dict[Key, int] = {}
        self._labels: list[dict[str, str]] = []
        self._samples: list[list[tuple[int, float]]] = []
        self._histograms: list[Histogram] = []
        self._exemplars: list[Exemplar] = []
        self._metadata: dict[str, Metadata] = {}
        self.samples = 0

    def series(self, labels: Mapping[str, str]) -> int:
        """The row of a series, which is made where there is none; `labels` include `__name__`."""
        kept = {name: value for name, value in labels.items() if value}
        key = tuple(sorted(kept.items()))
        row = self._rows.setdefault(key, len(self._labels))
        if row == len(self._labels):
            self._labels.append(kept)
            self._samples.append([])
        return row

    def add(self, row: int, t: int, value: float | Histogram) -> None:
        """One sample, at a time in Unix ms."""
        if isinstance(value, Histogram):
            self._histograms.append(value)
            value = token(len(self._histograms) - 1)
        self._samples[row].append((t, value))
        self.samples += 1

    def exemplar(self, row: int, labels: Mapping[str, str], value: float, t: int) -> None:
        """One exemplar of a series."""
        self._exemplars.append(Exemplar(row, dict(labels), value, t))

    def describe(self, metadata: Metadata) -> None:
        """What is known of a family; the last word counts."""
        self._metadata[metadata.family] = metadata

    def build(self) -> WriteBatch:
        """All of it; samples of a series in time order, the first one first where two have one time."""
        counts = [len(samples) for samples in self._samples]
        flat = [sample for samples in self._samples for sample in sorted(samples, key=lambda one: one[0])]
        return WriteBatch(
            self._labels,
            np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
            np.array([t for t, _ in flat], np.int64),
            np.array([v for _, v in flat], np.float64),
            self._histograms,
            self._exemplars,
            list(self._metadata.values()),
        )
