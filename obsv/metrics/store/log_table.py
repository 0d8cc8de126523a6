"""The append log as a Postgres table, for servers that share one database: a row is one group commit.

Rows are numbered without gaps, in the order of their commits (each takes the number from one counter row, which the
next must wait for).  Every server applies every row in that order, its own included, so all heads come to the same
series ids and the same samples; a request is answered when its row is committed and applied here.
"""

from __future__ import annotations

import asyncio
import secrets
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

from obsv.metrics.store.base import StoreUnavailable
from obsv.metrics.store.log_types import Applier, LogStats
from obsv.metrics.store.records import Damage, Record, pack, scan

SCHEMA = """
CREATE TABLE IF NOT EXISTS metric_log (seq bigint PRIMARY KEY, data bytea NOT NULL);
ALTER TABLE metric_log ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE TABLE IF NOT EXISTS metric_log_position (only_one int PRIMARY KEY CHECK (only_one = 1), last bigint NOT NULL);
INSERT INTO metric_log_position VALUES (1, 0) ON CONFLICT DO NOTHING;
"""
SCHEMA_LOCK, FLUSH_LOCK = 7_316_850_402, 7_316_850_403
SALT_BYTES = 16
GROUP_BYTES = 8 << 20
FETCH_ROWS = 64
POLL_S = 1.0

logger = structlog.stdlib.get_logger(__name__)

Waiting = tuple[Record, "asyncio.Future[None]"]


class TableLog:
    """A log in the table `metric_log`.

    `sync_ms` has no say here: a commit is as durable as the database makes it.
    """

    def __init__(self, dsn: str, *, pool_size: int = 4) -> None:
        self.stats = LogStats()
        self.applying = asyncio.Lock()
        self._dsn, self._pool_size = dsn, pool_size
        self._pool: asyncpg.Pool | None = None
        self._applied = 0
        self._replay: Callable[[Record], None] = _nothing
        self._behind: Callable[[], Awaitable[None]] | None = None
        self._waiting: list[Waiting] = []
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    # -- life ---------------------------------------------------------------------------------------------------

    async def open(
        self, after_seq: int, replay: Callable[[Record], None], behind: Callable[[], Awaitable[None]]
    ) -> None:
        """Apply all rows behind `after_seq`, and go on following what other servers commit.

        `behind` is called, with `applying` held, when rows were flushed and deleted before they were seen here.
        """
        self._applied, self._replay, self._behind = after_seq, replay, behind
        try:
            self._pool = await asyncpg.create_pool(self._dsn, min_size=1, max_size=self._pool_size)
        except (asyncpg.PostgresError, OSError, TimeoutError) as error:
            raise StoreUnavailable(f"metrics log: {error}") from error
        async with self._connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", SCHEMA_LOCK)
            if not await connection.fetchval("SELECT to_regclass('metric_log_position') IS NOT NULL"):
                await connection.execute(SCHEMA)
        async with self.applying:
            await self._catch_up()
        self.stats.replayed = self._applied - after_seq
        self._tasks = [asyncio.create_task(self._commit_groups()), asyncio.create_task(self._follow())]

    async def close(self) -> None:
        """Stop; requests that wait are told that the store is going."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._tasks.clear()
        _fail(self._waiting, StoreUnavailable("the server is stopping"))
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    @asynccontextmanager
    async def _connection(self) -> AsyncGenerator[PoolConnectionProxy]:
        if self._pool is None:
            raise StoreUnavailable("metrics log: not open")
        try:
            async with self._pool.acquire() as connection:
                yield connection
        except (
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            asyncpg.InternalClientError,  # a connection that breaks at the wrong moment
            OSError,
            TimeoutError,
        ) as error:
            self.stats.failures += 1
            raise StoreUnavailable(f"metrics log: {error}", retry_after_s=5) from error

    # -- writing ------------------------------------------------------------------------------------------------

    async def keep(self, record: Record, head: Applier) -> None:
        """Commit with the next group; it is applied then, after all that was committed before it."""
        head.abort()
        if not self._tasks:
            raise StoreUnavailable("metrics log: not open")
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((record, done))
        self._wake.set()
        await done

    async def _commit_groups(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                group = self._take_group()
                try:
                    await self._commit(group)
                except StoreUnavailable as error:
                    _fail(group, error)
                except BaseException:
                    _fail(group, StoreUnavailable("metrics log: the commit was interrupted"))
                    raise

    def _take_group(self) -> list[Waiting]:
        size = count = 0
        while count < len(self._waiting) and size < GROUP_BYTES:
            size += len(self._waiting[count][0].body)
            count += 1
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        return group

    async def _commit(self, group: list[Waiting]) -> None:
        salt = secrets.token_bytes(SALT_BYTES)
        data = _row(salt, [record for record, _ in group])
        async with self._connection() as connection, connection.transaction():
            seq = await connection.fetchval("UPDATE metric_log_position SET last = last + 1 RETURNING last")
            await connection.execute("INSERT INTO metric_log (seq, data) VALUES ($1, $2)", seq, data)
        self.stats.appends += len(group)
        self.stats.appended_bytes += len(data)
        self.stats.syncs += 1
        async with self.applying:
            if self._applied < seq - 1:
                await self._catch_up(seq - 1)
            if self._applied < seq:
                self._apply([replace(record, seq=seq) for record, _ in group], seq)
        for _, done in group:
            if not done.done():
                done.set_result(None)

    # -- following ----------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            try:
                async with self.applying:
                    await self._catch_up()
            except StoreUnavailable as error:
                logger.warning("metrics_log.follow_failed", error=error.detail)

    async def _catch_up(self, to_seq: int | None = None) -> None:
        while to_seq is None or self._applied < to_seq:
            async with self._connection() as connection:
                # In this order: a row that is committed in between is found, and not taken for one that is missing.
                last = await connection.fetchval("SELECT last FROM metric_log_position")
                rows = await connection.fetch(
                    "SELECT seq, data FROM metric_log WHERE seq > $1 ORDER BY seq LIMIT $2", self._applied, FETCH_ROWS
                )
            if (rows[0]["seq"] != self._applied + 1) if rows else last > self._applied:
                await self._step_forward()
                continue
            if not rows:
                return
            for row in rows:
                self._apply(self._records(row["seq"], row["data"]), row["seq"])

    async def _step_forward(self) -> None:
        before = self._applied
        if self._behind is not None:
            await self._behind()
        if self._applied == before:
            raise StoreUnavailable("metrics log: rows are missing that no flush covers")

    def _apply(self, records: list[Record], seq: int) -> None:
        for record in records:
            self._replay(record)
        self._applied = seq

    def _records(self, seq: int, data: bytes) -> list[Record]:
        found: list[Record] = []
        for one in scan(data, SALT_BYTES, zlib.crc32(data[:SALT_BYTES])):
            if isinstance(one, Damage):
                self.stats.damaged += 1
                logger.error("metrics_log.damaged", row=seq, start=one.start, end=one.end)
            else:
                found.append(replace(one, seq=seq))
        return found

    async def rebase(self, seq: int, restart: Callable[[], None]) -> None:
        """All up to row `seq` is in blocks: forget and apply again only what came after it.  `applying` is held."""
        async with self._connection() as connection:
            rows = await connection.fetch(
                "SELECT seq, data FROM metric_log WHERE seq > $1 AND seq <= $2 ORDER BY seq", seq, self._applied
            )
        restart()
        for row in rows:
            self._apply(self._records(row["seq"], row["data"]), row["seq"])
        self._applied = max(self._applied, seq)

    # -- flushing -----------------------------------------------------------------------------------------------

    def mark(self) -> int:
        """The last row that is applied here."""
        return self._applied

    async def drop(self, seq: int) -> None:
        """Delete rows up to `seq`."""
        async with self._connection() as connection:
            await connection.execute("DELETE FROM metric_log WHERE seq <= $1", seq)
            self.stats.bytes = await connection.fetchval("SELECT coalesce(sum(octet_length(data)), 0) FROM metric_log")

    @asynccontextmanager
    async def exclusive(self, *, wait: bool) -> AsyncGenerator[bool]:
        """Be the only server that flushes; without `wait` gives whether that is so."""
        async with self._connection() as connection:
            if wait:
                await connection.execute("SELECT pg_advisory_lock($1)", FLUSH_LOCK)
            elif not await connection.fetchval("SELECT pg_try_advisory_lock($1)", FLUSH_LOCK):
                yield False
                return
            try:
                yield True
            finally:
                if not connection.is_closed():
                    await connection.execute("SELECT pg_advisory_unlock($1)", FLUSH_LOCK)


def _row(salt: bytes, records: list[Record]) -> bytes:
    secret = zlib.crc32(salt)
    parts = [salt]
    for i, record in enumerate(records):
        parts += (pack(record, i, secret), record.body)
    return b"".join(parts)


def _fail(group: list[Waiting], error: StoreUnavailable) -> None:
    for _, done in group:
        if not done.done():
            done.set_exception(error)


def _nothing(_record: Record) -> None:
    """Before `open` there is nobody to apply a record."""
