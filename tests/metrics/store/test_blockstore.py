"""The built-in store as a whole: what was acknowledged is there, in order, once, and only for its organisation."""

from __future__ import annotations

import asyncio
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obsv.core.clock import ManualClock
from obsv.core.errors import BadRequest, TooLarge
from obsv.metrics.store.base import MetricStore, RemoteWriter, StoreLimitExceeded, StoreUnavailable
from obsv.metrics.store.types import Matcher, WriteBatch
from tests.metrics.ingest.wire import series, snappy
from tests.metrics.store.made import ALL, HOUR, NOW, batch, crashed, make, put, read

STALE = 0x7FF0000000000002
ODD = [STALE, 0x7FF8000000000001, 0x7FF0000000000000, 0xFFF0000000000000, 1 << 63, 0, 1]


def bits(value: float) -> int:
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


@pytest.fixture
async def store(tmp_path):
    store = make(tmp_path)
    await store.open()
    yield store
    await store.close()


def test_it_is_what_it_says(tmp_path):
    store = make(tmp_path)
    assert isinstance(store, RemoteWriter)
    kept: MetricStore = store
    assert kept


async def test_what_was_written_is_read_back_bit_for_bit(store):
    points = [(NOW + i, value) for i, value in enumerate(ODD)]
    result = await put(store, {"__name__": "m", "a": "b"}, points)
    assert (result.accepted, result.refused) == (len(ODD), {})
    assert await read(store) == {"ma=b": points}
    await store.flush()
    assert await read(store) == {"ma=b": points}
    await put(store, {"__name__": "m", "a": "b"}, [(NOW + 100, 1.0)])
    assert (await read(store))["ma=b"] == [*points, (NOW + 100, bits(1.0))]


async def test_a_batch_goes_the_same_way(store):
    result = await store.write(1, batch(({"__name__": "m", "z": "1", "a": "é"}, [(NOW, 1.0)]), ({"__name__": "n"}, [])))
    assert result.accepted == 1
    assert await read(store) == {"ma=é|z=1": [(NOW, bits(1.0))]}
    bad = await store.write(1, batch(({"a": "b"}, [(NOW, 1.0)]), ({"__name__": "m", "x": "\ud800"}, [(NOW, 1.0)])))
    assert bad.refused == {"labels": 2}
    assert bad.detail == 'no metric name: {a="b"}'


async def test_late_samples_find_their_place_across_a_flush(store):
    m = {"__name__": "m"}
    await put(store, m, [(NOW, 0.0), (NOW - 10, 1.0)])
    await store.flush()
    await put(store, m, [(NOW - 5, 2.0), (NOW - 10, 1.0), (NOW + 5, 3.0)])
    assert [t for t, _ in (await read(store))["m"]] == [NOW - 10, NOW - 5, NOW, NOW + 5]
    await store.flush()
    assert [t for t, _ in (await read(store))["m"]] == [NOW - 10, NOW - 5, NOW, NOW + 5]
    result = await put(store, m, [(NOW + 5 - HOUR - 1, 1.0), (NOW + 5, 9.0), (NOW + 600_001, 1.0)])
    assert result.refused == {"too_old": 1, "duplicate": 1, "too_new": 1}
    assert "too old: m{}" in result.detail


async def test_imports_are_bounded_by_retention_alone(store):
    m = {"__name__": "m"}
    await put(store, m, [(NOW, 0.0)])
    old = batch((m, [(NOW - 20 * 24 * HOUR, 1.0), (NOW - 31 * 24 * HOUR, 1.0)]))
    assert (await store.write(1, old)).refused == {"too_old": 2}
    assert (await store.write(1, old, imported=True)).refused == {"too_old": 1}


async def test_the_first_value_stays_even_against_a_block(store):
    m = {"__name__": "m"}
    await put(store, m, [(NOW, 1.0), (NOW + 1, 2.0)])
    await store.flush()
    await put(store, m, [(NOW, 7.0)])
    assert (await read(store))["m"][0] == (NOW, bits(1.0))
    await store.flush()
    assert (await read(store))["m"][0] == (NOW, bits(1.0))


async def test_organisations_never_meet(store):
    for org in (1, 2):
        await put(store, {"__name__": "m", "org": str(org)}, [(NOW, float(org))], org=org)
        await put(store, {"__name__": "same"}, [(NOW, float(org))], org=org)
    for _ in range(2):
        for org in (1, 2):
            assert await read(store, org) == {f"morg={org}": [(NOW, bits(org))], "same": [(NOW, bits(org))]}
            assert await store.label_values(org, "org", [], 0, NOW, limit=0) == [str(org)]
            assert list(await store.series(org, [[Matcher("org", "!=", "")]], 0, NOW, limit=0)) == [
                {"__name__": "m", "org": str(org)}
            ]
        assert await read(store, 3) == {}
        assert await store.label_names(3, [], 0, NOW, limit=0) == []
        await store.flush()
    assert await store.delete(1, ALL, 0, NOW) == 2
    assert await read(store, 1) == {}
    assert len(await read(store, 2)) == 2


async def test_broken_bodies_are_refused_and_nothing_kept(store):
    whole = series({"__name__": "m"}, [(NOW, 1.0)])
    for body, encoding, error in [
        (b"not snappy at all", "snappy", BadRequest),
        (b"", "snappy", BadRequest),
        (snappy(whole[:-1]), "snappy", BadRequest),
        (whole + b"\x00", "", BadRequest),
        (b"\x28\xb5\x2f\xfdrubbish", "zstd", BadRequest),
        (b"\xff\xff\xff\xff\x0f" + snappy(whole), "snappy", TooLarge),
    ]:
        with pytest.raises(error):
            await store.write_remote(1, body, encoding)
    assert (await store.stats()).series == 0
    assert store.log_stats.appends == 0


async def test_selects_by_matchers(store):
    for i in range(5):
        await put(store, {"__name__": f"m{i}", "i": str(i), **({"even": "yes"} if i % 2 == 0 else {})}, [(NOW, 1.0)])

    async def names(*matchers):
        return [name[:2] for name in sorted(await read(store, matchers=[Matcher(*one) for one in matchers]))]

    for _ in range(2):
        assert await names(("__name__", "=", "m1")) == ["m1"]
        assert await names(("__name__", "=", "nope")) == []
        assert await names(("even", "=", "")) == ["m1", "m3"]
        assert await names(("even", "!=", "")) == ["m0", "m2", "m4"]
        assert await names(("even", "!=", "yes")) == ["m1", "m3"]
        assert await names(("i", "=~", "[0-2]")) == ["m0", "m1", "m2"]
        assert await names(("i", "=~", "[0-2]"), ("even", "=~", "y.*")) == ["m0", "m2"]
        assert await names(("i", "!~", "0|1|22")) == ["m2", "m3", "m4"]
        assert await names(("even", "=~", ".*")) == ["m0", "m1", "m2", "m3", "m4"]
        assert await names(("even", "=~", "|no")) == ["m1", "m3"]
        assert await names(("even", "!~", ".+")) == ["m1", "m3"]
        assert await names(("nope", "!=", "x")) == ["m0", "m1", "m2", "m3", "m4"]
        assert await names(("nope", "=~", "x")) == []
        assert await names() == ["m0", "m1", "m2", "m3", "m4"]
        await store.flush()
    await put(store, {"__name__": "m9", "i": "2"}, [(NOW, 1.0)])
    assert await names(("i", "=~", "[0-2]")) == ["m0", "m1", "m2", "m9"]


async def test_ranges_are_inclusive_and_limits_hold(store):
    await put(store, {"__name__": "m"}, [(NOW + i, 1.0) for i in range(10)])
    for _ in range(2):
        assert [t for t, _ in (await read(store, start=NOW + 2, end=NOW + 4))["m"]] == [NOW + 2, NOW + 3, NOW + 4]
        assert await read(store, start=NOW + 100) == {}
        assert await read(store, limit=10)
        with pytest.raises(StoreLimitExceeded, match="9"):
            await read(store, limit=9)
        await store.flush()


async def test_labels_and_series(store):
    await put(store, {"__name__": "a", "x": "1"}, [(NOW - 1000, 1.0)])
    await put(store, {"__name__": "b", "x": "2", "y": "ü"}, [(NOW, 1.0)])
    sets = [[Matcher("__name__", "=", "a")], [Matcher("y", "=", "ü")], [Matcher("x", "=~", ".")]]
    assert len(await store.series(1, sets, 0, NOW, limit=0)) == 2
    assert len(await store.series(1, sets, 0, NOW, limit=1)) == 1
    assert list(await store.series(1, sets, NOW - 10, NOW, limit=0)) == [{"__name__": "b", "x": "2", "y": "ü"}]
    assert await store.label_names(1, [], 0, NOW, limit=0) == ["__name__", "x", "y"]
    assert await store.label_names(1, sets[:1], 0, NOW, limit=0) == ["__name__", "x"]
    assert await store.label_names(1, [], 0, NOW, limit=2) == ["__name__", "x"]
    assert await store.label_values(1, "x", [], 0, NOW, limit=0) == ["1", "2"]
    assert await store.label_values(1, "x", sets[1:2], 0, NOW, limit=0) == ["2"]
    assert await store.label_values(1, "nope", [], 0, NOW, limit=0) == []


async def test_series_limit_keeps_the_good_samples(tmp_path):
    store = make(tmp_path, series_limit=lambda org: 2 if org == 1 else 5)
    await store.open()
    body = snappy(b"".join(series({"__name__": f"m{i}"}, [(NOW, 1.0)]) for i in range(4)))
    result = await store.write_remote(1, body, "snappy")
    assert (result.accepted, result.refused) == (2, {"series_limit": 2})
    assert "limit of 2 active series" in result.detail
    assert (await store.write_remote(2, body, "snappy")).refused == {}
    assert store.active_series(1) == 2
    await store.close()


async def test_it_opens_again_with_everything(tmp_path):
    store = make(tmp_path / "a")
    await store.open()
    await put(store, {"__name__": "old"}, [(NOW, 1.0), (NOW + 1, STALE)])
    await store.flush()
    await put(store, {"__name__": "old"}, [(NOW + 2, 3.0), (NOW + 2, 4.0), (NOW, 9.0)])
    await put(store, {"__name__": "new"}, [(NOW, 2.0)], org=2)
    expected = [await read(store, org) for org in (1, 2)]
    killed = make(crashed(tmp_path / "a", tmp_path / "b"))
    await killed.open()
    assert [await read(killed, org) for org in (1, 2)] == expected
    assert killed.log_stats.replayed == 2
    await store.close()
    await killed.close()
    for folder in ("a", "b"):
        again = make(tmp_path / folder)
        await again.open()
        assert again.log_stats.replayed == 0
        assert [await read(again, org) for org in (1, 2)] == expected
        assert (await put(again, {"__name__": "new"}, [(NOW + 1, 2.0)], org=2)).accepted == 1
        assert (await again.stats()).series == 2
        await again.close()


async def test_two_processes_cannot_share_a_folder(store, tmp_path):
    with pytest.raises(StoreUnavailable, match="another process"):
        await make(tmp_path).open()


async def test_a_flush_that_fails_loses_nothing(store, monkeypatch):
    await put(store, {"__name__": "m"}, [(NOW, 1.0)])

    async def full(_flush):
        raise StoreUnavailable("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(store._blocks, "flush", full)
        with pytest.raises(StoreUnavailable):
            await store.flush()
        await put(store, {"__name__": "m"}, [(NOW + 1, 2.0), (NOW, 1.0)])
        with pytest.raises(StoreUnavailable):
            await store.flush()
        assert await read(store) == {"m": [(NOW, bits(1.0)), (NOW + 1, bits(2.0))]}
    await store.flush()
    assert (await store.stats()).pending_samples == 0
    assert await read(store) == {"m": [(NOW, bits(1.0)), (NOW + 1, bits(2.0))]}


async def test_reads_and_writes_go_on_beside_a_flush(store, monkeypatch):
    await put(store, {"__name__": "m"}, [(NOW, 1.0)])
    go, flush = asyncio.Event(), store._blocks.flush

    async def slow(columns):
        await go.wait()
        await flush(columns)

    monkeypatch.setattr(store._blocks, "flush", slow)
    flushing = asyncio.create_task(store.flush())
    await asyncio.sleep(0.05)
    await put(store, {"__name__": "m"}, [(NOW + 1, 2.0)])
    await put(store, {"__name__": "n"}, [(NOW + 1, 2.0)])
    assert [len(points) for points in (await read(store)).values()] == [2, 1]
    go.set()
    await flushing
    assert [len(points) for points in (await read(store)).values()] == [2, 1]
    await store.flush()
    assert [len(points) for points in (await read(store)).values()] == [2, 1]


async def test_overload_turns_writes_away(store, monkeypatch):
    monkeypatch.setattr("obsv.metrics.store.head.FLUSH_SAMPLES", 2)
    monkeypatch.setattr(store, "_keep_house", None)
    await put(store, {"__name__": "m"}, [(NOW + i, 1.0) for i in range(100)])
    with pytest.raises(StoreUnavailable, match="faster"):
        await put(store, {"__name__": "m"}, [(NOW + 200, 1.0)])
    await store.flush()
    assert (await put(store, {"__name__": "m"}, [(NOW + 200, 1.0)])).accepted == 1


async def test_it_flushes_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr("obsv.metrics.store.head.FLUSH_LEAST", 100)
    clock = ManualClock(NOW)
    store = make(tmp_path, clock)
    await store.open()
    await put(store, {"__name__": "m"}, [(NOW + i, 1.0) for i in range(200)])

    async def flushed():
        for _ in range(100):
            if not (await store.stats()).pending_samples:
                return True
            await asyncio.sleep(0.05)
        return False

    assert await flushed()
    await put(store, {"__name__": "m"}, [(NOW + 300, 1.0)])
    clock.advance(3601)
    assert await flushed()
    assert (await store.stats()).bytes > 0
    assert len((await read(store))["m"]) == 201
    await store.close()


async def test_old_samples_are_dropped(store):
    await put(store, {"__name__": "m"}, [(NOW - HOUR * 48, 1.0), (NOW, 2.0)])
    await put(store, {"__name__": "m"}, [(NOW - HOUR * 48, 1.0)], org=2)
    assert await store.drop_before(1, NOW - HOUR) == 1
    assert await read(store) == {"m": [(NOW, bits(2.0))]}
    assert len(await read(store, 2)) == 1


# -- any order of things ---------------------------------------------------------------------------------------------

POINTS = st.lists(st.tuples(st.integers(0, 40), st.sampled_from([*ODD, bits(1.5)])), min_size=1, max_size=8)
WRITES = st.tuples(st.just("write"), st.integers(1, 2), st.integers(0, 3), POINTS)
OTHER = st.sampled_from([("flush", 0, 0, []), ("reopen", 0, 0, []), ("crash", 0, 0, []), ("compact", 0, 0, [])])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(WRITES, WRITES, WRITES, OTHER), max_size=12))
def test_any_order_of_writes_flushes_and_crashes(tmp_path_factory, steps):
    asyncio.run(_walk(tmp_path_factory.mktemp("walk"), steps))


async def _walk(folder, steps):
    model: dict[tuple[int, str], dict[int, int]] = {}
    store, generation = make(folder / "0"), 0
    await store.open()
    for what, org, number, points in steps:
        if what == "write":
            # a minute apart and newest last, so that nothing but repeats can be refused
            result = await put(store, {"__name__": f"m{number}"}, [(NOW - t * 60_000, v) for t, v in points], org=org)
            row = model.setdefault((org, f"m{number}"), {})
            for t, value in points:
                row.setdefault(NOW - t * 60_000, value)
            assert result.accepted + result.refused.get("duplicate", 0) == len(points)
        elif what == "flush":
            await store.flush()
        elif what == "compact":
            await store._blocks.compact()
        else:
            generation += 1
            if what == "crash":
                crashed(folder / str(generation - 1), folder / str(generation))
            await store.close()
            if what == "reopen":
                (folder / str(generation - 1)).rename(folder / str(generation))
            store = make(folder / str(generation))
            await store.open()
        for asked in (1, 2):
            found = await read(store, asked)
            expected = {name: sorted(row.items()) for (owner, name), row in model.items() if owner == asked}
            assert found == expected
    await store.close()


def test_an_empty_batch_is_fine(tmp_path):
    async def write():
        store = make(tmp_path)
        await store.open()
        none = WriteBatch([], np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0))
        assert (await store.write(1, none)).accepted == 0
        await store.close()

    asyncio.run(write())
