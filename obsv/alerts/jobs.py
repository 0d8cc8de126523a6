"""Recurring work on alerts: values of events are read once they are all there; events go with the metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from obsv.alerts.events import FILLED_AT_ONCE, AlertEvents
from obsv.scheduler import Job


def alert_jobs(
    events: AlertEvents,
    organisations: Callable[[], Awaitable[Iterable[int]]],
    retention_ms: Callable[[int], Awaitable[int]],
) -> tuple[Job, ...]:
    """An organisation's plan says how long events are kept."""

    async def fill() -> object:
        total = 0
        while (done := await events.fill()) == FILLED_AT_ONCE:
            total += done
        return total + done

    async def drop() -> object:
        now_ms = events.clock.now_ms()
        return sum([await events.drop_before(org, now_ms - await retention_ms(org)) for org in await organisations()])

    return (
        Job("alerts.values", every_s=60, run=fill, timeout_s=600),
        Job("alerts.events", every_s=3600, run=drop),
    )
