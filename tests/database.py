"""`database`: an open, migrated database, once on SQLite and once on a real Postgres."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from obsv.db import close_database, connect, migrate
from tests.postgres import create_database


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
async def database(database_url: str, tmp_path: Path) -> AsyncIterator[str]:
    """An open, migrated database; the value is its `database.url` (its file, if any, is in `tmp_path`)."""
    await connect(database_url, tmp_path, pool_size=5)
    await migrate()
    yield database_url
    await close_database()
