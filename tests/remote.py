"""remote_write 1.0 bodies for tests, encoded here from the protobuf definition, apart from the product's own code."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

import cramjam

from tests.bench.workload import field_bytes, varint


def encode_request(series: Iterable[tuple[Mapping[str, str], Iterable[tuple[int, float]]]]) -> bytes:
    """A WriteRequest of (labels, [(ms, value)]); labels are sorted by name."""
    out = bytearray()
    for labels, samples in series:
        body = bytearray()
        for name in sorted(labels):
            body += field_bytes(1, field_bytes(1, name.encode()) + field_bytes(2, labels[name].encode()))
        for time_ms, value in samples:
            body += field_bytes(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(time_ms & (1 << 64) - 1))
        out += field_bytes(1, bytes(body))
    return bytes(out)


def snappy(raw: bytes) -> bytes:
    """Snappy block format."""
    return bytes(cramjam.snappy.compress_raw(raw))
