"""Where a sender tells when a counter began, it was zero then: a sample that no scrape could see.

Without it the first increase of a counter (a request that fails once, after a restart) is lost to `increase()`.
"""

from __future__ import annotations

from obsv.core.clock import Clock
from obsv.metrics.histograms import Histogram
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.ingest.request import Request
from obsv.metrics.store.types import WriteBatch

MOST = 200_000
"""Series whose beginning is remembered; the others' zeros are written again, which changes nothing."""


class Beginnings:
    """Makes the zeros, once for each time that a counter begins."""

    def __init__(self, clock: Clock, late_window_ms: int) -> None:
        self._clock = clock
        self._late_window_ms = late_window_ms
        self._seen: dict[tuple[int, tuple[tuple[str, str], ...]], int] = {}

    def zeros(self, org: int, request: Request) -> WriteBatch | None:
        """Zeros at beginnings that are new, and not too long ago to be taken."""
        if not request.began:
            return None
        oldest = self._clock.now_ms() - self._late_window_ms
        batch = BatchBuilder()
        for one in request.began:
            labels = request.batch.labels[one.row]
            key = org, tuple(sorted(labels.items()))
            if self._seen.get(key) == one.t:
                continue
            if len(self._seen) >= MOST:
                self._seen.clear()
            self._seen[key] = one.t
            if one.t > oldest:
                batch.add(batch.series(labels), one.t, Histogram() if one.is_histogram else 0.0)
        return batch.build() if batch.samples else None
