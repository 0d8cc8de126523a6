"""The compiled codec and its plain twin make and read the same bytes, and every float64 comes back bit for bit."""

from __future__ import annotations

import struct
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsv.metrics.kernels import codec_plain as plain
from obsv.metrics.store.types import STALE_BITS

compiled = pytest.importorskip("obsv.metrics.kernels._codec", reason="kernels not compiled")
TWINS = (compiled, plain)


def from_bits(bits: int) -> float:
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


SPECIAL = [from_bits(b) for b in (STALE_BITS, 0x7FF8000000000001, 0x7FF8000000000000, 0xFFF8000000000123, 1 << 63)] + [
    float("inf"),
    float("-inf"),
    0.0,
    5e-324,
    1.7976931348623157e308,
    2.0**53,
    -(2.0**53),
    2.0**63,
    1e300,
    0.1 + 0.2,
    9007199254740991.0,
]
any_bits = st.integers(0, 2**64 - 1).map(from_bits)
decimals = st.builds(lambda m, e: m / 10.0**e, st.integers(-(10**9), 10**9), st.integers(0, 4))
whole = st.integers(-(2**53), 2**53).map(float)
pages = st.integers(0, 10**6).map(lambda x: x * 4096.0)
value = st.sampled_from(SPECIAL) | any_bits | decimals | whole


@st.composite
def counters(draw: st.DrawFn) -> list[float]:
    steps = draw(st.lists(st.integers(0, 2000), min_size=1, max_size=80))
    scale = draw(st.sampled_from([1.0, 100.0]))
    total, out = draw(st.integers(0, 10**12)), list[float]()
    for step in steps:
        total = total + step if step else 0
        out.append(total / scale)
    return out


series = (
    st.lists(value, max_size=40)
    | st.lists(decimals | st.sampled_from(SPECIAL[:2]), max_size=80)
    | st.lists(pages, max_size=80)
    | counters()
    | st.builds(lambda v, n: [v] * n, value, st.integers(0, 100))
)


def columns(rows: list[list[float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ends = np.cumsum([len(row) for row in rows], dtype=np.int64) if rows else np.zeros(0, np.int64)
    # From bits, so that no NaN is changed on the way.
    raw = b"".join(struct.pack("<d", x) for row in rows for x in row)
    return np.frombuffer(raw, np.float64), np.concatenate([np.zeros(1, np.int64), ends])[: len(rows)], ends


def decode(
    twin: ModuleType, packed: bytes, bits: bytes, counts: np.ndarray, first: np.ndarray, stop: np.ndarray
) -> np.ndarray:
    sizes = stop - first
    out = np.zeros(int(sizes.sum()))
    twin.decode_chunk(packed, bits, counts, first, stop, np.cumsum(sizes) - sizes, out)
    return out.view(np.uint64)


@given(st.lists(series, max_size=6), st.randoms())
@settings(max_examples=300)
def test_chunks_come_back_bit_for_bit_from_both_twins(rows: list[list[float]], random) -> None:
    v, starts, stops = columns(rows)
    made = [twin.encode_chunk(v, starts, stops) for twin in TWINS]
    assert made[0] == made[1]
    counts = stops - starts
    first = np.array([random.randint(0, int(n)) for n in counts], dtype=np.int64)
    stop = np.array([random.randint(int(a), int(n)) for a, n in zip(first, counts, strict=True)], dtype=np.int64)
    parts = [v[a + x : a + y].view(np.uint64) for a, x, y in zip(starts, first, stop, strict=True)]
    for twin in TWINS:
        whole_chunk = decode(twin, *made[0], counts, np.zeros_like(counts), counts)
        assert whole_chunk.tolist() == v.view(np.uint64).tolist()
        assert decode(twin, *made[0], counts, first, stop).tolist() == [int(x) for part in parts for x in part]


@given(st.lists(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 10**6), max_size=20), max_size=8))
def test_times_come_back_from_both_twins(rows: list[list[int]]) -> None:
    t = np.array([x for row in rows for x in row], dtype=np.int64)
    stops = np.cumsum([len(row) for row in rows], dtype=np.int64) if rows else np.zeros(0, np.int64)
    counts = np.array([len(row) for row in rows], dtype=np.int64)
    starts = stops - counts
    made = [twin.encode_times(t, starts, stops) for twin in TWINS]
    assert made[0] == made[1]
    for twin in TWINS:
        assert twin.decode_times(made[0], counts).tolist() == t.tolist()
    numbers, first = compiled.distinct_times(t, starts, stops)
    again = plain.distinct_times(t, starts, stops)
    assert numbers.tolist() == again[0].tolist()
    assert first.tolist() == again[1].tolist()
    assert [rows[first[number]] for number in numbers] == rows


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=30))
def test_integers_come_back_from_both_twins(values: list[int]) -> None:
    array = np.array(values, dtype=np.int64)
    made = [twin.pack_ints(array) for twin in TWINS]
    assert made[0] == made[1]
    assert all(twin.unpack_ints(made[0]).tolist() == values for twin in TWINS)


def varint(n: int) -> bytes:
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)


def label_key(labels: dict[str, str]) -> bytes:
    out = b""
    for name, text in sorted(labels.items()):
        body = b"".join(tag + varint(len(x)) + x for tag, x in ((b"\x0a", name.encode()), (b"\x12", text.encode())))
        out += b"\x0a" + varint(len(body)) + body
    return out


names = st.sampled_from(["__name__", "instance", "job", "cpu", "mode", "zone", "é"])


@given(st.lists(st.dictionaries(names, st.text(max_size=200), max_size=5).map(label_key), max_size=5))
def test_label_order_is_the_same_in_both_twins(keys: list[bytes]) -> None:
    targets = [b"instance", b"job"]
    assert compiled.sort_keys(keys, targets) == plain.sort_keys(keys, targets)


@given(st.binary(max_size=30))
def test_label_order_of_anything_is_the_same_in_both_twins(key: bytes) -> None:
    assert compiled.sort_keys([key], []) == plain.sort_keys([key], [])


@pytest.mark.parametrize("twin", TWINS)
def test_target_labels_order_last(twin: ModuleType) -> None:
    keys = [
        label_key({"__name__": "cpu", "instance": "a", "mode": "user"}),
        label_key({"__name__": "cpu", "instance": "b", "mode": "idle"}),
        label_key({"__name__": "cpu", "instance": "a", "mode": "idle"}),
    ]
    made = twin.sort_keys(keys, [b"instance"])
    assert sorted(range(3), key=made.__getitem__) == [2, 1, 0]


@given(st.binary(max_size=60), st.binary(max_size=30), st.integers(0, 40))
@settings(max_examples=300)
def test_malformed_chunks_are_refused_or_read_within_bounds(packed: bytes, bits: bytes, n: int) -> None:
    counts = np.array([n, 3], dtype=np.int64)
    for twin in TWINS:
        try:
            decode(twin, packed, bits, counts, np.zeros(2, np.int64), counts)
        except ValueError:
            continue


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    ("starts", "stops"), [([0], [5]), ([-1], [1]), ([2], [1]), ([0, 1], [1])], ids=["long", "negative", "back", "odd"]
)
def test_ranges_outside_the_samples_are_refused(twin: ModuleType, starts: list[int], stops: list[int]) -> None:
    a, b = np.array(starts, dtype=np.int64), np.array(stops, dtype=np.int64)
    with pytest.raises(ValueError, match=r"range|starts"):
        twin.encode_chunk(np.zeros(3), a, b)
    with pytest.raises(ValueError, match=r"range|starts"):
        twin.encode_times(np.zeros(3, np.int64), a, b)
    with pytest.raises(ValueError, match=r"range|starts"):
        twin.distinct_times(np.zeros(3, np.int64), a, b)


@pytest.mark.parametrize("twin", TWINS)
def test_first_not_before(twin: ModuleType) -> None:
    times = np.array([1, 3, 5, 5, 9, 2, 4], np.int64)
    starts, stops = np.array([0, 5, 5, 2], np.int64), np.array([5, 7, 5, 4], np.int64)
    naive = [next((i for i in range(a, b) if times[i] >= 4), b) for a, b in zip(starts, stops, strict=True)]
    assert twin.first_not_before(times, starts, stops, 4).tolist() == naive == [2, 6, 5, 2]


def test_a_stale_marker_does_not_spoil_its_series() -> None:
    values = np.cumsum(np.arange(200) % 7).astype(np.float64)
    stale = values.copy()
    stale[120] = from_bits(STALE_BITS)
    ends = np.array([200], dtype=np.int64)
    sizes = [sum(map(len, compiled.encode_chunk(v, ends - 200, ends))) for v in (values, stale)]
    assert sizes[1] - sizes[0] <= 4


def test_steady_series_are_a_few_bytes() -> None:
    ends = np.array([1000], dtype=np.int64)
    for v in (np.full(1000, 16777216000.0), np.arange(1000) * 15.0, np.full(1000, from_bits(STALE_BITS))):
        assert sum(map(len, compiled.encode_chunk(v, ends - 1000, ends))) < 24
