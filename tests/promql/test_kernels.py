"""The compiled loops against their plain twins, on any input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from obsv.metrics.kernels import promql_plain as plain
from obsv.metrics.kernels.promql import RangeFunction, Reduction
from obsv.metrics.store.types import STALE

compiled = pytest.importorskip("obsv.metrics.kernels._promql", reason="kernels are not compiled here")

VALUES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.sampled_from([0.0, -0.0, np.nan, np.inf, -np.inf, 1e300, -1e300, 1.0, 1.0, 2.0]),
)
rows = st.lists(st.lists(st.tuples(st.integers(1, 20_000), VALUES), max_size=12), min_size=1, max_size=4)
grids = st.tuples(st.integers(-20_000, 60_000), st.integers(1, 30_000), st.integers(1, 8))


def columns(made: list[list[tuple[int, float]]]) -> tuple[Any, Any, Any]:
    """Rows of (gap in ms, value) as offsets, times, values."""
    offsets, times, values = [0], list[int](), list[float]()
    for row in made:
        at = 0
        for gap, value in row:
            at += gap
            times.append(at)
            values.append(value)
        offsets.append(len(times))
    return np.array(offsets, np.int64), np.array(times, np.int64), np.array(values, np.float64)


def same(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return bool(np.allclose(one, other, rtol=1e-9, atol=0, equal_nan=True))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "function", list(RangeFunction)[: RangeFunction.INSTANT], ids=lambda function: function.name.lower()
)
@given(made=rows, grid=grids, window=st.integers(1, 60_000), p0=st.floats(-0.5, 1.5), p1=st.floats(0.01, 0.99))
@settings(max_examples=40, deadline=None)
def test_window_functions(function: RangeFunction, made: Any, grid: Any, window: int, p0: float, p1: float) -> None:
    offsets, t, v = columns(made)
    start, step, count = grid
    if function is RangeFunction.SMOOTH:
        p0 = min(max(p0, 0.01), 0.99)
    answers = []
    for kernel in (compiled, plain):
        out, present = np.zeros((len(made), count)), np.zeros((len(made), count), np.uint8)
        parameters = np.full(count, p0), np.full(count, p1)
        kernel.range_function(int(function), offsets, t, v, start, step, window, *parameters, out, present)
        answers.append((out, present))
    (fast, fast_present), (slow, slow_present) = answers
    assert np.array_equal(fast_present, slow_present)
    assert same(fast[fast_present > 0], slow[slow_present > 0])


@given(made=rows, grid=grids, lookback=st.integers(1, 60_000), stale=st.integers(0, 40), want_time=st.booleans())
@settings(max_examples=150, deadline=None)
def test_newest_samples(made: Any, grid: Any, lookback: int, stale: int, want_time: bool) -> None:
    offsets, t, v = columns(made)
    if stale < len(v):
        v[stale] = STALE
    start, step, count = grid
    function, nothing = RangeFunction.INSTANT_TIME if want_time else RangeFunction.INSTANT, np.zeros(count)
    answers = []
    for kernel in (compiled, plain):
        out, present = np.zeros((len(made), count)), np.zeros((len(made), count), np.uint8)
        kernel.range_function(int(function), offsets, t, v, start, step, lookback, nothing, nothing, out, present)
        answers.append((out, present))
    assert np.array_equal(answers[0][1], answers[1][1])
    assert np.array_equal(answers[0][0], answers[1][0], equal_nan=True)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("function", [RangeFunction.RATE, RangeFunction.INSTANT, RangeFunction.MAX])
@pytest.mark.parametrize(
    "reduction", list(Reduction)[: Reduction.GROUP + 1], ids=lambda reduction: reduction.name.lower()
)
@given(made=rows, repeats=st.integers(1, 3), grid=grids, window=st.integers(1, 60_000), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_windows_reduced_at_once(
    function: RangeFunction, reduction: Reduction, made: Any, repeats: int, grid: Any, window: int, seed: int
) -> None:
    """As in two steps, and as the twin; series with equal times follow each other."""
    offsets, t, v = columns([row for row in made for _ in range(repeats)])
    start, step, count = grid
    k, nothing = len(offsets) - 1, np.zeros(count)
    order = np.random.default_rng(seed).permutation(k).astype(np.int64)
    bounds = np.array(sorted({0, k // 2, k}), np.int64)
    shape = (len(bounds) - 1, count)
    values, present = np.zeros((k, count)), np.zeros((k, count), np.uint8)
    compiled.range_function(int(function), offsets, t, v, start, step, window, nothing, nothing, values, present)
    two_steps, there = np.zeros(shape), np.zeros(shape, np.uint8)
    compiled.reduce_groups(int(reduction), values, present, bounds, order, two_steps, there)
    for kernel in (compiled, plain):
        out, has = np.zeros(shape), np.zeros(shape, np.uint8)
        whole = kernel.reduce_windows(
            int(function), int(reduction), offsets, t, v, start, step, window, nothing, nothing, bounds, order, out, has
        )
        assert np.array_equal(has, there)
        assert not whole or same(out[has > 0], two_steps[there > 0])
        assert whole or reduction is Reduction.AVG


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("reduction", list(Reduction), ids=lambda reduction: reduction.name.lower())
@given(
    data=st.lists(st.lists(st.one_of(st.none(), VALUES), min_size=3, max_size=3), min_size=1, max_size=8),
    seed=st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_reductions(reduction: Reduction, data: Any, seed: int) -> None:
    values = np.array([[0.0 if x is None else x for x in row] for row in data])
    present = np.array([[x is not None for x in row] for row in data], np.uint8)
    order = np.random.default_rng(seed).permutation(len(data)).astype(np.int64)
    bounds = np.array(sorted({0, len(data) // 2, len(data)}), np.int64)
    answers = []
    for kernel in (compiled, plain):
        out, has = np.zeros((len(bounds) - 1, 3)), np.zeros((len(bounds) - 1, 3), np.uint8)
        kernel.reduce_groups(int(reduction), values, present, bounds, order, out, has)
        answers.append((out, has))
    assert np.array_equal(answers[0][1], answers[1][1])
    assert same(answers[0][0], answers[1][0])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(
    q=st.one_of(st.floats(-0.2, 1.2), st.just(np.nan)),
    histograms=st.lists(
        st.lists(
            st.tuples(
                st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0, np.inf]),
                st.lists(st.one_of(st.none(), st.integers(0, 9).map(float), VALUES), min_size=3, max_size=3),
            ),
            max_size=6,
        ),
        min_size=1,
        max_size=3,
    ),
)
@settings(max_examples=300, deadline=None)
def test_quantiles_of_classic_histograms(q: float, histograms: Any) -> None:
    sizes = [len(buckets) for buckets in histograms]
    at = np.array([0, *np.cumsum(sizes)], np.int64)
    ordered = [bucket for buckets in histograms for bucket in sorted(buckets, key=lambda one: one[0])]
    bounds = np.array([bound for bound, _ in ordered])
    counts = np.array([[0.0 if x is None else x for x in row] for _, row in ordered]).reshape(len(ordered), 3)
    present = np.array([[x is not None for x in row] for _, row in ordered], np.uint8).reshape(len(ordered), 3)
    rows = np.arange(len(ordered), dtype=np.int64)
    answers = []
    for kernel in (compiled, plain):
        out, has = np.zeros((len(sizes), 3)), np.zeros((len(sizes), 3), np.uint8)
        fell = kernel.classic_quantiles(np.full(3, q), at, bounds, rows, counts, present, out, has)
        answers.append((out, has, fell))
    assert answers[0][2] == answers[1][2]
    assert np.array_equal(answers[0][1], answers[1][1])
    assert same(answers[0][0], answers[1][0])


@given(st.one_of(st.floats(), st.integers(-(2**63), 2**63).map(float)))
@settings(max_examples=400)
def test_numbers_are_written_the_same_and_read_back(value: float) -> None:
    text = compiled.format_value(value)
    assert text == plain.format_value(value)
    back = float(text)
    assert back == value or (back != back and value != value)  # NaN


@given(st.integers(-(10**14), 10**14))
def test_times_are_written_the_same(ms: int) -> None:
    assert compiled.format_time(ms) == plain.format_time(ms)


@given(made=rows, grid=grids)
@settings(deadline=None)
def test_json(made: Any, grid: Any) -> None:
    offsets, t, v = columns(made)
    start, step, count = grid
    metrics = [b'{"a":"b"}'] * len(made)
    values, present = np.zeros((len(made), count)), np.zeros((len(made), count), np.uint8)
    nothing = np.zeros(count)
    compiled.range_function(
        int(RangeFunction.INSTANT), offsets, t, v, start, step, 10_000, nothing, nothing, values, present
    )
    assert compiled.matrix_json(metrics, values, present, start, step) == plain.matrix_json(
        metrics, values, present, start, step
    )
    assert compiled.samples_json(metrics, offsets, t, v) == plain.samples_json(metrics, offsets, t, v)
    newest = np.ascontiguousarray(values[:, 0])
    assert compiled.vector_json(metrics, newest, start) == plain.vector_json(metrics, newest, start)
