"""Recurring work on dashboards: events go with the metrics of their time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from obsv.core.clock import Clock
from obsv.dashboards.events import Events
from obsv.scheduler import Job


def events_job(
    clock: Clock,
    organisations: Callable[[], Awaitable[Iterable[int]]],
    retention_ms: Callable[[int], Awaitable[int]],
) -> Job:
    """Hourly; an organisation's plan says how long."""
    events = Events(clock)

    async def run() -> object:
        return sum(
            [await events.drop_before(org, clock.now_ms() - await retention_ms(org)) for org in await organisations()]
        )

    return Job("dashboards.events", every_s=3600, run=run)
