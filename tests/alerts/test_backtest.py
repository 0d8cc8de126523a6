"""Rules tried over the past: when they would have fired, and how many messages that makes."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from obsv.alerts import AlertPorts
from obsv.alerts.backtest import Backtests
from obsv.alerts.documents import RuleDocument
from obsv.alerts.grouping import Fired, GroupTimes, messages
from obsv.alerts.types import Backtest, BacktestResult
from obsv.core.errors import Invalid
from obsv.metrics.rules.states import Alert, Found, Timing, step
from tests.metrics.rules.test_group import NOW, Bench
from tests.metrics.store.made import batch

MINUTE = 60_000
BASE = NOW // MINUTE * MINUTE


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    await made.store.open()
    yield made
    made.engine.close()
    await made.store.close()


async def tried(bench: Bench, time_s: float = 20, **wish: Any) -> BacktestResult:
    async def most(_: int) -> int:
        return 1

    ports = AlertPorts(bench.clock, lambda: bench.engine, lambda: bench.store, most)
    rule = {"alert": "Busy", "expr": "load > 5", **wish.pop("rule", {})}
    if "for" in rule:
        rule["for_"] = rule.pop("for")
    return await Backtests(ports, time_s).run(1, Backtest(rule=RuleDocument(**rule), days=wish.pop("days", 1), **wish))


async def put(bench: Bench, values: list[float], host: str = "a") -> None:
    """Minutes up to now."""
    points = [(BASE - (len(values) - 1 - i) * MINUTE, value) for i, value in enumerate(values)]
    await bench.store.write(1, batch(({"__name__": "load", "host": host}, points)), imported=True)


async def test_what_the_state_machine_would_have_done(bench: Bench) -> None:
    """The same firings as evaluating every minute, for random series and times."""
    chance = random.Random(5)
    values = [float(chance.choice([1, 9, 9, 9])) for _ in range(400)]
    await put(bench, values)
    for hold, keep in ((0, 0), (2, 0), (3, 2), (0, 4)):
        timing = Timing(hold * MINUTE, keep * MINUTE)
        alerts: dict[Any, Alert] = {}
        fired: list[list[int]] = []
        for i, value in enumerate(values):
            at = BASE - (len(values) - 1 - i) * MINUTE
            key = (("host", "a"),)
            made = step(timing, alerts, {key: Found(key, {}, value)} if value > 5 else {}, at)
            alerts = made.alerts
            fired += [[at, 0] for _ in made.fired]
            for one in made.resolved:
                fired[-1][1] = one.resolved_ms
        result = await tried(bench, rule={"for": f"{hold}m", "keep_firing_for": f"{keep}m"})
        (line,) = result.lines
        got = [[one.fired_at_ms, one.ended_at_ms if one.is_over else 0] for one in line.firings if one.fired_at_ms]
        assert got == fired, (hold, keep)
        assert (line.fired, result.series, result.is_complete) == (len(fired), 1, True)


async def test_labels_limits_and_mistakes(bench: Bench) -> None:
    await put(bench, [9.0] * 30)
    await put(bench, [9.0] * 10 + [1.0] * 20, host="b")
    result = await tried(bench, rule={"labels": {"team": "{{ $labels.host }}x"}}, group_by=("alertname",))
    assert [(line.labels["team"], line.firing_s) for line in result.lines] == [("ax", 29 * 60), ("bx", 600)]
    assert (result.fired, result.notifications) == (2, 2)
    late = await tried(bench, time_s=-1)
    assert (late.is_complete, late.series) == (False, 0)
    # A group may be evaluated more often than each minute; over a long time it is looked at less often.
    assert (await tried(bench, interval="15s", days=1)).step_ms == 15_000
    for wrong in ({"interval": "100ms"}, {"repeat_interval": "1s"}):
        with pytest.raises(Invalid, match="is less than"):
            await tried(bench, **wrong)
    month = await tried(bench, days=90)
    assert (month.step_ms, month.is_complete) == (180_000, True)
    for rule in ({"expr": "sum("}, {"expr": '"x"'}, {"alert": "", "record": "x"}):
        with pytest.raises(Invalid):
            await tried(bench, rule=rule)


def test_messages_of_a_group() -> None:
    second, minute, hour = 1000, 60_000, 3_600_000
    times = GroupTimes(30 * second, 5 * minute, 4 * hour, 100 * hour)
    assert messages([], times) == 0
    # Over before the group is told of it.
    assert messages([Fired(1, 0, 10 * second)], times) == 0
    # Told, and told that it is over.
    assert messages([Fired(1, 0, 10 * minute)], times) == 2
    assert (
        messages(
            [Fired(1, 0, 10 * minute)], GroupTimes(30 * second, 5 * minute, 4 * hour, 100 * hour, send_resolved=False)
        )
        == 1
    )
    # Another one in between is news; then one is over; then all.
    assert messages([Fired(1, 0, 30 * minute), Fired(2, 7 * minute, 12 * minute)], times) == 4
    # Every four hours again, and at the end.
    assert messages([Fired(1, 0, 13 * hour)], times) == 1 + 3 + 1
    # What still fires when the time is over.
    assert messages([Fired(1, 0, 1000 * hour)], times) == 25
    # Two that come within the wait are one message.
    assert messages([Fired(1, 0, hour), Fired(2, 20 * second, hour)], times) == 2


def test_messages_take_as_long_as_there_are_changes() -> None:
    """Not as there are repetitions, which would take until the test's time is over: a trial must hold nobody up."""
    day = 86_400_000
    times = GroupTimes(0, 1000, 60_000, 90 * day)
    for _ in range(2000):
        assert messages([Fired(1, 0, 100 * day)], times) == 90 * 1440 + 1


def test_messages_are_those_of_every_flush() -> None:
    """Against a group that is looked at at each of its flushes."""
    chance = random.Random(11)
    for _ in range(300):
        times = GroupTimes(
            chance.choice((0, 30, 45)), 10, chance.choice((10, 35, 60, 200)), 2000, send_resolved=chance.random() < 0.5
        )
        fired = [
            Fired(alert, begin, begin + chance.randrange(1, 300))
            for alert in range(chance.randrange(1, 4))
            for begin in range(chance.randrange(300), 2000, 400)
        ]
        assert messages(fired, times) == plainly(fired, times), (fired, times)


def plainly(fired: list[Fired], times: GroupTimes) -> int:
    sent, flush_ms, told_ms, told = 0, -1, 0, set[int]()
    for now in range(times.until_ms + 1):
        firing = {one.alert for one in fired if one.from_ms <= now < one.until_ms}
        if flush_ms < 0 and any(one.from_ms == now for one in fired):
            flush_ms, told = now + times.wait_ms, set()
        if now != flush_ms:
            continue
        is_over = times.send_resolved and bool(told - firing)
        if firing - told or is_over or (firing and now - told_ms >= times.repeat_ms):
            sent, told_ms = sent + 1, now
        told = firing
        flush_ms = now + times.interval_ms if firing else -1
    return sent
