"""Native histograms in a store: whole or not at all, like any sample otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsv.metrics.histograms import CUSTOM, Hint, Histogram, is_token, places
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.store import native
from obsv.metrics.store.types import STALE, STALE_BITS, Matcher, SeriesSet
from tests.metrics.store.made import NOW, make

H = {"__name__": "h", "a": "b"}


def batch(*samples, labels=H):
    builder = BatchBuilder()
    row = builder.series(labels)
    for t, value in samples:
        builder.add(row, t, value)
    return builder.build()


async def read(store, org=1, **more) -> dict[int, Histogram | float]:
    found: SeriesSet = await store.select(org, [Matcher("__name__", "=", "h")], 0, NOW + 10**9, limit=10**6)
    assert len(found.labels) <= 1
    assert not found.labels or found.labels[0] == H | more
    pairs = zip(found.t.tolist(), found.v, is_token(found.v), places(found.v).tolist(), strict=True)
    return {t: found.histograms[place] if is_one else float(v) for t, v, is_one, place in pairs}


def made(count: float = 6.0, **more) -> Histogram:
    return Histogram(3, count, 10.5, 1e-9, 1.0, {-2: 1.0, 5: 3.0}, {0: 1.0}, **more)


@pytest.fixture
async def store(tmp_path):
    store = make(tmp_path)
    await store.open()
    yield store
    await store.close()


async def test_what_is_written_is_read_before_and_after_a_flush_and_a_restart(tmp_path):
    custom = Histogram(CUSTOM, 4.0, 9.0, positive={0: 1.0, 2: 3.0}, bounds=(0.5, 1.0, 2.0), hint=Hint.GAUGE)
    given = {NOW: made(), NOW + 1: made(7.0, hint=Hint.RESET), NOW + 2: 1.5, NOW + 3: custom, NOW + 4: Histogram()}
    store = make(tmp_path)
    await store.open()
    result = await store.write(1, batch(*given.items()))
    assert (result.accepted, result.histograms, result.refused) == (5, 4, {})
    assert await read(store) == given
    await store.flush()
    assert await read(store) == given
    await store.close()
    store = make(tmp_path)
    await store.open()
    assert await read(store) == given
    assert await read(store, org=2) == {}
    assert (await store.write(1, batch(*given.items()))).accepted == 5  # a repeat is no conflict
    await store.settle()
    assert await read(store) == given
    assert await store.delete(1, [Matcher("a", "=", "b")], 0, NOW + 3)
    assert await read(store) == {NOW + 4: Histogram()}
    await store.close()


async def test_a_stale_one_ends_its_series(store):
    await store.write(1, batch((NOW, made()), (NOW + 1, Histogram(sum=STALE))))
    found = await store.select(1, [Matcher("__name__", "=", "h")], 0, NOW + 10, limit=100)
    assert found.v.view(np.uint64)[1] == STALE_BITS
    assert found.histograms == [made()]


async def test_one_that_is_refused_leaves_no_part_behind_and_the_others_are_kept(store):
    assert (await store.write(1, batch((NOW, made()), (NOW + 5, made())))).accepted == 2
    other = Histogram(3, 6.0, 11.5, positive={9: 6.0})
    result = await store.write(1, batch((NOW, other), (NOW + 9, other), (NOW + 10**9, other)))
    assert (result.accepted, result.refused) == (1, {"duplicate": 1, "too_new": 1})
    assert await read(store) == {NOW: made(), NOW + 5: made(), NOW + 9: other}


async def test_parts_are_not_shown(store):
    await store.write(1, batch((NOW, made())))
    await store.write(1, batch((NOW, 1.0), labels={"__name__": "g"}))
    assert await store.series(1, [], 0, NOW, limit=0) == [H, {"__name__": "g"}]
    assert len(await store.series(1, [], 0, NOW, limit=1)) == 1
    assert await store.label_names(1, [], 0, NOW, limit=0) == ["__name__", "a"]


async def test_a_label_of_that_name_from_elsewhere_breaks_nothing(store):
    for part in ("count", "sum", "schema", "+x", "+inf", "lenan", "le", "?", "-", "zero"):
        await store.write(1, batch((NOW, 1e300), labels={**H, native.PART: part}))
    assert len(await read(store)) == 1


counts = st.floats(0, 1e15)
buckets = st.dictionaries(st.integers(-500, 500), counts.filter(bool), max_size=6)
exponential = st.builds(
    Histogram, st.integers(-4, 8), counts, st.floats(allow_nan=False), counts, counts, buckets, buckets, st.just(()),
    st.sampled_from((Hint.UNKNOWN, Hint.RESET, Hint.GAUGE)),
)  # fmt: skip


@st.composite
def listed(draw: st.DrawFn) -> Histogram:
    bounds = tuple(sorted(draw(st.sets(st.floats(-1e9, 1e9).map(lambda one: one + 0.0), max_size=5))))
    positive = draw(st.dictionaries(st.integers(0, len(bounds)), counts.filter(bool)))
    return Histogram(CUSTOM, draw(counts), draw(st.floats(-9, 9)), positive=positive, bounds=bounds)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(exponential, listed()), min_size=1, max_size=5))
def test_any_histograms_come_back(given):
    kept = native.parts([(H, i, one) for i, one in enumerate(given)])
    by_part: dict[str, list[tuple[int, float]]] = {}
    for labels, t, v in zip(kept.labels, kept.t.tolist(), kept.v.tolist(), strict=True):
        by_part.setdefault(labels[native.PART], []).append((t, v))
    parts = {
        part: (np.array([t for t, _ in some], np.int64), np.array([v for _, v in some], np.float64))
        for part, some in by_part.items()
    }
    times, found = native.assembled(parts)
    assert times.tolist() == list(range(len(given)))
    assert found == given
