"""`database`: an open, migrated database, once on SQLite and once on a real Postgres.

Both are copies of one that was migrated once in this session; on Postgres a copy is emptied and used again, since
that takes a tenth of the time. A test folder takes the fixtures with
`from tests.database import database, database_url, engine_name` in its `conftest.py`.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from obsv.db import close_database, connect
from obsv.db.testing import copy_postgres, copy_sqlite
from tests.postgres import create_database, with_database

_postgres_templates: dict[str, str] = {}
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations'"
_IS_IN_USE: Final = "SELECT count(*) > 1 FROM pg_stat_activity WHERE datname = current_database()"
_SHAPE: Final = """
SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
  SELECT format('%s %s %s', c.relname, a.attname, a.atttypid) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace
  UNION ALL SELECT format('%s %s', tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT m::text FROM schema_migrations m
) AS parts (part)
"""


@dataclass(frozen=True)
class _Copy:
    """A database for tests, and what its tables look like."""

    url: str
    shape: str


_spare: dict[str, list[_Copy]] = {}
"""By server: those that are as new."""


@pytest.fixture(params=["sqlite", "postgres"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Which engine the test runs on."""
    name: str = request.param
    return name


@pytest.fixture
async def database_url(engine_name: str, request: pytest.FixtureRequest) -> str:
    """Value for `database.url`: an empty database of the engine."""
    if engine_name == "sqlite":
        return "sqlite"
    return await create_database(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def database(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An open, migrated database; the value is its `database.url` (its file, if any, is in `tmp_path`)."""
    if engine_name == "sqlite":
        await copy_sqlite(tmp_path)
        await connect("sqlite", tmp_path, pool_size=5)
        yield "sqlite"
        await close_database()
        return
    server = request.getfixturevalue("postgres_url")
    spare = _spare.setdefault(server, [])
    copy = spare.pop() if spare else await _copy_postgres(server)
    await connect(copy.url, tmp_path, pool_size=5)
    yield copy.url
    await close_database()
    if await _empty(copy):
        spare.append(copy)


async def _copy_postgres(server: str) -> _Copy:
    if server not in _postgres_templates:
        _postgres_templates[server] = await create_database(server)
    name = f"t{uuid.uuid4().hex[:16]}"
    await copy_postgres(server, _postgres_templates[server], name)
    url = with_database(server, name)
    connection = await asyncpg.connect(url)
    try:
        return _Copy(url, await connection.fetchval(_SHAPE))
    finally:
        await connection.close()


async def _empty(copy: _Copy) -> bool:
    """Make it as it was before the test; whether that could be: tables may be others, someone may still use it."""
    connection = await asyncpg.connect(copy.url)
    try:
        if await connection.fetchval(_IS_IN_USE) or await connection.fetchval(_SHAPE) != copy.shape:
            return False
        # Neither the audit log's guard nor foreign keys count here.
        await connection.execute("SET session_replication_role = replica")
        tables = [row[0] for row in await connection.fetch(_TABLES)]
        filled = await connection.fetch(" UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in tables))
        begun = await connection.fetch("SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL")
        steps = [f"DELETE FROM {row[0]}" for row in filled] + [f"ALTER SEQUENCE {row[0]} RESTART" for row in begun]
        if steps:
            await connection.execute("; ".join(steps))
        return True
    finally:
        await connection.close()
