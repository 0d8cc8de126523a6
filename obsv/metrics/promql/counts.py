"""How many samples a query looks at, step by step, as Prometheus counts them for `stats`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from obsv.metrics.histograms import Histogram, is_token, places
from obsv.metrics.promql.values import Vector
from obsv.metrics.store.types import Float64, Int64


class Counts:
    """`steps` int64[steps] are the samples at each step; a native histogram counts as several."""

    def __init__(self, steps: int) -> None:
        self.steps: Int64 = np.zeros(steps, np.int64)

    def add_vector(self, vector: Vector, histograms: Sequence[Histogram]) -> None:
        """The current samples of a selector; one that was looked at once, because of `@`, counts at every step."""
        found = vector.present.astype(np.int64)
        native = is_token(vector.values) & vector.present if histograms else np.zeros_like(vector.present)
        found[native] = [_size(histograms[at]) for at in places(vector.values[native]).tolist()]
        self.steps += found.sum(axis=0)

    def add_windows(self, counted: Float64) -> None:
        """The samples within the windows of a range vector, float64[series, steps]."""
        self.steps += counted.sum(axis=0).astype(np.int64)

    @property
    def total(self) -> int:
        """Over all steps."""
        return int(self.steps.sum())


def _size(one: Histogram) -> int:
    """How many times as large as a float sample it is in Prometheus."""
    return 1 + (168 + 8 * (len(one.positive) + len(one.negative) + len(one.bounds))) // 16
