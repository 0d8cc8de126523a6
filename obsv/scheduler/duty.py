"""Work without end that one node does: as long as it leads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from obsv.db import spawn

_log = structlog.get_logger("obsv.scheduler")

RESTART_S, AGAIN_S = 5.0, 10.0


@dataclass(frozen=True, slots=True)
class Duty:
    """`run` begins when the node comes to lead and is cancelled when it leads no more; it keeps its own time."""

    name: str
    run: Callable[[], Awaitable[None]]


class Duties:
    """Those of one node.

    One that fails is begun again after `restart_s`; one that does not come to its end is told again after `again_s`.
    """

    def __init__(self, duties: Sequence[Duty], restart_s: float = RESTART_S, again_s: float = AGAIN_S) -> None:
        self._duties, self._restart_s, self._again_s = duties, restart_s, again_s
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        """Start all of them."""
        self._tasks = [spawn(self._keep(duty), name=f"duty {duty.name}") for duty in self._duties]

    async def end(self) -> None:
        """Cancel all of them and wait until they are done."""
        left, self._tasks = set(self._tasks), []
        while left:
            for task in left:
                task.cancel()
            # One that a library's code kept from hearing of its end is told again: a stop must come to its end.
            _, left = await asyncio.wait(left, timeout=self._again_s)

    async def _keep(self, duty: Duty) -> None:
        while True:
            try:
                await duty.run()
            except Exception:  # noqa: BLE001  # whatever it raises, the next attempt may do better
                _log.exception("scheduler.duty_failed", duty=duty.name)
            else:
                return
            await asyncio.sleep(self._restart_s)
