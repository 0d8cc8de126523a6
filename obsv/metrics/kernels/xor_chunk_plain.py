"""Float chunks as Prometheus' remote_read streams them, and the checksum of its frames, in plain Python.

Source: Prometheus documentation, "Remote Read API"; the format of its float chunks.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from obsv.metrics.kernels.bits_plain import BitWriter, XorWindow, fits, zigzag
from obsv.metrics.kernels.wire_plain import U64, put_varint

CHUNK_SAMPLES = 120
XOR = 1
_WIDTHS = ((0b10, 2, 14), (0b110, 3, 17), (0b1110, 4, 20))


def chunks(t: NDArray[np.int64], v: NDArray[np.float64]) -> bytes:
    """The samples of one series as `chunks` (field 2) of a ChunkedSeries, 120 in each."""
    out = bytearray()
    for at in range(0, len(t), CHUNK_SAMPLES):
        times = t[at : at + CHUNK_SAMPLES].tolist()
        bits = v[at : at + CHUNK_SAMPLES].view(np.uint64).tolist()
        put_chunk(out, XOR, (times[0], times[-1]), _chunk(times, bits))
    return bytes(out)


def put_chunk(out: bytearray, kind: int, span: tuple[int, int], data: bytes) -> None:
    """Append a Chunk {1 first ms, 2 last ms, 3 type, 4 data} under field 2."""
    message = bytearray()
    for tag, number in ((0x08, span[0]), (0x10, span[1]), (0x18, kind), (0x22, len(data))):
        message.append(tag)
        put_varint(message, number & U64)
    message += data
    out.append(0x12)
    put_varint(out, len(message))
    out += message


def _chunk(times: list[int], bits: list[int]) -> bytes:
    out, window = BitWriter(), XorWindow()
    out.bits(len(times), 16)
    distance = 0
    for i, (at, value) in enumerate(zip(times, bits, strict=True)):
        if i == 0:
            out.varint(zigzag(at))
            out.bits(value, 64)
            continue
        now = at - times[i - 1]
        if i == 1:
            out.varint(now & U64)
        else:
            _put_change(out, now - distance)
        distance = now
        window.put(out, value ^ bits[i - 1])
    return out.finish()


def _put_change(out: BitWriter, value: int) -> None:
    """A change of the distance between samples, in one of five widths."""
    if value == 0:
        out.bits(0, 1)
        return
    for prefix, length, width in _WIDTHS:
        if fits(value, width):
            out.bits(prefix, length)
            out.bits(value, width)
            return
    out.bits(0b1111, 4)
    out.bits(value, 64)


@cache
def _table() -> list[int]:
    table = list(range(256))
    for _ in range(8):
        table = [value >> 1 ^ 0x82F63B78 if value & 1 else value >> 1 for value in table]
    return table


def crc32c(data: bytes) -> int:
    """CRC-32C (Castagnoli) of some bytes."""
    table, crc = _table(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF
