"""The Postgres engine: a pool, and transactions that give their connection back whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, cast

from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from obsv.db import driver
from obsv.db.binding import TaskBound

COMMAND_TIMEOUT_S = 60.0
ACQUIRE_TIMEOUT_S = 30.0


class PooledTransaction(PostgresTransaction):
    """Piccolo's own leaks the connection when commit or rollback fails (a killed backend)."""

    engine: ObsvPostgres
    connection: Any
    transaction: Any

    def __init__(self, engine: ObsvPostgres, allow_nested: bool = True) -> None:
        super().__init__(engine, allow_nested)
        self.owner: asyncio.Task[Any] | None = None
        self.is_over = False

    async def __aenter__(self) -> PostgresTransaction:
        """Take a connection from the pool and begin."""
        if self._parent is not None:
            return self._parent
        self.connection = await self.engine.take()
        try:
            self.transaction = self.connection.transaction()
            await self.transaction.start()
        except BaseException:
            await asyncio.shield(self.engine.give_back(self.connection))
            raise
        self.owner = asyncio.current_task()
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exception_type: object, exception: BaseException | None, traceback: object) -> bool:
        """Commit or roll back, even if the task is cancelled meanwhile, and give the connection back."""
        if self._parent is not None:
            return exception is None
        self.engine.current_transaction.reset(self.context)
        self.is_over = True
        await asyncio.shield(asyncio.ensure_future(self._end(keep_writes=exception is None)))
        return exception is None

    async def _end(self, *, keep_writes: bool) -> None:
        try:
            if self._committed or self._rolled_back:
                return
            if keep_writes:
                await self.transaction.commit()
            else:
                await self._roll_back()
        finally:
            await self.engine.give_back(self.connection)

    async def _roll_back(self) -> None:
        """Whatever ended the transaction is already on its way up; a connection that cannot roll back is dropped."""
        try:
            await self.transaction.rollback()
        except driver.PostgresFailure:
            self.connection.terminate()


class ObsvPostgres(PostgresEngine):
    """Piccolo's engine on an asyncpg pool."""

    pool: Any

    def __init__(self, url: str, *, pool_size: int) -> None:
        self.url = url
        super().__init__(
            config={
                "dsn": url,
                "command_timeout": COMMAND_TIMEOUT_S,
                "server_settings": {"application_name": "obsv", "timezone": "UTC"},
            }
        )
        self.current_transaction = cast("Any", TaskBound("obsv_postgres_transaction"))
        self._pool_size = pool_size

    async def check_version(self) -> None:
        """Nothing to ask before the pool is started."""

    async def start(self) -> None:
        """Open the pool; raises what asyncpg raises when the server cannot be reached."""
        self.pool = await driver.create_pool(
            **self.config, min_size=min(2, self._pool_size), max_size=self._pool_size, timeout=ACQUIRE_TIMEOUT_S
        )

    async def close(self) -> None:
        """Close the pool."""
        if self.pool is not None:
            pool, self.pool = self.pool, None
            await pool.close()

    async def take(self) -> Any:
        """Borrow a connection of the pool; the caller must `give_back`."""
        if self.pool is None:
            raise RuntimeError("the pool is not started")
        return await self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S)

    async def give_back(self, connection: Any) -> None:
        """Return a connection to the pool, if there still is one."""
        if self.pool is not None:
            await self.pool.release(connection)

    def transaction(self, allow_nested: bool = True) -> PooledTransaction:
        """A transaction on a connection of the pool."""
        return PooledTransaction(self, allow_nested)

    async def execute_many(self, query: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row inside the current transaction."""
        transaction: Any = self.current_transaction.get()
        if transaction is None:
            raise RuntimeError("execute_many needs a write_tx")
        await transaction.connection.executemany(query, rows)

    async def checkpoint(self) -> bool:
        """Nothing to do: Postgres writes its log back by itself."""
        return True
