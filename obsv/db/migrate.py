"""Bring the schema up to date: in process, one at a time, each migration whole or not at all."""

from __future__ import annotations

import asyncio
import fcntl
import importlib
import pkgutil
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import IO, cast

from obsv.core.clock import Clock, SystemClock
from obsv.db import driver, migrations
from obsv.db.engine import DB
from obsv.db.postgres import ObsvPostgres
from obsv.db.query import execute, fetch
from obsv.db.tx import advisory_key, write_tx

RECORD = "schema_migrations"
TYPES = {
    "{bigserial}": ("INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", "BIGSERIAL PRIMARY KEY"),
    "{bigint}": ("INTEGER", "BIGINT"),
    "{bytes}": ("BLOB", "BYTEA"),
    "{double}": ("DOUBLE PRECISION", "DOUBLE PRECISION"),
}


class SchemaTooNew(Exception):  # a state, not a mistake
    """The database was migrated by a later version of obsv than this one."""


class Run:
    """What a migration is given: runs one statement in the dialect of the open database."""

    def __init__(self, *, postgres: bool) -> None:
        self.is_postgres = postgres

    async def __call__(self, sql: str = "", *, sqlite: str = "", postgres: str = "") -> None:
        """Run `sql` on both engines, or else the dialect's own (an empty one is skipped)."""
        statement = sql or (postgres if self.is_postgres else sqlite)
        for token, types in TYPES.items():
            statement = statement.replace(token, types[self.is_postgres])
        if statement:
            await DB.engine.run_ddl(statement)


@dataclass(frozen=True, slots=True)
class Migration:
    """One module of `obsv.db.migrations`."""

    id: str
    forwards: Callable[[Run], Awaitable[None]]


def known() -> list[Migration]:
    """All migrations that this version ships, in order."""
    names = sorted(module.name for module in pkgutil.iter_modules(migrations.__path__) if module.name.startswith("m"))
    return [_load(importlib.import_module(f"{migrations.__name__}.{name}"), name) for name in names]


def _load(module: ModuleType, name: str) -> Migration:
    if name != module.ID:
        raise ValueError(f"migration {name}: its ID says {module.ID!r}")
    return Migration(name, cast("Callable[[Run], Awaitable[None]]", module.forwards))


async def applied() -> list[str]:
    """Ids that the open database has recorded."""
    return [row["id"] for row in await fetch(f"SELECT id FROM {RECORD} ORDER BY id")]  # noqa: S608


async def pending() -> list[str]:
    """Ids of migrations that this version ships and the open database lacks; changes nothing."""
    tables = "pg_tables WHERE tablename" if isinstance(DB.engine, ObsvPostgres) else "sqlite_master WHERE name"
    has_record = await fetch(f"SELECT 1 AS found FROM {tables} = '{RECORD}'")  # noqa: S608
    done = set(await applied()) if has_record else set[str]()
    return [migration.id for migration in known() if migration.id not in done]


async def migrate(clock: Clock | None = None, *, upto: str | None = None) -> list[str]:
    """Apply what is missing (to `upto` and no further, if given) and return the ids applied.

    Several processes may call it at once: one works, the others wait and find nothing left to do.
    """
    async with _alone():
        await execute(
            f"CREATE TABLE IF NOT EXISTS {RECORD} (id VARCHAR(255) PRIMARY KEY NOT NULL, applied_at_ms BIGINT NOT NULL)"
        )
        done, shipped = set(await applied()), known()
        unknown = sorted(done - {migration.id for migration in shipped})
        if unknown:
            raise SchemaTooNew(
                f"the database has {unknown[-1]}, which this version of obsv does not know: upgrade obsv"
            )
        fresh = [
            migration for migration in shipped if migration.id not in done and (upto is None or migration.id <= upto)
        ]
        run = Run(postgres=isinstance(DB.engine, ObsvPostgres))
        for migration in fresh:
            async with write_tx():
                await migration.forwards(run)
                await execute(
                    f"INSERT INTO {RECORD} (id, applied_at_ms) VALUES ({{}}, {{}})",  # noqa: S608
                    migration.id,
                    (clock or SystemClock()).now_ms(),
                )
        return [migration.id for migration in fresh]


@asynccontextmanager
async def _alone() -> AsyncGenerator[None]:
    """Keep other processes out: an advisory lock on a connection of our own, or a locked file beside the database."""
    engine = DB.engine
    if isinstance(engine, ObsvPostgres):
        connection = await driver.connect(engine.url)
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", advisory_key("migrate"))
            yield
        finally:
            await connection.close()
        return
    with engine.file.with_suffix(".migrate").open("w") as guard:
        await asyncio.to_thread(_lock_file, guard)
        yield


def _lock_file(guard: IO[str]) -> None:
    fcntl.flock(guard, fcntl.LOCK_EX)
