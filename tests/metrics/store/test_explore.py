"""The cardinality explorer: its counts against a count by hand, what is new over restarts and crashes, and the API."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.testing import AsyncTestClient

from obsv.core.clock import ManualClock
from obsv.http import exception_handlers
from obsv.metrics.api import cardinality_router
from obsv.metrics.explore import Exploration
from obsv.metrics.histograms import Histogram, tokens
from obsv.metrics.ingest.limits import Limits
from obsv.metrics.promql import parse_matchers
from obsv.metrics.store.births import KEPT, STEP_MS, Births
from obsv.metrics.store.blockstore import BlockStore
from obsv.metrics.store.types import Matcher
from tests.metrics.store.made import HOUR, NOW, batch, crashed, make

Labels = dict[str, str]


def fleet(count: int, version: str = "1") -> list[Labels]:
    """Two metrics of every pod."""
    return [
        {"__name__": name, "pod": f"pod-{i}", "zone": f"z{i % 2}", "version": version}
        for i in range(count)
        for name in ("cpu", "memory")
    ]


async def send(store: BlockStore, series: list[Labels], at: int, org: int = 1) -> None:
    result = await store.write(org, batch(*((labels, [(at, 1.0)]) for labels in series)))
    assert not result.refused


async def look(store: BlockStore, match: str = "", by: Any = "series", limit: int = 10, org: int = 1) -> Exploration:
    return await store.explore(org, parse_matchers(match) if match else [], by=by, limit=limit)


def expected(series: list[Labels], limit: int) -> tuple[Any, Any, Any]:
    pairs = Counter((name, value) for labels in series for name, value in labels.items())
    values = Counter(name for name, _ in pairs)
    top = sorted((count for (name, _), count in pairs.items() if name != "__name__"), reverse=True)
    metrics = {value: count for (name, value), count in pairs.items() if name == "__name__"}
    return metrics, dict(values), top[:limit]


async def test_counts_by_metric_label_and_pair(tmp_path: Path) -> None:
    store, series = make(tmp_path), [*fleet(7), {"__name__": "up"}]
    await store.open()
    await send(store, series, NOW)
    await send(store, fleet(3), NOW, org=2)
    found = await look(store)
    metrics, labels, top = expected(series, 10)
    assert (found.kept, found.active, found.born_hour, found.born_day) == (15, 15, 15, 15)
    assert (found.metric_names, found.label_names) == (3, 4)
    assert {one.name: one.active for one in found.metrics} == metrics
    assert [one.name for one in found.metrics][-1] == "up"
    assert {one.name: one.values for one in found.labels} == labels
    assert {one.name: one.active for one in found.labels} == {"__name__": 15, "pod": 14, "zone": 14, "version": 14}
    assert [one.active for one in found.pairs] == top
    assert (found.pairs[0].name, found.pairs[0].value) == ("version", "1")
    assert len((await look(store, limit=2)).pairs) == 2
    await store.close()


async def test_a_selector_narrows(tmp_path: Path) -> None:
    store = make(tmp_path)
    await store.open()
    await send(store, fleet(7), NOW)
    found = await look(store, 'cpu{zone="z1"}')
    assert (found.active, [one.name for one in found.metrics]) == (3, ["cpu"])
    assert {one.name: one.values for one in found.labels} == {"pod": 3, "__name__": 1, "zone": 1, "version": 1}
    nothing = await look(store, "none")
    assert (nothing.kept, nothing.metrics, nothing.labels, nothing.pairs) == (0, [], [], [])
    await store.close()


async def test_churn_is_what_began_lately(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    store = make(tmp_path, clock)
    await store.open()
    await send(store, fleet(4, "old"), NOW)
    clock.advance(30 * 3600)
    await send(store, fleet(4, "old"), clock.now_ms())
    await send(store, fleet(3, "mid"), clock.now_ms())
    clock.advance(2 * 3600)
    await send(store, fleet(2, "new"), clock.now_ms())
    churn, series = await look(store, by="churn"), await look(store)
    assert (series.kept, series.active, series.born_hour, series.born_day) == (18, 4, 4, 10)
    assert {one.value: one.born_day for one in churn.pairs if one.name == "version"} == {"mid": 6, "new": 4}
    assert {one.value: one.active for one in series.pairs if one.name == "version"} == {"new": 4}
    assert {one.name: one.values for one in churn.labels}["version"] == 2
    await store.close()


async def test_births_outlive_a_restart_and_a_crash(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    store = make(tmp_path / "first", clock)
    await store.open()
    await send(store, fleet(4, "old"), NOW)
    clock.advance(3 * 3600)
    await store.flush()
    await send(store, fleet(3, "mid"), clock.now_ms())
    await store.flush()
    await send(store, fleet(2, "new"), clock.now_ms())
    other = make(crashed(tmp_path / "first", tmp_path / "second"), clock)
    await store.close()
    for again in (other, make(tmp_path / "first", clock)):
        await again.open()
        found = await look(again, by="churn")
        assert (found.kept, found.born_hour, found.born_day) == (18, 10, 18)
        clock.advance(22 * 3600)
        assert (await look(again, by="churn")).born_day == 10
        clock.advance(-22 * 3600)
        await again.close()


async def test_imported_history_is_new(tmp_path: Path) -> None:
    store = make(tmp_path)
    await store.open()
    await send(store, fleet(2), NOW - HOUR // 2)
    await store.write(1, batch(({"__name__": "older"}, [(NOW - 48 * HOUR, 1.0)])), imported=True)
    found = await look(store)
    assert (found.active, found.born_hour, found.kept) == (4, 5, 5)
    assert [one.name for one in found.metrics] == ["cpu", "memory"]
    await store.close()


async def test_parts_of_histograms_do_not_show_as_a_label(tmp_path: Path) -> None:
    store = make(tmp_path)
    await store.open()
    made = batch(({"__name__": "latency"}, [(NOW, 0.0)]))
    made.histograms, made.v = [Histogram(schema=0, count=3.0, sum=4.0)], tokens(np.zeros(1, np.int64))
    await store.write(1, made)
    found = await look(store)
    assert found.active > 1
    assert [one.name for one in found.labels] == ["__name__"]
    await store.close()


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 5)), max_size=60), st.integers(0, 400))
def test_births_by_hand(requests: list[tuple[int, int]], asked: int) -> None:
    births, first, began = Births(), 0, []
    for step, count in sorted(requests):
        births.note(step * STEP_MS + 7, first)
        began += [step] * count
        first += count
    newest = max(began, default=0)
    asked = max(asked, newest - KEPT + 1)
    kept = Births()
    kept.load(births.marks() | {"flushes": 3})
    for one in (births, kept):
        assert first - one.first_since(asked * STEP_MS, first) == sum(step >= asked for step in began)


class Someone:
    org = 1


def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    connection.state.actor = Someone()


async def plan(_: int) -> Limits:
    return Limits(series=500)


async def nobody(_: int) -> list[str]:
    return []


async def test_over_the_api(tmp_path: Path) -> None:
    store = make(tmp_path)
    await store.open()
    await send(store, fleet(3), NOW)
    app = Litestar(
        [cardinality_router(lambda: store, plan, nobody, guard)],
        exception_handlers=exception_handlers(lambda *_: None),  # type: ignore[arg-type,return-value]
        openapi_config=None,
    )
    path = "/api/obsv/v1/metrics/cardinality"
    async with AsyncTestClient(app) as client:
        answer = (await client.get(path, params={"match": "cpu", "by": "churn", "limit": 1})).json()
        assert (answer["counted_series"], answer["max_series"]) == (6, 500)
        assert answer["found"]["metrics"] == [{"name": "cpu", "active": 3, "born_hour": 3, "born_day": 3}]
        assert len(answer["found"]["pairs"]) == len(answer["found"]["labels"]) == 1
        for wrong in ({"match": "cpu{"}, {"match": "sum(cpu)"}, {"by": "name"}, {"limit": 0}, {"limit": "x"}):
            refused = await client.get(path, params=wrong)
            assert refused.status_code in (400, 422), wrong
        assert "selector" in (await client.get(path, params={"match": "cpu{"})).json()["detail"]
        assert (await client.get(path, params={"match": " "})).json()["found"]["active"] == 6
    await store.close()


@pytest.mark.parametrize("matchers", [[Matcher("zone", "=~", "z.*")], []])
async def test_by_regular_expression(tmp_path: Path, matchers: list[Matcher]) -> None:
    store = make(tmp_path)
    await store.open()
    await send(store, fleet(3), NOW)
    assert (await store.explore(1, matchers, by="series", limit=5)).active == 6
    await store.close()
