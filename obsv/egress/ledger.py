"""Writing the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from obsv.core.clock import Clock
from obsv.core.days import day_of, erase_on
from obsv.core.redact import redact
from obsv.db import insert
from obsv.egress.tables import EgressCall
from obsv.egress.types import Call

KEEP_DAYS = 90


@dataclass(slots=True)
class Line:
    """What is known of a call while it runs."""

    call: Call
    host: str
    bytes_sent: int = 0
    bytes_received: int = 0
    status: int | None = None
    outcome: str = "failed"
    error: str = ""


async def record(line: Line, clock: Clock) -> None:
    """Add a row for a finished, failed or refused call."""
    now_ms = clock.now_ms()
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
            "bytes_sent": line.bytes_sent,
            "bytes_received": line.bytes_received,
            "status": line.status,
            "outcome": line.outcome,
            "error": redact(line.error)[:200],
            "erase_on": erase_on(now_ms, days=KEEP_DAYS),
        },
    )
