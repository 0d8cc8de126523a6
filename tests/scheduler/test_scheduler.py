"""Runs and their record, leadership between nodes, takeover, fencing."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from obsv.core.clock import ManualClock, SystemClock
from obsv.db import DB, driver, fetch, fetch_value, is_postgres
from obsv.scheduler import Job, Scheduler, last_runs

CLOCK = SystemClock()
HEARTBEAT_S = 0.1


async def until(condition: Callable[[], Awaitable[bool] | bool], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while True:
            met = condition()
            if met if isinstance(met, bool) else await met:
                return
            await asyncio.sleep(0.02)


@pytest.fixture
async def nodes(database: str) -> AsyncIterator[Callable[..., Awaitable[Scheduler]]]:
    """Start nodes of one instance; all are stopped at the end."""
    started: list[Scheduler] = []

    async def start(*jobs: Job) -> Scheduler:
        node = Scheduler(jobs, CLOCK, heartbeat_s=HEARTBEAT_S)
        await node.start()
        started.append(node)
        return node

    yield start
    for node in started:
        await node.stop()


async def runs() -> list[dict[str, Any]]:
    return await fetch("SELECT * FROM job_runs ORDER BY id")


async def test_runs_are_recorded(database: str) -> None:
    clock = ManualClock()

    async def good() -> None:
        clock.advance(3)

    async def bad() -> None:
        raise ValueError("token obsv_pat_abcdefghijklmnopqrstuvwxyz is wrong")

    async def slow() -> None:
        await asyncio.sleep(60)

    scheduler = Scheduler((Job("good", 60, good), Job("bad", 60, bad), Job("slow", 60, slow, timeout_s=0.05)), clock)
    assert [await scheduler.run_now(name) for name in ("good", "bad", "slow")] == ["done", "failed", "failed"]
    first, second, third = await runs()
    assert first["ended_at_ms"] - first["started_at_ms"] == 3000
    assert (first["job"], first["outcome"], first["error"], first["node"]) == ("good", "done", "", scheduler.node)
    assert second["error"].startswith("ValueError: ")
    assert third["error"] == "TimeoutError: not done within 0.05 s"
    assert (first["erase_on"] - clock.now().date()).days == 15
    await scheduler.run_now("bad")
    statuses = {status.job: status for status in await last_runs(clock.now_ms())}
    assert (statuses["bad"].runs_24h, statuses["bad"].failures_24h, statuses["bad"].done_at_ms) == (2, 2, None)
    assert statuses["good"].done_at_ms == first["ended_at_ms"]
    await scheduler.stop()


async def test_names_are_unique() -> None:
    async def work() -> None: ...

    with pytest.raises(ValueError, match="same name"):
        Scheduler((Job("a", 1, work), Job("a", 2, work)), CLOCK)


async def test_exactly_one_of_two_nodes_runs_and_the_other_takes_over(
    nodes: Callable[..., Awaitable[Scheduler]],
) -> None:
    by: list[str] = []

    def job(name: str) -> Job:
        async def work() -> None:
            by.append(name)

        return Job("tick", 0.05, work)

    first, second = await nodes(job("first")), await nodes(job("second"))
    await until(lambda: len(by) >= 3)
    assert [first.is_leader, second.is_leader].count(True) == 1
    leader, follower = (first, second) if first.is_leader else (second, first)
    assert set(by) == {"first" if leader is first else "second"}
    assert follower.is_healthy()
    await leader.stop()
    by.clear()
    await until(lambda: follower.is_leader)
    await until(lambda: len(by) >= 3)
    assert set(by) == {"first" if follower is first else "second"}
    assert not leader.is_healthy()


async def test_a_leader_whose_backend_is_killed_is_replaced(nodes: Callable[..., Awaitable[Scheduler]]) -> None:
    if not is_postgres():
        pytest.skip("Postgres only")
    inside = {"now": 0, "most": 0}

    async def work() -> None:
        inside["now"] += 1
        inside["most"] = max(inside["most"], inside["now"])
        try:
            await asyncio.sleep(0.05)
        finally:
            inside["now"] -= 1

    first, second = await nodes(Job("tick", 0.01, work)), await nodes(Job("tick", 0.01, work))
    for _ in range(4):
        await until(lambda: first.is_leader or second.is_leader)
        before = len(await runs())
        await fetch_value(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE application_name = 'obsv leader' AND datname = current_database()"
        )

        async def goes_on(before: int = before) -> bool:
            return len(await runs()) >= before + 3

        await until(goes_on)
    assert inside["most"] == 1


async def test_the_fence_holds_against_a_leader_that_does_not_know_it_lost(database: str) -> None:
    if not is_postgres():
        pytest.skip("Postgres only")
    entered, leave = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        entered.set()
        await leave.wait()

    first, second = (Scheduler((Job("tick", 60, work),), CLOCK) for _ in range(2))
    running = asyncio.create_task(first.run_now("tick"))
    await entered.wait()
    assert await second.run_now("tick") == "skipped"
    leave.set()
    assert await running == "done"
    assert await second.run_now("tick") == "done"
    await first.stop()
    await second.stop()


async def test_a_job_that_is_not_due_waits(nodes: Callable[..., Awaitable[Scheduler]]) -> None:
    count = {"hourly": 0, "tick": 0}

    def job(name: str, every_s: float) -> Job:
        async def work() -> None:
            count[name] += 1

        return Job(name, every_s, work)

    first = await nodes(job("hourly", 3600), job("tick", 0.05))
    await until(lambda: count["tick"] > 2)
    assert count["hourly"] == 1, "never ran before: due at once"
    await first.stop()
    count["tick"] = 0
    await nodes(job("hourly", 3600), job("tick", 0.05))
    await until(lambda: count["tick"] > 2)
    assert count["hourly"] == 1


async def test_stopping_cancels_and_records(nodes: Callable[..., Awaitable[Scheduler]]) -> None:
    started = asyncio.Event()

    async def work() -> None:
        started.set()
        await asyncio.sleep(60)

    node = await nodes(Job("long", 3600, work))
    await asyncio.wait_for(started.wait(), 10)
    async with asyncio.timeout(5):
        await node.stop()
    assert [run["outcome"] for run in await runs()] == ["cancelled"]


async def test_a_killed_process_is_replaced_and_its_run_marked(
    database: str, tmp_path: Path, nodes: Callable[..., Awaitable[Scheduler]]
) -> None:
    script = textwrap.dedent("""
        import asyncio, sys
        from pathlib import Path
        from obsv.core.clock import SystemClock
        from obsv.db import connect
        from obsv.scheduler import Job, Scheduler

        async def work():
            print("working", flush=True)
            await asyncio.sleep(600)

        async def main():
            await connect(sys.argv[1], Path(sys.argv[2]), pool_size=2)
            await Scheduler((Job("long", 3600, work),), SystemClock(), heartbeat_s=0.1).start()
            await asyncio.sleep(600)

        asyncio.run(main())
    """)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", script, database, str(tmp_path)), stdout=asyncio.subprocess.PIPE, env=os.environ
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        while await process.stdout.readline() != b"working\n":
            assert process.returncode is None

    async def work() -> None: ...

    node = await nodes(Job("other", 0.05, work))
    await asyncio.sleep(0.5)
    assert not node.is_leader
    process.send_signal(signal.SIGKILL)
    await process.wait()
    await until(lambda: node.is_leader)

    async def marked() -> bool:
        return (await runs())[0]["outcome"] == "lost"

    await until(marked)


async def test_a_database_that_is_away_is_survived(
    nodes: Callable[..., Awaitable[Scheduler]], request: pytest.FixtureRequest
) -> None:
    if not is_postgres():
        pytest.skip("Postgres only")
    done: list[int] = []

    async def work() -> None:
        done.append(1)

    node = await nodes(Job("tick", 0.05, work))
    await until(lambda: bool(done))
    name = await fetch_value("SELECT current_database()")
    outside = await driver.connect(request.getfixturevalue("postgres_url"))
    await outside.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
    await outside.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'obsv leader' AND datname = $1",
        name,
    )
    await until(lambda: not node.is_leader)
    await asyncio.sleep(0.5)
    await outside.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
    await outside.close()
    await until(lambda: node.is_leader)
    done.clear()
    await until(lambda: bool(done))
    assert DB.is_open
