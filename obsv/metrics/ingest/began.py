"""Where a sender tells when a counter began, it was zero then: a sample that no scrape could see.

Without it the first increase of a counter (a request that fails once, after a restart) is lost to `increase()`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from obsv.core.clock import Clock
from obsv.metrics.histograms import Histogram
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.ingest.request import Request
from obsv.metrics.store.labels import EncodedLabels
from obsv.metrics.store.types import Labels, WriteBatch, WriteResult

MOST = 200_000
"""Series whose beginning is remembered; the others' zeros are written again, which changes nothing."""


class Store(Protocol):
    """Where zeros go."""

    async def write(self, org: int, batch: WriteBatch) -> WriteResult: ...


class Beginnings:
    """Makes the zeros, once for each time that a counter begins."""

    def __init__(self, clock: Clock, late_window_ms: int) -> None:
        self._clock = clock
        self._late_window_ms = late_window_ms
        self._seen: dict[tuple[int, object], int] = {}

    async def keep(self, store: Store, org: int, request: Request) -> None:
        """Store zeros at beginnings that are new, and not too long ago to be taken."""
        told = [(_key(org, request.batch.labels, one.row), one) for one in request.began]
        fresh = [(key, one) for key, one in told if self._seen.get(key) != one.t]
        oldest = self._clock.now_ms() - self._late_window_ms
        batch = BatchBuilder()
        for _, one in fresh:
            if one.t > oldest:
                batch.add(batch.series(request.batch.labels[one.row]), one.t, Histogram() if one.is_histogram else 0.0)
        if batch.samples:
            await store.write(org, batch.build())
        if len(self._seen) + len(fresh) > MOST:
            self._seen.clear()
        self._seen |= {key: one.t for key, one in fresh}


def _key(org: int, labels: Sequence[Labels], row: int) -> tuple[int, object]:
    return org, labels.keys[row] if isinstance(labels, EncodedLabels) else tuple(sorted(labels[row].items()))
