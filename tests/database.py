"""`database`: an open, migrated database, once on SQLite and once on a real Postgres.

Both are copies of one that was migrated once in this session. A test folder takes the fixtures with
`from tests.database import database, database_url, engine_name` in its `conftest.py`.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from obsv.db import close_database, connect
from obsv.db.testing import copy_postgres, copy_sqlite
from tests.postgres import create_database, with_database

_postgres_templates: dict[str, str] = {}


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
        url = "sqlite"
        await copy_sqlite(tmp_path)
    else:
        url = await _copy_postgres(request.getfixturevalue("postgres_url"))
    await connect(url, tmp_path, pool_size=5)
    yield url
    await close_database()


async def _copy_postgres(server: str) -> str:
    if server not in _postgres_templates:
        _postgres_templates[server] = await create_database(server)
    name = f"t{uuid.uuid4().hex[:16]}"
    await copy_postgres(server, _postgres_templates[server], name)
    return with_database(server, name)
