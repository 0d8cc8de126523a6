"""Bytes to values, in the plain twin of the codec; `codec_encode_plain` describes the bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.kernels.codec_encode_plain import (
    CLASS_BASE,
    DELTA,
    ESCAPE,
    FLAT,
    FLOAT_BITS,
    LITERAL,
    MAX_EXPONENT,
    MIN_BITS,
    ODD,
    ODD_BITS,
    ODD_RAW,
    UInt64,
    ordered,
)
from obsv.metrics.kernels.codec_wire_plain import MASK, MalformedError, Reader, unzigzag
from obsv.metrics.store.types import Float64, Int64

if TYPE_CHECKING:
    from typing_extensions import Buffer


def _unpack_bits(data: bytes, counts: Int64) -> UInt64:
    starts = np.cumsum(counts) - counts
    if int(counts.sum()) > len(data) * 8:
        raise MalformedError("malformed chunk")
    bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    values = np.zeros(len(counts), np.uint64)
    for place in range(int(counts.max(initial=0))):
        has = counts > place
        values[has] |= bits[starts[has] + place].astype(np.uint64) << np.uint64(place)
    return values


def _untoken(tokens: bytes, bits: bytes, divisor: int, centre: int) -> Int64:
    token = np.frombuffer(tokens, np.uint8).astype(np.int64)
    rest = token - CLASS_BASE
    is_class = (token >= CLASS_BASE) & (token != ESCAPE)
    extra = np.where(is_class, (rest >> 2) + MIN_BITS - 2, np.where(token == ESCAPE, 64, 0))
    low = _unpack_bits(bits, extra)
    top = (2 + ((rest >> 1) & 1)).astype(np.uint64)
    shift = np.where(is_class, extra, 0).astype(np.uint64)
    size = np.where(is_class, (top << shift) + low, low)
    size = np.where(token < CLASS_BASE, np.abs(token - LITERAL).astype(np.uint64), size)
    negative = np.where(is_class, (rest & 1) == 1, token < LITERAL)
    size = np.where(negative, ~size + np.uint64(1), size)
    return (size * np.uint64(divisor) + np.uint64(centre & MASK)).view(np.int64)


class _Decoder:
    """Walks the series of one chunk."""

    def __init__(self, packed: bytes, bits: bytes) -> None:
        self.head = Reader(packed, 0, len(packed))
        size = self.head.varint()
        self.tokens_at = self.head.at + size
        if self.tokens_at > len(packed):
            raise MalformedError("malformed chunk")
        self.head.end = self.tokens_at
        self.packed, self.bits, self.bits_at = packed, bits, 0

    def series(self, n: int, first: int, stop: int) -> Float64:
        """Samples first..stop of the next series, which has n."""
        head = self.head
        if n == 0:
            return np.zeros(0)
        flags = head.byte()
        exponent = 0 if flags & FLOAT_BITS else head.byte()
        m = np.empty(n, np.int64)
        m[0] = unzigzag(head.varint())
        centre = unzigzag(head.varint()) if n > 1 else 0
        if exponent > MAX_EXPONENT:
            raise MalformedError("malformed chunk")
        if flags & FLAT:
            m[1:] = centre
        else:
            m[1:] = self._integers(n - 1, head.varint(), head.varint(), centre, wanted=first < stop)
        if flags & DELTA:
            m = np.cumsum(m, dtype=np.int64)
        v = ordered(m).view(np.float64) if flags & FLOAT_BITS else m / np.float64(10.0**exponent)
        if flags & ODD:
            self._odd_values(v)
        return v[first:stop]

    def _integers(self, n: int, divisor: int, size: int, centre: int, *, wanted: bool) -> Int64:
        tokens = self.packed[self.tokens_at : self.tokens_at + n]
        bits = self.bits[self.bits_at : self.bits_at + size]
        self.tokens_at += n
        self.bits_at += size
        if len(tokens) < n or len(bits) < size:
            raise MalformedError("malformed chunk")
        return _untoken(tokens, bits, divisor, centre) if wanted else np.zeros(n, np.int64)

    def _odd_values(self, v: Float64) -> None:
        position = 0
        for _ in range(self.head.varint()):
            position += self.head.varint()
            kind = self.head.byte()
            bits = ODD_BITS[kind] if kind < ODD_RAW else self.head.word()
            if position < len(v):
                v[position] = np.array([bits], np.uint64).view(np.float64)[0]


def decode_chunk(  # columns of the chunk's series; the compiled twin takes them by place
    packed: Buffer, bits: Buffer, counts: Int64, first: Int64, stop: Int64, at: Int64, out: Float64
) -> None:
    """Write samples first[i]..stop[i] of series i, which has counts[i], to `out[at[i]:]`; none if first == stop."""
    if not len(counts) == len(first) == len(stop) == len(at):
        raise ValueError("ranges differ in length")
    if (first < 0).any() or (stop < first).any() or (stop > counts).any():
        raise ValueError("range outside the series")
    wanted = first < stop
    if (wanted & ((at < 0) | (at + stop - first > len(out)))).any():
        raise ValueError("range outside the output")
    decoder = _Decoder(bytes(packed), bytes(bits))
    for n, a, b, to in zip(counts.tolist(), first.tolist(), stop.tolist(), at.tolist(), strict=True):
        values = decoder.series(n, a, b)
        if a < b:
            # Copied as integers: a NaN keeps its bits on every machine.
            out.view(np.int64)[to : to + b - a] = values.view(np.int64)
