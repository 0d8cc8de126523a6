# ruff: noqa: S608  # statements are put together from this package's constants alone
"""Writes what checks found: how monitors stand, their changes, and their days, many at once in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from obsv.core.days import erase_on
from obsv.db import execute_many, fetch, hold_lock, write_tx
from obsv.monitors.machine import Change, Span, Standing, State, Step
from obsv.monitors.store import STANDING, chunks, values
from obsv.monitors.types import Result

KEEP_DAYS: Final = 400
DAY_MS: Final = 86_400_000
REASON: Final = 500
_SET: Final = ", ".join(f"{name} = {{}}" for name in STANDING.split(", "))
_COUNTED: Final = {State.UP: 0, State.DOWN: 1, State.MAINTENANCE: 2}


@dataclass(frozen=True, slots=True)
class Found:
    """What a check made of a monitor that stood at `seq`; without a `result` the last one stays."""

    org: int
    monitor_id: str
    seq: int
    step: Step
    result: Result | None = None


@asynccontextmanager
async def recording() -> AsyncGenerator[None]:
    """A transaction that changes how monitors stand; there is one at a time, whichever process it is in."""
    async with write_tx():
        await hold_lock("monitors")
        yield


async def record(found: Sequence[Found]) -> set[str]:
    """Write it; the monitors that stand otherwise by now, of which nothing is written.

    Of one monitor there may be several, each made from the one before.  Joins an open `recording`.
    """
    async with recording():
        known = await _seqs({one.monitor_id for one in found})
        fresh: list[Found] = []
        stale: set[str] = set()
        for one in found:
            if known.get(one.monitor_id) == one.seq and one.monitor_id not in stale:
                known[one.monitor_id] = one.step.standing.seq
                fresh.append(one)
            else:
                stale.add(one.monitor_id)
        last = {one.monitor_id: one for one in fresh}
        await execute_many(
            f"UPDATE monitor_standings SET {_SET} WHERE monitor_id = {{}}",
            [(*values(one.step.standing), one.monitor_id) for one in last.values()],
        )
        results = {one.monitor_id: one.result for one in fresh if one.result is not None}
        await execute_many(
            "UPDATE monitor_standings SET result = {} WHERE monitor_id = {}",
            [(msgspec.json.encode(result).decode(), monitor_id) for monitor_id, result in results.items()],
        )
        await _write_changes((one.org, one.monitor_id, change) for one in fresh for change in one.step.changes)
        await _write_days((one.org, one.monitor_id, span) for one in fresh for span in one.step.spans)
    return stale


def moved(step: Step, before: Standing) -> Step:
    """The step with the number of its standing, one more than that before."""
    return replace(step, standing=replace(step.standing, seq=before.seq + 1))


async def _seqs(ids: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in chunks(sorted(ids)):
        places = ", ".join(["{}"] * len(part))
        rows = await fetch(f"SELECT monitor_id, seq FROM monitor_standings WHERE monitor_id IN ({places})", *part)
        found |= {row["monitor_id"]: row["seq"] for row in rows}
    return found


async def _write_changes(changes: Iterable[tuple[int, str, Change]]) -> None:
    await execute_many(
        "INSERT INTO monitor_events (org, monitor_id, at_ms, before, state, reason, erase_on) "
        "VALUES ({}, {}, {}, {}, {}, {}, {})",
        [
            (
                *(org, monitor_id, change.at_ms, change.before.value, change.after.value),
                *(change.reason[:REASON], erase_on(change.at_ms, days=KEEP_DAYS)),
            )
            for org, monitor_id, change in changes
        ],
    )


async def _write_days(spans: Iterable[tuple[int, str, Span]]) -> None:
    sums: dict[tuple[int, str, date], list[int]] = defaultdict(lambda: [0, 0, 0])
    for org, monitor_id, span in spans:
        if span.state in _COUNTED:
            for day, ms in by_day(span):
                sums[org, monitor_id, day][_COUNTED[span.state]] += ms
    await execute_many(
        "INSERT INTO monitor_days (org, monitor_id, day, up_ms, down_ms, maintenance_ms, erase_on) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}) ON CONFLICT (monitor_id, day) DO UPDATE SET "
        "up_ms = monitor_days.up_ms + excluded.up_ms, down_ms = monitor_days.down_ms + excluded.down_ms, "
        "maintenance_ms = monitor_days.maintenance_ms + excluded.maintenance_ms",
        [
            (org, monitor_id, day, *ms, erase_on(_midnight(day), days=KEEP_DAYS))
            for (org, monitor_id, day), ms in sorted(sums.items())
        ],
    )


def by_day(span: Span) -> Iterable[tuple[date, int]]:
    """(day in UTC, ms of the span in it)."""
    start_ms = span.start_ms
    while start_ms < span.end_ms:
        end_ms = min(span.end_ms, (start_ms // DAY_MS + 1) * DAY_MS)
        yield datetime.fromtimestamp(start_ms / 1000, UTC).date(), end_ms - start_ms
        start_ms = end_ms


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
