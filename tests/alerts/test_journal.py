"""States of alerts on both databases: what is posted, what survives a restart, what becomes of rules that go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from obsv.alertmanager import PostedAlert, parse_matcher
from obsv.alerts import AlertJournal, AlertPorts
from obsv.alerts.events import AlertEvents
from obsv.alerts.firings import Wanted, firings
from obsv.db import execute, fetch, write_tx
from obsv.metrics.rules.group import GroupRunner
from obsv.metrics.rules.model import AlertingRule, RuleGroup
from obsv.metrics.rules.ports import Ports
from obsv.metrics.rules.rules import Rules
from obsv.metrics.rules.states import moved_on
from tests.metrics.rules.test_group import NOW, STEP, Bench


class Stage:
    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder)
        self.posted: list[tuple[int, str, str, int]] = []
        self.failure: Exception | None = None
        clock = self.bench.clock
        ports = AlertPorts(
            clock, lambda: self.bench.engine, lambda: self.bench.store, self.most, "https://o.example.org", self.post
        )
        self.journal, self.events = AlertJournal(ports), AlertEvents(ports)

    async def most(self, _: int) -> int:
        return 100

    async def post(self, org: int, alerts: Sequence[PostedAlert]) -> None:
        await execute("INSERT INTO rule_beats (id, at_ms) VALUES ({}, {}) ON CONFLICT (id) DO NOTHING", 99, 1)
        if self.failure:
            raise self.failure
        for one in alerts:
            over = "resolved" if one.ends_at_ms <= self.tick else "firing"
            self.posted.append(((self.tick - NOW) // STEP, one.labels["host"], over, (one.starts_at_ms - NOW) // STEP))

    @property
    def ports(self) -> Ports:
        return replace(self.bench.ports, journal=self.journal, external_url="https://o.example.org")

    async def runner(self, group: RuleGroup) -> GroupRunner:
        restored = await self.journal.load()
        known = {key: list(alerts) for (_, key), alerts in restored.alerts.items()}
        return GroupRunner(group, self.ports, (), known)

    async def run(self, runner: GroupRunner, tick: int, **values: float) -> None:
        self.tick = NOW + tick * STEP
        self.bench.clock.advance((self.tick - self.bench.clock.now_ms()) / 1000)
        await self.bench.put(self.tick, **values)
        await runner.evaluate(self.tick)


@pytest.fixture
async def stage(tmp_path: Path, database: str) -> AsyncIterator[Stage]:
    made = Stage(tmp_path / "store")
    async with write_tx():
        await execute(
            "INSERT INTO organisations (id, slug, name, plan, is_operator, requires_mfa, created_at_ms) "
            "VALUES (1, 'operator', 'O', '', {}, {}, 0)",
            *(True, False),
        )
    await made.bench.store.open()
    yield made
    made.bench.engine.close()
    await made.bench.store.close()


def busy(**more: Any) -> RuleGroup:
    rule = AlertingRule(
        "Busy",
        "load > 5",
        {"severity": "page"},
        {"s": "{{ $labels.host }} {{ $value }}"},
        for_ms=2 * STEP,
        key="k",
        **more,
    )
    return RuleGroup("operator", "rules.yml", "g", STEP, 0, 0, (rule,))


async def test_states_go_on_after_a_restart_and_nobody_is_told_twice(stage: Stage) -> None:
    runner = await stage.runner(busy())
    for tick in range(2):
        await stage.run(runner, tick, a=9, b=1)
    assert stage.posted == []
    runner = await stage.runner(busy())
    await stage.run(runner, 2, a=9, b=1)
    assert stage.posted == [(2, "a", "firing", 2)]
    runner = await stage.runner(busy())
    for tick in range(3, 9):
        await stage.run(runner, tick, a=9, b=1)
    # As in Prometheus: again once more than a minute has gone by.
    assert stage.posted[1:] == [(7, "a", "firing", 2)]
    runner = await stage.runner(busy())
    await stage.run(runner, 9, a=1, b=1)
    assert stage.posted[2:] == [(9, "a", "resolved", 2)]
    runner = await stage.runner(busy())
    for tick in range(10, 9 + 62):
        await stage.run(runner, tick, a=1, b=1)
    assert {one[2] for one in stage.posted[3:]} == {"resolved"}
    assert max(one[0] for one in stage.posted) <= 9 + 60
    assert await fetch("SELECT id FROM alert_states") == []
    series = await stage.bench.read("ALERTS")
    assert series["ALERTSalertname=Busy|alertstate=pending|host=a|severity=page"] == [(0, 1), (1, 1), (2, "stale")]
    firing = series["ALERTSalertname=Busy|alertstate=firing|host=a|severity=page"]
    assert (firing[0], firing[-1]) == ((2, 1), (9, "stale"))


async def test_what_cannot_be_kept_is_not_so_until_it_can(stage: Stage) -> None:
    runner = await stage.runner(busy())
    for tick in range(2):
        await stage.run(runner, tick, a=9)
    stage.failure = RuntimeError("away")
    with pytest.raises(RuntimeError):
        await stage.run(runner, 2, a=9)
    assert await fetch("SELECT id FROM rule_beats WHERE id = 99") == []
    assert [row["state"] for row in await fetch("SELECT state FROM alert_states")] == ["pending"]
    assert await fetch("SELECT id FROM alert_events") == []
    stage.failure = None
    await stage.run(runner, 3, a=9)
    assert stage.posted == [(3, "a", "firing", 3)]
    assert [row["status"] for row in await fetch("SELECT status FROM alert_events")] == ["firing"]


async def test_events_keep_the_values_around_the_moment(stage: Stage) -> None:
    runner = await stage.runner(busy(version=7))
    for tick in range(6):
        await stage.run(runner, tick, a=3 + tick, b=1)
    await stage.run(runner, 6, a=1, b=1)
    (org,) = [row["id"] for row in await fetch("SELECT id FROM organisations")]
    listed = await stage.events.listed(org, 0, 2 * NOW, limit=10)
    assert [(one.status, (one.at_ms - NOW) // STEP, one.rule_version) for one in listed.events] == [
        ("resolved", 6, 7),
        ("firing", 5, 7),
    ]
    assert listed.events[1].annotations == {"s": "a 8"}
    assert listed.events[0].link.startswith("https://o.example.org/app/operator/explore?q=load+%3E+5&from=")
    assert await stage.events.fill() == 0
    stage.bench.clock.advance(600)
    assert await stage.events.fill() == 2
    points = (await stage.events.one(org, listed.events[1].id)).points
    assert points is not None
    assert points.query == "load"
    assert {value for value in points.values if value is not None} == {4.0, 6.0, 8.0, 1.0}
    assert await stage.events.drop_before(org, 2 * NOW) == 2


async def test_what_fired_from_when_to_when(stage: Stage) -> None:
    runner = await stage.runner(busy())
    # `a` fires twice, and `b` still does.
    for tick, a in enumerate((9, 9, 9, 1, 1, 9, 9, 9, 1)):
        await stage.run(runner, tick, a=a, b=9 if tick > 2 else 1)
    (org,) = [row["id"] for row in await fetch("SELECT id FROM organisations")]

    async def fired(since: int = 0, until: int = 99, limit: int = 10, **wanted: Any) -> list[tuple[str, int, int]]:
        asked = Wanted(NOW + since * STEP, NOW + until * STEP, **wanted)
        return [
            (one.labels["host"], (one.fired_at_ms - NOW) // STEP, one.ended_at_ms and (one.ended_at_ms - NOW) // STEP)
            for one in (await firings(org, asked, limit=limit)).firings
        ]

    assert await fired() == [("a", 7, 8), ("b", 5, 0), ("a", 2, 3)]
    assert await fired(until=4) == [("a", 2, 3)]
    assert await fired(since=4) == [("a", 7, 8), ("b", 5, 0)]
    # What began before and lasts counts, too.
    assert await fired(since=6, until=6) == [("b", 5, 0)]
    assert await fired(matchers=[parse_matcher("host=~a|c")]) == [("a", 7, 8), ("a", 2, 3)]
    assert await fired(matchers=[parse_matcher('host="c"')]) == []
    listed = await stage.events.listed(org, 0, 2 * NOW, limit=10)
    of_b = next(one for one in listed.events if one.labels["host"] == "b")
    assert await fired(fingerprint=of_b.fingerprint) == [("b", 5, 0)]
    assert (await fired(rule=of_b.rule_id), await fired(rule="other")) == (await fired(), [])
    cut = await firings(org, Wanted(0, 2 * NOW), limit=1)
    assert (len(cut.firings), cut.is_complete, cut.firings[0].annotations) == (1, False, {"s": "a 9"})
    assert cut.firings[0].id in {one.id for one in listed.events if one.status == "firing"}
    assert (await firings(org + 1, Wanted(0, 2 * NOW), limit=10)).firings == []
    # A rule that goes ends what it fires.
    async with write_tx():
        await execute("DELETE FROM alert_states")
    assert [one for one in await fired() if one[2] == 0] == []


async def test_without_data_a_rule_does_as_it_says(stage: Stage) -> None:
    for policy, states in (("ok", ["inactive"]), ("keep", ["firing"]), ("alert", ["firing", "pending"])):
        stage.posted.clear()
        async with write_tx():
            await execute("DELETE FROM alert_states")
        at = stage.bench.clock.now_ms()
        runner = await stage.runner(busy(no_data=policy))
        base = (at - NOW) // STEP + 100
        for tick in range(base, base + 3):
            await stage.run(runner, tick, a=9, b=1)
        assert [one[1:3] for one in stage.posted] == [("a", "firing")]
        # Beyond the lookback.
        await stage.run(runner, base + 40)
        found = runner.known()["k"]
        assert sorted(alert.state for alert in found) == sorted(states), policy
        if policy == "alert":
            assert any(("alert_reason", "no_data") in alert.labels for alert in found)
        # It comes back, and is fine.
        await stage.run(runner, base + 41, a=1, b=1)
        assert {alert.state for alert in runner.known()["k"]} <= {"inactive"}


async def test_a_query_that_fails_does_as_the_rule_says(stage: Stage) -> None:
    wrong = "load > on(x) load"
    for policy, count in (("keep", 1), ("ok", 0), ("alert", 2)):
        async with write_tx():
            await execute("DELETE FROM alert_states")
        base = (stage.bench.clock.now_ms() - NOW) // STEP + 100
        runner = await stage.runner(busy())
        for tick in range(base, base + 3):
            await stage.run(runner, tick, a=9, b=1)
        group = busy(on_error=policy)
        runner = await stage.runner(replace(group, rules=(replace(next(group.alerting), query=wrong),)))
        await stage.run(runner, base + 3, a=9, b=1)
        assert runner.status().rules[0].health == "err"
        assert "many-to-many" in runner.status().rules[0].error
        assert len([one for one in runner.known()["k"] if one.state != "inactive"]) == count, policy


async def test_rules_that_go_resolve_and_end_their_series(stage: Stage) -> None:
    runner = await stage.runner(busy())
    for tick in range(3):
        await stage.run(runner, tick, a=9)
    stage.tick = NOW + 3 * STEP
    stage.bench.clock.advance(STEP / 1000)
    rules = Rules([], stage.ports)
    await rules._reconcile([], await rules._restored())
    assert stage.posted[-1] == (3, "a", "resolved", 2)
    assert await fetch("SELECT id FROM alert_states") == []
    assert (await stage.bench.read("ALERTS_FOR_STATE"))["ALERTS_FOR_STATEalertname=Busy|host=a|severity=page"]


async def test_time_without_evaluations_does_not_count(stage: Stage) -> None:
    runner = await stage.runner(busy())
    await stage.run(runner, 0, a=9)
    (alert,) = runner.known()["k"]
    (moved,) = moved_on([alert], 3_600_000)
    assert moved.active_ms == alert.active_ms + 3_600_000
    await stage.journal.beat(NOW)
    stage.bench.clock.advance(3600)
    restored = await Rules([busy()], stage.ports)._restored()
    assert restored[1, "k"][0].active_ms == NOW + 3_600_000
