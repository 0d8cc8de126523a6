"""The compiled reading of blocks against its plain twin, on any ranges."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsv.metrics.kernels import gather_plain as plain
from obsv.metrics.store.types import STALE

compiled = pytest.importorskip("obsv.metrics.kernels._gather", reason="kernels not compiled")
TWINS = (compiled, plain)

ascending = st.lists(st.integers(0, 60), unique=True, max_size=20).map(sorted)
times = st.lists(st.integers(-50, 50), unique=True, max_size=12).map(sorted)


def ints(values: list[int]) -> Any:
    return np.array(values, np.int64)


@given(places=ascending, slots=ascending, first=st.integers(-20, 20))
@settings(max_examples=200)
def test_wanted_rows(places: list[int], slots: list[int], first: int) -> None:
    pairs = [(i, places.index(first + slot)) for i, slot in enumerate(slots) if first + slot in places]
    for twin in TWINS:
        rows, at = twin.wanted_rows(ints(places), first, ints(slots))
        assert list(zip(rows.tolist(), at.tolist(), strict=True)) == pairs


@given(vectors=st.lists(times, max_size=5), start=st.integers(-60, 60), length=st.integers(0, 60), newest=st.booleans())
@settings(max_examples=200)
def test_clip(vectors: list[list[int]], start: int, length: int, newest: bool) -> None:
    pool, counts = ints([t for vector in vectors for t in vector]), ints([len(vector) for vector in vectors])
    starts = np.cumsum(counts) - counts
    for twin in TWINS:
        first, stop = twin.clip(pool, starts, counts, start, start + length, newest)
        for i, vector in enumerate(vectors):
            inside = [t for t in vector if start <= t <= start + length]
            assert vector[first[i] : stop[i]] == (inside[-1:] if newest else inside)


@given(
    blocks=st.lists(st.lists(st.tuples(st.integers(0, 4), times), max_size=5, unique_by=lambda one: one[0]), max_size=4)
)
@settings(max_examples=200)
def test_gather(blocks: list[list[tuple[int, list[int]]]]) -> None:
    """Of several samples at one time the one that was written first stays; values come back bit for bit."""
    ranges, expected = [], [dict[int, float]() for _ in range(5)]
    for number, block in enumerate(blocks):
        t = ints([time for _, own in block for time in own])
        v = np.array([number * 1000.0 + time for time in t.tolist()])
        v[v == 1000.0] = STALE
        lengths = ints([len(own) for _, own in block])
        at = np.cumsum(lengths) - lengths
        ranges.append((ints([place for place, _ in block]), lengths, t, at, v, at))
        bits = v.view(np.uint64).tolist()
        for (place, own), begin in zip(block, at.tolist(), strict=True):
            for i, time in enumerate(own):
                expected[place].setdefault(time, bits[begin + i])
    for twin in TWINS:
        offsets, found_t, found_v = twin.gather(ranges, 5)
        for place in range(5):
            own = slice(offsets[place], offsets[place + 1])
            found = list(zip(found_t[own].tolist(), found_v[own].view(np.uint64).tolist(), strict=True))
            assert found == sorted(expected[place].items())


@pytest.mark.parametrize("twin", TWINS, ids=["compiled", "plain"])
def test_ranges_outside_of_the_samples_are_refused(twin: ModuleType) -> None:
    t, v, one, zero = ints([1, 2, 3]), np.zeros(3), ints([1]), ints([0])
    with pytest.raises(ValueError, match="outside the samples"):
        twin.gather([(zero, ints([3]), t, one, v, zero)], 1)
    with pytest.raises(ValueError, match="outside the samples"):
        twin.gather([(zero, ints([3]), t, zero, v, one)], 1)
    with pytest.raises(ValueError, match="no such place"):
        twin.gather([(one, one, t, zero, v, zero)], 1)
    with pytest.raises(ValueError, match="outside the times"):
        twin.clip(t, one, ints([3]), 0, 9, False)
