"""What is kept of a call, and how a batch of it gets into the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import NamedTuple

from obsv.core.days import erase_on
from obsv.db import execute_many, write_tx

KEEP_DAYS = 30
"""Of calls and of counts.  Source: privacy clause data.ops.access_log."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a person (`user_id`, `session_id`) or of a token; `org` is None where it was about none."""

    at_ms: int
    request_id: str
    org: int | None
    user_id: str
    session_id: str
    token_id: str
    method: str
    route: str
    status: int
    duration_ms: float
    bytes_in: int
    bytes_out: int
    protocol: str
    ip_trunc: str


class CountKey(NamedTuple):
    """What calls are counted by; `minute_ms` is the minute's first instant."""

    org: int
    minute_ms: int
    token_id: str
    route: str
    status: int


@dataclass(slots=True)
class Count:
    """Calls under one key."""

    calls: int = 0
    bytes_in: int = 0
    duration_ms: float = 0.0

    def add(self, calls: int, bytes_in: int, duration_ms: float) -> None:
        """Count further ones."""
        self.calls += calls
        self.bytes_in += bytes_in
        self.duration_ms += duration_ms


_CALL_COLUMNS = (*(field.name for field in fields(Call)), "erase_on")
_INSERT_CALL = (
    f"INSERT INTO access_log ({', '.join(_CALL_COLUMNS)}) "  # noqa: S608  # our names
    f"VALUES ({', '.join(['{}'] * len(_CALL_COLUMNS))})"
)
_ADD_COUNT = (
    "INSERT INTO access_counts (org, minute_ms, token_id, route, status, calls, bytes_in, duration_ms, erase_on) "
    "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}) "
    "ON CONFLICT (org, minute_ms, token_id, route, status) DO UPDATE SET calls = access_counts.calls + excluded.calls, "
    "bytes_in = access_counts.bytes_in + excluded.bytes_in, "
    "duration_ms = access_counts.duration_ms + excluded.duration_ms"
)


async def store(calls: Sequence[Call], counts: Mapping[CountKey, Count]) -> None:
    """Write a batch, whole or not at all."""
    async with write_tx():
        await execute_many(_INSERT_CALL, [(*_cells(call), _last_day(call.at_ms)) for call in calls])
        # In one order, so that replicas that add to the same rows do not wait for each other in a circle.
        added = [(*key, *_cells(counts[key]), _last_day(key.minute_ms)) for key in sorted(counts)]
        await execute_many(_ADD_COUNT, added)


def _cells(row: Call | Count) -> tuple[object, ...]:
    """The fields in order; dataclasses.astuple would copy each one deeply."""
    return tuple(getattr(row, field.name) for field in fields(row))


def _last_day(at_ms: int) -> date:
    return erase_on(at_ms, days=KEEP_DAYS)
