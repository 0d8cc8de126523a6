"""Deltas are added up: whatever replica gets them, after a restart, and once however often they come."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from obsv.core.clock import ManualClock
from obsv.db import fetch_value, write_tx
from obsv.metrics.histograms import Histogram
from obsv.metrics.ingest.otlp import Deltas, Options, Reader, sums
from obsv.metrics.ingest.otlp.reading import ClassicAmount
from obsv.privacy.purge import sweep
from tests.metrics.ingest.otlp.messages import (
    DELTA,
    NS,
    START,
    Exemplar,
    T,
    exponential,
    histogram,
    metric,
    number,
    request,
)
from tests.metrics.store.made import NOW

MINUTE = 60_000 * NS
LIMIT = 1000


class Node:
    """A server on the database."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.reader = Reader(Options())
        self.deltas = Deltas(self.clock, 600_000)
        self.reading = None

    async def take(self, *metrics, org: int = 1, limit: int = LIMIT) -> dict[str, list[float]]:
        """Values of the samples that a request becomes, by name, in their order."""
        self.reading = self.reader.read(org, request(*metrics, attributes={}).SerializeToString())
        await self.deltas.add(org, self.reading, limit)
        made: dict[str, list[float]] = {}
        batch = self.reading.floats.batch([])
        for labels, value in zip(batch.labels, batch.v.tolist(), strict=True):
            made.setdefault(labels["__name__"] + labels.get("le", ""), []).append(value)
        return made


@pytest.fixture
async def node(database):
    return Node()


def counter(*values: float, t: int = T, **given):
    """Points of a counter, a minute apart, up to `t`."""
    first = t - (len(values) - 1) * MINUTE
    points = [number(value, first + i * MINUTE, first + (i - 1) * MINUTE, **given) for i, value in enumerate(values)]
    return metric("sum", "c", *points, temporality=DELTA)


async def test_counters_rise(node):
    assert await node.take(counter(5, t=T - 2 * MINUTE)) == {"c_total": [5]}
    assert await node.take(counter(2.5, 1)) == {"c_total": [7.5, 8.5]}
    assert [(one.start, one.first, one.stop) for one in node.reading.begun] == [(T - 3 * MINUTE, 0, 1), (T - 3 * MINUTE, 1, 2)]  # fmt: skip
    assert node.reading.runs == [(1, 1), (1, 1)]


async def test_another_node_goes_on_where_the_first_stopped(node):
    await node.take(counter(5, t=T - MINUTE))
    assert await Node().take(counter(2)) == {"c_total": [7]}


async def test_a_request_that_comes_again_adds_nothing(node):
    for _ in range(3):
        assert await node.take(counter(5)) == {"c_total": [5]}
        assert node.reading.refused == 0
    assert await Node().take(counter(5, 3, t=T)) == {"c_total": [5]}
    assert node.reading.refused == 0


async def test_what_comes_late_is_refused(node):
    await node.take(counter(5))
    assert await node.take(counter(4, t=T - MINUTE)) == {}
    assert (node.reading.refused, node.reading.fault) == (
        1,
        "c_total: a later point of the same series was added up already",
    )
    assert await node.take(counter(1, t=T + MINUTE)) == {"c_total": [6]}


async def test_points_of_one_time_in_a_request_are_added(node):
    for _ in range(2):
        assert await node.take(counter(5), counter(2)) == {"c_total": [7]}


async def test_organisations_and_series_are_apart(node):
    await node.take(counter(5, t=T - MINUTE), org=1)
    assert await node.take(counter(2), org=2) == {"c_total": [2]}
    other = metric("sum", "c", number(3, a="x"), temporality=DELTA)
    assert await node.take(counter(1), other) == {"c_total": [6, 3]}


async def test_what_goes_up_and_down(node):
    down = metric("sum", "d", number(-2, T), temporality=DELTA, monotonic=False)
    await node.take(metric("sum", "d", number(5, T - 1), temporality=DELTA, monotonic=False))
    assert await node.take(down) == {"d": [3]}
    assert node.reading.begun == []


async def test_histograms(node):
    bounds = [1.0, 2.0]
    await node.take(metric("histogram", "h", histogram([1, 0, 2], bounds, 5.5, T - 1), temporality=DELTA))
    exemplar = Exemplar(as_double=1.5, time_unix_nano=T)
    more = histogram([1, 1, 0], bounds, 2.0, exemplars=[exemplar])
    expected = {"h_bucket1": [2], "h_bucket2": [3], "h_bucket+Inf": [5], "h_count": [5], "h_sum": [7.5]}
    assert await node.take(counter(1), metric("histogram", "h", more, temporality=DELTA)) == expected | {"c_total": [1]}
    batch = node.reading.floats.batch([])
    assert [batch.labels[one.row]["le"] for one in batch.exemplars] == ["2"]
    unsummed = metric("histogram", "h", histogram([1, 0, 0], bounds, None, T + 1), temporality=DELTA)
    assert "h_sum" not in await node.take(unsummed)


async def test_other_bounds_begin_anew(node):
    await node.take(metric("histogram", "h", histogram([1, 2], [1.0], 5.0, T - 1, START), temporality=DELTA))
    made = await node.take(metric("histogram", "h", histogram([1, 0], [4.0], 1.0, T, T - 1), temporality=DELTA))
    assert made == {"h_bucket4": [1], "h_bucket+Inf": [1], "h_count": [1], "h_sum": [1]}
    assert [one.start for one in node.reading.begun] == [T - 1]


async def test_exponential_histograms(node):
    def points(scale: int, *counts: int, t: int):
        return metric("exponential_histogram", "e", exponential(scale, 0, counts, zero=1, t=t), temporality=DELTA)

    await node.take(points(1, 1, 2, t=T - 2))
    await node.take(points(0, 4, t=T - 1))
    await Node().take(counter(1))
    await node.take(points(1, 1, t=T))
    [made] = node.reading.natives.histograms
    assert made == Histogram(0, 11, 7.5, 1e-128, 3, {1: 8})
    assert [one.is_native for one in node.reading.begun] == [True]


async def test_exponential_histograms_have_bounds(node):
    for i in range(4):
        point = exponential(8, 200 * i, [1] * 200, t=T + i)
        await node.take(metric("exponential_histogram", "e", point, temporality=DELTA))
    [made] = node.reading.natives.histograms
    assert (made.schema, made.count, sum(made.positive.values())) == (6, 800, 800)
    assert len(made.positive) <= sums.MOST_BUCKETS


@pytest.mark.parametrize(
    ("point", "says"),
    [
        (number(1, T + 11 * MINUTE), "too far in the future"),
        (number(1, T, T + 1), "not after its start"),
        (number(1, 0, 0), "not after its start"),
        (number(float("inf")), "inf cannot be added up"),
        (number(float("nan")), "nan cannot be added up"),
    ],
)
async def test_points_that_would_spoil_a_sum(node, point, says):
    assert await node.take(counter(5), metric("sum", "c", point, temporality=DELTA)) == {"c_total": [5]}
    assert node.reading.refused == 1
    assert says in node.reading.fault
    assert await node.take(counter(1, t=T + MINUTE)) == {"c_total": [6]}


async def test_an_organisation_has_so_many_at_most(node):
    def some(count: int):
        return metric("sum", "c", *(number(1, n=i) for i in range(count)), temporality=DELTA)

    assert len((await node.take(some(3), limit=2))["c_total"]) == 2
    assert (node.reading.refused, node.reading.fault) == (
        1,
        "c_total: the limit of series with delta temporality is reached",
    )
    assert len((await node.take(some(3), org=2, limit=3))["c_total"]) == 3
    assert len((await node.take(some(2), limit=2))["c_total"]) == 2


async def test_many_at_once(node):
    def some(t: int):
        return metric("sum", "c", *(number(1, t, START, n=i) for i in range(1200)), temporality=DELTA)

    await node.take(some(T - 1), limit=1200)
    assert await node.take(some(T), limit=1200) == {"c_total": [2] * 1200}


async def test_nodes_at_once_lose_nothing(node):
    times = iter(range(T, T + MINUTE, NS))

    async def send(taker: Node) -> None:
        """Until it is not behind what another has sent meanwhile."""
        await taker.take(counter(1, t=next(times)))
        while taker.reading.refused:
            await taker.take(counter(1, t=next(times)))

    for _ in range(3):
        await asyncio.gather(*(send(Node()) for _ in range(5)))
    assert await node.take(counter(0, t=next(times))) == {"c_total": [15]}


async def test_what_was_added_is_forgotten(node):
    await node.take(counter(5))
    assert await fetch_value("SELECT count(*) FROM delta_sums") == 1
    today = datetime.fromtimestamp(NOW / 1000, UTC).date()
    await sweep(today + timedelta(days=1))
    assert await node.take(counter(1, t=T + MINUTE)) == {"c_total": [6]}
    await sweep(today + timedelta(days=2))
    assert await fetch_value("SELECT count(*) FROM delta_sums") == 0
    assert await node.take(counter(1, t=T + 2 * MINUTE)) == {"c_total": [1]}


async def test_a_series_that_was_something_else_begins_anew(node):
    await node.take(counter(5, t=T - 1))
    key = await fetch_value("SELECT series_id FROM delta_sums")
    odd = sums.Sum(1, T - 1, ClassicAmount((1.0,), (1, 2), 3, 4.0))
    async with write_tx():
        await sums.save(1, [(key, odd)], NOW)
    assert (await sums.load(1, {key}))[key] == sums.Sum(1, T - 1, ClassicAmount((1.0,), [1, 2], 3, 4.0))
    assert await node.take(counter(2)) == {"c_total": [2]}
