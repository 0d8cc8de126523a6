"""Plain twin of the compiled column codec: `codec_encode_plain` describes the bytes of values.

Times are stored as varints of the differences between differences, each vector on its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.kernels.codec_decode_plain import decode_chunk
from obsv.metrics.kernels.codec_encode_plain import check_ranges, encode_chunk
from obsv.metrics.kernels.codec_wire_plain import MalformedError, Reader, put_varint, signed, unzigzag, zigzag
from obsv.metrics.store.types import Int64

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = [
    "decode_chunk",
    "decode_times",
    "distinct_times",
    "encode_chunk",
    "encode_times",
    "pack_ints",
    "sort_keys",
    "unpack_ints",
]


def pack_ints(values: Int64) -> bytes:
    """Zigzag varints."""
    out = bytearray()
    for value in values.tolist():
        put_varint(out, zigzag(value))
    return bytes(out)


def unpack_ints(data: Buffer) -> Int64:
    """All integers of `pack_ints`."""
    raw = bytes(data)
    reader, values = Reader(raw, 0, len(raw)), list[int]()
    while reader.at < reader.end:
        values.append(unzigzag(reader.varint()))
    return np.array(values, dtype=np.int64)


def encode_times(t: Int64, starts: Int64, stops: Int64) -> bytes:
    """Delta-of-delta varints of the vectors `t[starts[i]:stops[i]]`, one after the other."""
    check_ranges(starts, stops, len(t))
    out = bytearray()
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        before = step = 0
        for i, time in enumerate(t[start:stop].tolist()):
            delta = signed(time - before)
            put_varint(out, zigzag(signed(delta - step)))
            before, step = time, delta if i else 0
    return bytes(out)


def decode_times(data: Buffer, counts: Int64) -> Int64:
    """The vectors of `encode_times` as one int64 array."""
    raw = bytes(data)
    if (counts < 0).any() or int(counts.sum()) > len(raw):  # each time takes a byte at least
        raise MalformedError("malformed times")
    reader, times = Reader(raw, 0, len(raw)), list[int]()
    for count in counts.tolist():
        before = step = 0
        for i in range(count):
            delta = signed(step + unzigzag(reader.varint()))
            before = signed(before + delta)
            times.append(before)
            step = delta if i else 0
    return np.array(times, dtype=np.int64)


def distinct_times(t: Int64, starts: Int64, stops: Int64) -> tuple[Int64, Int64]:
    """(number of the time vector of each range, the first range that has each vector)."""
    check_ranges(starts, stops, len(t))
    numbers, seen = list[int](), dict[bytes, int]()
    first: list[int] = []
    for i, (start, stop) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
        number = seen.setdefault(t[start:stop].tobytes(), len(seen))
        if number == len(first):
            first.append(i)
        numbers.append(number)
    return np.array(numbers, dtype=np.int64), np.array(first, dtype=np.int64)


def first_not_before(t: Int64, starts: Int64, stops: Int64, time_ms: int) -> Int64:
    """Where in each stretch `t[starts[i]:stops[i]]` the first time >= `time_ms` is (its stop if there is none).

    Halves all stretches at once: a call of searchsorted for each would cost more than the samples.
    """
    low, high = starts.copy(), stops.copy()
    while (open_ones := np.flatnonzero(low < high)).size:
        middle = (low[open_ones] + high[open_ones]) >> 1
        before = t[middle] < time_ms
        low[open_ones[before]] = middle[before] + 1
        high[open_ones[~before]] = middle[~before]
    return low


# -- order of label sets ----------------------------------------------------------------------------------------


def _sort_key(key: bytes, targets: frozenset[bytes]) -> bytes:
    metric, own, target = b"", bytearray(), bytearray()
    reader = Reader(key, 0, len(key))
    while reader.at < reader.end:
        if reader.byte() != 0x0A:
            return key
        reader.varint()
        name, value = (_text(reader, tag) for tag in (0x0A, 0x12))
        if name == b"__name__":
            metric = value
        else:
            (target if name in targets else own).extend(name + b"\1" + value + b"\0")
    return metric + b"\0" + bytes(own) + b"\0" + bytes(target)


def _text(reader: Reader, tag: int) -> bytes:
    """The string field with this tag if it comes next, else nothing."""
    if reader.at >= reader.end or reader.data[reader.at] != tag:
        return b""
    reader.byte()
    size = reader.varint()
    reader.at += size
    if reader.at > reader.end:
        raise MalformedError("malformed label")
    return reader.data[reader.at - size : reader.at]


def sort_keys(keys: Sequence[bytes], targets: Iterable[bytes]) -> list[bytes]:
    """For each canonical label set the bytes to order it by: metric, own labels, then those named in `targets`."""
    names = frozenset(targets)
    ordered: list[bytes] = []
    for key in keys:
        try:
            ordered.append(_sort_key(key, names))
        except MalformedError:
            ordered.append(key)
    return ordered
