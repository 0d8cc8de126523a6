"""Jobs that report in: due, late, failed, over the public address."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from obsv.audit import SYSTEM
from obsv.core.clock import ManualClock
from obsv.core.errors import NotFound
from obsv.monitors import queries
from obsv.monitors.heartbeats import KEEP, Ping
from obsv.monitors.machine import State
from obsv.monitors.model import Heartbeat, Monitor
from obsv.monitors.services import MonitorServices
from obsv.monitors.types import MonitorChange
from tests.dashboards.stage import staged
from tests.monitors.conftest import Written

ORG = 7


async def made(services: MonitorServices, **check: Any) -> tuple[str, str]:
    """(id, where it reports in)."""
    monitor = Monitor(key="backup", name="Backup", check=Heartbeat(**check))
    saved = await services.monitors.create(ORG, monitor, by=SYSTEM)
    await services.checks.refresh()
    return saved.id, services.monitors.ping_id(await services.monitors.find(ORG, saved.id))


async def passes(services: MonitorServices, clock: ManualClock, seconds: int) -> None:
    """Time, with what the leading node does in it."""
    for second in range(seconds):
        clock.advance(1)
        if second % 5 == 0:
            await services.checks.find_late()
        if second % 60 == 0:
            await services.checks.tend()


async def state(services: MonitorServices, monitor_id: str) -> State:
    return (await services.monitors.states(ORG))[monitor_id]


async def test_late_after_period_and_grace(services: MonitorServices, clock: ManualClock, written: Written) -> None:
    monitor_id, address = await made(services, period_s=600, grace_s=120)
    await passes(services, clock, 1000)
    assert await state(services, monitor_id) is State.PENDING  # never heard of: nobody set it up yet
    await services.heartbeats.take(address, Ping("success"))
    assert await state(services, monitor_id) is State.UP
    assert written.last("monitor_up", monitor="Backup", type="heartbeat") == 1
    pinged_ms = clock.now_ms()
    await passes(services, clock, 715)
    assert await state(services, monitor_id) is State.UP
    await passes(services, clock, 10)
    assert await state(services, monitor_id) is State.DOWN
    (event,) = (await queries.events(ORG, monitor_id, 2**53, 1)).events
    assert event.at_ms == pinged_ms + 720_000
    assert "was due at" in event.reason
    await services.checks.tend()
    assert written.last("monitor_up") == 0
    await services.heartbeats.take(address, Ping("success"))
    assert (await state(services, monitor_id), written.last("monitor_up")) == (State.UP, 1)
    (day,) = (await services.monitors.days(ORG, [monitor_id], 1))[monitor_id]
    assert day.down_s == pytest.approx((clock.now_ms() - event.at_ms) / 1000)
    assert day.up_s == pytest.approx(720)


async def test_start_fail_and_exit_codes(services: MonitorServices, clock: ManualClock, written: Written) -> None:
    monitor_id, address = await made(services, period_s=600, grace_s=60)
    take = services.heartbeats.take
    await take(address, Ping("start"))
    await passes(services, clock, 20)
    await take(address, Ping("success", 0, b"all well"))
    assert await state(services, monitor_id) is State.UP
    assert written.last("probe_duration_seconds") == 20
    await take(address, Ping("fail", 3, b"x" * 20_000 + b"the end"))
    assert await state(services, monitor_id) is State.DOWN
    pings = (await queries.pings(ORG, monitor_id)).pings
    assert [(ping.signal, ping.exit_code, ping.duration_s) for ping in pings] == [
        ("fail", 3, None),
        ("success", 0, 20.0),
        ("start", None, None),
    ]
    assert (len(pings[0].body), pings[0].body[-7:], pings[1].body) == (10_000, "the end", "all well")
    (event,) = (await queries.events(ORG, monitor_id, 2**53, 1)).events
    assert event.reason == "it ended with exit code 3"
    await take(address, Ping("success"))
    await take(address, Ping("start"))
    await passes(services, clock, 70)
    assert await state(services, monitor_id) is State.DOWN  # it began and did not end within its grace
    (event,) = (await queries.events(ORG, monitor_id, 2**53, 1)).events
    assert "did not end" in event.reason
    for _ in range(KEEP + 5):
        await take(address, Ping("success"))
    assert len((await queries.pings(ORG, monitor_id)).pings) == KEEP


async def test_cron_with_a_time_zone(services: MonitorServices, clock: ManualClock) -> None:
    monitor_id, address = await made(services, cron="30 4 * * *", time_zone="Europe/Berlin", grace_s=600)
    await services.heartbeats.take(address, Ping("success"))
    kept = await services.monitors.find(ORG, monitor_id)
    due = (await queries.view(kept, "", clock.now_ms())).due_at_ms
    at = dt.datetime.fromtimestamp(due / 1000, dt.UTC)
    assert (at.hour, at.minute) == (3, 40)  # 04:30 in Berlin in winter, and ten minutes


async def test_nobody_is_late_because_obsv_was_away(services: MonitorServices, clock: ManualClock) -> None:
    monitor_id, address = await made(services, period_s=600, grace_s=120)
    await services.heartbeats.take(address, Ping("success"))
    await passes(services, clock, 60)
    clock.advance(3600)
    await services.checks.find_late()
    assert await state(services, monitor_id) is State.UNKNOWN
    await passes(services, clock, 100)
    assert await state(services, monitor_id) is State.UNKNOWN
    await passes(services, clock, 30)
    assert await state(services, monitor_id) is State.DOWN  # nor was it heard of since


async def test_another_schedule_counts_at_once(services: MonitorServices, clock: ManualClock) -> None:
    monitor_id, address = await made(services, period_s=600, grace_s=120)

    async def becomes(**check: Any) -> None:
        wish = Monitor(key="backup", name="Backup", check=Heartbeat(**check))
        await services.monitors.put(ORG, MonitorChange(wish), by=SYSTEM)
        await services.checks.refresh()

    await services.heartbeats.take(address, Ping("success"))
    await becomes(period_s=600, grace_s=1200)
    await passes(services, clock, 1700)
    assert await state(services, monitor_id) is State.UP  # it would have been down after 720
    await becomes(period_s=3600, grace_s=120)
    await passes(services, clock, 1800)
    assert await state(services, monitor_id) is State.UP
    await becomes(period_s=60, grace_s=120)
    await passes(services, clock, 110)
    assert await state(services, monitor_id) is State.UP  # long over by the new one: it gets its grace
    await passes(services, clock, 20)
    assert await state(services, monitor_id) is State.DOWN


async def test_another_name_leaves_the_schedule(services: MonitorServices, clock: ManualClock) -> None:
    monitor_id, address = await made(services, period_s=600, grace_s=120)
    await services.heartbeats.take(address, Ping("success"))
    await services.heartbeats.take(address, Ping("start"))
    wish = Monitor(key="backup", name="Nightly", check=Heartbeat(period_s=600, grace_s=120))
    await services.monitors.put(ORG, MonitorChange(wish), by=SYSTEM)
    await services.checks.refresh()
    await passes(services, clock, 130)
    assert await state(services, monitor_id) is State.DOWN  # it did not end


async def test_another_address(services: MonitorServices, clock: ManualClock) -> None:
    monitor_id, address = await made(services)
    other = await services.monitors.renew_address(ORG, monitor_id, by=SYSTEM)
    with pytest.raises(NotFound):
        await services.heartbeats.take(address, Ping("success"))
    await services.heartbeats.take(other, Ping("success"))
    assert await state(services, monitor_id) is State.UP
    await services.monitors.pause(ORG, monitor_id, by=SYSTEM)
    await services.heartbeats.take(other, Ping("fail"))
    assert await state(services, monitor_id) is State.PAUSED


async def test_over_http(tmp_path: Any, database_url: str) -> None:
    async with staged(tmp_path, database_url, {}) as stage:
        ann, dot, nobody = await stage.person("ann"), await stage.person("dot"), await stage.nobody()
        document = {"key": "backup", "name": "Backup", "check": {"kind": "heartbeat", "grace_s": 60}}
        await ann.do("POST", "/monitors", {"monitor": document})
        shown = await ann.get("/monitors/backup")
        assert (await dot.get("/monitors/backup"))["ping_url"] == ""
        path = shown["ping_url"].removeprefix("http://localhost:8450")
        assert path.startswith("/ping/")

        async def ping(method: str, tail: str = "", body: bytes = b"") -> int:
            # By its number, as a script may: no redirect, which curl -f would take for success.
            url = f"http://127.0.0.1:8450{path}{tail}"
            answer = await nobody.client.request(method, url, content=body)
            assert "set-cookie" not in answer.headers
            return answer.status_code

        assert [await ping("GET", "/start"), await ping("POST", "/0", b"well"), await ping("HEAD")] == [200] * 3
        assert (await ann.get("/monitors/backup"))["state"] == "up"
        assert await ping("GET", "/7") == 200
        shown = await ann.get("/monitors/backup")
        assert (shown["state"], shown["result"]["exit_code"]) == ("down", 7)
        assert [await ping("GET", tail) for tail in ("/256", "/-1", "/stop", "/00007")] == [404] * 4
        assert (await nobody.client.get("http://localhost:8450/ping/no-such-id")).status_code == 404
        statuses = [await ping("GET") for _ in range(70)]
        assert 429 in statuses
        pings = (await ann.get("/monitors/backup/pings"))["pings"]
        assert {"well", ""} == {one["body"] for one in pings}
