"""A lock for each run, so that no job runs twice at once whatever a node believes about leading."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from obsv.db import DB, advisory_key, driver
from obsv.db.postgres import ObsvPostgres


class Fences:
    """Transactions on connections apart from the pool, which jobs need for themselves."""

    def __init__(self) -> None:
        self._idle: list[Any] = []

    @asynccontextmanager
    async def hold(self, job: str) -> AsyncGenerator[bool]:
        """Whether this run may go ahead; the lock is held until the body ends.

        On SQLite the locked file that makes the leader is enough: it cannot be lost without the process.
        """
        engine = DB.engine
        if not isinstance(engine, ObsvPostgres):
            yield True
            return
        connection = await self._take(engine)
        try:
            async with connection.transaction():
                yield await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", advisory_key(f"job:{job}"))
        except BaseException:
            connection.terminate()
            raise
        self._idle.append(connection)

    async def _take(self, engine: ObsvPostgres) -> Any:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await driver.connect(
            engine.url,
            server_settings={"application_name": "obsv job", "idle_in_transaction_session_timeout": "0"},
            timeout=10,
        )

    async def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            await self._idle.pop().close()
