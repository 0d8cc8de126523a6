"""Columns of samples on their way into and out of range vectors."""

from __future__ import annotations

import numpy as np

from obsv.metrics.promql.values import Grid, Mask, Vector
from obsv.metrics.store.types import STALE_BITS, Float64, SeriesSet


def is_stale(values: Float64) -> Mask:
    """Which values are stale markers."""
    found: Mask = np.ascontiguousarray(values).view(np.uint64) == STALE_BITS
    return found


def without_stale(series: SeriesSet) -> SeriesSet:
    """The samples less stale markers: windows skip them."""
    stale = is_stale(series.v)
    if not stale.any():
        return series
    return keep_samples(series, ~stale)


def keep_samples(series: SeriesSet, kept: Mask) -> SeriesSet:
    """The samples that a mask bool[n] marks."""
    count = np.concatenate(([0], np.cumsum(kept)))
    starts = None if series.starts is None else series.starts[kept]
    return SeriesSet(series.labels, count[series.offsets], series.t[kept], series.v[kept], series.histograms, starts)


def as_series(vector: Vector, grid: Grid) -> SeriesSet:
    """A vector's points as samples (what a subquery gives to its function)."""
    counts = vector.present.sum(axis=1)
    times = np.broadcast_to(grid.times, vector.present.shape)
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return SeriesSet(vector.labels, offsets, times[vector.present], vector.values[vector.present])
