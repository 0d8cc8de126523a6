"""Builds remote_write requests for the tests, well-formed and otherwise."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import cramjam

Pairs = Iterable[tuple[str | bytes, str | bytes]]
Points = Iterable[tuple[int, float]]  # (time, float) or (time, raw value bits)


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def chunk(field: int, body: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(body)) + body


def raw(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def label(name: str | bytes, value: str | bytes) -> bytes:
    return chunk(1, chunk(1, raw(name)) + chunk(2, raw(value)))


def point(t: int, value: float) -> bytes:
    packed = struct.pack("<d", value) if isinstance(value, float) else struct.pack("<Q", value)
    return chunk(2, b"\x09" + packed + b"\x10" + varint(t))


def series(pairs: Pairs | dict[str, str], points: Points) -> bytes:
    items = sorted(pairs.items()) if isinstance(pairs, dict) else pairs
    return chunk(1, b"".join(label(n, v) for n, v in items) + b"".join(point(t, v) for t, v in points))


def snappy(message: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(message))
