# ruff: noqa: S608  # statements are put together from this module's constants alone
"""Blocks in Postgres: the same rows as bytea, kept out of line and not compressed again.

Several servers may read; one at a time flushes and compacts (the caller sees to that).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import astuple

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from obsv.metrics.store.base import StoreUnavailable
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
from obsv.metrics.store.blocks.types import BlockStats
from obsv.metrics.store.blocks.window import DAY_MS, window_of

SCHEMA = """
CREATE TABLE IF NOT EXISTS metric_state (name text PRIMARY KEY, value bigint NOT NULL);
CREATE TABLE IF NOT EXISTS metric_segments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, org bigint NOT NULL, series bigint NOT NULL,
    damaged int NOT NULL DEFAULT 0, data bytea NOT NULL
);
CREATE TABLE IF NOT EXISTS metric_times (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, org bigint NOT NULL, damaged int NOT NULL DEFAULT 0,
    data bytea NOT NULL
);
CREATE TABLE IF NOT EXISTS metric_blocks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, org bigint NOT NULL, part bigint NOT NULL, low int NOT NULL,
    high int NOT NULL, generation int NOT NULL, seq bigint NOT NULL, start_ms bigint NOT NULL, end_ms bigint NOT NULL,
    samples bigint NOT NULL, times_id bigint NOT NULL, damaged int NOT NULL DEFAULT 0, data bytea NOT NULL
);
ALTER TABLE metric_blocks ADD COLUMN IF NOT EXISTS resolution bigint NOT NULL DEFAULT 0;
ALTER TABLE metric_blocks ADD COLUMN IF NOT EXISTS rolled int NOT NULL DEFAULT 0;
ALTER TABLE metric_segments ALTER COLUMN data SET STORAGE EXTERNAL;
ALTER TABLE metric_times ALTER COLUMN data SET STORAGE EXTERNAL;
ALTER TABLE metric_blocks ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE INDEX IF NOT EXISTS metric_blocks_spot ON metric_blocks (org, part, resolution, end_ms, start_ms);
CREATE INDEX IF NOT EXISTS metric_blocks_new ON metric_blocks (resolution, generation, start_ms) WHERE generation < 2;
CREATE INDEX IF NOT EXISTS metric_blocks_unrolled ON metric_blocks (org, rolled, start_ms)
    WHERE generation = 2 AND resolution = 0;
CREATE INDEX IF NOT EXISTS metric_blocks_times ON metric_blocks (times_id);
DROP INDEX IF EXISTS metric_blocks_place;
DROP INDEX IF EXISTS metric_blocks_young;
"""
SCHEMA_LOCK = 7_316_850_401
"""Advisory lock: servers that start together must not make the tables together."""

BLOCK = (
    "b.id, b.times_id, octet_length(b.data), b.org, b.part, b.low, b.high, b.generation, b.seq, b.start_ms, b.end_ms, "
    "b.samples, b.resolution, b.rolled"
)
BLOCK_COLUMNS = (
    *("org", "part", "low", "high", "generation", "seq", "start_ms", "end_ms", "samples", "resolution", "rolled"),
    *("times_id", "data"),
)
# InternalClientError is what asyncpg raises when a connection breaks at the wrong moment.
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
TABLES = (Piece.BLOCK, Piece.TIMES, Piece.SEGMENT)


class _GoneError(Exception):
    """A row that a change builds on has been replaced."""


def _block(row: asyncpg.Record) -> StoredBlock:
    values = tuple(row)
    return StoredBlock(values[0], values[1], values[2], Placement(*values[3:]))


class PostgresBlockRepository:
    """BlockRepository on the tables `metric_*` of one database."""

    def __init__(self, dsn: str, *, pool_size: int = 4) -> None:
        self._dsn, self._pool_size = dsn, pool_size
        self._pool: asyncpg.Pool | None = None

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[PoolConnectionProxy]:
        if self._pool is None:
            raise StoreUnavailable("metric blocks: not open")
        try:
            async with self._pool.acquire() as connection:
                yield connection
        except FAILURES as error:
            raise StoreUnavailable(f"metric blocks: {error}") from error

    async def _rows(self, statement: str, *parameters: object) -> list[asyncpg.Record]:
        async with self._connection() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(statement, *parameters)
            return rows

    async def open(self) -> None:
        """Connect, and make the tables if need be."""
        try:
            self._pool = await asyncpg.create_pool(self._dsn, min_size=1, max_size=self._pool_size)
        except FAILURES as error:
            raise StoreUnavailable(f"metric blocks: {error}") from error
        async with self._connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)
            if not await connection.fetchval("SELECT to_regclass('metric_blocks_unrolled') IS NOT NULL"):
                await connection.execute(SCHEMA)

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    # -- reading ------------------------------------------------------------------------------------------------

    async def state(self) -> dict[str, int]:
        """The named counters."""
        return {row["name"]: row["value"] for row in await self._rows("SELECT name, value FROM metric_state")}

    async def segments(self, after_id: int = 0, *, org: int | None = None) -> AsyncIterator[StoredSegment]:
        """Readable segments in the order they were written, of one organisation or of all."""
        statement = (
            "SELECT id, org, series, data FROM metric_segments "
            "WHERE id > $1 AND damaged = 0 AND ($2::bigint IS NULL OR org = $2) ORDER BY id LIMIT 8"
        )
        while rows := await self._rows(statement, after_id, org):
            for row in rows:
                yield StoredSegment(row["id"], row["org"], row["series"], row["data"])
            after_id = rows[-1]["id"]

    async def last_parts(self) -> dict[int, int]:
        """The highest partition that has blocks, by organisation."""
        rows = await self._rows("SELECT org, max(part) AS part FROM metric_blocks GROUP BY org")
        return {row["org"]: row["part"] for row in rows}

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
        which = f"b.damaged {'>' if damaged else '='} 0 AND b.resolution "
        which += "> 0" if resolution is None else f"= {resolution:d}"
        return await self._find(org, spans, start_ms, end_ms, which)

    async def find_rolled(
        self, org: int, spans: Sequence[Span], start_ms: int, end_ms: int, resolution: int
    ) -> list[StoredBlock]:
        """Roll-ups, and the blocks of raw samples that are not in them, as of one moment."""
        missing = f"b.resolution = 0 AND b.rolled & {RESOLUTIONS[resolution]} = 0"
        which = f"b.damaged = 0 AND (b.resolution = {resolution:d} OR {missing})"
        return await self._find(org, spans, start_ms, end_ms, which)

    async def _find(
        self, org: int, spans: Sequence[Span] | None, start_ms: int, end_ms: int, which: str
    ) -> list[StoredBlock]:
        where = f"b.org = $1 AND b.end_ms >= $2 AND b.start_ms <= $3 AND {which}"
        if spans is None:
            rows = await self._rows(f"SELECT {BLOCK} FROM metric_blocks b WHERE {where}", org, start_ms, end_ms)
        else:
            rows = await self._rows(
                f"SELECT {BLOCK} FROM unnest($4::bigint[], $5::int[], $6::int[]) AS w (part, low, high) "
                f"JOIN metric_blocks b ON b.part = w.part AND b.high >= w.low AND b.low <= w.high WHERE {where}",
                org,
                start_ms,
                end_ms,
                [span.part for span in spans],
                [span.low for span in spans],
                [span.high for span in spans],
            )
        return [_block(row) for row in rows]

    async def load(self, org: int, ids: Sequence[int]) -> dict[int, bytes]:
        """The data of these blocks, as far as they are still there."""
        return await self._data(Piece.BLOCK, org, ids)

    async def load_times(self, org: int, ids: Sequence[int]) -> dict[int, bytes]:
        """The data of these times, as far as they are still there."""
        return await self._data(Piece.TIMES, org, ids)

    async def _data(self, piece: Piece, org: int, ids: Sequence[int]) -> dict[int, bytes]:
        statement = f"SELECT id, data FROM {piece} WHERE id = ANY($1::bigint[]) AND org = $2 AND damaged = 0"
        return {row["id"]: row["data"] for row in await self._rows(statement, list(ids), org)}

    async def oldest(self, generation: int, before_ms: int, *, resolution: int = 0) -> StoredBlock | None:
        """The block of this generation (0 or 1) that starts first, and ends before this time."""
        rows = await self._rows(
            f"SELECT {BLOCK} FROM metric_blocks b WHERE resolution = $1 AND generation = $2 AND generation < 2 "
            "AND start_ms < $3 AND end_ms < $3 AND damaged = 0 ORDER BY start_ms LIMIT 1",
            resolution,
            generation,
            before_ms,
        )
        return _block(rows[0]) if rows else None

    async def unrolled(self, states: Sequence[tuple[int, int]], before_ms: int) -> StoredBlock | None:
        """A block of generation 2 that ends before this time, whose (org, rolled) is one of these."""
        rows = await self._rows(
            f"SELECT {BLOCK} FROM unnest($1::bigint[], $2::int[]) AS w (org, rolled) JOIN metric_blocks b "
            "ON b.org = w.org AND b.rolled = w.rolled WHERE b.generation = 2 AND b.resolution = 0 "
            "AND b.start_ms < $3 AND b.end_ms < $3 AND b.damaged = 0 LIMIT 1",
            [org for org, _ in states],
            [rolled for _, rolled in states],
            before_ms,
        )
        return _block(rows[0]) if rows else None

    async def parts(
        self, org: int, start_ms: int, end_ms: int, *, generation: int, resolution: int = 0, rolled: int = 0, limit: int
    ) -> list[int]:
        """Partitions with blocks of this generation within this time, of this `resolution`, and `rolled` so far."""
        # Numbers in the text, so that the partial indexes are seen to fit.
        which = f"resolution = {resolution:d} AND generation = {generation:d} AND rolled = {rolled:d}"
        rows = await self._rows(
            f"SELECT DISTINCT part FROM metric_blocks WHERE {which}{' AND generation < 2' if generation < 2 else ''} "
            "AND start_ms >= $1 AND start_ms <= $2 AND org = $3 AND damaged = 0 ORDER BY part LIMIT $4",
            start_ms,
            end_ms,
            org,
            limit,
        )
        return [row["part"] for row in rows]

    async def crowded(self, segments: int, series: int) -> int | None:
        """An organisation that has at least so many segments of fewer than so many series."""
        rows = await self._rows(
            "SELECT org FROM metric_segments WHERE series < $1 AND damaged = 0 GROUP BY org HAVING count(*) >= $2 "
            "LIMIT 1",
            series,
            segments,
        )
        return rows[0]["org"] if rows else None

    async def stats(self, org: int | None) -> BlockStats:
        """Sizes and counts of one organisation, or of all (then bytes is what the tables take on disk)."""
        size = damaged = 0
        async with self._connection() as connection:
            for piece in TABLES:
                row = await connection.fetchrow(
                    f"SELECT coalesce(sum(octet_length(data)), 0)::bigint AS size, "
                    f"count(*) FILTER (WHERE damaged = 1) AS damaged FROM {piece} WHERE $1::bigint IS NULL OR org = $1",
                    org,
                )
                size, damaged = size + row["size"], damaged + row["damaged"]
                if org is None:
                    size -= row["size"]
                    size += await connection.fetchval("SELECT pg_total_relation_size($1::regclass)", piece.value)
            row = await connection.fetchrow(
                "SELECT count(*) AS blocks, coalesce(min(start_ms), 0) AS oldest FROM metric_blocks "
                "WHERE $1::bigint IS NULL OR org = $1",
                org,
            )
        return BlockStats(size, row["oldest"], damaged, row["blocks"])

    # -- writing ------------------------------------------------------------------------------------------------

    async def apply(self, change: Change) -> bool:
        """Do all of it, durably, or (if what it would replace has gone) nothing."""
        try:
            async with self._connection() as connection, connection.transaction():
                # The log is trimmed after a flush: its commit waits for the disk whatever the server's default.
                await connection.execute("SET LOCAL synchronous_commit = on")
                await self._replace(connection, change)
                for group in change.groups:
                    await self._insert(connection, group)
                await connection.executemany(
                    "INSERT INTO metric_segments (org, series, data) VALUES ($1, $2, $3)",
                    [(segment.org, segment.series, segment.data) for segment in change.segments],
                )
                await connection.executemany(
                    "INSERT INTO metric_state VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    list(change.state.items()),
                )
        except _GoneError:
            return False
        return True

    async def _replace(self, connection: PoolConnectionProxy, change: Change) -> None:
        """Delete and promote what the change says.  Raises _GoneError if not all of it is there."""
        promoted = await connection.fetch(
            "UPDATE metric_blocks SET generation = $1, rolled = $2 WHERE id = ANY($3::bigint[]) AND damaged = 0 "
            "RETURNING id",
            change.promote_to,
            change.promote_rolled,
            list(change.promote),
        )
        removed = await connection.fetch(
            "DELETE FROM metric_blocks WHERE id = ANY($1::bigint[]) RETURNING times_id", list(change.remove)
        )
        segments = await connection.fetch(
            "DELETE FROM metric_segments WHERE id = ANY($1::bigint[]) RETURNING id", list(change.remove_segments)
        )
        expected = (len(change.promote), len(change.remove), len(change.remove_segments))
        if (len(promoted), len(removed), len(segments)) != expected:
            raise _GoneError
        await connection.execute(
            "DELETE FROM metric_times t WHERE id = ANY($1::bigint[]) "
            "AND NOT EXISTS (SELECT 1 FROM metric_blocks b WHERE b.times_id = t.id)",
            list({row["times_id"] for row in removed}),
        )

    async def _insert(self, connection: PoolConnectionProxy, group: Group) -> None:
        org = group.blocks[0][0].org
        times_id = await connection.fetchval(
            "INSERT INTO metric_times (org, data) VALUES ($1, $2) RETURNING id", org, group.times
        )
        await connection.copy_records_to_table(
            Piece.BLOCK.value,
            columns=BLOCK_COLUMNS,
            records=[(*astuple(placement), times_id, data) for placement, data in group.blocks],
        )

    async def quarantine(self, piece: Piece, row_id: int) -> None:
        """Mark a row as damaged, and the blocks that need it as unreadable."""
        async with self._connection() as connection, connection.transaction():
            await connection.execute(f"UPDATE {piece} SET damaged = 1 WHERE id = $1", row_id)
            if piece is Piece.SEGMENT:
                return
            if piece is Piece.TIMES:
                await connection.execute(
                    "UPDATE metric_blocks SET damaged = 2 WHERE times_id = $1 AND damaged = 0", row_id
                )
            lost = await connection.fetch(
                f"SELECT {BLOCK} FROM metric_blocks b WHERE {'times_id' if piece is Piece.TIMES else 'id'} = $1 "
                "AND resolution > 0",
                row_id,
            )
            for row in lost:
                await self._note_unrolled(connection, _block(row).placement)

    async def _note_unrolled(self, connection: PoolConnectionProxy, lost: Placement) -> None:
        """The raw samples of the days of a roll-up are not rolled up at its resolution."""
        await connection.execute(
            f"UPDATE metric_blocks SET rolled = rolled & ~{RESOLUTIONS[lost.resolution]} WHERE org = $1 AND part = $2 "
            "AND resolution = 0 AND end_ms >= $3 AND start_ms <= $4",
            lost.org,
            lost.part,
            window_of(lost.start_ms, DAY_MS)[0],
            window_of(lost.end_ms, DAY_MS)[1],
        )

    async def reclaim(self) -> None:
        """Make the room of deleted rows usable again now, not when autovacuum comes round."""
        async with self._connection() as connection:
            for piece in TABLES:
                await connection.execute(f"VACUUM {piece}")

    async def snapshot(self, name: str) -> None:
        """Refused: the database has its own means."""
        raise StoreUnavailable("metrics are kept in PostgreSQL: copy them with its own tools, such as pg_dump")

    async def drop_snapshots(self, before: str) -> None:
        """There are none."""
