"""The SQLite engine: pooled readers, one writer, IMMEDIATE transactions.

Piccolo's own opens a connection (a thread) for each query and begins DEFERRED transactions, which fail at once under
concurrent writers: the upgrade from a read lock is refused whatever the busy timeout.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncGenerator, Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import aiosqlite
from piccolo.engine.sqlite import SQLiteEngine, SQLiteTransaction, TransactionType

from obsv.core.errors import Unavailable
from obsv.db.binding import TaskBound

PRAGMAS = (
    "busy_timeout=10000",
    "foreign_keys=ON",
    "synchronous=NORMAL",
    # Deleted rows are overwritten, so that erasure leaves nothing in free pages; not every build has it on.
    "secure_delete=ON",
    "temp_store=MEMORY",
)
READERS = 8
WRITER_WAIT_S = 30.0


class DatabaseBusy(Unavailable):
    """The write queue did not move for `WRITER_WAIT_S` seconds."""


async def open_connection(path: Path) -> aiosqlite.Connection:
    """A connection with our pragmas, whose thread does not keep the process alive."""
    connecting = aiosqlite.connect(
        path, isolation_level=None, detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES
    )
    # aiosqlite's threads are not daemons: an idle pool would hang the interpreter at exit.
    connecting._thread.daemon = True  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    connection = await connecting
    try:
        connection.row_factory = cast("type[sqlite3.Row]", row_as_dict)
        for pragma in PRAGMAS:
            await connection.execute_fetchall(f"PRAGMA {pragma}")
    except BaseException:
        await connection.close()
        raise
    return connection


class ReaderPool:
    """At most `size` connections, opened as needed and kept."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._idle: list[aiosqlite.Connection] = []
        self._slots = asyncio.Semaphore(size)
        self._is_closed = False

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncGenerator[aiosqlite.Connection]:
        """Lend a connection; one whose statement was cut short is closed, not reused."""
        async with self._slots:
            connection = self._idle.pop() if self._idle else await open_connection(self._path)
            try:
                yield connection
            except BaseException as error:
                if not isinstance(error, sqlite3.Error):
                    await asyncio.shield(asyncio.ensure_future(abandon(connection)))
                    raise
                await self._keep(connection)
                raise
            await self._keep(connection)

    async def _keep(self, connection: aiosqlite.Connection) -> None:
        if self._is_closed:
            await connection.close()
        else:
            self._idle.append(connection)

    async def close(self) -> None:
        """Close the idle connections; one that is lent is closed when it comes back."""
        self._is_closed = True
        while self._idle:
            await self._idle.pop().close()


async def abandon(connection: aiosqlite.Connection) -> None:
    """Stop whatever the connection is doing and close it."""
    await connection.interrupt()
    await connection.close()


class ImmediateTransaction(SQLiteTransaction):
    """A transaction that holds the write lock from its first moment, behind the engine's queue."""

    engine: ObsvSQLite

    def __init__(
        self,
        engine: ObsvSQLite,
        transaction_type: TransactionType = TransactionType.immediate,
        allow_nested: bool = True,
    ) -> None:
        super().__init__(engine, transaction_type, allow_nested)
        self.owner: asyncio.Task[Any] | None = None
        self.is_over = False

    async def __aenter__(self) -> SQLiteTransaction:
        """Wait for the write lock and begin."""
        if self._parent is not None:
            return self._parent
        self.connection = await self.engine.take_writer()
        try:
            await self.connection.execute_fetchall(f"BEGIN {self.transaction_type.value}")
        except BaseException as error:
            await asyncio.shield(self.engine.give_writer_back(keep=isinstance(error, sqlite3.Error)))
            raise
        self.owner = asyncio.current_task()
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exception_type: object, exception: BaseException | None, traceback: object) -> bool:
        """Commit or roll back, even if the task is cancelled meanwhile, and let the next writer in."""
        if self._parent is not None:
            return exception is None
        self.engine.current_transaction.reset(self.context)
        self.is_over = True
        await asyncio.shield(asyncio.ensure_future(self._end(keep_writes=exception is None)))
        return exception is None

    async def _end(self, *, keep_writes: bool) -> None:
        healthy = False
        try:
            if not self.connection.in_transaction:
                healthy = True  # ended by hand, or rolled back by SQLite itself
            elif keep_writes:
                await self._commit()
                healthy = True
            else:
                await self.connection.execute_fetchall("ROLLBACK")
                healthy = True
        finally:
            await self.engine.give_writer_back(keep=healthy)

    async def _commit(self) -> None:
        try:
            await self.connection.execute_fetchall("COMMIT")
        except sqlite3.Error:
            if self.connection.in_transaction:
                await self.connection.execute_fetchall("ROLLBACK")
            raise


class ObsvSQLite(SQLiteEngine):
    """Piccolo's engine with a bounded pool of readers and one writer connection behind a fair queue."""

    def __init__(self, path: Path, *, readers: int = READERS) -> None:
        super().__init__(path=str(path))  # pyright: ignore[reportUnknownMemberType]
        self.file = path
        self.current_transaction = cast("Any", TaskBound("obsv_sqlite_transaction"))
        self._readers = ReaderPool(path, readers)
        self._queue = asyncio.Lock()
        self._writer: aiosqlite.Connection | None = None

    async def start(self) -> None:
        """Create the file, readable by its owner alone, and switch it to write-ahead logging."""
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.file.touch(mode=0o600)
        connection = await open_connection(self.file)
        try:
            await connection.execute_fetchall("PRAGMA journal_mode=WAL")
        finally:
            await connection.close()

    async def close(self) -> None:
        """Close every connection; the last one leaves no write-ahead log behind."""
        await self._readers.close()
        async with self._queue:
            if self._writer is not None:
                await self._writer.close()
                self._writer = None

    async def take_writer(self) -> aiosqlite.Connection:
        """Wait for our turn to write; the caller must `give_writer_back`."""
        try:
            async with asyncio.timeout(WRITER_WAIT_S):
                await self._queue.acquire()
        except TimeoutError:
            raise DatabaseBusy(f"no turn to write within {WRITER_WAIT_S:.0f} s") from None
        try:
            if self._writer is None:
                self._writer = await open_connection(self.file)
        except BaseException:
            self._queue.release()
            raise
        return self._writer

    async def give_writer_back(self, *, keep: bool) -> None:
        """Let the next writer in; a connection in an unknown state is replaced."""
        try:
            if not keep and self._writer is not None:
                broken, self._writer = self._writer, None
                await abandon(broken)
        finally:
            self._queue.release()

    def transaction(
        self, transaction_type: TransactionType = TransactionType.immediate, allow_nested: bool = True
    ) -> ImmediateTransaction:
        """A write transaction."""
        return ImmediateTransaction(self, transaction_type, allow_nested)

    async def _run_in_new_connection(
        self, query: str, args: Sequence[Any] | None = None, query_type: str = "generic", table: Any = None
    ) -> list[dict[str, Any]]:
        if is_read(query):
            async with self._readers.connection() as connection:
                return await fetch_all(connection, query, args)
        return await self._write_alone(query, args)

    async def _write_alone(self, query: str, args: Sequence[Any] | None) -> list[dict[str, Any]]:
        """One statement that is a transaction by itself."""
        connection, healthy = await self.take_writer(), False
        try:
            rows = await fetch_all(connection, query, args)
            healthy = True
        except sqlite3.Error:
            healthy = True
            raise
        finally:
            await asyncio.shield(asyncio.ensure_future(self.give_writer_back(keep=healthy)))
        return rows

    async def _run_in_existing_connection(
        self,
        connection: aiosqlite.Connection,
        query: str,
        args: Sequence[Any] | None = None,
        query_type: str = "generic",
        table: Any = None,
    ) -> list[dict[str, Any]]:
        # Piccolo's own sets a pragma before each statement, which does nothing inside a transaction.
        return await fetch_all(connection, query, args)

    async def execute_many(self, query: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row inside the current transaction."""
        transaction = self.current_transaction.get()
        if transaction is None:
            raise RuntimeError("execute_many needs a write_tx")
        await transaction.connection.executemany(query, rows)

    async def checkpoint(self) -> bool:
        """Move the write-ahead log into the file and empty it, so that deleted rows leave the disk.

        False while a reader still needs the log: try again later.
        """
        connection = await self.take_writer()
        try:
            rows = await fetch_all(connection, "PRAGMA wal_checkpoint(TRUNCATE)", ())
        finally:
            await self.give_writer_back(keep=True)
        return not rows[0]["busy"]


def row_as_dict(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    """Rows come back as Piccolo expects them."""
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


async def fetch_all(connection: aiosqlite.Connection, query: str, args: Sequence[Any] | None) -> list[dict[str, Any]]:
    """All rows of one statement, in one visit to the connection's thread."""
    return cast("list[dict[str, Any]]", await connection.execute_fetchall(query, args or ()))


def is_read(query: str) -> bool:
    """Whether the statement changes nothing (ours never begin a write with WITH)."""
    return query.lstrip()[:6].upper() in {"SELECT", "EXPLAI"} or query.lstrip()[:4].upper() == "WITH"
