"""Recurring work on metrics: what is older than an organisation's plan keeps goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from obsv.core.clock import Clock
from obsv.metrics.beside import Exemplars
from obsv.metrics.store.base import MetricStore
from obsv.scheduler import Job

DAY_MS = 86_400_000


def retention_job(
    store: Callable[[], MetricStore],
    exemplars: Exemplars,
    clock: Clock,
    organisations: Callable[[], Awaitable[Iterable[int]]],
    retention_ms: Callable[[int], Awaitable[int]],
) -> Job:
    """Hourly, by whole UTC days: once the last moment of a day is older than the plan keeps, the day is deleted."""

    async def run() -> object:
        dropped = 0
        for org in await organisations():
            cutoff = (clock.now_ms() - await retention_ms(org)) // DAY_MS * DAY_MS
            dropped += await store().drop_before(org, cutoff)
            await exemplars.trim(org, cutoff)
        return dropped

    return Job("metrics.retention", every_s=3600, run=run)
