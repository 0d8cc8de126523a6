"""The database: one set of Piccolo tables, on SQLite or on Postgres.

**Tables** bind to `DB` at import; which engine stands behind it is chosen by `open_database`::

    from obsv.db import DB
    class Widget(Table, db=DB, tablename="widgets"): ...

**Conventions.** Public ids are `Varchar(primary_key=True)` with a prefixed id, inner ones `BigSerial`. Times are
`BigInt` epoch milliseconds in columns named `*_at_ms`; the day a row is deleted is a nullable `Date` column `erase_on`.
JSON is `Text` that the feature encodes itself. Every table has a class attribute `holds` (see `obsv.core.holds`).

**Writing**: `async with write_tx(): ...` (IMMEDIATE behind one queue on SQLite; a nested one is a savepoint). Never
`gather` or `create_task` inside one: start background work with `spawn`. What Piccolo cannot say goes through `fetch`,
`execute` and `execute_many`, whose SQL has `{}` placeholders and must run on both engines.

**Migrations** are the modules `obsv/db/migrations/m<4 digits>_<topic>.py`, applied in order of their names, each in one
transaction together with its record::

    ID = "m0007_widgets"                       # equals the module's name; never changes once released

    async def forwards(run: Run) -> None:
        await run(
            "CREATE TABLE widgets ("
            "id {bigserial}, org {bigint} NOT NULL, name VARCHAR(255) NOT NULL, secret {bytes}, "
            "made_at_ms {bigint} NOT NULL, erase_on DATE)"
        )
        await run(sqlite="CREATE TRIGGER ...", postgres="CREATE FUNCTION ...")   # where the dialects differ

`{bigserial}` is a whole primary key that never reuses a value; `{bigint}`, `{bytes}` and `{double}` are the types that
Piccolo's `BigInt`, `Bytea` and `DoublePrecision` expect; `VARCHAR(n)`, `TEXT`, `BOOLEAN`, `DATE` and `INTEGER` are the
same on both. Write NOT NULL wherever the Piccolo column is not `null=True` (primary keys too): a test compares the
migrated schema with the declared tables on both engines. SQLite cannot ALTER a column: rebuild the table there.
"""

from __future__ import annotations

from obsv.db.engine import DB, DatabaseBusy, DatabaseNotOpen, close_database, connect, open_database
from obsv.db.migrate import Run, SchemaTooNew, migrate, pending
from obsv.db.plain import PlainTable, declare, plain_tables
from obsv.db.query import checkpoint, execute, execute_many, fetch, fetch_value, insert, is_postgres, ping
from obsv.db.tx import (
    advisory_key,
    after_commit,
    hold_lock,
    in_transaction,
    is_unique_violation,
    spawn,
    try_lock,
    write_tx,
)

__all__ = [
    "DB",
    "DatabaseBusy",
    "DatabaseNotOpen",
    "PlainTable",
    "Run",
    "SchemaTooNew",
    "advisory_key",
    "after_commit",
    "checkpoint",
    "close_database",
    "connect",
    "declare",
    "execute",
    "execute_many",
    "fetch",
    "fetch_value",
    "hold_lock",
    "in_transaction",
    "insert",
    "is_postgres",
    "is_unique_violation",
    "migrate",
    "open_database",
    "pending",
    "ping",
    "plain_tables",
    "spawn",
    "try_lock",
    "write_tx",
]
