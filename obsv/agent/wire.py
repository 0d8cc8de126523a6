"""Remote write 1.0 bodies: protobuf in snappy's block format, cheap enough for pure Python.

A general compressor walks every byte, which in Python would cost more than all the rest of the agent.  This one knows
what it compresses: neighbouring series differ in a few bytes of their labels and have the same time, so each record is
written as copies from the record before it and short literals.  That needs a handful of slice comparisons a series
and shrinks a host's batch about threefold.
"""

from __future__ import annotations

import struct
from typing import Iterable

__all__ = ["STALE_BITS", "encode_batch", "encode_labels", "encode_value", "snappy_literal", "varint"]

STALE_BITS = struct.pack("<Q", 0x7FF0000000000002)
"""The NaN by which Prometheus marks the end of a series.  Kept as bytes: as a float its payload could be lost."""

_MAX_COPY = 64
_MIN_COPY = 4
_RUNS = 5
_MAX_OFFSET = 65535
_pack_double = struct.Struct("<d").pack
_pack_copy = struct.Struct("<BH").pack


def varint(value: int) -> bytes:
    """Encode an unsigned integer as protobuf (and snappy) does."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_value(value: float | None) -> bytes:
    """Encode a sample's value: eight bytes, `None` being the stale marker."""
    return STALE_BITS if value is None else _pack_double(value)


def encode_labels(labels: Iterable[tuple[str, str]]) -> bytes:
    """Encode the labels of a series, in order, as they stand in a `TimeSeries` message."""
    out = bytearray()
    for name, value in labels:
        key, text = name.encode(), value.encode("utf-8", "replace")
        pair = b"\x0a" + varint(len(key)) + key + b"\x12" + varint(len(text)) + text
        out += b"\x0a" + varint(len(pair)) + pair
    return bytes(out)


def encode_batch(series: Iterable[tuple[bytes, bytes, int]]) -> bytes:
    """Encode `(labels, value, time in ms)` triples, one sample each, as one compressed WriteRequest."""
    out = bytearray()
    size = 0
    before_head = before = before_value = b""
    times: dict[int, bytes] = {}
    for labels, value, at_ms in series:
        time = times.get(at_ms)
        if time is None:
            time = times[at_ms] = b"\x10" + varint(at_ms & 0xFFFFFFFFFFFFFFFF)
        sample_size = 9 + len(time)
        tail = b"\x12" + varint(sample_size) + b"\x09"
        head = b"\x0a" + varint(len(labels) + len(tail) + sample_size - 1) + labels + tail
        record = head + value + time
        if len(record) > _MAX_OFFSET or len(before) > _MAX_OFFSET or not before:
            out += snappy_literal(record)
        else:
            _write_record(out, (before_head, before, before_value), (head, record, value))
        size += len(record)
        before_head, before, before_value = head, record, value
    return varint(size) + bytes(out)


def _write_record(out: bytearray, old: tuple[bytes, bytes, bytes], new: tuple[bytes, bytes, bytes]) -> None:
    """Write one record as copies from its predecessor wherever the two agree."""
    old_head, old_record, old_value = old
    head, record, value = new
    start = _write_starts(out, old_head, head, len(old_record))
    time = record[len(head) + 8 :]
    if len(old_record) - len(old_head) != len(record) - len(head) or not old_record.endswith(time):
        out += snappy_literal(record[start:])
        return
    # The record before ended where this one starts, so equal ends lie exactly this record's length apart.
    suffix = _common_suffix(old_head, head, min(len(old_head), len(head) - start))
    middle = len(head) - suffix
    if value == old_value:
        out += snappy_literal(record[start:middle])
        _write_copy(out, len(record) - middle, len(record))
        return
    if suffix < _MIN_COPY:
        out += snappy_literal(record[start : len(head) + 8])
    else:
        out += snappy_literal(record[start:middle])
        _write_copy(out, suffix, len(record))
        out += snappy_literal(value)
    _write_copy(out, len(time), len(record))


def _write_starts(out: bytearray, old_head: bytes, head: bytes, distance: int) -> int:
    """Write the runs that agree at the same place in both, past single bytes that differ; return where that ended.

    The lengths that protobuf puts before a record, a label and a name are such single bytes.
    """
    shared = min(len(old_head), len(head))
    at = start = 0
    for _ in range(_RUNS):
        run = _common_prefix(old_head, head, at, shared)
        if run >= _MIN_COPY:
            out += snappy_literal(head[start:at])
            _write_copy(out, run, distance)
            start = at + run
        at += run + 1
        if at >= shared:
            break
    return start


def _common_prefix(one: bytes, two: bytes, start: int, end: int) -> int:
    """Length of the common run from `start`, at most to `end`, by halving: comparing slices runs in C."""
    if one[start:end] == two[start:end]:
        return end - start
    low, high = start, end
    while low < high - 1:
        middle = (low + high) // 2
        if one[low:middle] == two[low:middle]:
            low = middle
        else:
            high = middle
    return low - start


def _common_suffix(one: bytes, two: bytes, limit: int) -> int:
    """Length of the common end, at most `limit`."""
    if limit <= 0:
        return 0
    if one[-limit:] == two[-limit:]:
        return limit
    low, high = 0, limit
    while low < high - 1:
        middle = (low + high) // 2
        if one[len(one) - middle : len(one) - low] == two[len(two) - middle : len(two) - low]:
            low = middle
        else:
            high = middle
    return low


def snappy_literal(data: bytes) -> bytes:
    """Frame bytes as a snappy literal element (nothing for nothing)."""
    if not data:
        return b""
    size = len(data) - 1
    if size < 60:
        return bytes((size << 2,)) + data
    width = (size.bit_length() + 7) // 8
    return bytes(((59 + width) << 2,)) + size.to_bytes(width, "little") + data


def _write_copy(out: bytearray, length: int, offset: int) -> None:
    """Repeat `length` bytes from `offset` bytes back."""
    while length > 0:
        part = min(length, _MAX_COPY)
        if _MIN_COPY <= part < 12 and offset < 2048:
            out.append((offset >> 8) << 5 | (part - 4) << 2 | 1)
            out.append(offset & 255)
        else:
            out += _pack_copy((part - 1) << 2 | 2, offset)
        length -= part
