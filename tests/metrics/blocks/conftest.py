from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from obsv.metrics.store.blocks import BlockRepository, PostgresBlockRepository, SQLiteBlockRepository
from tests.postgres import create_database

Repositories = Callable[[], BlockRepository]


@pytest.fixture(params=["sqlite", "postgres"])
async def repositories(request: pytest.FixtureRequest, tmp_path: Path) -> Repositories:
    """Makes repositories on one fresh database: each call is another opening of it."""
    if request.param == "sqlite":
        return lambda: SQLiteBlockRepository(tmp_path / "metrics" / "blocks.sqlite")
    dsn = await create_database(request.getfixturevalue("postgres_url"))
    return lambda: PostgresBlockRepository(dsn)
