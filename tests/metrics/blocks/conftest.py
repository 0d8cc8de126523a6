from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import asyncpg
import pytest

from obsv.metrics.store.blocks import BlockRepository, PostgresBlockRepository, SQLiteBlockRepository
from tests.postgres import create_database


class Repositories(Protocol):
    """Makes repositories on one fresh database: each call is another opening of it."""

    def __call__(self) -> BlockRepository: ...

    async def flip(self, table: str, row_id: int, at: int) -> None:
        """Change one byte of a stored blob behind the store's back."""
        ...


@dataclass
class OnSQLite:
    path: Path

    def __call__(self) -> BlockRepository:
        return SQLiteBlockRepository(self.path)

    async def flip(self, table: str, row_id: int, at: int) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            (data,) = connection.execute(f"SELECT data FROM {table} WHERE id = ?", (row_id,)).fetchone()
            data = bytearray(data)
            data[at] ^= 0x20
            connection.execute(f"UPDATE {table} SET data = ? WHERE id = ?", (bytes(data), row_id))


@dataclass
class OnPostgres:
    dsn: str

    def __call__(self) -> BlockRepository:
        return PostgresBlockRepository(self.dsn)

    async def flip(self, table: str, row_id: int, at: int) -> None:
        connection = await asyncpg.connect(self.dsn)
        try:
            data = bytearray(await connection.fetchval(f"SELECT data FROM {table} WHERE id = $1", row_id))
            data[at] ^= 0x20
            await connection.execute(f"UPDATE {table} SET data = $1 WHERE id = $2", bytes(data), row_id)
        finally:
            await connection.close()


@pytest.fixture(params=["sqlite", "postgres"])
async def repositories(request: pytest.FixtureRequest, tmp_path: Path) -> Repositories:
    if request.param == "sqlite":
        return OnSQLite(tmp_path / "metrics" / "blocks.sqlite")
    return OnPostgres(await create_database(request.getfixturevalue("postgres_url")))
