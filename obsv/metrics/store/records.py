"""The framing of one logged request, the same in log files and in the log table.

A record is a 40-byte header, the runs of samples that were refused (so that replay repeats the verdicts), and the
request body as received.  Its checksum starts from a secret of the segment: a body that imitates records cannot be
taken for one when a reader looks for the next good record behind damage.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"oLR\x01"
HEADER = struct.Struct("<4sB3xIQqIII")

ENCODINGS = ("", "snappy", "zstd")


@dataclass(frozen=True, slots=True)
class Record:
    """One acknowledged (or just about to be) request."""

    org: int
    encoding: str
    received_ms: int
    skips: bytes
    body: bytes
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes [start, end) that are no record; `torn` if nothing good follows."""

    start: int
    end: int
    torn: bool


def pack(record: Record, seq: int, secret: int) -> bytes:
    """Header and skips of a record; the body follows them."""
    fields = (
        ENCODINGS.index(record.encoding),
        record.org,
        seq,
        record.received_ms,
        len(record.skips),
        len(record.body),
    )
    head = HEADER.pack(MAGIC, *fields, 0)[:-4]
    crc = zlib.crc32(record.body, zlib.crc32(record.skips, zlib.crc32(head, secret)))
    return head + crc.to_bytes(4, "little") + record.skips


def _unpack(data: memoryview, at: int, secret: int) -> tuple[Record, int] | None:
    """The record at `at` and the position behind it, None if there is no good one."""
    if len(data) - at < HEADER.size:
        return None
    magic, encoding, org, seq, received_ms, skips, body, crc = HEADER.unpack_from(data, at)
    start = at + HEADER.size
    end = start + skips + body
    if magic != MAGIC or end > len(data) or encoding >= len(ENCODINGS):
        return None
    if zlib.crc32(data[start:end], zlib.crc32(data[at : start - 4], secret)) != crc:
        return None
    parts = bytes(data[start : start + skips]), bytes(data[start + skips : end])
    return Record(org, ENCODINGS[encoding], received_ms, *parts, seq), end


def scan(buffer: bytes, start: int, secret: int) -> Iterator[Record | Damage]:
    """Every good record of a segment in order, and the damage between them."""
    data = memoryview(buffer)
    at = start
    while at < len(data):
        found = _unpack(data, at, secret)
        if found:
            yield found[0]
            at = found[1]
            continue
        bad, at = at, buffer.find(MAGIC, at + 1)
        while at >= 0 and not _unpack(data, at, secret):
            at = buffer.find(MAGIC, at + 1)
        if at < 0:
            yield Damage(bad, len(data), torn=True)
            return
        yield Damage(bad, at, torn=False)
