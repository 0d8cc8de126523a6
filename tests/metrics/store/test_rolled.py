"""Queries over roll-ups: the answer of the samples themselves, or one that is wrong by no more than it says."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from obsv.core.clock import ManualClock
from obsv.metrics.histograms import Histogram
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.promql import Engine, EngineOptions, Grid, Query, Vector, buckets
from obsv.metrics.promql.errors import TooManySeries
from obsv.metrics.store.blockstore import BlockStore
from obsv.metrics.store.types import Matcher
from tests.metrics.store.made import batch, make
from tests.metrics.store.rolling import (
    DAY,
    DAYS,
    HOUR,
    MINUTE,
    NOW,
    RESOLUTIONS,
    START,
    RawOnly,
    Watched,
    ask,
    both,
    rolled,
    rolled_store,
    rows,
)

RAW_SINCE, ROLLED_SINCE = START + 4 * DAY, START + 2 * DAY
ABSENT_BITS = 0x7FF8000000000DEF
NEWEST = ("last_over_time", "present_over_time", "absent_over_time", "ts_of_last_over_time")
WHOLE = ("min_over_time", "max_over_time", "sum_over_time", "count_over_time", "avg_over_time")
RATES = ("rate", "increase", "delta")
TOTALS = ("sum_over_time", "count_over_time", "increase", "delta")
GAUGES, COUNTERS = ("load", "up", "limit", "seldom"), ("requests_total", "stored", "limit")


@dataclass
class Stores:
    """One with all samples, and one of which only the newest are left beside roll-ups; on a loop of their own."""

    runner: asyncio.Runner
    engine: Engine
    full: BlockStore
    old: BlockStore

    def ask(self, source: object, text: str, grid: Grid):
        return self.runner.run(ask(self.engine, source, text, grid))


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    engine = Engine()
    with asyncio.Runner() as runner:
        full, old = (runner.run(rolled_store(tmp_path_factory.mktemp("rolled"))) for _ in range(2))
        runner.run(old.expire(1, {0: RAW_SINCE, RESOLUTIONS[0]: ROLLED_SINCE, RESOLUTIONS[1]: START - 100 * DAY}))
        yield Stores(runner, engine, full, old)
        runner.run(full.close())
        runner.run(old.close())
    engine.close()


def agree(found: dict[str, np.ndarray], wanted: dict[str, np.ndarray], *, rtol: float) -> None:
    assert found.keys() == wanted.keys()
    for key, values in found.items():
        absent, expected = (x.view(np.uint64) == ABSENT_BITS for x in (values, wanted[key]))
        assert (absent == expected).all(), key
        if rtol:
            np.testing.assert_allclose(values[~absent], wanted[key][~absent], rtol=rtol, atol=1e-9)
        else:
            assert (values.view(np.uint64) == wanted[key].view(np.uint64)).all(), key


# -- exactly ------------------------------------------------------------------------------------------------------


@st.composite
def aligned(draw: st.DrawFn) -> tuple[str, Grid, bool]:
    """(query, grid, whether it must be exact to the bit) of windows that are made of whole buckets."""
    width = draw(st.sampled_from(RESOLUTIONS))
    name = draw(st.sampled_from(("load", "up", "limit", "seldom", "requests_total", "stored")))
    function = draw(st.sampled_from(("", "timestamp", "absent", *NEWEST, *WHOLE, *RATES)))
    length = draw(st.integers(1, 12)) * width // MINUTE
    if function in NEWEST:
        length = draw(st.integers(1, 200))
    offset = draw(st.integers(-2, 5)) * width // MINUTE
    selector = f"{name}[{length}m]" if function.endswith("_over_time") or function in RATES else name
    text = f"{selector} offset {offset}m" if offset else selector
    step = draw(st.integers(1, 8)) * width
    start = START + draw(st.integers(0, 30)) * HOUR
    count = draw(st.integers(2, (NOW - start) // step))
    query, is_exact = f"{function}({text})", function not in ("sum_over_time", "avg_over_time", *RATES)
    if by := draw(st.sampled_from(("", "", "max", "sum", "count"))):
        query, is_exact = f"{by} by (instance) ({query})", is_exact and by != "sum"
    return query, Grid(start, step, count), is_exact


@given(aligned())
@settings(max_examples=150, deadline=None)
def test_windows_of_whole_buckets_are_answered_as_from_samples(stores: Stores, query: tuple[str, Grid, bool]) -> None:
    text, grid, is_exact = query
    watched = Watched(stores.full)
    found, result = stores.ask(watched, text, grid)
    wanted, plain = stores.ask(RawOnly(stores.full), text, grid)
    agree(found, wanted, rtol=0 if is_exact else 1e-12)
    assert (result.warnings, result.infos) == (plain.warnings, plain.infos)


@pytest.mark.parametrize(
    ("text", "grid", "resolution"),
    [
        ("load", Grid(START + DAY, 10 * MINUTE, 400), 5 * MINUTE),
        ("load", Grid(START + DAY, 2 * HOUR, 40), HOUR),
        ("rate(requests_total[5m])", Grid(START + DAY, 5 * MINUTE, 400), 5 * MINUTE),
        ("rate(requests_total[20m])", Grid(START + DAY, HOUR, 60), 5 * MINUTE),
        ("max_over_time(load[6h] offset 1h)", Grid(START + DAY, HOUR, 60), HOUR),
        ("max_over_time(load[1d])", Grid(START + 3 * DAY, 1, 1), HOUR),
        ("max_over_time(load[1d] @ end())", Grid(START + 2 * DAY, HOUR, 20), HOUR),
        ("sum by (instance) (last_over_time(load[7m]))", Grid(START + DAY, HOUR, 60), HOUR),
        ("max_over_time(rate(requests_total[10m])[1d:5m])", Grid(START + 3 * DAY, HOUR, 10), 5 * MINUTE),
        # Not made of whole buckets, or hardly any buckets, or most of it not closed, or a function of samples:
        ("load", Grid(START + DAY + 1, 10 * MINUTE, 400), 0),
        ("load", Grid(START + DAY, 7 * MINUTE, 400), 0),
        ("load", Grid(START + DAY, 1, 1), 0),
        ("rate(requests_total[7m])", Grid(START + DAY, 5 * MINUTE, 400), 0),
        ("rate(requests_total[10m])", Grid(START + DAY, 1, 1), 0),
        ("rate(requests_total[10m])", Grid(NOW - 15 * HOUR, HOUR, 14), 0),
        ("rate(requests_total[10m] offset 1m)", Grid(START + DAY, 10 * MINUTE, 100), 0),
        ("quantile_over_time(0.9, load[1h])", Grid(START + DAY, HOUR, 60), 0),
        ("irate(requests_total[1h])", Grid(START + DAY, HOUR, 60), 0),
        ("rate(requests_total[1h] smoothed)", Grid(START + DAY, HOUR, 60), 0),
        ("start_timestamp(load)", Grid(START + DAY, HOUR, 60), 0),
    ],
)
def test_roll_ups_are_read_where_they_pay(stores: Stores, text: str, grid: Grid, resolution: int) -> None:
    watched = Watched(stores.full)
    stores.ask(watched, text, grid)
    assert [one.resolution for one in watched.read] == [resolution] * bool(resolution)


# -- by a stated bound --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Loose:
    """A query with any windows."""

    function: str
    name: str
    length: int
    grid: Grid

    @property
    def text(self) -> str:
        return f"{self.function}({self.name}[{self.length}ms])" if self.function else self.name

    @property
    def back(self) -> int:
        return self.length if self.function else 5 * MINUTE


def loose(functions: tuple[str, ...], names: tuple[str, ...]) -> st.SearchStrategy[Loose]:
    return st.builds(
        lambda function, name, length, start, step, count: Loose(function, name, length, Grid(start, step, count)),
        st.sampled_from(functions),
        st.sampled_from(names),
        st.integers(1, 10 * HOUR) | st.integers(1, 40).map(lambda n: n * 5 * MINUTE),
        st.integers(START + 12 * HOUR, NOW) | st.integers(12, 100).map(lambda n: START + n * HOUR),
        st.integers(1, 9 * HOUR) | st.integers(1, 20).map(lambda n: n * 5 * MINUTE),
        st.integers(1, 12),
    )


def layer(query: Loose, at: int) -> int:
    """The width of the buckets that a step is answered from; 0 where there are samples for it."""
    begin = at - query.back
    if begin >= RAW_SINCE - 1:
        return 0
    finest, coarsest = RESOLUTIONS
    drift = 0 if fits(query, finest) else finest // 2 + max(0, moved(query, at, finest)[1] - query.back)
    return finest if begin >= ROLLED_SINCE - 1 + drift else coarsest


def moved(query: Loose, at: int, width: int) -> tuple[int, int]:
    """(end, length) of the window that stands for the one asked for: nearest multiples."""
    length = query.back
    if query.function in WHOLE + RATES:
        length = max(width, (length + width // 2) // width * width)
    return (at + width // 2) // width * width, length


def fits(query: Loose, width: int) -> bool:
    whole = query.function not in WHOLE + RATES or query.length % width == 0
    return query.grid.start % width == 0 and (query.grid.count == 1 or query.grid.step % width == 0) and whole


def expected(stores: Stores, query: Loose) -> tuple[dict[str, np.ndarray], set[int]]:
    """What samples say of the windows that stand for those asked for, and the widths by which some were moved."""
    steps: list[dict[str, np.ndarray]] = []
    widths: set[int] = set()
    for at in query.grid.times.tolist():
        width, end, length = layer(query, at), at, query.length
        if width and not fits(query, width):
            end, length = moved(query, at, width)
            widths.add(width)
        one = Loose(query.function, query.name, length, Grid(end, 1, 1))
        values, _ = stores.ask(RawOnly(stores.full), one.text, one.grid)
        scale = query.length / length if query.function in TOTALS else 1.0
        steps.append(
            {key: value if value.view(np.uint64)[0] == ABSENT_BITS else value * scale for key, value in values.items()}
        )
    absent = np.array([ABSENT_BITS], np.uint64).view(np.float64)
    keys = set(itertools.chain.from_iterable(steps))
    return {key: np.concatenate([step.get(key, absent) for step in steps]) for key in keys}, widths


def check_moved(stores: Stores, query: Loose) -> None:
    found, result = stores.ask(Watched(stores.old), query.text, query.grid)
    wanted, widths = expected(stores, query)
    agree(found, wanted, rtol=1e-9)
    notes = [note for note in result.infos if "roll-ups" in note]
    assert len(notes) == len(widths)
    for width in widths:
        said = {5 * MINUTE: "moved by up to 2m30s", HOUR: "moved by up to 30m"}[width]
        assert any(said in note for note in notes)


@given(loose(("", *NEWEST[:2]), (*GAUGES, "requests_total", "stored")))
@settings(max_examples=60, deadline=None)
def test_newest_samples_are_those_of_moved_times(stores: Stores, query: Loose) -> None:
    check_moved(stores, query)


@given(loose(WHOLE, GAUGES) | loose((*WHOLE[:2], "count_over_time"), COUNTERS))
@settings(max_examples=60, deadline=None)
def test_windows_over_time_are_those_of_whole_buckets(stores: Stores, query: Loose) -> None:
    check_moved(stores, query)


@given(loose(RATES, COUNTERS))
@settings(max_examples=60, deadline=None)
def test_rates_are_those_of_whole_buckets(stores: Stores, query: Loose) -> None:
    check_moved(stores, query)


def test_steps_between_buckets_are_taken_a_few_series_at_a_time(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "CELLS", 500)
    for step in (61 * MINUTE, 4 * MINUTE):
        check_moved(stores, Loose("max_over_time", "load", HOUR, Grid(START + DAY + 1234, step, 80)))
        check_moved(stores, Loose("", "up", HOUR, Grid(START + DAY + 1234, step, 80)))


@given(loose(("avg_over_time", "sum_over_time"), ("requests_total", "stored")))
@example(Loose("avg_over_time", "requests_total", 1, Grid(START + 2 * DAY - 7 * HOUR + 3840, HOUR, 8)))
@settings(max_examples=40, deadline=None)
def test_sums_of_counters_are_off_by_half_of_what_a_bucket_moves(stores: Stores, query: Loose) -> None:
    found, result = stores.ask(Watched(stores.old), query.text, query.grid)
    wanted, _ = expected(stores, query)
    assert found.keys() == wanted.keys()
    samples = {labels_text(labels): points for labels, points in rows() if labels["__name__"] == query.name}
    is_guess = False
    for key, values in found.items():
        for i, at in enumerate(query.grid.times.tolist()):
            width = layer(query, at)
            end, length = moved(query, at, width) if width and not fits(query, width) else (at, query.length)
            bound = half_moves(samples[key], end - length, end, width) if width else 0.0
            if query.function == "avg_over_time" and bound:
                bound /= sum(end - length < t <= end for t, _ in samples[key])
            scale = query.length / length if query.function in TOTALS else 1.0
            if not np.isnan(values[i]):
                assert abs(values[i] - wanted[key][i]) <= bound * scale * (1 + 1e-9) + 1e-6
                is_guess |= bool(width)
    assert is_guess <= any("least and the greatest" in note for note in result.infos)


def labels_text(labels: dict[str, str]) -> str:
    return ",".join(f"{k}={v}" for k, v in sorted(labels.items()) if k != "__name__")


def half_moves(points: list[tuple[int, float]], begin: int, end: int, width: int) -> float:
    """Half of what each bucket moves, times its samples, over a window."""
    buckets: dict[int, list[float]] = {}
    for t, value in points:
        if begin < t <= end:
            buckets.setdefault(-(-t // width), []).append(value)
    return sum(len(values) * (max(values) - min(values)) / 2 for values in buckets.values())


@given(loose(("delta",), ("load",)))
@settings(max_examples=60, deadline=None)
def test_differences_of_gauges_are_those_of_the_last_samples_of_buckets(stores: Stores, query: Loose) -> None:
    found, result = stores.ask(Watched(stores.old), query.text, query.grid)
    samples = {labels_text(labels): dict(points) for labels, points in rows() if labels["__name__"] == query.name}
    compared = 0
    for key, values in found.items():
        times = np.array(list(samples[key]))
        for i, at in enumerate(query.grid.times.tolist()):
            width = layer(query, at)
            if not width or values[i : i + 1].view(np.uint64)[0] == ABSENT_BITS:
                continue
            end, length = moved(query, at, width) if not fits(query, width) else (at, query.length)
            begin = end - length
            last, before = (int(times[np.searchsorted(times, edge, "right") - 1]) for edge in (end, begin))
            if last <= end - width or before <= begin - width or begin <= ROLLED_SINCE:
                continue  # there is no bucket to begin or to end with
            rise, known = samples[key][last] - samples[key][before], last - begin
            between = known / (np.searchsorted(times, end, "right") - np.searchsorted(times, begin, "right") - 1)
            # Known from the window's begin to its last sample; on to its end, or half a sample where one is missing.
            known_on = known + (end - last if end - last < 1.1 * between else between / 2)
            np.testing.assert_allclose(values[i], rise * known_on / known * query.length / length, rtol=1e-9)
            compared += 1
    assert bool(compared) <= any("last samples of their buckets" in note for note in result.infos)


def test_functions_of_samples_leave_out_what_is_rolled_up_and_say_so(stores: Stores) -> None:
    grid = Grid(RAW_SINCE - 2 * HOUR, HOUR, 6)
    for text in (
        "quantile_over_time(0.5, load[1h])",
        "changes(load[1h])",
        "irate(load[1h])",
        "stddev_over_time(load[1h])",
    ):
        found, result = stores.ask(Watched(stores.old), text, grid)
        wanted, _ = stores.ask(RawOnly(stores.old), text, grid)
        agree(found, wanted, rtol=0)
        name = text.partition("(")[0]
        (warning,) = result.warnings
        when = "2023-11-18T00:00:00Z"
        assert warning.startswith(
            f"PromQL warning: {name}() cannot be told from roll-ups: samples from before {when} are"
        )
    _, result = stores.ask(Watched(stores.old), "changes(load[1h])", Grid(RAW_SINCE + HOUR, HOUR, 6))
    assert not result.warnings


def test_nothing_is_counted_twice_where_samples_begin(stores: Stores) -> None:
    """Windows that follow each other, over all kinds of storage, hold every sample once."""
    times = [t for labels, points in rows() for t, _ in points if labels["__name__"] == "up"]
    for since, step in ((START, HOUR), (ROLLED_SINCE, 5 * MINUTE)):
        grid = Grid(since + step, step, (START + 5 * DAY - since) // step)
        found, result = stores.ask(Watched(stores.old), f"sum(count_over_time(up[{step}ms]))", grid)
        assert found[""].sum() == sum(since < t <= START + 5 * DAY for t in times)
        assert not result.infos
    # A window across the border, by samples alone and in parts.
    at = Grid(RAW_SINCE + 2 * HOUR, 1, 1)
    found, _ = stores.ask(Watched(stores.old), "sum(count_over_time(up[4h]))", at)
    wanted, _ = stores.ask(RawOnly(stores.full), "sum(count_over_time(up[4h]))", at)
    assert found == wanted


def test_what_was_let_go_of_takes_no_room(stores: Stores) -> None:
    old, full = stores.runner.run(stores.old.stats(1)), stores.runner.run(stores.full.stats(1))
    assert old.bytes < 0.6 * full.bytes
    points = stores.runner.run(stores.old.select(1, [Matcher("__name__", "=", "up")], 0, RAW_SINCE - 1, limit=10**9))
    assert not len(points.t)


# -- a store that goes on -----------------------------------------------------------------------------------------

GRID = Grid(START + HOUR, HOUR, (DAYS - 1) * 24)
QUERIES = ("load", "sum_over_time(load[1h])", "rate(requests_total[1h])", "avg_over_time(stored[4h])")


async def check_same(store: BlockStore) -> None:
    """Roll-ups are read, and say what samples say."""
    engine = Engine()
    for text in QUERIES:
        watched = Watched(store)
        found, _ = await ask(engine, watched, text, GRID)
        wanted, _ = await ask(engine, RawOnly(store), text, GRID)
        agree(found, wanted, rtol=1e-12)
        assert watched.read
    engine.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[BlockStore]:
    made = await rolled_store(tmp_path)
    yield made
    await made.close()


def test_buckets_count_as_what_a_query_looks_at(stores: Stores) -> None:
    grid = Grid(START + DAY, HOUR, 24)
    query = Query(1, "avg_over_time(load[2h])", grid, is_range=True, counted=True)
    watched = Watched(stores.full)
    result = stores.runner.run(stores.engine.run(watched, query))
    assert [asked.resolution for asked in watched.read] == [HOUR]
    assert result.stats.counts is not None
    # Two in each window of each of three series; at midnight one may be there in two parts.
    assert set(result.stats.counts.steps.tolist()) <= {3 * 2, 3 * 2 + 1}
    assert 0 <= result.stats.samples - 3 * (grid.count + 1) <= 3


def test_series_of_buckets_count_to_a_query_s_limit(stores: Stores) -> None:
    engine = Engine(EngineOptions(max_series=5))
    grid = Grid(START + DAY, HOUR, 24)
    for text, fits in (("sum_over_time(load[2h])", True), ("sum_over_time(load[2h]) + avg_over_time(up[2h])", False)):
        query = Query(1, text, grid, is_range=True)
        if fits:
            stores.runner.run(engine.run(stores.full, query))
        else:
            with pytest.raises(TooManySeries):
                stores.runner.run(engine.run(stores.full, query))
    engine.close()


async def test_late_samples_are_in_the_answer_at_every_moment(store: BlockStore) -> None:
    late = [(START + day * DAY + 11 * HOUR + 5, 500.0 + day) for day in range(3)]
    labels = next(labels for labels, _ in rows() if labels["__name__"] == "load")
    await store.write(1, batch((labels, late), ({"__name__": "load", "n": "new"}, late)), imported=True)
    await check_same(store)  # in memory alone
    await store.flush()
    await check_same(store)  # in blocks beside those that are rolled up
    await rolled(store)
    await check_same(store)
    await store.delete(1, [Matcher("n", "=", "new")], 0, NOW)
    await check_same(store)
    await rolled(store)
    await check_same(store)


async def test_a_store_that_is_opened_again_knows_its_roll_ups(tmp_path: Path) -> None:
    store = await rolled_store(tmp_path)
    cutoffs = {0: RAW_SINCE, RESOLUTIONS[0]: ROLLED_SINCE, RESOLUTIONS[1]: START - DAY}
    assert await store.expire(1, cutoffs)
    kept = await store.kept(1)
    await store.close()
    store = make(tmp_path, ManualClock(NOW), rollups=both, retention_ms=lambda _: 1000 * DAY)
    await store.open()
    assert await store.kept(1) == kept
    # What only roll-ups are left of takes no more samples, or they would be all that is left of that day.
    late = batch(({"__name__": "late"}, [(RAW_SINCE - 1, 1.0), (RAW_SINCE, 2.0)]))
    result = await store.write(1, late, imported=True)
    assert (result.accepted, result.refused) == (1, {"too_old": 1})
    assert (await store.write(2, late, imported=True)).accepted == 2
    await store.close()


async def test_native_histograms_are_read_from_samples_as_long_as_there_are_some(store: BlockStore) -> None:
    builder = BatchBuilder()
    for name in ("load", "sizes"):
        row = builder.series({"__name__": name, "n": "native"})
        for i in range(48):
            builder.add(row, START + i * HOUR, Histogram(3, 6.0 + i, 10.5, positive={0: 6.0 + i}))
    await store.write(1, builder.build(), imported=True)
    await store.flush()
    await rolled(store)
    engine = Engine()
    grid = Grid(START + HOUR, HOUR, 100)
    for text in ("load", "sum_over_time(load[1h])", "rate(sizes[2h])"):
        query = Query(1, text, grid, is_range=True)
        found, wanted = [await engine.run(source, query) for source in (Watched(store), RawOnly(store))]
        assert isinstance(found.value, Vector)
        assert isinstance(wanted.value, Vector)
        assert list(found.value.labels) == list(wanted.value.labels)
        np.testing.assert_allclose(found.value.values, wanted.value.values, rtol=1e-12)
        assert (found.value.present == wanted.value.present).all()
        assert len(found.histograms) == len(wanted.histograms)
    await store.expire(1, {0: START + DAY, RESOLUTIONS[0]: START, RESOLUTIONS[1]: START})
    result = await engine.run(
        Watched(store), Query(1, "count_over_time(sizes[1h])", Grid(START + HOUR, HOUR, 40), True)
    )
    assert isinstance(result.value, Vector)
    assert not result.value.present[:, :23].any()
    assert result.value.present[:, 24:].all()
    engine.close()
