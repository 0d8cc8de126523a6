"""Protobuf in plain Python, as far as remote_write needs it: the twin of wire.h, label_set.h and request.h."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

U64 = (1 << 64) - 1
LABELS_OK, NO_NAME, EMPTY_NAME, REPEATED, NOT_UTF8, TOO_MANY, NAME_LONG, VALUE_LONG = range(8)

MOST_FIELDS = 600_000
"""Of a message that is taken apart into a list."""


class BrokenError(ValueError):
    """The bytes are no protobuf."""


class CrowdedError(BrokenError):
    """A message has more than `MOST_FIELDS`."""


class Rules(NamedTuple):
    """What a request is judged by.  Times are unix ms."""

    oldest: int
    """No sample before this (retention)."""
    newest: int
    """None after this (the future window)."""
    late_window: int
    """How far behind its series' newest sample one may come."""
    series_limit: int
    """Active series an organisation may have."""
    hour: int
    """Unix hour of arrival, by which active series are counted."""
    labels: int
    """Labels a series may have, and bytes of their names and values."""
    name_bytes: int
    value_bytes: int


def read_varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """(value modulo 2^64, position behind it).  Raises BrokenError."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= end:
            raise BrokenError
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & U64, at
    raise BrokenError


def signed(value: int) -> int:
    """A varint's 64 bits as int64."""
    return value - (1 << 64) if value >> 63 else value


def put_varint(out: bytearray, value: int) -> None:
    """Append a varint."""
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Every field as (number, wire type, start, end) of its content.  Raises BrokenError on the first bad one."""
    while at < end:
        tag, at = read_varint(data, at, end)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise BrokenError
        start = at
        if wire == 0:
            _, at = read_varint(data, at, end)
        elif wire == 1:
            at += 8
        elif wire == 2:
            size, start = read_varint(data, at, end)
            at = start + size
        elif wire == 5:
            at += 4
        else:
            raise BrokenError
        if at > end:
            raise BrokenError
        yield number, wire, start, at


def parse_labels(key: bytes) -> list[tuple[bytes, bytes]]:
    """The (name, value) pairs of Label messages under field 1.  Raises BrokenError."""
    pairs: list[tuple[bytes, bytes]] = []
    for _, _, start, end in fields(key, 0, len(key)):
        pairs.append(parse_label(key, start, end))
    return pairs


def parse_label(data: bytes, start: int, end: int) -> tuple[bytes, bytes]:
    """(name, value) of one Label message.  Raises BrokenError."""
    pair = [b"", b""]
    for number, wire, first, last in fields(data, start, end):
        if number in (1, 2):
            if wire != 2:
                raise BrokenError
            pair[number - 1] = data[first:last]
    return pair[0], pair[1]


def put_label(out: bytearray, name: bytes, value: bytes) -> None:
    """Append one Label message under field 1."""
    body = bytearray(b"\x0a")
    put_varint(body, len(name))
    body += name + b"\x12"
    put_varint(body, len(value))
    body += value
    out.append(0x0A)
    put_varint(out, len(body))
    out += body


def canonical_key(pairs: list[tuple[bytes, bytes]], limits: Rules | None) -> tuple[int, bytes]:
    """(fault, key): sorted, without empty values; `limits` None leaves the limits out."""
    if any(not name for name, _ in pairs):
        return EMPTY_NAME, b""
    kept = sorted(((name, value) for name, value in pairs if value), key=lambda pair: pair[0])
    for i, (name, value) in enumerate(kept):
        if i and kept[i - 1][0] == name:
            return REPEATED, b""
        if limits and len(name) > limits.name_bytes:
            return NAME_LONG, b""
        if limits and len(value) > limits.value_bytes:
            return VALUE_LONG, b""
        try:
            name.decode()
            value.decode()
        except UnicodeDecodeError:
            return NOT_UTF8, b""
    if not any(name == b"__name__" for name, _ in kept):
        return NO_NAME, b""
    if limits and len(kept) > limits.labels:
        return TOO_MANY, b""
    out = bytearray()
    for name, value in kept:
        put_label(out, name, value)
    return LABELS_OK, bytes(out)


def write_skips(ordinals: list[int]) -> bytes:
    """Rising sample numbers as (gap, run) varints."""
    out = bytearray()
    end, i = 0, 0
    while i < len(ordinals):
        run = 1
        while i + run < len(ordinals) and ordinals[i + run] == ordinals[i] + run:
            run += 1
        put_varint(out, ordinals[i] - end)
        put_varint(out, run)
        end = ordinals[i] + run
        i += run
    return bytes(out)


def skip_runs(data: bytes) -> list[range]:
    """The runs again."""
    runs: list[range] = []
    at = end = 0
    while at < len(data):
        gap, at = read_varint(data, at, len(data))
        run, at = read_varint(data, at, len(data))
        runs.append(range(end + gap, end + gap + run))
        end += gap + run
    return runs


def read_skips(data: bytes) -> set[int]:
    """The sample numbers again."""
    return {number for run in skip_runs(data) for number in run}
