"""The hourly purge: to the day, table by table, and never by a wrong clock."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from piccolo.columns import BigSerial, Date, Varchar
from piccolo.table import Table

from obsv import audit
from obsv.core.clock import Clock, ManualClock
from obsv.db import DB, execute, execute_many, fetch, fetch_value, is_postgres, write_tx
from obsv.privacy import Held, collect, purge, sweep
from obsv.privacy.clock_guard import DAY_MS, HOUR_MS, MINUTE_MS, Reading, Seen, judge, read_clock

DAY = dt.timedelta(days=1)
NOW = 1_800_000_000_000


class Note(Table, db=DB, tablename="notes"):
    id = BigSerial(primary_key=True)
    text = Varchar()
    erase_on = Date(null=True, default=None)


NOTES = Held("notes", ("id", "text", "erase_on"), None, key="id", day_column="erase_on")


async def run(job: str, day: dt.date | None) -> None:
    await execute(
        "INSERT INTO job_runs (job, node, started_at_ms, outcome, error, erase_on) VALUES ({}, 'n', 0, 'done', '', {})",
        *(job, day),
    )


async def test_what_is_due_today_goes_and_nothing_else(log: None, clock: ManualClock) -> None:
    today = clock.now().date()
    for name, day in (("past", today - 9 * DAY), ("today", today), ("tomorrow", today + DAY), ("never", None)):
        await run(name, day)
    rehearsal = await purge(clock, dry_run=True)
    assert (rehearsal.action, rehearsal.rows) == ("rehearse", {"job_runs": 2})
    report = await purge(clock)
    assert (report.action, report.rows, report.is_final) == ("purge", {"job_runs": 2}, True)
    assert sorted(row["job"] for row in await fetch("SELECT job FROM job_runs")) == ["never", "tomorrow"]
    assert (await purge(clock)).rows == {}
    (entry,) = await audit.entries(None)
    assert (entry.event, entry.details) == ("purge.ran", {"counts": {"job_runs": 2}})


async def test_every_table_with_a_day_is_swept(log: None) -> None:
    """By the inventory: a new table needs no line in the purge."""
    by_day = {table.name for table in collect() if table.day_column}
    assert {"audit_log", "audit_personal", "egress_calls", "outbox_messages", "job_runs", "sessions"} <= by_day


async def test_more_rows_than_a_batch(database: str) -> None:
    await Note.create_table()
    today = dt.date(2026, 11, 23)
    rows = [("x", today - DAY)] * 12_001 + [("kept", today + DAY)]
    async with write_tx():
        await execute_many("INSERT INTO notes (text, erase_on) VALUES ({}, {})", rows)
    assert await sweep(today, [NOTES]) == ({"notes": 12_001}, True)
    assert await fetch_value("SELECT count(*) FROM notes") == 1


async def test_deleted_bytes_leave_the_disk(database: str, tmp_path: Path) -> None:
    if is_postgres():
        pytest.skip("SQLite only: there the purge can promise it")
    await Note.create_table()
    canary, today = "canary-77aa31", dt.date(2026, 11, 23)
    await execute("INSERT INTO notes (text, erase_on) VALUES ({}, {})", canary, today)
    assert any(canary.encode() in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    await sweep(today, [NOTES])
    assert not any(canary.encode() in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())


async def test_the_audit_log_goes_by_prefix(log: None, clock: ManualClock) -> None:
    for _ in range(3):
        await audit.write("auth.logout", org=5, actor=audit.SYSTEM)
    clock.advance(40 * 86400)
    await audit.write("auth.logout", org=5, actor=audit.SYSTEM)
    clock.advance(327 * 86400)
    rows, _ = await sweep(clock.now().date())
    assert rows == {"audit_log": 3}
    checked = await audit.verify(5)
    assert (checked.is_valid, checked.checked) == (True, 1)


def reading(wall_ms: int, mono_ms: int | None = None, boot: str = "a") -> Reading:
    return Reading(wall_ms, boot, wall_ms - NOW if mono_ms is None else mono_ms)


def seen(**changes: Any) -> Seen:
    return Seen(reading(NOW), **({"purged_at_ms": NOW} | changes))


@pytest.mark.parametrize(
    ("before", "now", "action"),
    [
        (None, reading(NOW), "purge"),
        (seen(), reading(NOW + HOUR_MS), "purge"),
        (seen(), reading(NOW - 4 * MINUTE_MS), "purge"),
        (seen(), reading(NOW - 6 * MINUTE_MS), "hold"),
        (seen(), reading(NOW - 6 * MINUTE_MS, boot="b"), "hold"),
        (seen(), reading(NOW + 3 * HOUR_MS, mono_ms=HOUR_MS), "hold"),
        (seen(), reading(NOW + 90 * MINUTE_MS, mono_ms=HOUR_MS), "purge"),
        (seen(), reading(NOW + 3 * HOUR_MS, mono_ms=5, boot="b"), "purge"),
        (seen(), reading(NOW + 8 * DAY_MS), "rehearse"),
        (seen(rehearsed_at_ms=NOW + 8 * DAY_MS), reading(NOW + 8 * DAY_MS + HOUR_MS // 2), "hold"),
        (seen(rehearsed_at_ms=NOW + 8 * DAY_MS), reading(NOW + 8 * DAY_MS + HOUR_MS), "purge"),
        (seen(held_since_ms=NOW), reading(NOW + 23 * HOUR_MS), "hold"),
        (seen(held_since_ms=NOW), reading(NOW + 24 * HOUR_MS), "purge"),
    ],
)
def test_a_wrong_clock_deletes_nothing(before: Seen | None, now: Reading, action: str) -> None:
    verdict = judge(before, now)
    assert verdict.action == action
    assert verdict.seen.reading == now
    assert bool(verdict.reason) == (action != "purge")


async def test_a_jump_holds_the_purge_for_a_day(log: None, clock: ManualClock) -> None:
    if is_postgres():
        pytest.skip("its own clock disagrees with ours by then")
    boot_ms = clock.now_ms()

    def jumped(offset_ms: int) -> Any:
        return lambda clock: Reading(clock.now_ms(), "a", clock.now_ms() - boot_ms - offset_ms)

    await purge(clock, read=jumped(0))
    await run("due", clock.now().date())
    clock.advance(3 * 3600)
    for _ in range(24):
        assert (await purge(clock, read=jumped(2 * HOUR_MS))).action == "hold"
        clock.advance(3600)
    assert (await purge(clock, read=jumped(2 * HOUR_MS))).rows == {"job_runs": 1}
    assert [entry.event for entry in await audit.entries(None)] == ["purge.ran", "purge.held"]


async def test_a_database_clock_that_disagrees_holds_the_purge(log: None, clock: ManualClock) -> None:
    if not is_postgres():
        pytest.skip("Postgres only")
    await run("due", clock.now().date())
    clock.advance(60)
    report = await purge(clock)
    assert report.action == "hold"
    assert "differ by" in report.reason
    assert await fetch_value("SELECT count(*) FROM job_runs") == 1


def test_the_clock_is_injected() -> None:
    """A reading names this boot and moves on."""
    clock: Clock = ManualClock()
    first, second = read_clock(clock), read_clock(clock)
    assert first.boot_id == second.boot_id
    assert second.mono_ms >= first.mono_ms
    assert first.wall_ms == clock.now_ms()
