"""A metric store in memory, for tests of the language alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from obsv.metrics.store.types import Matcher, SeriesSet


class MemoryStore:
    """Samples by label set; a later sample at the same time replaces the earlier."""

    def __init__(self) -> None:
        self._series: dict[tuple[tuple[str, str], ...], dict[int, float]] = {}

    def add(self, labels: dict[str, str], samples: Sequence[tuple[int, float]]) -> None:
        """Add samples (ms, value)."""
        self._series.setdefault(tuple(sorted(labels.items())), {}).update(samples)

    async def select(
        self, org: int, matchers: Sequence[Matcher], start_ms: int, end_ms: int, *, limit: int
    ) -> SeriesSet:
        """As `MetricStore.select`."""
        del org, limit
        labels: list[dict[str, str]] = []
        offsets, times, values = [0], list[int](), list[float]()
        for key, samples in self._series.items():
            one = dict(key)
            if not all(matcher.matches(one.get(matcher.name, "")) for matcher in matchers):
                continue
            inside = sorted(time for time in samples if start_ms <= time <= end_ms)
            if inside:
                labels.append(one)
                times += inside
                values += [samples[time] for time in inside]
                offsets.append(len(times))
        return SeriesSet(labels, np.array(offsets, np.int64), np.array(times, np.int64), np.array(values, np.float64))

    async def series(
        self, org: int, matcher_sets: Sequence[Sequence[Matcher]], start_ms: int, end_ms: int, *, limit: int
    ) -> list[dict[str, str]]:
        """As `MetricStore.series`."""
        found: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        for matchers in matcher_sets:
            for labels in (await self.select(org, matchers, start_ms, end_ms, limit=limit)).labels:
                found[tuple(sorted(labels.items()))] = labels
        return list(found.values())[:limit]
