"""The compiled roll-up against its plain twin, on any input; and the plain one against what is written down of it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsv.metrics.kernels import rollup_plain as plain
from obsv.metrics.kernels.promql import RangeFunction, range_function
from obsv.metrics.store.types import STALE
from tests.metrics.blocks.rolled import agrees, expected
from tests.metrics.blocks.support import bits

compiled = pytest.importorskip("obsv.metrics.kernels._rollup", reason="kernels are not compiled here")

VALUES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from([0.0, -0.0, np.nan, np.inf, -np.inf, 1e300, -1e300, 1.0, 1.0, 2.0, STALE, STALE]),
)
rows = st.lists(st.lists(st.tuples(st.integers(1, 300), VALUES), max_size=20), min_size=1, max_size=4)
widths = st.sampled_from([1, 7, 60, 1000])


def columns(made: list[list[tuple[int, float]]], begin: int) -> tuple[Any, Any, Any]:
    """Rows of (gap in ms, value) as offsets, times, values."""
    offsets, times, values = [0], list[int](), list[float]()
    for row in made:
        at = begin
        for gap, value in row:
            at += gap
            times.append(at)
            values.append(value)
        offsets.append(len(times))
    return np.array(offsets, np.int64), np.array(times, np.int64), np.array(values, np.float64)


@given(made=rows, begin=st.integers(-2000, 2000), width=widths)
@settings(max_examples=300, deadline=None)
def test_both_make_the_same_entries(made: Any, begin: int, width: int) -> None:
    offsets, t, v = columns(made, begin)
    fast, slow = (kernel.roll_up(offsets[:-1], offsets[1:], t, v, width) for kernel in (compiled, plain))
    for one, other in zip(fast, slow, strict=True):
        assert one.shape == other.shape
        assert (one.view(np.int64) == other.view(np.int64)).all()


@given(made=rows, begin=st.integers(-2000, 2000), width=widths)
@settings(max_examples=200, deadline=None)
def test_entries_are_what_buckets_come_to(made: Any, begin: int, width: int) -> None:
    offsets, t, v = columns(made, begin)
    ends, times, first_t, found = compiled.roll_up(offsets[:-1], offsets[1:], t, v, width)
    for (low, high), (first, stop) in zip(pairwise(offsets.tolist()), pairwise(ends.tolist()), strict=True):
        wanted = expected(zip(t[low:high].tolist(), v[low:high].view(np.uint64).tolist(), strict=True), width)
        listed = [(times[i], first_t[i], found[:, i]) for i in range(first, stop) if bits(found[4, i]) != bits(STALE)]
        real = {number: bucket for number, bucket in wanted.items() if bucket.count}
        assert [-(-at // width) - 1 for at, _, _ in listed] == sorted(real)
        for (at, first_at, column), (_, bucket) in zip(listed, sorted(real.items()), strict=True):
            last, low_, high_, total, count, first_, drops = column
            assert (first_at, bits(first_)) == bucket.first
            assert (at, bits(last), count) == (*(bucket.last or ()), bucket.count)
            assert (bits(low_), bits(high_)) == (bucket.low, bucket.high)
            same = type(bucket)(**{**vars(bucket), "drops": float(drops), "total": float(total)})
            assert agrees(same, bucket)
        stale = [times[i] for i in range(first, stop) if bits(found[4, i]) == bits(STALE)]
        assert stale == [bucket.stale for _, bucket in sorted(wanted.items()) if bucket.stale is not None]


def without_stale(made: Any) -> Any:
    return [[(gap, 0.5 if bits(value) == bits(STALE) else value) for gap, value in row] for row in made]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(made=rows, width=st.sampled_from([7, 60, 1000]), length=st.integers(1, 6), step=st.integers(1, 4))
@settings(max_examples=200, deadline=None)
@pytest.mark.parametrize("function", [RangeFunction.RATE, RangeFunction.INCREASE, RangeFunction.DELTA])
def test_rates_over_whole_buckets_are_those_over_samples(
    function: RangeFunction, made: Any, width: int, length: int, step: int
) -> None:
    offsets, t, v = columns(without_stale(made), 0)
    ends, times, first_t, found = compiled.roll_up(offsets[:-1], offsets[1:], t, v, width)
    window, step_ms, count = length * width, step * width, 8
    told = found[0], found[4], found[5], found[6]
    answers = []
    for kernel in (compiled, plain):
        out, present = np.zeros((len(made), count)), np.zeros((len(made), count), np.uint8)
        kinds = function is not RangeFunction.DELTA, function is RangeFunction.RATE
        kernel.bucket_rates(ends, times, first_t, *told, width, step_ms, window, *kinds, out, present)
        answers.append((out, present))
    out, present = np.zeros((len(made), count)), np.zeros((len(made), count), np.uint8)
    none = np.zeros(count)
    range_function(int(function), offsets, t, v, width, step_ms, window, none, none, out, present)
    scale = np.abs(v[np.isfinite(v)]).sum() * window
    for found_out, found_present in answers:
        assert np.array_equal(found_present, present)
        np.testing.assert_allclose(found_out, out, rtol=1e-9, atol=1e-12 * scale, equal_nan=True)


def test_what_makes_no_sense_is_refused() -> None:
    t, v = np.arange(3, dtype=np.int64), np.zeros(3)
    for kernel in (compiled, plain):
        for starts, stops, width in (([0], [4], 1), ([2], [1], 1), ([-1], [1], 1), ([0, 1], [1], 1), ([0], [3], 0)):
            with pytest.raises(ValueError, match=r"range|differ|width"):
                kernel.roll_up(np.array(starts, np.int64), np.array(stops, np.int64), t, v, width)
