"""Migrations: the same schema as the tables declare, whole or not at all, one process at a time."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from piccolo.table import TABLE_REGISTRY, Table

from obsv.core.clock import ManualClock
from obsv.db import DB, Run, SchemaTooNew, close_database, connect, execute, fetch, is_postgres, migrate
from obsv.privacy import collect
from tests.postgres import create_database


@pytest.fixture
async def empty(database_url: str, tmp_path: Path) -> AsyncIterator[str]:
    """An open database without a schema."""
    await connect(database_url, tmp_path, pool_size=5)
    yield database_url
    await close_database()


async def schema() -> dict[str, dict[str, tuple[str, bool]]]:
    """Type and nullability of every column."""
    if is_postgres():
        rows = await fetch(
            "SELECT table_name AS t, column_name AS c, is_nullable = 'YES' AS n, "
            "data_type || COALESCE('(' || character_maximum_length || ')', '') AS type "
            "FROM information_schema.columns WHERE table_schema = 'public'"
        )
    else:
        rows = await fetch(
            'SELECT m.name AS t, p.name AS c, p."notnull" = 0 AS n, p.type AS type '
            "FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        )
    found: dict[str, dict[str, tuple[str, bool]]] = {}
    for row in rows:
        found.setdefault(row["t"], {})[row["c"]] = (row["type"], bool(row["n"]))
    return found


def own_tables() -> list[type[Table]]:
    collect()
    return [table for table in TABLE_REGISTRY if table.__module__.startswith("obsv.")]


async def test_the_migrated_schema_is_what_the_tables_declare(
    empty: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    await migrate()
    migrated = await schema()
    await close_database()
    other = "sqlite" if empty == "sqlite" else await create_database(request.getfixturevalue("postgres_url"))
    await connect(other, tmp_path / "declared")
    for table in own_tables():
        await table.create_table()
    declared = await schema()
    assert declared
    assert {name: migrated.get(name) for name in declared} == declared


async def test_it_applies_once_and_records(empty: str) -> None:
    clock = ManualClock()
    done = await migrate(clock)
    assert done[:2] == ["m0001_foundation", "m0002_accounts"]
    assert await migrate(clock) == []
    rows = await fetch("SELECT id, applied_at_ms FROM schema_migrations ORDER BY id")
    assert [row["id"] for row in rows] == done
    assert {row["applied_at_ms"] for row in rows} == {clock.now_ms()}


async def test_step_by_step_is_the_same_as_at_once(empty: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """An upgrade from each earlier state ends where a fresh start does."""
    assert await migrate(upto="m0001_foundation") == ["m0001_foundation"]
    assert "users" not in await schema()
    await migrate()
    stepwise = await schema()
    await close_database()
    other = "sqlite" if empty == "sqlite" else await create_database(request.getfixturevalue("postgres_url"))
    await connect(other, tmp_path / "fresh")
    await migrate()
    assert await schema() == stepwise


async def test_a_failed_migration_leaves_nothing(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = sys.modules["obsv.db.migrate"]
    known = module.known()

    async def broken(run: Run) -> None:
        await run("CREATE TABLE half (id INTEGER)")
        await run("CREATE TABLE broken (")

    monkeypatch.setattr(module, "known", lambda: [*known, module.Migration("m9999_broken", broken)])
    with pytest.raises(Exception, match=r"(?i)syntax|incomplete"):
        await migrate()
    assert "half" not in await schema()
    rows = await fetch("SELECT id FROM schema_migrations")
    assert {row["id"] for row in rows} == {migration.id for migration in known}


async def test_a_newer_database_is_refused(empty: str) -> None:
    await migrate()
    await execute("INSERT INTO schema_migrations (id, applied_at_ms) VALUES ('m9000_future', 0)")
    with pytest.raises(SchemaTooNew, match="m9000_future"):
        await migrate()


async def test_several_processes_at_once(empty: str, tmp_path: Path) -> None:
    script = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom obsv.db import close_database, connect, migrate\n"
        "async def main():\n"
        "    await connect(sys.argv[1], Path(sys.argv[2]))\n"
        "    print(len(await migrate()))\n"
        "    await close_database()\n"
        "asyncio.run(main())\n"
    )
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", script, empty, str(tmp_path)), stdout=asyncio.subprocess.PIPE, env=os.environ
        )
        for _ in range(4)
    ]
    answers = [(await asyncio.wait_for(process.communicate(), 60))[0] for process in processes]
    counts = sorted(int(answer) for answer in answers)
    assert counts[:3] == [0, 0, 0]
    assert counts[3] >= 2


def test_an_id_must_be_the_modules_name() -> None:
    module: Any = sys.modules["obsv.db.migrate"]
    with pytest.raises(ValueError, match="m0007_widgets"):
        module._load(SimpleNamespace(ID="m0007_gadgets", forwards=None), "m0007_widgets")


async def test_types_are_translated(empty: str) -> None:
    run = Run(postgres=is_postgres())
    await run("CREATE TABLE typed (id {bigserial}, a {bigint} NOT NULL, b {bytes}, c {double})")
    await run(sqlite="CREATE TABLE only_here (a INTEGER)", postgres="")
    made = await schema()
    assert ("only_here" in made) == (not is_postgres())
    expected = ("bigint", "bytea", "double precision") if is_postgres() else ("INTEGER", "BLOB", "DOUBLE PRECISION")
    assert tuple(made["typed"][name][0] for name in "abc") == expected
    assert made["typed"]["a"][1] is False
    assert DB.is_open
