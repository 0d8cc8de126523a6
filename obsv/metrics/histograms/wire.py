"""A native histogram as protobuf, the same in remote_write 1.0 and 2.0 and in remote_read.

Source: `Histogram` of the Prometheus remote write specifications 1.0 and 2.0.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from itertools import accumulate

from obsv.metrics.histograms.model import CUSTOM, Hint, Histogram
from obsv.metrics.kernels.wire_plain import BrokenError, fields, put_varint, read_varint, signed

MOST_BUCKETS = 1000
"""A histogram has at most so many; Prometheus makes 160 at most unless it is told otherwise."""

_COUNTS, _DOUBLES, _SPANS = (1, 6), (2, 3, 5, 7), (8, 11)
_DOUBLE = struct.Struct("<d")


class BadHistogram(ValueError):
    """A message that is no sound histogram; the text says why."""


def decode(data: bytes, start: int, end: int) -> tuple[int, Histogram, int]:
    """(time, histogram, when its counter began or 0) of a message; times in Unix ms.

    Raises BrokenError (it is no protobuf) and BadHistogram.
    """
    numbers: dict[int, float] = {}
    layouts: dict[int, list[tuple[int, int]]] = {8: [], 11: []}
    lists: dict[int, list[float]] = {9: [], 10: [], 12: [], 13: [], 16: []}
    for number, wire, first, last in fields(data, start, end):
        if number in _COUNTS or number in (14, 15, 17):
            numbers[number] = read_varint(data, first, last)[0]
        elif number in _DOUBLES:
            numbers[number] = _double(data, first, wire)
        elif number == 4:
            numbers[4] = _zigzag(read_varint(data, first, last)[0])
        elif number in _SPANS and wire == 2:
            layouts[number].append(_span(data, first, last))
        elif number in (9, 12):
            lists[number] += (_zigzag(one) for one in _varints(data, first, last))
        elif number in (10, 13, 16):
            lists[number] += _doubles(data, first, last)
    histogram = Histogram(
        schema=int(numbers.get(4, 0)),
        count=float(numbers.get(1, numbers.get(2, 0.0))),
        sum=numbers.get(3, 0.0),
        zero_threshold=numbers.get(5, 0.0),
        zero_count=float(numbers.get(6, numbers.get(7, 0.0))),
        positive=_buckets(layouts[11], lists[12], lists[13]),
        negative=_buckets(layouts[8], lists[9], lists[10]),
        bounds=tuple(lists[16]),
        hint=Hint(int(numbers.get(14, 0)) & 3),
    )
    check(histogram)
    return signed(int(numbers.get(15, 0))), histogram, signed(int(numbers.get(17, 0)))


def encode(t: int, histogram: Histogram) -> bytes:
    """The message of a histogram with float counts, at a time in Unix ms."""
    out = bytearray()
    for number, value in ((2, histogram.count), (3, histogram.sum)):
        _put_double(out, number, value)
    _put_number(out, 4, _unzigzag(histogram.schema))
    _put_double(out, 5, histogram.zero_threshold)
    _put_double(out, 7, histogram.zero_count)
    for layout, counts, buckets in ((8, 10, histogram.negative), (11, 13, histogram.positive)):
        for offset, length in spans(sorted(buckets)):
            inner = bytearray()
            _put_number(inner, 1, _unzigzag(offset))
            _put_number(inner, 2, length)
            _put_chunk(out, layout, bytes(inner))
        if buckets:
            _put_chunk(out, counts, struct.pack(f"<{len(buckets)}d", *(buckets[index] for index in sorted(buckets))))
    _put_number(out, 14, int(histogram.hint))
    _put_number(out, 15, t & (1 << 64) - 1)
    if histogram.bounds:
        _put_chunk(out, 16, struct.pack(f"<{len(histogram.bounds)}d", *histogram.bounds))
    return bytes(out)


def check(one: Histogram) -> None:
    """Raises BadHistogram for one that makes no sense."""
    if one.schema != CUSTOM and not -4 <= one.schema <= 8:
        raise BadHistogram(f"schema {one.schema} is not known; use -4 to 8, or {CUSTOM} for listed bounds")
    if one.is_custom and (list(one.bounds) != sorted(set(one.bounds)) or not all(map(math.isfinite, one.bounds))):
        raise BadHistogram("the bounds of its buckets do not rise")
    if one.is_custom and (one.negative or any(not 0 <= index <= len(one.bounds) for index in one.positive)):
        raise BadHistogram("a bucket lies beyond its bounds")
    counts = [one.count, one.zero_count, *one.positive.values(), *one.negative.values()]
    if any(count < 0 for count in counts):
        raise BadHistogram("a count is negative")
    in_buckets = sum(counts[1:])
    # Observations that are no number are in no bucket.
    if in_buckets > one.count * (1 + 1e-9):
        raise BadHistogram(f"{in_buckets:g} observations are in its buckets, but its count is {one.count:g}")


def _buckets(spans: list[tuple[int, int]], deltas: list[float], counts: list[float]) -> dict[int, float]:
    if sum(length for _, length in spans) > MOST_BUCKETS:
        raise BadHistogram(f"it has more than {MOST_BUCKETS} buckets")
    values = list(accumulate(deltas)) if deltas else counts
    indexes: list[int] = []
    at = 0
    for offset, length in spans:
        at += offset
        indexes += range(at, at + length)
        at += length
    if len(values) != len(indexes):
        raise BadHistogram(f"its spans have {len(indexes)} buckets, but {len(values)} counts came")
    return {index: float(value) for index, value in zip(indexes, values, strict=True) if value}


def spans(indexes: list[int]) -> Iterator[tuple[int, int]]:
    """(distance from the end of the last one, length) of each run."""
    at, i = 0, 0
    while i < len(indexes):
        j = i
        while j + 1 < len(indexes) and indexes[j + 1] == indexes[j] + 1:
            j += 1
        yield indexes[i] - at, j - i + 1
        at, i = indexes[j] + 1, j + 1


def _span(data: bytes, start: int, end: int) -> tuple[int, int]:
    offset = length = 0
    for number, _, first, last in fields(data, start, end):
        if number == 1:
            offset = _zigzag(read_varint(data, first, last)[0])
        elif number == 2:
            length = read_varint(data, first, last)[0]
    if abs(offset) > 1 << 31:
        raise BadHistogram("a span begins out of range")
    return offset, length


def _varints(data: bytes, at: int, end: int) -> Iterator[int]:
    while at < end:
        value, at = read_varint(data, at, end)
        yield value


def _double(data: bytes, start: int, wire: int) -> float:
    if wire != 1:
        raise BrokenError
    value: float = _DOUBLE.unpack_from(data, start)[0]
    return value


def _doubles(data: bytes, start: int, end: int) -> list[float]:
    """Packed; one by one looks the same."""
    if (end - start) % 8:
        raise BrokenError
    return [value for (value,) in _DOUBLE.iter_unpack(data[start:end])]


def _zigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)


def _unzigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _put_number(out: bytearray, number: int, value: int) -> None:
    if value:
        put_varint(out, number << 3)
        put_varint(out, value)


def _put_double(out: bytearray, number: int, value: float) -> None:
    put_varint(out, number << 3 | 1)
    out += _DOUBLE.pack(value)


def _put_chunk(out: bytearray, number: int, inner: bytes) -> None:
    put_varint(out, number << 3 | 2)
    put_varint(out, len(inner))
    out += inner
