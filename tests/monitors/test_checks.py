"""The duty: when checks are due, what they write, and that a restart neither leaves one out nor does one twice."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from obsv.audit import SYSTEM
from obsv.core.clock import ManualClock
from obsv.core.errors import Conflict, Invalid, NotFound
from obsv.db import fetch
from obsv.monitors import availability, queries, store
from obsv.monitors.checks import Checks
from obsv.monitors.machine import State
from obsv.monitors.model import Heartbeat, Http, Monitor, Tcp
from obsv.monitors.queries import Wanted
from obsv.monitors.services import MonitorServices
from obsv.monitors.types import Copy, MonitorChange
from tests.monitors.conftest import Written
from tests.monitors.servers import answer, certificate, web

ORG = 7


def http(port: int, **more: Any) -> Monitor:
    return Monitor(key="shop", name="Shop", check=Http(url=f"http://127.0.0.1:{port}/"), **more)


async def rounds(checks: Checks, clock: ManualClock, seconds: float) -> int:
    """Let time pass in steps of a second, doing what is due; how many checks that were."""
    done = 0
    for _ in range(int(seconds)):
        clock.advance(1)
        for watched in checks.take_due():
            await checks.check(watched)
            done += 1
        await checks.flush()
    return done


async def test_up_down_and_up_again(services: MonitorServices, clock: ManualClock, written: Written) -> None:
    checks = services.checks
    async with web() as server:
        saved = await services.monitors.create(ORG, http(server.port, failures=3), by=SYSTEM)
        assert await services.monitors.states(ORG) == {saved.id: State.PENDING}
        await checks.refresh()
        assert await rounds(checks, clock, 1) == 1  # at once
        assert await services.monitors.states(ORG) == {saved.id: State.UP}
        assert await rounds(checks, clock, 300) == 5  # then each minute, at its place
        assert written.last("probe_success", monitor="Shop", job="monitor", type="http") == 1
        assert written.last("monitor_up", instance=f"http://127.0.0.1:{server.port}/") == 1
        assert written.last("probe_http_status_code") == 200
        phases = {own["phase"] for _, own, _, _ in written if own["__name__"] == "probe_http_duration_seconds"}
        assert phases == {"resolve", "connect", "tls", "processing", "transfer"}
        server.answer = lambda _: answer("", "500 Oops")
        before = clock.now_ms()
        while written.last("probe_success"):
            await rounds(checks, clock, 1)
        failed_ms = clock.now_ms()
        assert written.last("monitor_up") == 1  # not confirmed
        assert await rounds(checks, clock, 31) == 2  # twice more, after 15 s each
        assert written.last("monitor_up") == 0
        (event,) = (await queries.events(ORG, saved.id, 2**53, 1)).events
        assert (event.before, event.state, event.at_ms) == (State.UP, State.DOWN, failed_ms)
        assert event.reason == "it answered 500, expected 200-299"
        assert failed_ms - before <= 60_000
        assert await rounds(checks, clock, 240) == 4  # while it is down, each minute again
        server.answer = lambda _: answer()
        await rounds(checks, clock, 60)
        assert await services.monitors.states(ORG) == {saved.id: State.UP}
        kept = await store.find(ORG, "shop")
        assert kept is not None
        view = await queries.view(kept, "", clock.now_ms())
        assert view.result is not None
        assert (view.result.status, view.result.outcome) == (200, "ok")
        day = view.availability.day
        down = (await queries.events(ORG, saved.id, 2**53, 10)).events
        lasted_s = (down[0].at_ms - down[1].at_ms) / 1000
        assert day.down_s == pytest.approx(lasted_s)
        assert day.up_s + day.down_s + day.unknown_s == pytest.approx((clock.now_ms() - kept.created_at_ms) / 1000)
        assert view.availability.month.down_s == pytest.approx(lasted_s)
        assert day.ratio == pytest.approx(day.up_s / (day.up_s + day.down_s))


async def test_a_restart_goes_on_where_it_was(services: MonitorServices, clock: ManualClock) -> None:
    async with web() as server:
        saved = await services.monitors.create(ORG, http(server.port), by=SYSTEM)
        await services.checks.refresh()
        await rounds(services.checks, clock, 130)
        stood = await store.standing_of(saved.id)
        assert stood is not None
        done = len(server.requests)
        again = Checks(services.ports)  # another process, and the first one is gone
        await again.refresh()
        until_s = (stood.standing.due_at_ms - clock.now_ms()) / 1000
        assert await rounds(again, clock, math.ceil(until_s) - 1) == 0  # none is done twice
        assert await rounds(again, clock, 1) == 1  # and none is left out
        clock.advance(90)  # away over one, not over two
        late = Checks(services.ports)
        await late.refresh()
        assert await rounds(late, clock, 1) == 1  # made up for at once
        assert len(server.requests) == done + 2
        assert (await services.monitors.states(ORG))[saved.id] is State.UP
        clock.advance(3600)
        later = Checks(services.ports)
        await later.refresh()
        await rounds(later, clock, 1)
        events = (await queries.events(ORG, saved.id, 2**53, 10)).events
        assert [event.state for event in events] == [State.UP, State.UNKNOWN, State.UP]
        day = (await availability.last_day(ORG, {saved.id: (stood.standing, 0)}, clock.now_ms()))[saved.id]
        assert day.ratio in (1.0, None)  # time that nobody watched is not up


async def test_two_that_lead_write_once(services: MonitorServices, clock: ManualClock, written: Written) -> None:
    async with web() as server:
        saved = await services.monitors.create(ORG, http(server.port), by=SYSTEM)
        one, other = services.checks, Checks(services.ports)
        for checks in (one, other):
            await checks.refresh()
        clock.advance(1)
        for checks in (one, other):
            for watched in checks.take_due():
                await checks.check(watched)
        await one.flush()
        await other.flush()
        assert [labels for _, labels, _, _ in written if labels["__name__"] == "probe_success"].__len__() == 1
        assert len((await queries.events(ORG, saved.id, 2**53, 10)).events) == 1
        await other.refresh()  # who was not first reads how it stands
        assert await rounds(other, clock, 60) == 1


async def test_pausing_editing_deleting(services: MonitorServices, clock: ManualClock, written: Written) -> None:
    checks, monitors = services.checks, services.monitors
    async with web() as server:
        saved = await monitors.create(ORG, http(server.port), by=SYSTEM)
        await checks.refresh()
        await rounds(checks, clock, 61)
        await monitors.pause(ORG, "shop", by=SYSTEM)
        await checks.refresh()
        await checks.flush()
        assert await rounds(checks, clock, 120) == 0
        assert (await monitors.states(ORG))[saved.id] is State.PAUSED
        assert math.isnan(written.last("monitor_up") or 0)  # so that no rule goes on about it
        assert math.isnan(written.last("probe_success") or 0)
        await monitors.resume(ORG, saved.id, by=SYSTEM)
        await checks.refresh()
        assert await rounds(checks, clock, 1) == 1
        assert (await monitors.states(ORG))[saved.id] is State.UP
        renamed = MonitorChange(http(server.port, description="New"), version=None)
        await monitors.put(ORG, renamed, by=SYSTEM)
        assert not (await monitors.put(ORG, renamed, by=SYSTEM)).is_changed
        with pytest.raises(Conflict):
            await monitors.put(ORG, MonitorChange(http(server.port), version=1), by=SYSTEM)
        with pytest.raises(Conflict):
            await monitors.put(ORG, MonitorChange(Monitor(key="shop", name="Shop", check=Heartbeat())), by=SYSTEM)
        with pytest.raises(Conflict):
            await monitors.create(ORG, Monitor(key="other", name="Shop", check=Heartbeat()), by=SYSTEM)
        with pytest.raises(NotFound):
            await monitors.delete(8, saved.id, by=SYSTEM)
        await monitors.delete(ORG, "shop", by=SYSTEM)
        await checks.refresh()
        assert await rounds(checks, clock, 61) == 0
        for table in ("monitors", "monitor_standings", "monitor_events", "monitor_days"):
            assert await fetch(f"SELECT * FROM {table}") == []


async def test_maintenance_pauses_what_alerts_see(
    services: MonitorServices, clock: ManualClock, written: Written, maintained: set[str]
) -> None:
    saved = await services.monitors.create(
        ORG, Monitor(key="db", name="DB", check=Tcp(host="127.0.0.1", port=1), failures=1), by=SYSTEM
    )
    maintained.add(saved.id)
    await services.checks.refresh()
    await rounds(services.checks, clock, 61)
    assert (await services.monitors.states(ORG))[saved.id] is State.MAINTENANCE
    assert (written.last("probe_success"), written.last("monitor_up")) == (0, None)
    maintained.clear()
    await rounds(services.checks, clock, 61)
    assert written.last("monitor_up") == 0
    (day,) = (await services.monitors.days(ORG, [saved.id], 1))[saved.id]
    assert day.maintenance_s == pytest.approx(60, abs=61)
    assert day.maintenance_s > 0


async def test_what_may_not_be_asked_is_unknown(
    services: MonitorServices, clock: ManualClock, written: Written
) -> None:
    saved = await services.monitors.create(
        ORG, Monitor(key="meta", name="Meta", check=Http(url="http://169.254.169.254/")), by=SYSTEM
    )
    await services.checks.refresh()
    await rounds(services.checks, clock, 61)
    assert (await services.monitors.states(ORG))[saved.id] is State.UNKNOWN
    assert (written.last("probe_success"), written.last("monitor_up")) == (0, None)


async def test_secrets_are_sealed_and_stay_with_their_host(
    services: MonitorServices, clock: ManualClock, tmp_path: Path
) -> None:
    monitors = services.monitors
    async with web() as server:
        check = Http(
            url=f"http://127.0.0.1:{server.port}/", user="ann", password="hush-1", secret_headers={"X-Key": "hush-2"}
        )
        saved = await monitors.create(ORG, Monitor(key="shop", name="Shop", check=check), by=SYSTEM)
        assert "hush" not in str(await fetch("SELECT * FROM monitors"))
        kept = await monitors.find(ORG, saved.id)
        assert isinstance(kept.monitor.check, Http)
        assert (kept.monitor.check.password, kept.monitor.check.secret_headers) == (None, {"X-Key": None})
        await monitors.put(
            ORG, MonitorChange(Monitor(key="shop", name="Shop", check=kept.monitor.check, interval_s=30)), by=SYSTEM
        )
        await services.checks.refresh()
        await rounds(services.checks, clock, 1)
        assert "x-key: hush-2" in server.requests[0].lower()
        assert "authorization: Basic YW5uOmh1c2gtMQ==" in server.requests[0].replace("Authorization", "authorization")
        elsewhere = Http(url="https://evil.example/", user="ann", secret_headers={"X-Key": None})
        moved = Monitor(key="shop", name="Shop", check=elsewhere)
        for attempt in (
            monitors.put(ORG, MonitorChange(moved), by=SYSTEM),
            monitors.test(ORG, moved, by=SYSTEM, monitor_id=saved.id),
        ):
            with pytest.raises(Invalid) as refused:
                await attempt
            assert refused.value.code == "secrets_needed"
        copy = await monitors.duplicate(ORG, "shop", Copy(), by=SYSTEM)
        assert (copy.key, (await monitors.find(ORG, copy.id)).monitor.is_paused) == ("shop-copy", True)
        copied = monitors.with_secrets(await monitors.find(ORG, copy.id)).check
        assert isinstance(copied, Http)
        assert copied.password == "hush-1"
        assert (await monitors.duplicate(ORG, "shop", Copy(), by=SYSTEM)).key == "shop-copy-2"


async def test_certificates_become_samples(
    services: MonitorServices, clock: ManualClock, written: Written, tmp_path: Path
) -> None:
    tls, pem = certificate(tmp_path, days=20)
    async with web(tls) as server:
        check = Http(url=f"https://localhost:{server.port}/", ca=pem)
        await services.monitors.create(ORG, Monitor(key="tls", name="TLS", check=check), by=SYSTEM)
        await services.checks.refresh()
        await rounds(services.checks, clock, 1)
    shown = (await queries.listed(ORG, Wanted(), clock.now_ms(), offset=0, limit=10)).monitors[0]
    assert shown.state is State.UP
    assert written.last("probe_ssl_earliest_cert_expiry") == shown.certificate_ends_at_ms / 1000
    assert shown.certificate_ends_at_ms > 0


async def test_clocks_that_are_put_back(services: MonitorServices, clock: ManualClock) -> None:
    async with web() as server:
        await services.monitors.create(ORG, http(server.port), by=SYSTEM)
        await services.checks.refresh()
        await rounds(services.checks, clock, 61)
        clock.advance(-86_400)
        assert 1 <= await rounds(services.checks, clock, 61) <= 2


async def test_the_plan_is_kept_to(services: MonitorServices) -> None:
    for number in range(100):
        monitor = Monitor(key=f"m{number}", name=f"M{number}", check=Heartbeat())
        await services.monitors.create(ORG, monitor, by=SYSTEM)
    with pytest.raises(Invalid) as refused:
        await services.monitors.create(ORG, Monitor(key="more", name="More", check=Heartbeat()), by=SYSTEM)
    assert refused.value.code == "plan_limit"
