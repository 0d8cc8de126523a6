"""Samples in memory, for tests of expressions and of rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from obsv.metrics.histograms import Hint, Histogram, token
from obsv.metrics.histograms.arithmetic import is_reset
from obsv.metrics.store.types import Matcher, SeriesSet

Value = float | Histogram


@dataclass
class Series:
    """Samples by time (ms), and when each one's counter began."""

    samples: dict[int, Value] = field(default_factory=dict[int, Value])
    starts: dict[int, int] = field(default_factory=dict[int, int])

    def hinted(self) -> Iterator[tuple[int, Histogram]]:
        """The histograms with what a store knows of resets, which sees the samples before those that are asked for."""
        before: Value | None = None
        for time, value in sorted(self.samples.items()):
            if isinstance(value, Histogram):
                is_plain = (
                    value.hint is Hint.UNKNOWN and isinstance(before, Histogram) and before.hint is not Hint.GAUGE
                )
                if is_plain and isinstance(before, Histogram) and not is_reset(value, before):
                    yield time, replace(value, hint=Hint.NOT_RESET)
                else:
                    yield time, value
            before = value


class MemoryStore:
    """Samples by label set; a later sample at the same time replaces the earlier."""

    def __init__(self) -> None:
        self._series: dict[tuple[tuple[str, str], ...], Series] = {}

    def add(self, labels: dict[str, str], samples: Sequence[tuple[int, Value]]) -> None:
        """Add samples (ms, value)."""
        self._of(labels).samples.update(samples)

    def start(self, labels: dict[str, str], starts: dict[int, int]) -> None:
        """Say when the counters of samples began (ms by ms)."""
        self._of(labels).starts.update(starts)

    def _of(self, labels: dict[str, str]) -> Series:
        return self._series.setdefault(tuple(sorted(labels.items())), Series())

    async def select(
        self,
        org: int,
        matchers: Sequence[Matcher],
        start_ms: int,
        end_ms: int,
        *,
        limit: int,
        newest: bool = False,
    ) -> SeriesSet:
        """As `MetricStore.select`."""
        del org, limit, newest
        labels: list[dict[str, str]] = []
        offsets, times, values = [0], list[int](), list[float]()
        starts, histograms = list[int](), list[Histogram]()
        for key, series in self._series.items():
            one = dict(key)
            if not all(matcher.matches(one.get(matcher.name, "")) for matcher in matchers):
                continue
            inside = sorted(time for time in series.samples if start_ms <= time <= end_ms)
            if not inside:
                continue
            labels.append(one)
            times += inside
            hints = dict(series.hinted())
            for time in inside:
                value = series.samples[time]
                if isinstance(value, Histogram):
                    histograms.append(hints[time])
                    value = token(len(histograms) - 1)
                values.append(value)
                starts.append(series.starts.get(time, 0))
            offsets.append(len(times))
        columns = np.array(offsets, np.int64), np.array(times, np.int64), np.array(values, np.float64)
        return SeriesSet(labels, *columns, histograms, np.array(starts, np.int64) if any(starts) else None)

    async def series(
        self, org: int, matcher_sets: Sequence[Sequence[Matcher]], start_ms: int, end_ms: int, *, limit: int
    ) -> list[dict[str, str]]:
        """As `MetricStore.series`."""
        found: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        for matchers in matcher_sets:
            for labels in (await self.select(org, matchers, start_ms, end_ms, limit=limit)).labels:
                found[tuple(sorted(labels.items()))] = labels
        return list(found.values())[:limit]
