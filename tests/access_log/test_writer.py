"""The buffer between requests and the database: bounded, patient, emptied at the end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from obsv.access_log import AccessLog, calls, log
from obsv.access_log.log import BATCH, DROPPED, MOST_CALLS, MOST_TRIES
from obsv.access_log.watch import Answered
from obsv.accounts import Actor
from obsv.core.clock import ManualClock
from obsv.db import fetch, fetch_value

ROUTE = "/api/v1/write"


def answered(status: int = 200, *, route: str = "/api/v1/query", org: int = 1, token: str = "tok00001") -> Answered:
    scope: Any = {"state": {"request_id": "r"}, "method": "GET", "http_version": "1.1", "client": ("192.0.2.9", 1)}
    return Answered(scope, Actor("token", token_id=token, org=org), route, route == ROUTE, status, 1.5, 10, 20)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


async def kept() -> int:
    return int(await fetch_value("SELECT count(*) FROM access_log"))


async def test_the_buffer_is_bounded_and_tells_what_it_lost(database: str, clock: ManualClock) -> None:
    writer, before = AccessLog(clock), DROPPED.get()
    for _ in range(MOST_CALLS + 7):
        writer.note(answered())
    assert DROPPED.get() - before == 7
    await writer.flush()
    assert await kept() == MOST_CALLS


async def test_leaving_writes_what_is_left(database: str, clock: ManualClock) -> None:
    writer = AccessLog(clock)
    async with writer.running():
        writer.note(answered())
        writer.note(answered(route=ROUTE))
    assert await kept() == 1
    assert await fetch_value("SELECT calls FROM access_counts") == 1


async def test_a_full_batch_does_not_wait_for_its_second(
    database: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "FLUSH_S", 3600)
    writer = AccessLog(clock)
    async with writer.running():
        for _ in range(BATCH - 1):
            writer.note(answered())
        await asyncio.sleep(0.2)
        assert await kept() == 0
        writer.note(answered())
        async with asyncio.timeout(10):
            while await kept() < BATCH:
                await asyncio.sleep(0.02)


class Outage:
    """A database that refuses for a while."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_on, self._store = True, calls.store
        monkeypatch.setattr(log, "store", self.store)

    async def store(self, *batch: Any) -> None:
        if self.is_on:
            raise OSError("no database")
        await self._store(*batch)


async def test_an_outage_is_sat_out(database: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, outage, before = AccessLog(clock), Outage(monkeypatch), DROPPED.get()
    for number in range(3):
        writer.note(answered(200 + number))
        writer.note(answered(route=ROUTE))
        await writer.flush()
    outage.is_on = False
    await writer.flush()
    assert [row["status"] for row in await fetch("SELECT status FROM access_log ORDER BY id")] == [200, 201, 202]
    assert [row["calls"] for row in await fetch("SELECT calls FROM access_counts")] == [3]
    assert DROPPED.get() == before


async def test_a_batch_that_never_fits_is_given_up(
    database: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, outage, before = AccessLog(clock), Outage(monkeypatch), DROPPED.get()
    writer.note(answered())
    for _ in range(2):
        writer.note(answered(route=ROUTE))
    for _ in range(MOST_TRIES):
        await writer.flush()
    assert DROPPED.get() - before == 3
    outage.is_on = False
    writer.note(answered(299))
    await writer.flush()
    assert [row["status"] for row in await fetch("SELECT status FROM access_log")] == [299]


async def test_a_stop_does_not_wait_for_a_lost_database(
    database: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    Outage(monkeypatch)
    writer, before = AccessLog(clock), DROPPED.get()
    async with asyncio.timeout(5), writer.running():
        writer.note(answered())
    assert DROPPED.get() - before == 1


async def test_replicas_add_to_one_count(database: str, clock: ManualClock) -> None:
    replicas = [AccessLog(clock) for _ in range(3)]
    for _ in range(10):
        for replica in replicas:
            for token in ("tok00001", "tok00002"):
                replica.note(answered(204, route=ROUTE, token=token))
        await asyncio.gather(*(replica.flush() for replica in replicas))
    clock.advance(60)
    replicas[0].note(answered(204, route=ROUTE))
    await replicas[0].flush()
    rows = await fetch("SELECT token_id, calls, bytes_in, duration_ms FROM access_counts ORDER BY minute_ms, token_id")
    assert [tuple(row.values()) for row in rows] == [
        ("tok00001", 30, 300, 45.0),
        ("tok00002", 30, 300, 45.0),
        ("tok00001", 1, 10, 1.5),
    ]


async def test_refused_senders_are_listed_anew_each_minute(database: str, clock: ManualClock) -> None:
    writer = AccessLog(clock)
    for _ in range(2):
        for _ in range(30):
            writer.note(answered(429, route=ROUTE))
        clock.advance(60)
    await writer.flush()
    assert await kept() == 2 * log.REFUSED_A_MINUTE


async def test_a_sender_that_hangs_up_is_told(database: str, clock: ManualClock) -> None:
    seen: list[Answered] = []

    async def hangs(scope: Any, receive: Any, send: Any) -> None:
        scope["state"]["actor"] = Actor("token", token_id="tok00001", org=1)
        raise ConnectionError

    scope: Any = {"type": "http", "state": {}, "path_template": "/x"}
    with contextlib.suppress(ConnectionError):
        await log.AccessWatch(hangs, seen.append, frozenset())(scope, None, None)  # type: ignore[arg-type]
    assert [one.status for one in seen] == [499]
