"""Retention: what is due goes, table by table as the inventory says; nothing lists tables by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

import structlog

from obsv import audit
from obsv.core.clock import Clock
from obsv.db import DB, checkpoint, fetch, fetch_value, is_postgres, write_tx
from obsv.privacy import clock_guard
from obsv.privacy.clock_guard import Reading, read_clock
from obsv.privacy.inventory import Held, collect

BATCH = 5000
CHECKPOINT_TRIES = 5

_log = structlog.get_logger("obsv.privacy")


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """What a purge did, or would do: rows by table; `is_final` when the bytes left the disk as far as that is ours."""

    action: clock_guard.Action
    reason: str = ""
    rows: dict[str, int] = field(default_factory=dict[str, int])
    is_final: bool = True


async def purge(clock: Clock, *, dry_run: bool = False, read: Callable[[Clock], Reading] = read_clock) -> PurgeReport:
    """Delete what is due today, unless the clock is not to be trusted; safe to repeat at any time."""
    today = clock.now().date()
    if dry_run:
        return PurgeReport("rehearse", "asked for", await due(today))
    verdict = await clock_guard.ask(clock, read)
    before = await clock_guard.load()
    async with write_tx():
        await clock_guard.remember(verdict.seen)
        newly_held = verdict.action == "hold" and (before is None or before.held_since_ms is None)
        if newly_held:
            await audit.write("purge.held", org=None, actor=audit.SYSTEM, details={"reason": verdict.reason})
    if verdict.action != "purge":
        _log.warning("privacy.purge_held", action=verdict.action, reason=verdict.reason)
        return PurgeReport(verdict.action, verdict.reason, await due(today) if verdict.action == "rehearse" else {})
    rows, is_final = await sweep(today)
    if rows:
        await audit.write("purge.ran", org=None, actor=audit.SYSTEM, details={"counts": rows})
    return PurgeReport("purge", "", rows, is_final)


async def due(today: date) -> dict[str, int]:
    """How many rows of each table are due, without touching them."""
    counts = {table.name: await _count(table, today) for table in _by_day(collect())}
    return {name: count for name, count in counts.items() if count}


async def sweep(today: date, tables: Iterable[Held] | None = None) -> tuple[dict[str, int], bool]:
    """Delete every row whose `erase_on` has come, in batches, and say whether its bytes left the disk.

    On SQLite that takes overwritten pages and an emptied write-ahead log, on Postgres a VACUUM; what its log and
    archives still hold is unreadable where a subject's key is destroyed.
    """
    rows: dict[str, int] = {}
    for table in _by_day(collect() if tables is None else tables):
        deleted = 0
        while batch := await (table.sweep(today, BATCH) if table.sweep else _delete(table, today)):
            deleted += batch
        if deleted:
            rows[table.name] = deleted
            _log.info("privacy.rows_erased", table=table.name, rows=deleted)
            if is_postgres():
                await DB.run_ddl(f'VACUUM "{table.name}"')
    return rows, await _empty_log()


async def _delete(table: Held, today: date) -> int:
    key, day = table.key, table.day_column
    async with write_tx():
        gone = await fetch(
            f'DELETE FROM "{table.name}" WHERE "{key}" IN (SELECT "{key}" FROM "{table.name}" '  # noqa: S608  # our names
            f'WHERE "{day}" <= {{}} ORDER BY "{day}" LIMIT {{}}) RETURNING "{key}"',
            today,
            BATCH,
        )
    return len(gone)


async def _count(table: Held, today: date) -> int:
    sql = f'SELECT count(*) FROM "{table.name}" WHERE "{table.day_column}" <= {{}}'  # noqa: S608  # our names
    return int(await fetch_value(sql, today))


def _by_day(tables: Iterable[Held]) -> list[Held]:
    return [table for table in tables if table.day_column]


async def _empty_log() -> bool:
    for _ in range(CHECKPOINT_TRIES):
        if await checkpoint():
            return True
        await asyncio.sleep(0.2)
    return False
