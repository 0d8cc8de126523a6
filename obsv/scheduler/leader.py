"""Which node of an instance leads."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import structlog

from obsv.db import DB, advisory_key, driver
from obsv.db.postgres import ObsvPostgres

_log = structlog.get_logger("obsv.scheduler")

# A leader whose host vanishes leaves a connection that only keep-alives find dead.
KEEPALIVE = {
    "application_name": "obsv leader",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
Change = Callable[[], Awaitable[None]]


class Leadership(Protocol):
    """Tries to lead until cancelled; calls `gained` and `lost`, and `alive` each time it knows where it stands."""

    async def contend(self, gained: Change, lost: Change, alive: Callable[[], None]) -> None: ...


def leadership(heartbeat_s: float) -> Leadership:
    """The kind that fits the open database."""
    engine = DB.engine
    if isinstance(engine, ObsvPostgres):
        return PostgresLeadership(engine.url, heartbeat_s)
    return FileLeadership(engine.file.with_suffix(".leader"), heartbeat_s)


class PostgresLeadership:
    """A session-level advisory lock on a connection of its own (not through a pooler in transaction mode)."""

    def __init__(self, url: str, heartbeat_s: float) -> None:
        self._url, self._heartbeat_s = url, heartbeat_s

    async def contend(self, gained: Change, lost: Change, alive: Callable[[], None]) -> None:
        """See `Leadership`."""
        while True:
            try:
                connection = await driver.connect(self._url, server_settings=KEEPALIVE, timeout=10)
            except driver.PostgresFailure as error:
                _log.warning("scheduler.database_away", error=type(error).__name__)
                await asyncio.sleep(self._heartbeat_s)
                continue
            try:
                await self._hold(connection, gained, lost, alive)
            except driver.PostgresFailure as error:
                _log.warning("scheduler.leader_connection_lost", error=type(error).__name__)
            finally:
                connection.terminate()
            await asyncio.sleep(self._heartbeat_s)

    async def _hold(self, connection: Any, gained: Change, lost: Change, alive: Callable[[], None]) -> None:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", advisory_key("leader")):
            alive()
            await asyncio.sleep(self._heartbeat_s)
        await gained()
        try:
            while True:
                alive()
                await asyncio.sleep(self._heartbeat_s)
                await connection.fetchval("SELECT 1", timeout=self._heartbeat_s * 2 + 1)
        finally:
            await lost()


class FileLeadership:
    """A locked file beside the SQLite database, for several processes on one host."""

    def __init__(self, path: Path, heartbeat_s: float) -> None:
        self._path, self._heartbeat_s = path, heartbeat_s

    async def contend(self, gained: Change, lost: Change, alive: Callable[[], None]) -> None:
        """See `Leadership`."""
        with self._path.open("w") as guard:
            while not _try_lock(guard.fileno()):
                alive()
                await asyncio.sleep(self._heartbeat_s)
            await gained()
            try:
                while True:
                    alive()
                    await asyncio.sleep(self._heartbeat_s)
            finally:
                await lost()


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
