"""Writing the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from obsv.core.clock import Clock
from obsv.core.days import day_of, erase_on
from obsv.core.redact import redact
from obsv.db import insert
from obsv.egress.tables import EgressCall
from obsv.egress.types import Call

KEEP_DAYS = 90
SUM_MS = 3_600_000
"""How long calls of a routine are summed up before they become a row."""
MOST_SUMS = 10_000

Key = tuple[Call, str, int | None, str, str]


@dataclass(slots=True)
class Line:
    """What is known of a call while it runs, or of `calls` that went the same way."""

    call: Call
    host: str
    bytes_sent: int = 0
    bytes_received: int = 0
    status: int | None = None
    outcome: str = "failed"
    error: str = ""
    calls: int = 1

    @property
    def key(self) -> Key:
        """What calls that went the same way have in common."""
        return (self.call, self.host, self.status, self.outcome, self.error)

    def add(self, other: Line) -> None:
        """Count another call in."""
        self.calls += other.calls
        self.bytes_sent += other.bytes_sent
        self.bytes_received += other.bytes_received


class Ledger:
    """Adds a row for each call; of a routine, one at once and then one an hour for all that went the same way."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sums: dict[Key, tuple[int, Line | None]] = {}

    async def record(self, line: Line) -> None:
        """Note a finished, failed or refused call."""
        if not line.call.is_routine:
            await self._write(line)
            return
        now_ms = self._clock.now_ms()
        # They stand in the order of their beginning.
        old = takewhile(lambda one: now_ms - one[1][0] >= SUM_MS, self._sums.items())
        await self._write_sums(key for key, _ in old)
        if line.key in self._sums:
            since, known = self._sums[line.key]
            if known is not None:
                known.add(line)
            else:
                self._sums[line.key] = since, line
            return
        if len(self._sums) < MOST_SUMS:
            self._sums[line.key] = now_ms, None
        await self._write(line)

    async def close(self) -> None:
        """Write what was summed up so far."""
        await self._write_sums(self._sums)

    async def _write_sums(self, keys: Iterable[Key]) -> None:
        for key in list(keys):
            _, known = self._sums.pop(key, (0, None))
            if known is not None:
                await self._write(known)

    async def _write(self, line: Line) -> None:
        now_ms = self._clock.now_ms()
        await insert(
            EgressCall,
            {
                "at_ms": now_ms,
                "day": day_of(now_ms),
                "purpose": line.call.purpose.value,
                "recipient": line.call.recipient[:100],
                "origin": line.call.origin.value,
                "host": line.host[:255],
                "data": ",".join(line.call.data)[:200],
                "org": line.call.org,
                "calls": line.calls,
                "bytes_sent": line.bytes_sent,
                "bytes_received": line.bytes_received,
                "status": line.status,
                "outcome": line.outcome,
                "error": redact(line.error)[:200],
                "erase_on": erase_on(now_ms, days=KEEP_DAYS),
            },
        )
