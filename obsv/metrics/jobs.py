"""Recurring work on metrics: what is older than an organisation's plan keeps goes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

from obsv.core.clock import Clock
from obsv.metrics.beside import Exemplars
from obsv.metrics.store.base import MetricStore
from obsv.metrics.store.rolled import RolledStore
from obsv.scheduler import Job

DAY_MS = 86_400_000
SAMPLES = 0


def retention_job(
    store: Callable[[], MetricStore],
    exemplars: Exemplars,
    clock: Clock,
    organisations: Callable[[], Awaitable[Iterable[int]]],
    retentions: Callable[[int], Awaitable[Mapping[int, int]]],
) -> Job:
    """Hourly, by whole UTC days: once the last moment of a day is older than the plan keeps, the day is deleted.

    `retentions` are in ms, of samples (0) and of roll-ups by the width of their buckets.
    """

    async def run() -> object:
        dropped = 0
        for org in await organisations():
            now, kept = clock.now_ms(), await retentions(org)
            cutoffs = {width: (now - age) // DAY_MS * DAY_MS for width, age in kept.items()}
            metrics = store()
            if isinstance(metrics, RolledStore):
                dropped += await metrics.expire(org, cutoffs)
            else:
                dropped += await metrics.drop_before(org, cutoffs[SAMPLES])
            await exemplars.trim(org, cutoffs[SAMPLES])
        return dropped

    return Job("metrics.retention", every_s=3600, run=run)
