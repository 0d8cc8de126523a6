"""Both engines behind `DB`: transactions, queueing, cancellation, what stays on disk."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from piccolo.columns import BigInt, BigSerial, Boolean, Bytea, Date, Varchar
from piccolo.engine.exceptions import TransactionError
from piccolo.table import Table

from obsv.db import (
    DB,
    DatabaseNotOpen,
    after_commit,
    checkpoint,
    close_database,
    connect,
    execute,
    execute_many,
    fetch,
    fetch_value,
    hold_lock,
    is_postgres,
    is_unique_violation,
    ping,
    spawn,
    try_lock,
    write_tx,
)


class Item(Table, db=DB, tablename="items"):
    id = BigSerial(primary_key=True)
    name = Varchar(length=50, unique=True)
    amount = BigInt(default=0)
    payload = Bytea(null=True, default=None)
    is_new = Boolean(default=True)
    erase_on = Date(null=True, default=None)


@pytest.fixture(autouse=True)
async def items(database: str) -> None:
    await Item.create_table()


async def insert_and_stop(name: str) -> None:
    async with write_tx():
        await Item.insert(Item(name=name))
        raise RuntimeError("stop")


async def names() -> list[str]:
    return [row["name"] for row in await Item.select(Item.name).order_by(Item.name)]


async def test_objects_round_trip() -> None:
    day = dt.date(2026, 11, 23)
    await Item.insert(Item(name="a", amount=2**53 + 1, payload=b"\x00\xff", erase_on=day))
    row = (await Item.select())[0]
    assert (row["amount"], row["payload"], row["is_new"], row["erase_on"]) == (2**53 + 1, b"\x00\xff", True, day)
    assert await fetch_value("SELECT amount FROM items WHERE name = {} AND erase_on <= {}", "a", day) == 2**53 + 1


async def test_transaction_keeps_all_or_nothing() -> None:
    async with write_tx():
        await Item.insert(Item(name="kept"))
    with pytest.raises(RuntimeError, match="stop"):
        await insert_and_stop("lost")
    assert await names() == ["kept"]


async def test_a_nested_failure_that_is_caught_undoes_the_inner_writes_only() -> None:
    async with write_tx():
        await Item.insert(Item(name="outer"))
        with pytest.raises(RuntimeError, match="stop"):
            await insert_and_stop("inner")
        with pytest.raises(Exception, match=r"(?i)unique") as caught:
            async with write_tx():
                await Item.insert(Item(name="outer"))
        assert is_unique_violation(caught.value)
        await Item.insert(Item(name="after"))
    assert await names() == ["after", "outer"]


async def test_other_violations_are_not_unique_violations() -> None:
    with pytest.raises(Exception, match=r"(?i)null") as caught:
        await execute("INSERT INTO items (name) VALUES (NULL)")
    assert not is_unique_violation(caught.value)


async def test_concurrent_read_then_write_transactions_all_succeed() -> None:
    await Item.insert(Item(name="counter"))

    async def add() -> None:
        for _ in range(10):
            async with write_tx():
                await hold_lock("counter")
                amount = await fetch_value("SELECT amount FROM items")
                await Item.update({Item.amount: amount + 1}, force=True)

    await asyncio.gather(*(add() for _ in range(10)))
    assert await fetch_value("SELECT amount FROM items") == 100


async def test_callbacks_run_after_the_commit_and_only_for_what_is_kept() -> None:
    called: list[str] = []

    async def undone() -> None:
        async with write_tx():
            after_commit(lambda: called.append("undone"))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="write_tx"):
        after_commit(lambda: called.append("never"))
    async with write_tx():
        after_commit(lambda: called.append("outer"))
        with pytest.raises(RuntimeError, match="stop"):
            await undone()
        async with write_tx():
            after_commit(lambda: called.append("inner"))
        assert called == []
    assert called == ["outer", "inner"]
    with pytest.raises(RuntimeError, match="stop"):
        await insert_and_stop("lost")
    assert called == ["outer", "inner"]


async def test_readers_do_not_wait_for_the_writer() -> None:
    async with write_tx():
        await Item.insert(Item(name="unseen"))
        assert await asyncio.wait_for(spawn(names()), 5) == []


async def test_a_task_started_inside_is_told_to_keep_out() -> None:
    async with write_tx():
        with pytest.raises(TransactionError, match="spawn"):
            await asyncio.create_task(names())


async def test_a_task_that_outlives_the_transaction_is_free() -> None:
    gate = asyncio.Event()

    async def later() -> list[str]:
        await gate.wait()
        return await names()

    async with write_tx():
        task = asyncio.create_task(later())
        await Item.insert(Item(name="a"))
    gate.set()
    assert await task == ["a"]


async def test_cancelling_in_a_transaction_rolls_back_and_frees_the_queue() -> None:
    started = asyncio.Event()

    async def slow() -> None:
        async with write_tx():
            await Item.insert(Item(name="cancelled"))
            started.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(slow())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5), write_tx():
        await Item.insert(Item(name="next"))
    assert await names() == ["next"]


async def test_cancelling_a_long_query_frees_its_connection() -> None:
    forever = (
        "SELECT pg_sleep(60)::text"
        if is_postgres()
        else "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    )
    for _ in range(12):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await fetch(forever)
    async with asyncio.timeout(5):
        assert await names() == []


async def test_cancelling_while_waiting_for_a_turn() -> None:
    async with write_tx():
        waiting = [spawn(execute("INSERT INTO items (name) VALUES ({})", f"n{i}")) for i in range(5)]
        await asyncio.sleep(0.05)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    async with asyncio.timeout(5), write_tx():
        await Item.insert(Item(name="z"))


async def test_execute_many_needs_a_transaction() -> None:
    rows = [(f"n{i:04}", i, True) for i in range(2000)]
    sql = "INSERT INTO items (name, amount, is_new) VALUES ({}, {}, {})"
    with pytest.raises(RuntimeError, match="write_tx"):
        await execute_many(sql, rows)
    async with write_tx():
        await execute_many(sql, rows)
        await execute_many(sql, [])
    assert await fetch_value("SELECT sum(amount) FROM items") == sum(range(2000))


async def test_a_named_lock_excludes_the_other_transaction() -> None:
    if not is_postgres():
        assert await try_lock("job")
        return

    async def other() -> bool:
        async with write_tx():
            return await try_lock("job")

    async with write_tx():
        assert await try_lock("job")
        assert not await spawn(other())
    assert await other()


async def test_a_killed_backend_does_not_leak_its_connection() -> None:
    if not is_postgres():
        pytest.skip("Postgres only")

    async def doomed() -> None:
        async with write_tx():
            pid = await fetch_value("SELECT pg_backend_pid()")
            await spawn(fetch("SELECT pg_terminate_backend({})", pid))
            await fetch("SELECT 1")

    for _ in range(8):
        with pytest.raises(Exception, match=r"terminat|closed|in progress"):
            await doomed()
    async with asyncio.timeout(10):
        await ping()


async def test_sqlite_pragmas_hold_on_every_connection(tmp_path: Path) -> None:
    """Tripwire: the engine overrides private methods of Piccolo."""
    if is_postgres():
        pytest.skip("SQLite only")

    async def pragmas() -> list[int]:
        return [
            await fetch_value("SELECT * FROM pragma_" + name)
            for name in ("foreign_keys", "synchronous", "secure_delete", "busy_timeout")
        ]

    assert await pragmas() == [1, 1, 1, 10000]
    async with write_tx():
        assert await pragmas() == [1, 1, 1, 10000]
    assert await fetch_value("SELECT * FROM pragma_journal_mode") == "wal"
    assert stat.S_IMODE((tmp_path / "obsv.sqlite").stat().st_mode) == 0o600


async def test_deleted_bytes_leave_the_disk_after_a_checkpoint(tmp_path: Path) -> None:
    if is_postgres():
        pytest.skip("SQLite only: on Postgres the write-ahead log keeps them, keys are destroyed instead")
    canary = "canary-4f1d2b"
    await Item.insert(Item(name=canary))
    await checkpoint()
    await Item.delete().where(Item.name == canary)
    await checkpoint()
    assert not [path for path in tmp_path.iterdir() if canary.encode() in path.read_bytes()]


async def test_a_second_process_may_write_meanwhile(database: str, tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import asyncio, sys
        from pathlib import Path
        from obsv.db import close_database, connect, execute, write_tx

        async def main():
            await connect(sys.argv[1], Path(sys.argv[2]), pool_size=2)
            for i in range(50):
                async with write_tx():
                    await execute("INSERT INTO items (name, amount, is_new) VALUES ({}, 1, true)", f"{sys.argv[3]}-{i}")
            if sys.argv[3] == "b":
                await close_database()  # the other leaves without closing: no thread may hold it back

        asyncio.run(main())
    """)
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-W", "ignore", "-c", script, database, str(tmp_path), name, env=os.environ
        )
        for name in "ab"
    ]
    for i in range(50):
        await execute("INSERT INTO items (name, amount, is_new) VALUES ({}, 1, true)", f"own-{i}")
    for process in processes:
        assert await asyncio.wait_for(process.wait(), 30) == 0
    assert await fetch_value("SELECT count(*) FROM items") == 150


async def test_closed_database_says_so(database: str, tmp_path: Path) -> None:
    await close_database()
    await close_database()
    with pytest.raises(DatabaseNotOpen):
        await fetch("SELECT 1")
    with pytest.raises(DatabaseNotOpen):
        await Item.select()
    await connect(database, tmp_path)
    await ping()


async def test_unknown_url_is_refused(tmp_path: Path) -> None:
    await close_database()
    with pytest.raises(ValueError, match=r"database\.url"):
        await connect("mysql://x", tmp_path)


def test_import_alone_opens_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import obsv.db, threading; assert threading.active_count() == 1"],
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
