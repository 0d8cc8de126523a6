"""A wrong clock must not delete anything early: what the purge asks of the clock before it runs.

Source: the retention rules of the privacy policy (a purge refuses a clock that went back, is held for a day after a
jump forward, and rehearses once after a long pause).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from obsv.core.clock import Clock
from obsv.db import execute, fetch, fetch_value, insert, is_postgres
from obsv.privacy.tables import ClockSeen

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
BACK_MS = 5 * MINUTE_MS
JUMP_MS = HOUR_MS
HOLD_MS = DAY_MS
PAUSE_MS = 7 * DAY_MS
REHEARSAL_MS = HOUR_MS
DATABASE_SKEW_MS = 5_000

Action = Literal["purge", "rehearse", "hold"]


@dataclass(frozen=True, slots=True)
class Reading:
    """The clock now: Unix time, which boot of the machine, and time since then that nobody can set."""

    wall_ms: int
    boot_id: str
    mono_ms: int


@dataclass(frozen=True, slots=True)
class Seen:
    """The last reading, since when the purge is held, when it last ran and rehearsed."""

    reading: Reading
    held_since_ms: int | None = None
    purged_at_ms: int | None = None
    rehearsed_at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do, why, and what to remember."""

    action: Action
    reason: str
    seen: Seen


def judge(seen: Seen | None, now: Reading) -> Verdict:
    """Decide from the last reading and this one; pure."""
    if seen is None:
        return Verdict("purge", "", Seen(now, purged_at_ms=now.wall_ms))
    fresh = replace(seen, reading=now)
    jump = _jump(seen.reading, now)
    if jump:
        return Verdict("hold", jump, replace(fresh, held_since_ms=now.wall_ms))
    if fresh.held_since_ms is not None and now.wall_ms - fresh.held_since_ms < HOLD_MS:
        return Verdict("hold", "the clock jumped less than a day ago: `obsv clock accept` if it is right", fresh)
    fresh = replace(fresh, held_since_ms=None)
    paused = fresh.purged_at_ms is not None and now.wall_ms - fresh.purged_at_ms > PAUSE_MS
    if not paused:
        return Verdict("purge", "", replace(fresh, purged_at_ms=now.wall_ms, rehearsed_at_ms=None))
    if fresh.rehearsed_at_ms is None or now.wall_ms - fresh.rehearsed_at_ms > PAUSE_MS:
        reason = "the first purge in more than 7 days is a rehearsal"
        return Verdict("rehearse", reason, replace(fresh, rehearsed_at_ms=now.wall_ms))
    if now.wall_ms - fresh.rehearsed_at_ms < REHEARSAL_MS:
        return Verdict("hold", "rehearsed less than an hour ago", fresh)
    return Verdict("purge", "", replace(fresh, purged_at_ms=now.wall_ms, rehearsed_at_ms=None))


def _jump(seen: Reading, now: Reading) -> str:
    if now.wall_ms < seen.wall_ms - BACK_MS:
        return f"the clock went back by {(seen.wall_ms - now.wall_ms) // MINUTE_MS} minutes"
    if now.boot_id == seen.boot_id:
        ahead_ms = (now.wall_ms - seen.wall_ms) - (now.mono_ms - seen.mono_ms)
        if ahead_ms > JUMP_MS:
            return f"the clock jumped ahead by {ahead_ms // MINUTE_MS} minutes"
    return ""


def read_clock(clock: Clock) -> Reading:
    """The machine's clock; sleep counts as time that passed."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    boot_id = boot.read_text().strip() if boot.exists() else ""
    source = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return Reading(clock.now_ms(), boot_id, int(time.clock_gettime(source) * 1000))


async def ask(clock: Clock, read: Callable[[Clock], Reading] = read_clock) -> Verdict:
    """Judge the clock now, against the database's too; remember it with `remember`."""
    now, seen = read(clock), await load()
    if is_postgres():
        # Compared as milliseconds: the column types of the two clocks differ.
        theirs_ms = int(await fetch_value("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"))
        if abs(theirs_ms - now.wall_ms) > DATABASE_SKEW_MS:
            reason = f"this host's clock and the database's differ by {abs(theirs_ms - now.wall_ms) // 1000} s"
            return Verdict("hold", reason, seen or Seen(now))
    return judge(seen, now)


async def load() -> Seen | None:
    """What was remembered last."""
    rows = await fetch("SELECT * FROM clock_seen WHERE id = 1")
    if not rows:
        return None
    row = rows[0]
    reading = Reading(row["wall_ms"], row["boot_id"], row["mono_ms"])
    return Seen(reading, row["held_since_ms"], row["purged_at_ms"], row["rehearsed_at_ms"])


async def remember(seen: Seen) -> None:
    """Keep it for the next purge, in the current transaction."""
    await execute("DELETE FROM clock_seen")
    await insert(
        ClockSeen,
        {
            "id": 1,
            "wall_ms": seen.reading.wall_ms,
            "boot_id": seen.reading.boot_id,
            "mono_ms": seen.reading.mono_ms,
            "held_since_ms": seen.held_since_ms,
            "purged_at_ms": seen.purged_at_ms,
            "rehearsed_at_ms": seen.rehearsed_at_ms,
        },
    )
