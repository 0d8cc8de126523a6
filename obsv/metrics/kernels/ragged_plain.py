"""Ragged columns (series ids, offsets, times, values) in plain Python: the twin of ragged.h."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from obsv.metrics.kernels.wire_plain import U64, put_label, put_varint

Int64 = NDArray[np.int64]
UInt32 = NDArray[np.uint32]
Float64 = NDArray[np.float64]
Ragged = tuple[UInt32, Int64, Int64, Float64]
Points = list[tuple[int, int]]  # (time, value bits)


def ints(array: Int64 | UInt32) -> list[int]:
    """The array as Python integers."""
    out: list[int] = array.tolist()
    return out


def settle(points: Points) -> Points:
    """Arrival order into time order; of several samples at one time the first to arrive stays."""
    first: dict[int, int] = {}
    for t, bits in points:
        first.setdefault(t, bits)
    return sorted(first.items())


def columns(rows: list[Points]) -> tuple[Int64, Int64, Float64]:
    """(offsets, t, v) of rows of samples."""
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=offsets[1:])
    t = np.array([point[0] for row in rows for point in row], np.int64)
    bits = np.array([point[1] for row in rows for point in row], np.uint64)
    return offsets, t, bits.view(np.float64)


def merge(first: Ragged, second: Ragged) -> Ragged:
    """Join two ragged columns; at one time the sample of `first` stays, series without samples are left out."""
    rows: dict[int, Points] = {}
    for sids, offsets, t, v in (first, second):
        points = list(zip(t.tolist(), v.view(np.uint64).tolist(), strict=True))
        for i, sid in enumerate(ints(sids)):
            rows.setdefault(sid, []).extend(points[offsets[i] : offsets[i + 1]])
    kept = sorted(sid for sid, row in rows.items() if row)
    return np.array(kept, np.uint32), *columns([settle(rows[sid]) for sid in kept])


def encode_request(keys: list[bytes], offsets: Int64, t: Int64, v: Float64) -> bytes:
    """A remote_write 1.0 request: series by their label bytes, samples as ragged columns."""
    out = bytearray()
    for i, key in enumerate(keys):
        series = bytearray(key)
        for j in range(int(offsets[i]), int(offsets[i + 1])):
            point = bytearray(b"\x09" + struct.pack("<d", v[j]) + b"\x10")
            put_varint(point, int(t[j]) & U64)
            series.append(0x12)
            put_varint(series, len(point))
            series += point
        out.append(0x0A)
        put_varint(out, len(series))
        out += series
    return bytes(out)


def encode_labels(labels: dict[str, str]) -> bytes:
    """Label bytes of a label set as remote_write carries them."""
    out = bytearray()
    for name in sorted(labels):
        put_label(out, name.encode(errors="surrogatepass"), labels[name].encode(errors="surrogatepass"))
    return bytes(out)
