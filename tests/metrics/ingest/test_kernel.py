"""The head's kernel: what it keeps and refuses, and that the compiled one and its twin agree on everything."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsv.metrics.kernels import ingest_plain, ragged_plain
from obsv.metrics.kernels.ingest import FAULTS, REASONS, Rules
from tests.metrics.ingest.wire import chunk, label, point, series, snappy, varint

try:
    from obsv.metrics.kernels import _ingest as compiled
except ImportError:
    pytest.skip("no compiled kernel to compare with", allow_module_level=True)

NOW = 1_700_000_000_000
HOUR = 3_600_000
STALE = 0x7FF0000000000002
KERNELS = [compiled, ingest_plain]
LIMITS = {"oldest": NOW - 30 * 24 * HOUR, "newest": NOW + 600_000, "late_window": HOUR, "series_limit": 1000,
          "hour": NOW // HOUR, "labels": 5, "name_bytes": 20, "value_bytes": 30}  # fmt: skip


def put(head, body: bytes, org: int = 1, **rules: int):
    assert head.prepare(org, body, Rules(**{**LIMITS, **rules}))
    outcome = head.outcome()
    head.apply()
    refused = {name: count for name, count in zip(REASONS, outcome[1], strict=True) if count}
    return outcome[0], refused


def stored(head, sid: int = 0) -> list[tuple[int, int]]:
    _, t, v = head.gather(np.array([sid], np.uint32), -(2**63), 2**63 - 1, 10**9)
    return list(zip(t.tolist(), v.view(np.uint64).tolist(), strict=True))


def bits(value: float) -> int:
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


@pytest.fixture(params=KERNELS, ids=["compiled", "plain"])
def head(request):
    return request.param.Head(b"0123456789abcdef")


UP = {"__name__": "up", "job": "x"}


def test_values_come_back_bit_for_bit(head):
    values = [bits(1.5), bits(-0.0), bits(float("inf")), bits(float("-inf")), STALE, 0x7FF8000000000001, 1]
    points = [(NOW + i, value) for i, value in enumerate(values)]
    assert put(head, series(UP, points)) == (7, {})
    assert stored(head) == points


def test_late_samples_are_put_in_order_and_too_late_ones_refused(head):
    assert put(head, series(UP, [(NOW, 1.0)])) == (1, {})
    late = [(NOW - HOUR, 2.0), (NOW - HOUR - 1, 3.0), (NOW - 5, 4.0)]
    assert put(head, series(UP, late)) == (2, {"too_old": 1})
    assert [t for t, _ in stored(head)] == [NOW - HOUR, NOW - 5, NOW]


def test_a_new_series_is_bounded_by_retention_alone(head):
    oldest = LIMITS["oldest"]
    body = series(UP, [(NOW, 1.0), (NOW - 5 * HOUR, 1.0), (oldest, 1.0), (oldest - 1, 1.0)])
    assert put(head, body) == (3, {"too_old": 1})


def test_the_future_is_refused(head):
    assert put(head, series(UP, [(NOW + 600_000, 1.0), (NOW + 600_001, 1.0)])) == (1, {"too_new": 1})


def test_a_repeat_is_fine_and_another_value_is_not(head):
    points = [(NOW, 1.0), (NOW + 1, STALE), (NOW + 2, 3.0)]
    put(head, series(UP, points))
    assert put(head, series(UP, points)) == (3, {})
    assert put(head, series(UP, [(NOW, 2.0), (NOW + 1, 0x7FF8000000000001), (NOW + 2, 3.5), (NOW + 3, 4.0)])) == (
        1,
        {"duplicate": 3},
    )
    assert len(stored(head)) == 4


def test_repeats_within_one_request(head):
    one = series(UP, [(NOW, 1.0), (NOW, 1.0), (NOW, 2.0), (NOW - 1, 5.0)])
    assert put(head, one + series(UP, [(NOW - 1, 5.0), (NOW - 1, 6.0), (NOW + 1, 7.0)])) == (5, {"duplicate": 2})
    assert stored(head) == [(NOW - 1, bits(5.0)), (NOW, bits(1.0)), (NOW + 1, bits(7.0))]
    assert head.series == 1


def test_organisations_do_not_meet(head):
    put(head, series(UP, [(NOW, 1.0)]), org=1)
    assert put(head, series(UP, [(NOW, 2.0)]), org=2) == (1, {})
    assert head.series == 2
    assert stored(head, 0) == [(NOW, bits(1.0))]
    assert stored(head, 1) == [(NOW, bits(2.0))]
    owners, keys = head.keys(0, 10)
    assert owners.tolist() == [1, 2]
    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    ("pairs", "fault"),
    [
        ([("job", "x")], "no metric name"),
        ([("__name__", "")], "no metric name"),
        ([("", "x"), ("__name__", "up")], "an empty label name"),
        ([("__name__", "up"), ("a", "1"), ("a", "2")], "a label name twice"),
        ([("__name__", b"\xc0\x80")], "text that is not UTF-8"),
        ([("__name__", "up"), (b"\xed\xa0\x80", "v")], "text that is not UTF-8"),
        ([("__name__", "up")] + [(f"l{i}", "1") for i in range(5)], "more labels than allowed"),
        ([("__name__", "up"), ("n" * 21, "1")], "a label name longer than allowed"),
        ([("__name__", "u" * 31)], "a label value longer than allowed"),
    ],
)
def test_bad_label_sets_are_refused_and_the_rest_kept(head, pairs, fault):
    body = series(pairs, [(NOW, 1.0), (NOW + 1, 1.0)]) + series(UP, [(NOW, 1.0)])
    assert put(head, body) == (1, {"labels": 2})
    assert FAULTS[head.outcome()[3]] == fault
    assert head.series == 1


def test_label_sets_are_made_canonical(head):
    put(head, series(UP, [(NOW, 1.0)]))
    unsorted = [("job", "x"), ("gone", ""), ("__name__", "up")]
    assert put(head, series(unsorted, [(NOW + 1, 1.0)])) == (1, {})
    scattered = chunk(1, label("__name__", "up") + point(NOW + 2, 1.0) + label("job", "x") + chunk(9, b"?"))
    assert put(head, scattered) == (1, {})
    swapped = chunk(1, chunk(1, chunk(2, b"up") + chunk(1, b"__name__")) + label("job", "x") + point(NOW + 3, 1.0))
    assert put(head, swapped) == (1, {})
    assert head.series == 1
    assert head.keys(0, 1)[1] == [label("__name__", "up") + label("job", "x")]


def test_a_prefix_of_a_series_is_another_series(head):
    short, long = {"__name__": "up"}, {"__name__": "up", "job": "x"}
    for i in range(3):
        put(head, series(short, [(NOW + i, 1.0)]) + series(long, [(NOW + i, 2.0)]))
        put(head, series(long, [(NOW + 10 + i, 2.0)]) + series(short, [(NOW + 10 + i, 1.0)]))
    assert head.series == 2
    assert {value for _, value in stored(head, 0)} == {bits(1.0)}
    assert {value for _, value in stored(head, 1)} == {bits(2.0)}


def test_the_series_limit_counts_active_ones(head):
    body = b"".join(series({"__name__": f"m{i}"}, [(NOW, 1.0), (NOW + 1, 1.0)]) for i in range(4))
    assert put(head, body, series_limit=3) == (6, {"series_limit": 2})
    assert head.active(1) == 3
    later = {"hour": LIMITS["hour"] + 1, "series_limit": 3}
    assert put(head, series({"__name__": "m0"}, [(NOW + 2, 1.0)]), **later) == (1, {})
    later["hour"] += 1
    assert put(head, series({"__name__": "m9"}, [(NOW + 2, 1.0)]), **later) == (1, {})
    assert head.active(1) == 2
    assert put(head, body, **later) == (8, {})  # m0 to m2 repeat themselves, m3 fits now
    assert put(head, series({"__name__": "m1"}, [(NOW + 3, 1.0)]), **later) == (0, {"series_limit": 1})
    assert put(head, series({"__name__": "m1"}, [(NOW + 3, 1.0)]), org=2, **later) == (1, {})


def test_histograms_exemplars_and_metadata_pass_by(head):
    body = chunk(1, label("__name__", "h") + chunk(4, b"\x08\x01") + chunk(3, b"anything"))
    both = chunk(1, label("__name__", "g") + point(NOW, 1.0) + chunk(3, b"x"))
    assert put(head, chunk(3, b"meta") + body + both) == (1, {})
    assert head.outcome()[7] == 4
    assert head.series == 1


BROKEN = {
    "truncated": series(UP, [(NOW, 1.0)])[:-1],
    "long varint": b"\xff" * 11,
    "field zero": b"\x00\x01",
    "group": b"\x0b\x0c",
    "wrong wire": b"\x08\x01",
    "metadata wire": b"\x18\x01",
    "sample value wire": chunk(1, label("__name__", "u") + chunk(2, b"\x08\x01")),
    "sample time wire": chunk(1, label("__name__", "u") + chunk(2, b"\x11" + bytes(8))),
    "label inside": chunk(1, chunk(1, b"\x0a\xff") + point(NOW, 1.0)),
    "label wire": chunk(1, chunk(1, b"\x08\x01") + point(NOW, 1.0)),
    "labels field wire": chunk(1, b"\x08\x01"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_request_leaves_nothing(head, name):
    put(head, series({"__name__": "before"}, [(NOW, 1.0)]))
    new = b"".join(series({"__name__": f"n{i}"}, [(NOW, 1.0)]) for i in range(2000))
    assert not head.prepare(1, new + BROKEN[name], Rules(**{**LIMITS, "series_limit": 10**6}))
    head.apply()
    assert (head.series, head.samples, head.active(1)) == (1, 1, 1)
    assert put(head, new, series_limit=10**6) == (2000, {})
    assert put(head, new, series_limit=10**6) == (2000, {})
    assert head.series == 2001


def test_abort_keeps_nothing(head):
    assert head.prepare(1, series(UP, [(NOW, 1.0)]), Rules(**LIMITS))
    head.abort()
    assert (head.series, head.samples) == (0, 0)
    assert put(head, series(UP, [(NOW, 2.0)])) == (1, {})


def test_times_far_apart_share_a_series(head):
    points = [(NOW - 29 * 24 * HOUR, 1.0), (NOW, 2.0), (NOW - 28 * 24 * HOUR, 3.0)]
    assert put(head, series(UP, points)) == (3, {})
    assert [t for t, _ in stored(head)] == sorted(t for t, _ in points)
    assert put(head, series(UP, [(-5, 1.0)]), oldest=-(2**62), late_window=2**62) == (1, {})
    assert stored(head)[0] == (-5, bits(1.0))


def test_freeze_sets_aside_and_stays_readable(head):
    assert not head.freeze()
    put(head, series(UP, [(NOW, 1.0), (NOW + 2, 3.0)]))
    assert head.freeze()
    put(head, series({"__name__": "new"}, [(NOW, 9.0)]) + series(UP, [(NOW + 1, 2.0), (NOW + 2, 3.0)]))
    assert not head.freeze()
    assert (head.frozen_samples, head.samples) == (2, 2)
    assert [t for t, _ in stored(head)] == [NOW, NOW + 1, NOW + 2]
    sids = head.frozen_series()
    offsets, t, v = head.columns(sids)
    assert (sids.tolist(), offsets.tolist(), t.tolist(), v.tolist()) == ([0], [0, 2], [NOW, NOW + 2], [1.0, 3.0])
    head.release()
    assert [t for t, _ in stored(head)] == [NOW + 1]
    assert head.freeze()
    assert head.frozen_series().tolist() == [0, 1]
    offsets, t, _ = head.columns(np.array([1, 0], np.uint32))
    assert (offsets.tolist(), t.tolist()) == ([0, 1, 2], [NOW, NOW + 1])


def test_gather_cuts_by_time_and_limit(head):
    put(head, series(UP, [(NOW + i, float(i)) for i in range(100)]))
    sids = np.array([0], np.uint32)
    offsets, t, v = head.gather(sids, NOW + 10, NOW + 20, 11)
    assert offsets.tolist() == [0, 11]
    assert t[0] == NOW + 10
    assert v[-1] == 20.0
    assert head.gather(sids, NOW + 10, NOW + 20, 10) is None
    assert head.gather(np.zeros(0, np.uint32), 0, 1, 0)[0].tolist() == [0]


def test_replay_repeats_the_verdicts(head):
    put(head, series(UP, [(NOW, 1.0)]))
    body = series(UP, [(NOW + i // 2, float(i)) for i in range(10)]) + series([("a", "b")], [(NOW, 1.0)])
    assert head.prepare(1, body, Rules(**LIMITS))
    skips = head.outcome()[6]
    head.apply()
    again = type(head)(bytes(16))
    again.load(np.array([1], np.int64), head.keys(0, 1)[1])
    assert again.replay(1, body, LIMITS["hour"], skips)
    expected = stored(head)
    assert stored(again) == expected  # the repeat of the first sample is kept once more, which changes nothing
    assert again.active(1) == 1
    assert not again.replay(1, b"\x00", LIMITS["hour"], b"")


def test_a_request_can_be_encoded(head):
    kernel = compiled if isinstance(head, compiled.Head) else ragged_plain
    keys = [label("__name__", "a"), label("__name__", "b")]
    t = np.array([NOW, NOW + 1, -3], np.int64)
    v = np.array([1.0, STALE, 2.0])
    body = kernel.encode_request(keys, np.array([0, 2, 3], np.int64), t, v)
    assert body == series([("__name__", "a")], [(NOW, 1.0), (NOW + 1, float(STALE))]) + series(
        [("__name__", "b")], [(-3, 2.0)]
    )


def ragged(rows: dict[int, list[tuple[int, float]]]):
    sids = np.array(sorted(rows), np.uint32)
    points = [one for sid in sorted(rows) for one in rows[sid]]
    offsets = np.cumsum([0] + [len(rows[sid]) for sid in sorted(rows)]).astype(np.int64)
    return sids, offsets, np.array([p[0] for p in points], np.int64), np.array([p[1] for p in points], np.float64)


ROWS = st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 20), unique=True, max_size=6).map(sorted), max_size=5)


@given(ROWS, ROWS)
def test_merge_takes_the_first_of_two(a, b):
    left = ragged({sid: [(t, 1.0) for t in row] for sid, row in a.items()})
    right = ragged({sid: [(t, 2.0) for t in row] for sid, row in b.items()})
    expected = {
        sid: sorted({**dict.fromkeys(b.get(sid, []), 2.0), **dict.fromkeys(a.get(sid, []), 1.0)}.items())
        for sid in {*a, *b}
    }
    expected = ragged({sid: row for sid, row in expected.items() if row})
    for kernel in (compiled, ragged_plain):
        for got, want in zip(kernel.merge(left, right), expected, strict=True):
            assert got.tolist() == want.tolist()


# -- both kernels against each other ---------------------------------------------------------------------------------

NAMES = st.sampled_from(["__name__", "a", "b", "job", "", b"\xff", "é"])
VALUES = st.sampled_from(["", "x", "y", "up", "much too long a value for the limit", b"\xf0\x90\x80\x80", b"\xc3"])
GOOD = st.sampled_from([("a",), ("b",), ("a", "b")]).map(lambda ls: [("__name__", "m")] + [(n, "1") for n in ls])
PAIRS = st.one_of(GOOD, GOOD, st.lists(st.tuples(NAMES, VALUES), max_size=7))
TIMES = st.one_of(st.integers(NOW, NOW + 6), st.sampled_from([0, NOW - HOUR - 3, NOW - 50 * HOUR, NOW + 10**7, -1]))
BITS = st.sampled_from([bits(0.0), bits(-0.0), bits(1.0), STALE, 0x7FF8000000000001])
POINT = st.builds(point, TIMES, BITS)
EXTRA = st.sampled_from([chunk(3, b"x"), chunk(4, b"x"), chunk(4, b""), b"\x38\x05", b"\x45abcd", b"\x49" + bytes(8)])
PIECES = st.one_of(POINT, POINT, POINT, EXTRA, st.builds(label, NAMES, VALUES), st.binary(max_size=4))


@st.composite
def bodies(draw) -> bytes:
    out = b""
    for _ in range(draw(st.integers(0, 4))):
        labels = b"".join(label(n, v) for n, v in draw(PAIRS))
        tail = draw(st.lists(PIECES if draw(st.booleans()) else POINT, max_size=5))
        out += chunk(1, labels + b"".join(tail))
        if draw(st.integers(0, 9)) == 0:
            out += draw(st.sampled_from([chunk(3, b"meta"), b"\x20\x01", chunk(7, b""), varint(1 << 70)]))
    if out and draw(st.integers(0, 7)) == 0:
        at = draw(st.integers(0, len(out) - 1))
        out = out[:at] + bytes([draw(st.integers(0, 255))]) + out[at + 1 :]
    return out


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), bodies(), st.integers(1, 2), st.integers(0, 3)),
        st.tuples(st.just("put"), bodies(), st.integers(1, 2), st.integers(0, 3)),
        st.tuples(st.just("flush"), st.just(b""), st.just(0), st.just(0)),
        st.tuples(st.just("abort"), bodies(), st.just(1), st.just(0)),
        st.tuples(st.just("replay"), bodies(), st.just(1), st.sampled_from([0, 1, 3])),
    ),
    max_size=8,
)


def state(head) -> list[object]:
    every = np.arange(head.series, dtype=np.uint32)
    owners, keys = head.keys(0, head.series)
    gathered = head.gather(every, -(2**63), 2**63 - 1, 10**9)
    frozen = head.frozen_series()
    columns = [frozen.tobytes(), *(part.tobytes() for part in head.columns(frozen))]
    counts = [head.samples, head.frozen_samples, head.touched, head.active(1), head.active(2)]
    return [owners.tolist(), keys, [part.tobytes() for part in gathered], columns, counts,
            head.newest(every).tolist(), head.owners(every).tolist()]  # fmt: skip


def comparable(outcome):
    # The bytes shown of a label set refused before it was made canonical may be spelt differently.
    return (*outcome[:5], outcome[6])


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_compiled_and_plain_agree(steps):
    heads = [kernel.Head(bytes(16)) for kernel in KERNELS]
    for what, body, org, hours in steps:
        rules = {**LIMITS, "hour": LIMITS["hour"] + hours, "series_limit": 4}
        answers = []
        for head in heads:
            runs = varint(hours) + varint(2)
            if what == "flush":
                answers.append([head.freeze()])
            elif what == "replay":
                fine = head.replay(org, body, rules["hour"], runs)
                answers.append([fine, fine and comparable(head.outcome())])
            else:
                fine = head.prepare(org, body, Rules(**rules))
                answers.append([fine, fine and comparable(head.outcome())])
                head.apply() if what == "put" else head.abort()
        assert answers[0] == answers[1]
        assert state(heads[0]) == state(heads[1])
        if what == "flush":
            for head in heads:
                head.release()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_answered_alike(body):
    heads = [kernel.Head(bytes(16)) for kernel in KERNELS]
    assert heads[0].prepare(1, body, Rules(**LIMITS)) == heads[1].prepare(1, body, Rules(**LIMITS))


def test_many_series_in_changing_order(head):
    rng = random.Random(7)
    count = 3000 if isinstance(head, compiled.Head) else 300
    names = [{"__name__": f"metric_{i}"} for i in range(count)]
    for i in range(6):
        rng.shuffle(names)
        assert put(head, b"".join(series(one, [(NOW + i, 1.0)]) for one in names), series_limit=10**6)[0] == count
    assert head.series == count
    offsets, _, _ = head.gather(np.arange(count, dtype=np.uint32), 0, NOW * 2, 10**9)
    assert set(np.diff(offsets).tolist()) == {6}
    assert len(snappy(b"x")) > 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=40), max_size=6),
    st.sets(st.integers(0, 5)),
    st.lists(st.tuples(st.integers(-1, 61), st.integers(0, 30)), min_size=1, max_size=8),
)
def test_any_range_of_samples_in_any_order(writes, freezes, ranges):
    for kernel in KERNELS:
        head, model = kernel.Head(bytes(16)), {}
        for i, times in enumerate(writes):
            put(head, series(UP, [(NOW - t * 1000, t) for t in times]))
            model.update((NOW - t * 1000, t) for t in times)
            if i in freezes:
                head.freeze()
        for start, length in ranges if writes else []:
            low, high = NOW - (start + length) * 1000, NOW - start * 1000
            _, t, v = head.gather(np.array([0], np.uint32), low, high, 10**6)
            found = list(zip(t.tolist(), v.view(np.uint64).tolist(), strict=True))
            assert found == sorted(one for one in model.items() if low <= one[0] <= high)
