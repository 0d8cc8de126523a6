# ruff: noqa: S608  # statements are put together from this module's constants alone
"""Blocks in an SQLite file of their own.

One connection writes, on a thread of its own; a few read.  A commit is synced, because the log records that a flush
covers are deleted after it.  Deleted content is overwritten (secure_delete), and freed pages go back to the system.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path
from typing import TypeVar

from obsv.metrics.store.base import StoreUnavailable
from obsv.metrics.store.blocks.catalog import DAYS, Catalog, Listed, days_of, found_in
from obsv.metrics.store.blocks.repository import (
    RESOLUTIONS,
    Change,
    Group,
    Piece,
    Placement,
    Span,
    StoredBlock,
    StoredSegment,
)
from obsv.metrics.store.blocks.snapshots import Snapshots
from obsv.metrics.store.blocks.types import BlockStats
from obsv.metrics.store.blocks.window import DAY_MS, window_of

T = TypeVar("T")

READERS = 3
ATTEMPTS, RETRY_S = 100, 0.02
SCHEMA = """
CREATE TABLE IF NOT EXISTS metric_state (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS metric_segments (
    id INTEGER PRIMARY KEY AUTOINCREMENT, org INTEGER NOT NULL, series INTEGER NOT NULL,
    damaged INTEGER NOT NULL DEFAULT 0, data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS metric_times (
    id INTEGER PRIMARY KEY AUTOINCREMENT, org INTEGER NOT NULL, damaged INTEGER NOT NULL DEFAULT 0, data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS metric_blocks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, org INTEGER NOT NULL, part INTEGER NOT NULL, low INTEGER NOT NULL,
    high INTEGER NOT NULL, generation INTEGER NOT NULL, seq INTEGER NOT NULL, start_ms INTEGER NOT NULL,
    end_ms INTEGER NOT NULL, samples INTEGER NOT NULL, times_id INTEGER NOT NULL, damaged INTEGER NOT NULL DEFAULT 0,
    data BLOB NOT NULL, resolution INTEGER NOT NULL DEFAULT 0, rolled INTEGER NOT NULL DEFAULT 0
);
"""
LATER_COLUMNS = ("resolution", "rolled")
"""Columns of metric_blocks that files from before roll-ups do not have."""
INDEXES = """
CREATE INDEX IF NOT EXISTS metric_blocks_spot ON metric_blocks (org, part, resolution, end_ms, start_ms);
CREATE INDEX IF NOT EXISTS metric_blocks_begin ON metric_blocks (org, resolution, start_ms);
CREATE INDEX IF NOT EXISTS metric_blocks_new ON metric_blocks (resolution, generation, start_ms) WHERE generation < 2;
CREATE INDEX IF NOT EXISTS metric_blocks_unrolled ON metric_blocks (org, rolled, start_ms)
    WHERE generation = 2 AND resolution = 0;
CREATE INDEX IF NOT EXISTS metric_blocks_times ON metric_blocks (times_id);
DROP INDEX IF EXISTS metric_blocks_place;
DROP INDEX IF EXISTS metric_blocks_day;
DROP INDEX IF EXISTS metric_blocks_young;
"""
BLOCK = (
    "b.id, b.times_id, length(b.data), b.org, b.part, b.low, b.high, b.generation, b.seq, b.start_ms, b.end_ms, "
    "b.samples, b.resolution, b.rolled"
)


class _GoneError(Exception):
    """A row that a change builds on has been replaced."""


def _block(row: tuple[int, ...]) -> StoredBlock:
    return StoredBlock(row[0], row[1], row[2], Placement(*row[3:]))


class SQLiteBlockRepository:
    """BlockRepository on one file; its folder is made if need be."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="obsv-blocks-write")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="obsv-blocks-read")
        self._catalog = Catalog()
        self._snapshots = Snapshots(path)
        self._copying = asyncio.Lock()

    # -- connections --------------------------------------------------------------------------------------------

    def _connection(self) -> sqlite3.Connection:
        """This thread's own; statements on it never wait for another thread's."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
            # auto_vacuum only counts before the first table is made.
            for pragma in (
                "auto_vacuum=INCREMENTAL",
                "journal_mode=WAL",
                "synchronous=FULL",
                "secure_delete=ON",
                "journal_size_limit=1048576",
                "cache_size=-2048",
            ):
                _set(connection, pragma)
            self._local.connection = connection
            self._connections.append(connection)
        return connection

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[sqlite3.Connection], T]) -> T:
        def guarded() -> T:
            try:
                return work(self._connection())
            except sqlite3.Error as error:
                raise StoreUnavailable(f"metric blocks: {error}") from error

        return await asyncio.get_running_loop().run_in_executor(pool, guarded)

    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def transaction(connection: sqlite3.Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

        return await self._run(self._writer, transaction)

    async def _rows(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[int, ...]]:
        return await self._run(self._readers, lambda connection: connection.execute(statement, parameters).fetchall())

    async def open(self) -> None:
        """Make or open the file."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        await self._write(_make_tables)

    async def close(self) -> None:
        """Close all connections; the last one folds the write-ahead log into the file."""
        self._snapshots.stop()
        for pool in (self._readers, self._writer):
            await asyncio.to_thread(pool.shutdown)
        for connection in reversed(self._connections):
            connection.close()
        self._connections.clear()

    # -- reading ------------------------------------------------------------------------------------------------

    async def state(self) -> dict[str, int]:
        """The named counters."""
        rows = await self._run(self._readers, lambda c: c.execute("SELECT name, value FROM metric_state").fetchall())
        return dict(rows)

    async def segments(self, after_id: int = 0, *, org: int | None = None) -> AsyncIterator[StoredSegment]:
        """Readable segments in the order they were written, of one organisation or of all."""
        while rows := await self._segments(after_id, org):
            for row in rows:
                yield row
            after_id = rows[-1].id

    async def _segments(self, after_id: int, org: int | None) -> list[StoredSegment]:
        statement = (
            "SELECT id, org, series, data FROM metric_segments "
            "WHERE id > ? AND damaged = 0 AND (? IS NULL OR org = ?) ORDER BY id LIMIT 8"
        )
        parameters = (after_id, org, org)
        return await self._run(
            self._readers, lambda c: [StoredSegment(*row) for row in c.execute(statement, parameters).fetchall()]
        )

    async def last_parts(self) -> dict[int, int]:
        """The highest partition that has blocks, by organisation."""
        rows = await self._rows("SELECT org, max(part) FROM metric_blocks GROUP BY org")
        return {row[0]: row[1] for row in rows}

    async def find(
        self,
        org: int,
        spans: Sequence[Span] | None,
        start_ms: int,
        end_ms: int,
        *,
        damaged: bool = False,
        resolution: int | None = 0,
    ) -> list[StoredBlock]:
        """Blocks with samples of these spans (all if None) in this time; `damaged`: the unreadable ones instead.

        With a `resolution` its roll-ups, of all resolutions if None.
        """
        days = days_of(start_ms, end_ms)
        if spans is not None and not damaged and resolution == 0 and len(days) <= DAYS:
            listed = [await self._day(org, day) for day in days]
            return [block for one in listed for block in found_in(one, spans, start_ms, end_ms)]
        which = f"b.damaged {'>' if damaged else '='} 0 AND b.resolution "
        which += "> 0" if resolution is None else f"= {resolution:d}"
        return await self._find(org, spans, start_ms, end_ms, [which])

    async def find_rolled(
        self, org: int, spans: Sequence[Span], start_ms: int, end_ms: int, resolution: int
    ) -> list[StoredBlock]:
        """Roll-ups, and the blocks of raw samples that are not in them, as of one moment."""
        missing = f"b.damaged = 0 AND b.resolution = 0 AND b.rolled & {RESOLUTIONS[resolution]} = 0"
        rolled = f"b.damaged = 0 AND b.resolution = {resolution:d}"
        return await self._find(org, spans, start_ms, end_ms, [rolled, missing])

    async def _find(
        self, org: int, spans: Sequence[Span] | None, start_ms: int, end_ms: int, which: Sequence[str]
    ) -> list[StoredBlock]:
        where = "b.org = ?1 AND b.end_ms >= ?2 AND b.start_ms <= ?3"
        tables, parameters = "metric_blocks b", list[object]((org, start_ms, end_ms))
        if spans is not None:
            tables = "json_each(?4) w CROSS JOIN metric_blocks b"
            where += (
                " AND b.part = json_extract(w.value, '$[0]') AND b.high >= json_extract(w.value, '$[1]') "
                "AND b.low <= json_extract(w.value, '$[2]')"
            )
            parameters.append(json.dumps([(span.part, span.low, span.high) for span in spans]))
        selects = [f"SELECT {BLOCK} FROM {tables} WHERE {where} AND {one}" for one in which]
        return [_block(row) for row in await self._rows(" UNION ALL ".join(selects), parameters)]

    async def _day(self, org: int, day: int) -> Listed:
        if (listed := self._catalog.get(org, day)) is not None:
            return listed
        version = self._catalog.version
        statement = (
            f"SELECT {BLOCK} FROM metric_blocks b "
            "WHERE org = ? AND resolution = 0 AND start_ms >= ? AND start_ms < ? AND damaged = 0"
        )
        rows = await self._rows(statement, (org, day * DAY_MS, (day + 1) * DAY_MS))
        return self._catalog.put(org, day, map(_block, rows), version)

    async def load(self, org: int, ids: Sequence[int]) -> dict[int, bytes]:
        """The data of these blocks, as far as they are still there."""
        return await self._data(Piece.BLOCK, org, ids)

    async def load_times(self, org: int, ids: Sequence[int]) -> dict[int, bytes]:
        """The data of these times, as far as they are still there."""
        return await self._data(Piece.TIMES, org, ids)

    async def _data(self, piece: Piece, org: int, ids: Sequence[int]) -> dict[int, bytes]:
        statement = f"SELECT id, data FROM {piece} WHERE id = ? AND org = ? AND damaged = 0"

        def read(connection: sqlite3.Connection) -> dict[int, bytes]:
            found: dict[int, bytes] = {}
            for row_id in ids:
                found.update(connection.execute(statement, (row_id, org)).fetchall())
            return found

        data = await self._run(self._readers, read)
        if len(data) < len(ids):
            self._catalog.forget()
        return data

    async def oldest(self, generation: int, before_ms: int, *, resolution: int = 0) -> StoredBlock | None:
        """The block of this generation (0 or 1) that starts first, and ends before this time."""
        statement = (
            f"SELECT {BLOCK} FROM metric_blocks b WHERE resolution = ? AND generation = ? AND generation < 2 "
            "AND start_ms < ? AND end_ms < ? AND damaged = 0 ORDER BY start_ms LIMIT 1"
        )
        rows = await self._rows(statement, (resolution, generation, before_ms, before_ms))
        return _block(rows[0]) if rows else None

    async def unrolled(self, states: Sequence[tuple[int, int]], before_ms: int) -> StoredBlock | None:
        """A block of generation 2 that ends before this time, whose (org, rolled) is one of these."""
        statement = (
            f"SELECT {BLOCK} FROM json_each(?) w CROSS JOIN metric_blocks b ON b.org = json_extract(w.value, '$[0]') "
            "AND b.rolled = json_extract(w.value, '$[1]') WHERE b.generation = 2 AND b.resolution = 0 "
            "AND b.start_ms < ? AND b.end_ms < ? AND b.damaged = 0 LIMIT 1"
        )
        rows = await self._rows(statement, (json.dumps(list(states)), before_ms, before_ms))
        return _block(rows[0]) if rows else None

    async def parts(
        self, org: int, start_ms: int, end_ms: int, *, generation: int, resolution: int = 0, rolled: int = 0, limit: int
    ) -> list[int]:
        """Partitions with blocks of this generation within this time, of this `resolution`, and `rolled` so far."""
        # Numbers in the text, so that the partial indexes are seen to fit.
        which = f"resolution = {resolution:d} AND generation = {generation:d} AND rolled = {rolled:d}"
        statement = (
            f"SELECT DISTINCT part FROM metric_blocks WHERE {which}{' AND generation < 2' if generation < 2 else ''} "
            "AND start_ms >= ? AND start_ms <= ? AND org = ? AND damaged = 0 ORDER BY part LIMIT ?"
        )
        parameters = (start_ms, end_ms, org, limit)
        return [row[0] for row in await self._rows(statement, parameters)]

    async def crowded(self, segments: int, series: int) -> int | None:
        """An organisation that has at least so many segments of fewer than so many series."""
        statement = (
            "SELECT org FROM metric_segments WHERE series < ? AND damaged = 0 GROUP BY org HAVING count(*) >= ? LIMIT 1"
        )
        rows = await self._rows(statement, (series, segments))
        return rows[0][0] if rows else None

    async def stats(self, org: int | None) -> BlockStats:
        """Sizes and counts of one organisation, or of all (then bytes is the file's size)."""
        where, parameters = ("", ()) if org is None else (" WHERE org = ?", (org,))
        rows = await self._rows(
            f"SELECT count(*), min(start_ms), sum(length(data)), sum(damaged = 1) FROM metric_blocks{where}", parameters
        )
        blocks, oldest, size, damaged = (int(value or 0) for value in rows[0])
        for piece in (Piece.TIMES, Piece.SEGMENT):
            rows = await self._rows(f"SELECT sum(length(data)), sum(damaged = 1) FROM {piece}{where}", parameters)
            size, damaged = size + int(rows[0][0] or 0), damaged + int(rows[0][1] or 0)
        if org is None:
            files = (self._path, self._path.with_name(self._path.name + "-wal"))
            size = sum(file.stat().st_size for file in files if file.exists())
        return BlockStats(size, oldest, damaged, blocks)

    # -- writing ------------------------------------------------------------------------------------------------

    async def apply(self, change: Change) -> bool:
        """Do all of it, durably, or (if what it would replace has gone) nothing."""

        def work(connection: sqlite3.Connection) -> None:
            _replace(connection, change)
            for group in change.groups:
                _insert(connection, group)
            connection.executemany(
                "INSERT INTO metric_segments (org, series, data) VALUES (?, ?, ?)",
                [(segment.org, segment.series, segment.data) for segment in change.segments],
            )
            connection.executemany("INSERT OR REPLACE INTO metric_state VALUES (?, ?)", list(change.state.items()))

        return await asyncio.shield(asyncio.ensure_future(self._applied(work)))

    async def _applied(self, work: Callable[[sqlite3.Connection], None]) -> bool:
        """Whoever asked may be cancelled: the thread goes on, and the lists must be forgotten when it is through."""
        try:
            await self._write(work)
        except _GoneError:
            return False
        finally:
            self._catalog.forget()
        return True

    async def quarantine(self, piece: Piece, row_id: int) -> None:
        """Mark a row as damaged, and the blocks that need it as unreadable."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(f"UPDATE {piece} SET damaged = 1 WHERE id = ?", (row_id,))
            if piece is Piece.SEGMENT:
                return
            if piece is Piece.TIMES:
                connection.execute("UPDATE metric_blocks SET damaged = 2 WHERE times_id = ? AND damaged = 0", (row_id,))
            lost = connection.execute(
                f"SELECT {BLOCK} FROM metric_blocks b WHERE {'times_id' if piece is Piece.TIMES else 'id'} = ? "
                "AND resolution > 0",
                (row_id,),
            ).fetchall()
            for block in map(_block, lost):
                _note_unrolled(connection, block.placement)

        await self._write(work)
        self._catalog.forget()

    async def reclaim(self) -> None:
        """Give free pages back to the file system and empty the write-ahead log."""

        def work(connection: sqlite3.Connection) -> None:
            # As a script, which steps through it: a plain execute() would stop after the first page.
            connection.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE);")

        await self._run(self._writer, work)

    # -- snapshots ----------------------------------------------------------------------------------------------

    async def snapshot(self, name: str) -> None:
        """Copy the file as it is now into `snapshots/NAME` beside it; the newest few are kept."""
        await self._copy(lambda: self._snapshots.add(name))

    async def drop_snapshots(self, before: str) -> None:
        """Remove snapshots whose names are lower, also one that is being made when this is asked."""
        await self._copy(lambda: self._snapshots.drop(before))

    async def _copy(self, work: Callable[[], None]) -> None:
        async def one_at_a_time() -> None:
            async with self._copying:
                await asyncio.to_thread(work)

        try:
            # A caller that is cancelled must not let the next one in while the thread goes on.
            await asyncio.shield(asyncio.ensure_future(one_at_a_time()))
        except (sqlite3.Error, OSError) as error:
            raise StoreUnavailable(f"snapshots of metrics: {error}") from error


def _set(connection: sqlite3.Connection, pragma: str) -> None:
    """Set something; others who open the file may have it locked, and a write-ahead log does not begin by waiting."""
    for left in range(ATTEMPTS, -1, -1):
        try:
            connection.execute(f"PRAGMA {pragma}")
        except sqlite3.OperationalError:
            if not left:
                raise
            time.sleep(RETRY_S)
        else:
            return


def _replace(connection: sqlite3.Connection, change: Change) -> None:
    """Delete and promote what the change says.  Raises _GoneError if not all of it is there."""
    for row_id in change.promote:
        statement = "UPDATE metric_blocks SET generation = ?, rolled = ? WHERE id = ? AND damaged = 0"
        _expect(connection.execute(statement, (change.promote_to, change.promote_rolled, row_id)).rowcount == 1)
    times: set[int] = set()
    for row_id in change.remove:
        row = connection.execute("DELETE FROM metric_blocks WHERE id = ? RETURNING times_id", (row_id,)).fetchone()
        _expect(row is not None)
        times.add(row[0])
    for times_id in times:
        unused = "NOT EXISTS (SELECT 1 FROM metric_blocks WHERE times_id = ?)"
        connection.execute(f"DELETE FROM metric_times WHERE id = ? AND {unused}", (times_id, times_id))
    for row_id in change.remove_segments:
        _expect(connection.execute("DELETE FROM metric_segments WHERE id = ?", (row_id,)).rowcount == 1)


def _expect(there: bool) -> None:
    if not there:
        raise _GoneError


def _insert(connection: sqlite3.Connection, group: Group) -> None:
    org = group.blocks[0][0].org
    times_id = connection.execute("INSERT INTO metric_times (org, data) VALUES (?, ?)", (org, group.times)).lastrowid
    connection.executemany(
        "INSERT INTO metric_blocks (org, part, low, high, generation, seq, start_ms, end_ms, samples, resolution, "
        "rolled, times_id, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(*astuple(placement), times_id, data) for placement, data in group.blocks],
    )


def _note_unrolled(connection: sqlite3.Connection, lost: Placement) -> None:
    """The raw samples of the days of a roll-up are not rolled up at its resolution."""
    connection.execute(
        f"UPDATE metric_blocks SET rolled = rolled & ~{RESOLUTIONS[lost.resolution]} WHERE org = ? AND part = ? "
        "AND resolution = 0 AND end_ms >= ? AND start_ms <= ?",
        (lost.org, lost.part, window_of(lost.start_ms, DAY_MS)[0], window_of(lost.end_ms, DAY_MS)[1]),
    )


def _make_tables(connection: sqlite3.Connection) -> None:
    _each(connection, SCHEMA)
    there = {row[1] for row in connection.execute("PRAGMA table_info(metric_blocks)")}
    for column in LATER_COLUMNS:
        if column not in there:
            connection.execute(f"ALTER TABLE metric_blocks ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
    _each(connection, INDEXES)


def _each(connection: sqlite3.Connection, script: str) -> None:
    """Statements one by one, since a script would end the transaction."""
    for statement in script.split(";"):
        connection.execute(statement)
