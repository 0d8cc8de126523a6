"""The inventory equals the live schema, both ways, on both engines; and it notices what is missing."""

from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path

import pytest
from piccolo.columns import Text, Varchar
from piccolo.table import Table

import obsv
from obsv.core.holds import Basis, Column, DataClass, Erase, Holds, Subject, operational
from obsv.db import DB, fetch, is_postgres
from obsv.metrics.store.blocks.postgres import PostgresBlockRepository
from obsv.metrics.store.blocks.sqlite import SQLiteBlockRepository
from obsv.privacy import Held, InventoryIncomplete, check, collect
from obsv.privacy.inventory import problems_of

GOOD = Held(
    "widgets",
    ("id", "user_id", "name", "erase_on"),
    Holds(
        clause="data.ops.config",
        subject=Subject.USER,
        retention="account",
        erase=Erase.DELETE,
        export="widgets.json",
        subject_column="user_id",
        columns={
            "name": Column(DataClass.CONFIGURATION),
            "user_id": Column(DataClass.IDENTITY),
            **operational("id", "erase_on"),
        },
    ),
    key="id",
    day_column="erase_on",
)


async def live_columns() -> dict[str, set[str]]:
    """Columns of every table that the database really has."""
    if is_postgres():
        rows = await fetch(
            "SELECT table_name AS t, column_name AS c FROM information_schema.columns WHERE table_schema = 'public'"
        )
    else:
        rows = await fetch(
            "SELECT m.name AS t, p.name AS c FROM sqlite_master m, pragma_table_info(m.name) p "
            "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        )
    live: dict[str, set[str]] = {}
    for row in rows:
        live.setdefault(row["t"], set()).add(row["c"])
    return live


async def test_inventory_and_live_schema_are_the_same(database: str) -> None:
    live = await live_columns()
    held = {table.name: set(table.columns) for table in collect()}
    optional = {table.name for table in collect() if table.is_optional}
    assert {name: columns for name, columns in held.items() if name not in optional or name in live} == live


async def test_metric_tables_are_as_declared(database: str, tmp_path: Path) -> None:
    held = {table.name: set(table.columns) for table in collect() if table.is_optional}
    if is_postgres():
        repository = PostgresBlockRepository(database)
        await repository.open()
        live = await live_columns()
        await repository.close()
        made = {name: columns for name, columns in live.items() if name.startswith("metric_")}
    else:
        sqlite_repository = SQLiteBlockRepository(tmp_path / "blocks.sqlite")
        await sqlite_repository.open()
        await sqlite_repository.close()
        with sqlite3.connect(tmp_path / "blocks.sqlite") as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'metric_%' AND type = 'table'")
            made = {
                name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")}
                for (name,) in tables.fetchall()
            }
        connection.close()
    assert made
    assert {name: held.get(name) for name in made} == made


def test_everything_is_declared() -> None:
    tables = collect()
    check(tables)
    assert {"audit_log", "egress_calls", "outbox_messages", "job_runs", "users", "schema_migrations"} <= {
        table.name for table in tables
    }


def test_tables_live_in_modules_called_tables() -> None:
    """Else the start would not find them."""
    root = Path(obsv.__file__).parent
    offenders = [
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if path.name != "tables.py" and "node_modules" not in path.parts and "(Table, db=DB" in path.read_text()
    ]
    assert offenders in ([], ["db/__init__.py"]), "the docstring of obsv.db shows one"


def test_a_good_declaration_passes() -> None:
    check([GOOD])
    assert problems_of(GOOD) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"holds": None}, "widgets: no `holds`"),
        ({"columns": (*GOOD.columns, "email")}, "widgets.email: not declared"),
        ({"columns": GOOD.columns[:-1]}, "widgets.erase_on: declared, but no such column"),
        ({"day_column": ""}, "widgets: retention 'account' needs"),
        ({"retention": "forever"}, "widgets: unknown retention class 'forever'"),
        ({"subject_column": "owner"}, "widgets: subject_column 'owner' is no column"),
        ({"subject_column": ""}, "no subject_column says"),
        ({"clause": ""}, "no policy clause"),
        ({"column": Column(DataClass.IDENTITY, erase=Erase.KEEP)}, "widgets.name: identity data cannot outlive"),
        ({"column": Column(DataClass.CREDENTIAL, secret=True)}, "widgets.name: secret and exported"),
        ({"column": Column(DataClass.OPERATIONAL, basis=Basis.CONTRACT)}, "needs no legal basis"),
    ],
)
def test_what_is_missing_is_named(change: dict[str, object], problem: str) -> None:
    assert GOOD.holds is not None
    holds = GOOD.holds
    if "column" in change:
        holds = dataclasses.replace(holds, columns={**holds.columns, "name": change.pop("column")})  # type: ignore[dict-item]
    inner = {key: value for key, value in change.items() if key in {"retention", "subject_column", "clause"}}
    outer = {key: value for key, value in change.items() if key not in inner}
    table = dataclasses.replace(GOOD, **{"holds": dataclasses.replace(holds, **inner), **outer})  # type: ignore[arg-type]
    with pytest.raises(InventoryIncomplete) as caught:
        check([GOOD, table])
    assert any(problem in line for line in caught.value.problems)


def test_a_table_without_a_word_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(Table, db=DB, tablename="silent"):
        id = Varchar(primary_key=True)
        note = Text()

    Silent.__module__ = "obsv.silent.tables"
    try:
        with pytest.raises(InventoryIncomplete, match="silent: no `holds`"):
            check(collect())
    finally:
        Silent.__module__ = __name__
    check(collect())
