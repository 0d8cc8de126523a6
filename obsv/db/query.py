"""Statements that Piccolo cannot say; `{}` stands for a parameter on both engines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from piccolo.querystring import QueryString
from piccolo.table import Table

from obsv.db.engine import DB


def is_postgres() -> bool:
    """Whether the open database is Postgres (else it is SQLite)."""
    return DB.engine.engine_type == "postgres"


async def fetch(sql: str, *args: object) -> list[dict[str, Any]]:
    """The rows of a statement (also of `… RETURNING …`)."""
    return DB.transform_response_to_dicts(await DB.run_querystring(QueryString(sql, *args)))


async def fetch_value(sql: str, *args: object) -> Any:
    """First column of the first row, None without a row."""
    rows = await fetch(sql, *args)
    return next(iter(rows[0].values())) if rows else None


async def insert(table: type[Table], row: Mapping[str, object]) -> Any:
    """Insert one row and return its primary key."""
    untyped: Any = table
    inserted = await untyped.insert(untyped(**row))
    return next(iter(inserted[0].values()))


async def execute(sql: str, *args: object) -> None:
    """Run a statement for its effect."""
    await DB.run_querystring(QueryString(sql, *args))


async def execute_many(sql: str, rows: Iterable[Sequence[object]]) -> None:
    """Run a statement for each row through the driver (10 times faster than the ORM); needs a `write_tx`."""
    listed = list(rows)
    if not listed:
        return
    compiled, _ = QueryString(sql, *listed[0]).compile_string(engine_type=DB.engine.engine_type)
    await DB.engine.execute_many(compiled, listed)


async def checkpoint() -> bool:
    """After deletions: on SQLite, move the write-ahead log into the file and empty it

    False: a reader still needs the log.
    """
    return await DB.engine.checkpoint()


async def ping() -> None:
    """Raise unless the database answers."""
    await fetch_value("SELECT 1 AS one")
