"""Some days of every kind of series in a store that rolls up, and ways to ask it with and without roll-ups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from obsv.core.clock import ManualClock
from obsv.metrics.promql import Engine, Grid, Matrix, Query, Result, Vector
from obsv.metrics.store.blockstore import BlockStore
from obsv.metrics.store.rolled import Buckets, Kept, RolledSet
from obsv.metrics.store.types import STALE, Matcher, SeriesSet
from tests.metrics.store.made import batch, make

MINUTE, HOUR = 60_000, 3_600_000
DAY = 24 * HOUR
DAYS = 6
START = 1_700_000_000_000 // DAY * DAY
NOW = START + (DAYS - 1) * DAY + 15 * HOUR
RESOLUTIONS = (5 * MINUTE, HOUR)


async def both(_org: int) -> Sequence[int]:
    return RESOLUTIONS


def rows(seed: int = 1) -> list[tuple[dict[str, str], list[tuple[int, float]]]]:
    """Series by name and number: counters (some are reset), gauges, flags, constants, one that comes and goes."""
    random = np.random.default_rng(seed)
    made: list[tuple[dict[str, str], list[tuple[int, float]]]] = []

    def add(name: str, number: int, times: np.ndarray, values: np.ndarray) -> None:
        labels = {"__name__": name, "n": str(number), "instance": f"host-{number % 2}"}
        made.append((labels, list(zip(times.tolist(), values.tolist(), strict=True))))

    count = (NOW - START) // MINUTE
    for number in range(3):
        # Some sample at whole buckets' ends, others do not; some scrapes fail.
        times = START + np.arange(count) * MINUTE + (0, 7_013, 59_999)[number]
        times = times[random.random(count) > 0.02]
        size = len(times)
        counter = np.round(np.cumsum(random.gamma(2.0, 0.5, size)), 2)
        if number:
            for at in np.sort(random.choice(size, 5, replace=False)):
                counter[at:] = np.round(counter[at:] - counter[at], 2)
        add("requests_total", number, times, counter)
        gauge = np.round(random.normal(50, 10, size), 2)
        if number == 1:
            gauge[random.choice(size, 40, replace=False)] = np.nan
        add("load", number, times, gauge)
        add("up", number, times, (random.random(size) > 0.01).astype(np.float64))
        add("limit", number, times, np.full(size, 100.0 + number))
        add("stored", number, times, 1000.0 + np.cumsum(random.integers(0, 3, size)))
    times = START + np.arange(count) * MINUTE + 500
    there = np.repeat(random.random(count // 90 + 1) > 0.5, 90)[:count]
    values = np.where(there, np.round(random.normal(5, 1, count), 1), STALE)
    last = np.append(there[1:] != there[:-1], True)
    add("seldom", 0, times[there | last], values[there | last])
    return made


class RawOnly:
    """A store as one sees it that knows nothing of roll-ups."""

    def __init__(self, store: BlockStore) -> None:
        self._store = store

    async def select(self, org: int, matchers: Sequence[Matcher], start_ms: int, end_ms: int, **more: Any) -> SeriesSet:
        return await self._store.select(org, matchers, start_ms, end_ms, **more)


@dataclass
class Watched(RawOnly):
    """The store, and a record of which buckets were read of it."""

    store: BlockStore
    read: list[Buckets] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.store)

    async def kept(self, org: int) -> Kept:
        return await self.store.kept(org)

    async def expire(self, org: int, cutoffs: dict[int, int]) -> int:
        return await self.store.expire(org, cutoffs)

    async def select_rolled(self, org: int, matchers: Sequence[Matcher], buckets: Buckets, *, limit: int) -> RolledSet:
        self.read.append(buckets)
        return await self.store.select_rolled(org, matchers, buckets, limit=limit)


async def rolled_store(folder: Path, clock: ManualClock | None = None) -> BlockStore:
    """A store with the samples of `rows`, closed days rolled up; nothing happens in it by itself."""
    clock = clock or ManualClock(NOW)
    store = make(folder, clock, rollups=both, retention_ms=lambda _: 1000 * DAY)
    store._keep_house = _nothing
    await store.open()
    await store.write(1, batch(*rows()), imported=True)
    await store.flush()
    await rolled(store)
    return store


async def _nothing() -> None:
    """Instead of the work in the background."""


async def rolled(store: BlockStore) -> None:
    """Do what compaction does by itself."""
    while await store._compact():
        pass


async def ask(engine: Engine, source: object, text: str, grid: Grid) -> tuple[dict[str, np.ndarray], Result]:
    """Values by labels, NaN-padded where there is none (which a NaN of its own is told from by its bits)."""
    result = await engine.run(source, Query(1, text, grid, is_range=grid.count > 1))
    value = result.value
    assert not isinstance(value, Matrix)
    assert isinstance(value, Vector)
    absent = np.array([0x7FF8000000000DEF], np.uint64).view(np.float64)[0]
    return {
        ",".join(f"{k}={v}" for k, v in sorted(labels.items())): np.where(value.present[i], value.values[i], absent)
        for i, labels in enumerate(value.labels)
        if value.present[i].any()
    }, result
