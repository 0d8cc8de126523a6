"""Chunks: the compiled kernel writes what its twin writes, and a reader of our own gets every bit of a sample back."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsv.metrics.histograms import CUSTOM, Hint, Histogram
from obsv.metrics.kernels import xor_chunk_plain as plain
from obsv.metrics.kernels.wire_plain import fields, read_varint, signed
from obsv.metrics.remote_read.histogram_chunk import histogram_chunks
from obsv.metrics.store.types import STALE, STALE_BITS

compiled = pytest.importorskip("obsv.metrics.kernels._xor_chunk")

FLOATS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, 1.5, 1e300, 5e-324, math.inf, -math.inf, math.nan, STALE]),
    st.floats(allow_nan=False),
    st.integers(-1000, 1000).map(float),
)
GAPS = st.one_of(
    st.just(15_000), st.integers(1, 40_000), st.integers(1, 2**34), st.sampled_from([1, 8191, 8192, 65_536, 2**20])
)
SAMPLES = st.lists(st.tuples(GAPS, FLOATS), min_size=1, max_size=300)


def columns(made: Any, start: int) -> tuple[Any, Any]:
    t = start + np.cumsum([gap for gap, _ in made]).astype(np.int64)
    v = np.array([value for _, value in made])
    v[[i for i, (_, value) in enumerate(made) if struct.pack("<d", value) == struct.pack("<d", STALE)]] = STALE
    return t, v


class Bits:
    """Reads a chunk, the highest bit first."""

    def __init__(self, data: bytes) -> None:
        self.value, self.left = int.from_bytes(data), 8 * len(data)

    def take(self, count: int) -> int:
        self.left -= count
        assert self.left >= 0
        return self.value >> self.left & (1 << count) - 1

    def signed(self, count: int) -> int:
        """Two's complement, but for the one value above that Prometheus fits in."""
        value = self.take(count)
        return value - (1 << count) if value > 1 << count - 1 else value

    def ones(self, most: int) -> int:
        count = 0
        while count < most and self.take(1):
            count += 1
        return count

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.take(8)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def varbit(self, *, is_signed: bool) -> int:
        ones = self.ones(8)
        if ones == 0:
            return 0
        width = (3, 6, 9, 12, 18, 25, 56, 64)[ones - 1]
        value = self.take(width)
        if not is_signed:
            return value
        top = 1 << width - 1
        return value - (1 << width) if value > top or (width == 64 and value == top) else value


class Xor:
    """Values that are told by what differs."""

    def __init__(self, first: int) -> None:
        self.bits, self.leading, self.trailing = first, 0, 0

    def next(self, bits: Bits) -> int:
        if bits.take(1):
            if bits.take(1):
                self.leading, width = bits.take(5), bits.take(6) or 64
                self.trailing = 64 - self.leading - width
            self.bits ^= bits.take(64 - self.leading - self.trailing) << self.trailing
        return self.bits


def float_chunk(data: bytes) -> list[tuple[int, int]]:
    """(time, bits of the value) of each sample."""
    bits = Bits(data)
    count = bits.take(16)
    zigzag = bits.varint()
    t, distance = (zigzag >> 1) ^ -(zigzag & 1), 0
    xor = Xor(bits.take(64))
    samples = [(t, xor.bits)]
    for i in range(1, count):
        if i == 1:
            distance = bits.varint()
        elif ones := bits.ones(4):
            width = (14, 17, 20, 64)[ones - 1]
            distance += bits.signed(width) if width < 64 else signed(bits.take(64))
        t += distance
        samples.append((t, xor.next(bits)))
    assert bits.left < 8
    return samples


def chunks(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """(first ms, last ms, type, data) of every chunk."""
    for number, _, start, end in fields(data, 0, len(data)):
        assert number == 2
        parts: dict[int, Any] = {}
        for inner, wire, first, last in fields(data, start, end):
            parts[inner] = data[first:last] if wire == 2 else signed(read_varint(data, first, last)[0])
        yield parts[1], parts[2], parts[3], parts[4]


@given(SAMPLES, st.sampled_from([0, -5_000_000, 1_700_000_000_000]))
@settings(deadline=None, max_examples=200)
def test_every_bit_comes_back(made: Any, start: int) -> None:
    t, v = columns(made, start)
    data = compiled.chunks(t, v)
    assert data == plain.chunks(t, v)
    found: list[tuple[int, int]] = []
    for first, last, kind, body in chunks(data):
        samples = float_chunk(body)
        assert (kind, first, last, len(samples) <= 120) == (1, samples[0][0], samples[-1][0], True)
        found += samples
    assert found == list(zip(t.tolist(), v.view(np.uint64).tolist(), strict=True))


@given(st.binary(max_size=100))
def test_checksums(data: bytes) -> None:
    assert compiled.crc32c(data) == plain.crc32c(data)
    # Source of the check value: RFC 3720, B.4, and the catalogue of CRC parameters.
    assert plain.crc32c(b"123456789") == 0xE3069283
    assert plain.crc32c(bytes(32)) == 0x8A9136AA


COUNTS = st.dictionaries(st.integers(-20, 20), st.integers(1, 50).map(float), max_size=6)


@st.composite
def histograms(draw: Any) -> Histogram:
    buckets = draw(COUNTS)
    if draw(st.booleans()):
        bounds = (0.5, 1.0, 2.25, 1e9)
        inside = {index % 5: count for index, count in buckets.items()}
        return Histogram(CUSTOM, sum(inside.values()), 3.25, positive=inside, bounds=bounds)
    negative = draw(COUNTS)
    zeros = float(draw(st.integers(0, 3)))
    total = sum(buckets.values()) + sum(negative.values()) + zeros
    threshold = draw(st.sampled_from([0.0, 2.0**-128, 0.001, 1.0]))
    hint = draw(st.sampled_from([Hint.UNKNOWN, Hint.GAUGE, Hint.RESET]))
    return Histogram(
        draw(st.integers(-4, 8)), total, draw(st.floats(-1e9, 1e9)), threshold, zeros, buckets, negative, (), hint
    )


def histogram_chunk(data: bytes) -> list[tuple[int, Histogram]]:
    bits = Bits(data)
    count, head = bits.take(16), bits.take(8)
    code = bits.take(8)
    threshold = 0.0 if code == 0 else float_of(bits.take(64)) if code == 255 else math.ldexp(0.5, code - 243)
    schema = bits.varbit(is_signed=True)
    positive, negative = indexes(bits), indexes(bits)
    bounds: list[float] = []
    for _ in range(bits.varbit(is_signed=False) if schema == CUSTOM else 0):
        thousandths = bits.varbit(is_signed=False)
        bounds.append((thousandths - 1) / 1000 if thousandths else float_of(bits.take(64)))
    found: list[tuple[int, Histogram]] = []
    t = distance = 0
    columns: list[Xor] = []
    for i in range(count):
        value = bits.varbit(is_signed=True)
        if i == 0:
            t = value
            columns = [Xor(bits.take(64)) for _ in range(3 + len(positive) + len(negative))]
            numbers = [float_of(one.bits) for one in columns]
        else:
            distance = value if i == 1 else distance + value
            t += distance
            numbers = [float_of(one.next(bits)) for one in columns]
        above = {index: n for index, n in zip(positive, numbers[3:], strict=False) if n}
        below = {index: n for index, n in zip(negative, numbers[3 + len(positive) :], strict=True) if n}
        hint = {0xC0: Hint.GAUGE, 0x80: Hint.RESET, 0: Hint.UNKNOWN}[head] if i == 0 or head == 0xC0 else Hint.UNKNOWN
        one = Histogram(schema, numbers[0], numbers[2], threshold, numbers[1], above, below, tuple(bounds), hint)
        found.append((t, one))
    assert bits.left < 8
    return found


def indexes(bits: Bits) -> list[int]:
    at, found = 0, list[int]()
    for _ in range(bits.varbit(is_signed=False)):
        length, offset = bits.varbit(is_signed=False), bits.varbit(is_signed=True)
        at += offset
        found += range(at, at + length)
        at += length
    return found


def float_of(bits: int) -> float:
    return float(np.array([bits], np.uint64).view(np.float64)[0])


@given(st.lists(st.tuples(GAPS, histograms()), min_size=1, max_size=8), st.integers(1, 3))
@settings(deadline=None, max_examples=200)
def test_every_histogram_comes_back(made: Any, repeats: int) -> None:
    t, samples = 1_700_000_000_000, []
    for gap, one in made:
        for _ in range(repeats):
            t += gap
            samples.append((t, one))
    found: list[tuple[int, Histogram]] = []
    for (first, last), data in histogram_chunks(samples):
        part = histogram_chunk(data)
        assert (first, last) == (part[0][0], part[-1][0])
        found += part
    assert found == samples


def test_a_counter_that_fell_begins_a_chunk() -> None:
    """Within a chunk Prometheus takes it for granted that no counter was reset."""
    high, low = (Histogram(0, count, 1.0, positive={1: count}) for count in (5.0, 3.0))
    assert len(list(histogram_chunks([(1, low), (2, high), (3, low), (4, high)]))) == 2
    assert len(list(histogram_chunks([(i, low) for i in range(300)]))) == 3


def test_stale_marks_keep_their_bits() -> None:
    (_, _, _, data), *_ = chunks(compiled.chunks(np.array([1, 2]), np.array([1.0, STALE])))
    assert float_chunk(data)[1] == (2, STALE_BITS)
