"""Write transactions, locks by name, and what goes wrong in them."""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import sqlite3
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

from obsv.db import driver
from obsv.db.binding import TaskBound
from obsv.db.engine import DB
from obsv.db.query import fetch_value, is_postgres

T = TypeVar("T")

_callbacks: contextvars.ContextVar[list[Callable[[], object]]] = contextvars.ContextVar("obsv_after_commit")


@asynccontextmanager
async def write_tx() -> AsyncGenerator[None]:
    """Everything inside is kept, or nothing is.

    On SQLite it waits for its turn and holds the write lock from the start. Inside another one it is a savepoint: what
    failed inside is undone even when the caller goes on.
    """
    outer: Any = DB.engine.current_transaction.get()
    if outer is not None:
        async with _savepoint(outer):
            yield
        return
    callbacks: list[Callable[[], object]] = []
    async with DB.engine.transaction():
        mark = _callbacks.set(callbacks)
        try:
            yield
        finally:
            _callbacks.reset(mark)
    for callback in callbacks:
        callback()


@asynccontextmanager
async def _savepoint(outer: Any) -> AsyncGenerator[None]:
    savepoint, waiting = await outer.savepoint(), len(_callbacks.get())
    try:
        yield
    except BaseException:
        del _callbacks.get()[waiting:]
        await savepoint.rollback_to()
        await savepoint.release()
        raise
    await savepoint.release()


def after_commit(callback: Callable[[], object]) -> None:
    """Call it (it must be quick and not fail) once the current `write_tx` is kept; never when it is undone."""
    if not in_transaction():
        raise RuntimeError("after_commit needs a write_tx")
    _callbacks.get().append(callback)


def in_transaction() -> bool:
    """Whether the current task is inside a `write_tx`."""
    return DB.engine.current_transaction.get() is not None


def spawn(work: Coroutine[Any, Any, T], *, name: str | None = None) -> asyncio.Task[T]:
    """Start a task that does not inherit the transaction of the caller; keep the reference."""
    context = contextvars.copy_context()
    cast("TaskBound", DB.engine.current_transaction).forget_in(context)
    return asyncio.get_running_loop().create_task(work, name=name, context=context)


def is_unique_violation(error: BaseException) -> bool:
    """Whether a write was refused because the value exists already."""
    if isinstance(error, sqlite3.IntegrityError):
        code = getattr(error, "sqlite_errorcode", None)
        return code in {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}
    return isinstance(error, driver.UniqueViolation)


def advisory_key(name: str) -> int:
    """The signed 64-bit number that stands for `name` among Postgres' advisory locks."""
    return int.from_bytes(hashlib.blake2b(f"obsv:{name}".encode(), digest_size=8).digest(), "big", signed=True)


async def hold_lock(name: str) -> None:
    """Wait for the lock `name` and hold it to the end of the current transaction.

    On SQLite a write transaction is alone already.
    """
    if is_postgres():
        await fetch_value("SELECT pg_advisory_xact_lock({})::text", advisory_key(name))


async def try_lock(name: str) -> bool:
    """Take the lock `name` to the end of the current transaction, or say that another has it."""
    if not is_postgres():
        return True
    return bool(await fetch_value("SELECT pg_try_advisory_xact_lock({})", advisory_key(name)))
