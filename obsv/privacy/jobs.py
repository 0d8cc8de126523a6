"""Recurring work of privacy."""

from __future__ import annotations

from obsv.core.clock import Clock
from obsv.privacy.purge import purge
from obsv.scheduler import Job


def jobs(clock: Clock) -> tuple[Job, ...]:
    """The hourly purge."""

    async def run() -> object:
        return await purge(clock)

    return (Job("privacy.purge", every_s=3600, run=run),)
