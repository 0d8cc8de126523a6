"""OTLP messages in plain Python: the twin of _otlp.pyx."""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Mapping
from itertools import accumulate, islice
from typing import Protocol, TypeVar

from obsv.metrics.kernels import wire_plain
from obsv.metrics.kernels.wire_plain import MOST_FIELDS, BrokenError, CrowdedError, read_varint

Field = tuple[int, int, int, int]
Place = tuple[int, int]

_NUMBERS = {
    b"\x11\x19\x21": struct.Struct("<xQxQxd"),
    b"\x11\x19\x31": struct.Struct("<xQxQxq"),
    b"\x19\x21": struct.Struct("<xQxd"),
    b"\x19\x31": struct.Struct("<xQxq"),
}
"""By the tags of start (if there is one), time and value; each of them is followed by eight bytes."""
_KINDS = frozenset((5, 7, 9, 10, 11))
"""Fields of a metric's data: gauge, sum, histogram, exponential histogram, summary."""
_EIGHT_BYTES = frozenset((2, 3, 4, 5, 11, 12))
"""Fields of a histogram's point: start, time, count, sum, least and greatest."""
_WHOLE, _DOUBLE = struct.Struct("<Q"), struct.Struct("<d")


class Known(Protocol):
    """A series whose points have come before: what `obsv.metrics.ingest.otlp.series` remembers of it."""

    key: bytes
    keys: list[bytes]
    layout: bytes
    began: int


class Columns(Protocol):
    """What samples are added to: label bytes, times (Unix ns), values."""

    keys: list[bytes]
    times: array[int]
    values: array[float]


S = TypeVar("S", bound=Known)


def fields(data: bytes, at: int, end: int) -> list[Field]:
    """(number, wire type, start, end) of all fields of the message data[at:end].  Raises BrokenError, CrowdedError."""
    if not 0 <= at <= end <= len(data):
        raise BrokenError
    found = list(islice(wire_plain.fields(data, at, end), MOST_FIELDS + 1))
    if len(found) > MOST_FIELDS:
        raise CrowdedError
    return found


def metric(data: bytes, at: int, end: int) -> tuple[int, int, int, bytes, int, int, bool]:
    """(field of its data, where they start and end, the message without them, data points, aggregation temporality,
    whether it is monotonic) of the Metric data[at:end]; all of it nothing where there are no data.

    Raises BrokenError.
    """
    kind, place, before, tag = 0, (end, end), end, at
    for number, wire, start, stop in fields(data, at, end):
        if wire == 2 and number in _KINDS:
            kind, place, before = number, (start, stop), tag
        tag = stop
    if not kind:
        return 0, end, end, b"", 0, 0, False
    points, numbers = 0, {2: 0, 3: 0}
    for number, wire, start, stop in wire_plain.fields(data, *place):
        points += number == 1 and wire == 2
        if wire == 0:
            numbers[number] = read_varint(data, start, stop)[0]
    return kind, *place, data[at:before] + data[place[1] : end], points, numbers[2], numbers[3] != 0


def numbers(
    data: bytes, at: int, end: int, known: Mapping[bytes, S], columns: Columns, is_counter: bool, most: int
) -> tuple[int, list[Place], list[tuple[S, int, int]]]:
    """Add `most` number points of a metric's data as a sample each: those written as exporters write them, of series
    that are known by the bytes of their attributes.

    (where it stopped, places of the other points, (series, start, row) of counters that began anew).
    Raises BrokenError.
    """
    rest: list[Place] = []
    begun: list[tuple[S, int, int]] = []
    stopped, places = _points(data, at, end, most)
    for start, stop in places:
        point = data[start:stop]
        layout = _NUMBERS.get(point[:19:9]) or _NUMBERS.get(point[:10:9])
        series = known.get(point[layout.size :]) if layout and len(point) >= layout.size else None
        if layout is None or series is None:
            rest.append((start, stop))
            continue
        *starts, t, value = layout.unpack_from(point)
        if is_counter and starts and 0 < starts[0] < t and starts[0] != series.began:
            begun.append((series, starts[0], len(columns.keys)))
        columns.keys.append(series.key)
        columns.times.append(t)
        columns.values.append(math.nan if math.isnan(value) else value)
    return stopped, rest, begun


def histograms(
    data: bytes, at: int, end: int, known: Mapping[bytes, S], columns: Columns, most: int
) -> tuple[int, list[Place], list[tuple[S, int, int]], list[int]]:
    """The same for histograms with listed bounds, which become as many samples as their series has keys: cumulative
    buckets, the count twice (for the bucket without a bound), the sum.

    Also gives how many samples each of the points has become.
    """
    rest: list[Place] = []
    begun: list[tuple[S, int, int]] = []
    sizes: list[int] = []
    stopped, places = _points(data, at, end, most)
    for start, stop in places:
        found = _classic(data, start, stop)
        series = known.get(found[9]) if found else None
        if found is None or series is None or series.layout != found[7]:
            rest.append((start, stop))
            continue
        began, t, count = (_WHOLE.unpack(found[number])[0] for number in (2, 3, 4))
        (total,) = _DOUBLE.unpack(found[5])
        if 0 < began < t and began != series.began:
            begun.append((series, began, len(columns.keys)))
        buckets = struct.unpack(f"<{len(found[7]) // 8}Q", found[6][:-8])
        columns.keys.extend(series.keys)
        columns.times.extend([t] * len(series.keys))
        columns.values.extend([*accumulate(buckets), count, count, math.nan if math.isnan(total) else total])
        sizes.append(len(series.keys))
    return stopped, rest, begun, sizes


def _points(data: bytes, at: int, end: int, most: int) -> tuple[int, list[Place]]:
    """(where it stopped, places) of the first `most` points."""
    if not 0 <= at <= end <= len(data):
        raise BrokenError
    places: list[Place] = []
    for number, wire, start, stop in wire_plain.fields(data, at, end):
        at = stop
        if number == 1 and wire == 2:
            places.append((start, stop))
        if len(places) == most:
            break
    return at, places


def _classic(data: bytes, at: int, end: int) -> dict[int, bytes] | None:
    """The fields of a histogram's point that is written as exporters write it, without exemplars and flags."""
    found: dict[int, bytes] = {}
    attributes_end, tag = -1, at
    try:
        for number, wire, start, stop in fields(data, at, end):
            if wire == 2 and number == 9 and attributes_end in (-1, tag):
                found[9] = found.get(9, b"") + data[tag:stop]
                attributes_end = stop
            elif (wire == 2 and number in (6, 7) and number not in found) or (wire == 1 and number in _EIGHT_BYTES):
                found[number] = data[start:stop]
            else:
                return None
            tag = stop
    except BrokenError:
        return None
    found = {2: bytes(8), 3: bytes(8), 4: bytes(8), 6: b"", 7: b"", 9: b""} | found
    return found if 5 in found and len(found[6]) == len(found[7]) + 8 and not len(found[7]) % 8 else None
