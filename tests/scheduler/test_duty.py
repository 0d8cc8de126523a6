"""Duties begin and end with leadership, and come back when they fail."""

from __future__ import annotations

import asyncio

from obsv.core.clock import SystemClock
from obsv.scheduler import Duty, Scheduler
from obsv.scheduler.duty import Duties
from tests.scheduler.test_scheduler import HEARTBEAT_S, until


async def test_one_node_does_it_and_the_other_takes_over(database: str) -> None:
    at_work: list[str] = []

    def duty(name: str) -> Duty:
        async def run() -> None:
            at_work.append(name)
            try:
                await asyncio.sleep(3600)
            finally:
                at_work.remove(name)

        return Duty("watch", run)

    nodes = {name: Scheduler((), SystemClock(), duties=(duty(name),), heartbeat_s=HEARTBEAT_S) for name in ("a", "b")}
    for node in nodes.values():
        await node.start()
    await until(lambda: len(at_work) == 1)
    await asyncio.sleep(HEARTBEAT_S * 3)
    (first,) = at_work
    (second,) = set(nodes) - {first}
    await nodes[first].stop()
    await until(lambda: at_work == [second])
    await nodes[second].stop()
    assert at_work == []


async def test_one_that_fails_is_begun_again_and_one_that_ends_is_not(database: str) -> None:
    begun: list[str] = []

    async def failing() -> None:
        begun.append("failing")
        raise ValueError("a mistake")

    async def ending() -> None:
        begun.append("ending")

    duties = Duties((Duty("failing", failing), Duty("ending", ending)), restart_s=0.01)
    duties.begin()
    await until(lambda: begun.count("failing") >= 3)
    await duties.end()
    assert begun.count("ending") == 1
    number = len(begun)
    await asyncio.sleep(0.05)
    assert len(begun) == number


async def test_one_that_did_not_hear_of_its_end_is_told_again(database: str) -> None:
    told: list[str] = []

    async def deaf() -> None:
        while len(told) < 2:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                told.append("end")

    duties = Duties((Duty("deaf", deaf),), again_s=0.01)
    duties.begin()
    await asyncio.sleep(0)
    await duties.end()
    assert told == ["end", "end"]
