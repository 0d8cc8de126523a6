"""Rules evaluated on a real store, tick by tick."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from obsv.core.clock import ManualClock
from obsv.core.errors import Unavailable
from obsv.metrics.promql import Engine
from obsv.metrics.rules import Ports, Rules
from obsv.metrics.rules.group import GroupRunner
from obsv.metrics.rules.model import RecordingRule, RuleGroup
from obsv.metrics.store.blockstore import BlockStore
from obsv.metrics.store.types import STALE_BITS, Matcher, WriteBatch, WriteResult
from tests.metrics.store.made import NOW, as_dict, batch, make

STEP = 15_000


class Bench:
    """A store, an engine and a clock; what rules write can be read back."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(NOW)
        self.store: BlockStore = make(folder, self.clock)
        self.engine = Engine()
        self.failure: Exception | None = None
        self.ports = Ports(self.clock, lambda: self.engine, lambda: self.store, self.write, self.organisation)

    async def write(self, org: int, rows: WriteBatch) -> WriteResult:
        if self.failure:
            raise self.failure
        return await self.store.write(org, rows)

    async def organisation(self, slug: str) -> int | None:
        return {"operator": 1, "other": 2}.get(slug)

    async def put(self, at_ms: int, org: int = 1, **values: float) -> None:
        rows = [({"__name__": "load", "host": host}, [(at_ms, value)]) for host, value in values.items()]
        await self.store.write(org, batch(*rows))

    async def read(self, name: str, org: int = 1) -> dict[str, list[tuple[int, float | str]]]:
        """Of each series the (ticks since the first, value) of its samples."""
        found = await self.store.select(org, [Matcher("__name__", "=", name)], 0, NOW * 2, limit=1000)
        out: dict[str, list[tuple[int, float | str]]] = {}
        values = iter(found.v.tolist())
        for key, points in as_dict(found).items():
            out[key] = [
                ((t - NOW) // STEP, "stale" if bits == STALE_BITS else next_)
                for (t, bits), next_ in zip(points, values, strict=False)
            ]
        return out


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    await made.store.open()
    yield made
    made.engine.close()
    await made.store.close()


def group(*rules: tuple[str, str], limit: int = 0, offset: int = 0, org: str = "operator", **labels: str) -> RuleGroup:
    made = tuple(RecordingRule(name, query, labels) for name, query in rules)
    return RuleGroup(org, "rules.yml", "g", STEP, limit, offset, made)


async def test_rules_run_in_order_and_see_what_those_before_them_wrote(bench: Bench) -> None:
    runner = GroupRunner(group(("s", "sum(load)"), ("twice", "s * 2"), ("n", "3 + 4"), tier="gold"), bench.ports, ())
    for tick in range(2):
        await bench.put(NOW + tick * STEP, a=tick + 1, b=10)
        await runner.evaluate(NOW + tick * STEP)
    assert await bench.read("s") == {"stier=gold": [(0, 11), (1, 12)]}
    assert await bench.read("twice") == {"twicetier=gold": [(0, 22), (1, 24)]}
    assert await bench.read("n") == {"ntier=gold": [(0, 7), (1, 7)]}
    assert await bench.read("s", org=2) == {}
    status = runner.status()
    assert [(run.health, run.error, run.at_ms) for run in status.rules] == [("ok", "", NOW + STEP)] * 3


async def test_series_that_vanish_end(bench: Bench) -> None:
    runner = GroupRunner(group(("big", "load > 5")), bench.ports, ())
    for tick, (a, b) in enumerate(((9, 9), (9, 1), (9, 1), (1, 9))):
        await bench.put(NOW + tick * STEP, a=a, b=b)
        await runner.evaluate(NOW + tick * STEP)
    found = await bench.read("big")
    assert found["bighost=a"] == [(0, 9), (1, 9), (2, 9), (3, "stale")]
    assert [point[0] for point in found["bighost=b"]] == [0, 1, 3]
    assert found["bighost=b"][1] == (1, "stale")


async def test_a_rule_that_fails_stores_nothing_and_ends_nothing(bench: Bench) -> None:
    await bench.put(NOW, a=1, b=2)
    for rule, why in (
        (("many", "load"), "exceeded limit of 1 with 2 series"),
        (("same", 'label_replace(load, "host", "x", "", "")'), "same labelset"),
        (("words", '"text"'), "not a vector or scalar"),
    ):
        runner = GroupRunner(group(rule, limit=1), bench.ports, ())
        await runner.evaluate(NOW)
        (run,) = runner.status().rules
        assert run.health == "err"
        assert why in run.error
        assert await bench.read(rule[0]) == {}
    runner = GroupRunner(group(("only", "load"), limit=2), bench.ports, ())
    await runner.evaluate(NOW)
    await bench.put(NOW + STEP, c=3)
    await runner.evaluate(NOW + STEP)
    assert await bench.read("only") == {"onlyhost=a": [(0, 1)], "onlyhost=b": [(0, 2)]}


async def test_rule_labels_that_make_two_series_one_are_refused(bench: Bench) -> None:
    await bench.put(NOW, a=1, b=2)
    runner = GroupRunner(group(("one", "load"), host="all"), bench.ports, ())
    await runner.evaluate(NOW)
    assert runner.status().rules[0].error == (
        "vector contains metrics with the same labelset after applying rule labels"
    )
    runner = GroupRunner(group(("bare", 'load{host="a"}'), host=""), bench.ports, ())
    await runner.evaluate(NOW)
    assert await bench.read("bare") == {"bare": [(0, 1)]}


async def test_an_offset_moves_query_and_samples_back(bench: Bench) -> None:
    await bench.put(NOW, a=1)
    await bench.put(NOW + STEP, a=2)
    await GroupRunner(group(("late", "load"), offset=STEP), bench.ports, ()).evaluate(NOW + STEP)
    assert await bench.read("late") == {"latehost=a": [(0, 1)]}


async def test_after_a_restart_what_vanished_meanwhile_ends(bench: Bench) -> None:
    rules = group(("big", "load > 5"), ("twin", "load > 5"), tier="gold")
    await bench.put(NOW, a=9, b=9)
    await GroupRunner(rules, bench.ports, {"twin"}).evaluate(NOW)
    await bench.put(NOW + STEP, a=9, b=1)
    await GroupRunner(rules, bench.ports, {"twin"}).evaluate(NOW + STEP)
    found = await bench.read("big")
    assert found["bighost=a|tier=gold"] == [(0, 9), (1, 9)]
    assert found["bighost=b|tier=gold"] == [(0, 9), (1, "stale")]
    # Several rules record this one: whose series it was nobody can tell.
    assert (await bench.read("twin"))["twinhost=b|tier=gold"] == [(0, 9)]


async def test_a_store_that_is_away_is_an_error_and_the_series_stay_known(bench: Bench) -> None:
    runner = GroupRunner(group(("big", "load > 5")), bench.ports, ())
    await bench.put(NOW, a=9)
    await runner.evaluate(NOW)
    await bench.put(NOW + STEP, a=1)
    bench.failure = Unavailable("disk full")
    await runner.evaluate(NOW + STEP)
    assert runner.status().rules[0].error == "disk full"
    bench.failure = None
    await runner.evaluate(NOW + 2 * STEP)
    assert await bench.read("big") == {"bighost=a": [(0, 9), (2, "stale")]}
    assert runner.status().rules[0].health == "ok"


async def test_an_organisation_has_its_own_groups_alone(bench: Bench) -> None:
    groups = [group(("a", "1")), group(("b", "2"), org="other"), group(("c", "3"), org="nobody")]
    rules = Rules(groups, bench.ports)
    assert [status.group.rules[0].name for status in await rules.of(1)] == ["a"]
    assert [status.group.rules[0].name for status in await rules.of(2)] == ["b"]
    assert await rules.of(3) == []
    nobody = GroupRunner(groups[2], bench.ports, ())
    await nobody.evaluate(NOW)
    assert nobody.status().rules[0].error == "there is no organisation 'nobody'"
