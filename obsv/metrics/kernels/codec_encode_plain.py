"""Values to bytes, in the plain twin of the codec, and the description of the bytes.

A chunk holds the values of several series as two strings: `packed` (compressed further by zstd) and `bits` (noise
that nothing compresses).  `packed` is a varint, the length of the heads; the heads; the tokens.  Varints are LEB128,
signed ones zigzag.  A series without samples leaves nothing.

The values of a series become integers in one of two ways.  Decimal: value = integer / 10**e, exact to the last bit, by
the smallest e that fits; values that no such integer gives (NaN, infinities, -0.0, noise) are odd ones, kept beside
and standing in the integers as the one before them.  Float bits: where too many would be odd, the doubles' own bits,
mapped so that integers order as the doubles do.

The integers after the first are taken as differences or as they are, whichever is cheaper; a centre (a median of some)
is subtracted, and the rest divided by its greatest common divisor (memory moves in pages).  What remains is a token a
sample: 0..62 are -31..31; 63..254 give bit length (6..53), top mantissa bit and sign, and the other bits follow in
`bits`, lowest first; 255 is an escape, 64 bits follow.  Tokens are few and skewed: what zstd's entropy coder is for.

Head of a series: flags; e (decimal only); first integer; with more than one sample the centre; unless flat the divisor
and how many bytes of `bits` are its own; the odd values: count, then position (gap), kind, and 8 bytes if kind is 5.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from obsv.metrics.kernels.codec_wire_plain import put_varint, zigzag
from obsv.metrics.store.types import Float64, Int64

UInt64 = NDArray[np.uint64]
LITERAL, CLASS_BASE, ESCAPE = 31, 63, 255
MIN_BITS, MAX_BITS = 6, 53
SAMPLE = 31
MAX_EXPONENT = 15
MAX_MANTISSA = 2.0**53
DELTA, FLOAT_BITS, FLAT, ODD = 1, 2, 4, 8
ODD_RAW = 5
ODD_BITS = (0x7FF0000000000002, 0x7FF8000000000001, 0x7FF0000000000000, 0xFFF0000000000000, 0x8000000000000000)


def ordered(bits: Int64) -> Int64:
    """Map doubles' bits to integers of the same order; its own inverse."""
    return bits ^ ((bits >> 63).view(np.uint64) >> np.uint64(1)).view(np.int64)


def _exact(v: Float64, exponent: int) -> tuple[NDArray[np.bool_], Int64]:
    """Which values are an integer / 10**exponent to the last bit, and those integers."""
    power = np.float64(10.0**exponent)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = v * power
        fits = np.abs(scaled) <= MAX_MANTISSA
        mantissa = np.rint(np.where(fits, scaled, 0.0)).astype(np.int64)  # integers, so that -0.0 shows as a misfit
        fits &= (mantissa / power).view(np.int64) == v.view(np.int64)
    return fits, mantissa


def _higher_exponent(value: np.float64, exponent: int) -> int:
    if not np.isfinite(value):
        return exponent
    for candidate in range(exponent + 1, MAX_EXPONENT + 1):
        with np.errstate(over="ignore"):
            if abs(value * np.float64(10.0**candidate)) > MAX_MANTISSA:
                return exponent
        if _exact(np.array([value]), candidate)[0][0]:
            return candidate
    return exponent


def _decimal(v: Float64) -> tuple[int, Int64, Int64]:
    """(exponent, integers, positions of odd values); the exponent is -1 if too many values are odd."""
    allowed, exponent, at, missed = 2 + len(v) // 8, 0, 0, 0
    none = (-1, np.zeros(0, np.int64), np.zeros(0, np.int64))
    while True:
        misfits = np.flatnonzero(~_exact(v[at:], exponent)[0])
        raised = exponent
        for position in misfits.tolist():
            raised = _higher_exponent(v[at + position], exponent)
            if raised > exponent:
                at += position + 1
                break
            missed += 1
            if missed > allowed:
                return none
        if raised == exponent:
            break
        exponent = raised
    fits, mantissa = _exact(v, exponent)
    odd = np.flatnonzero(~fits)
    if len(odd) > allowed or len(odd) == len(v):
        return none
    if len(odd):
        kept = np.maximum.accumulate(np.where(fits, np.arange(len(v)), -1))
        kept[kept < 0] = int(np.argmax(fits))
        mantissa = mantissa[kept]
    return exponent, mantissa, odd


# -- integers -> tokens -----------------------------------------------------------------------------------------


def _magnitude(x: Int64) -> UInt64:
    u = x.view(np.uint64)
    return np.where(x < 0, ~u + np.uint64(1), u)


def _bit_length(u: UInt64) -> NDArray[np.int64]:
    length = np.zeros(len(u), np.int64)
    rest = u.copy()
    for step in (32, 16, 8, 4, 2, 1):
        high = rest >> np.uint64(step)
        length += np.where(high > 0, step, 0)
        rest = np.where(high > 0, high, rest)
    return length + (rest > 0)


def _centre_cost(probe: Int64) -> tuple[int, int]:
    centre = np.sort(probe)[len(probe) // 2]
    return int(centre), int(_bit_length(_magnitude(probe - centre)).sum())


def _residuals(m: Int64) -> tuple[bool, int, Int64]:
    """(whether differences are taken, centre, what remains) of at least two integers."""
    positions = np.arange(1, len(m), (len(m) - 2) // SAMPLE + 1)
    by_delta, delta_cost = _centre_cost(m[positions] - m[positions - 1])
    by_value, value_cost = _centre_cost(m[positions])
    if delta_cost <= value_cost:
        return True, by_delta, m[1:] - m[:-1] - np.int64(by_delta)
    return False, by_value, m[1:] - np.int64(by_value)


def _pack_bits(values: UInt64, counts: Int64) -> bytes:
    """The lowest counts[i] bits of values[i], one after the other."""
    starts = np.cumsum(counts) - counts
    places = np.arange(int(counts.sum())) - np.repeat(starts, counts)
    bits = (np.repeat(values, counts) >> places.astype(np.uint64)) & np.uint64(1)
    return np.packbits(bits.astype(np.uint8), bitorder="little").tobytes()


def _tokens(residual: Int64, divisor: int) -> tuple[bytes, bytes]:
    size = _magnitude(residual) // np.uint64(divisor)
    negative = residual < 0
    length = _bit_length(size)
    extra = np.maximum(length - 2, 0)
    top = ((size >> extra.astype(np.uint64)) & np.uint64(1)).astype(np.int64)
    token = CLASS_BASE + (length - MIN_BITS) * 4 + top * 2 + negative
    small = size <= LITERAL
    literal = np.where(small, size, 0).astype(np.int64)
    token = np.where(small, LITERAL + np.where(negative, -literal, literal), token)
    extra[small] = 0
    huge = length > MAX_BITS
    token[huge], extra[huge] = ESCAPE, 64
    whole = np.where(huge & negative, ~size + np.uint64(1), size)
    return token.astype(np.uint8).tobytes(), _pack_bits(whole, extra)


def _odd_values(head: bytearray, v: Float64, odd: Int64) -> None:
    put_varint(head, len(odd))
    before = 0
    for position, bits in zip(odd.tolist(), v[odd].view(np.uint64).tolist(), strict=True):
        put_varint(head, position - before)
        before = position
        kind = ODD_BITS.index(bits) if bits in ODD_BITS else ODD_RAW
        head.append(kind)
        if kind == ODD_RAW:
            head += struct.pack("<Q", bits)


def _encode_series(v: Float64) -> tuple[bytes, bytes, bytes]:
    exponent, m, odd = _decimal(v)
    flags = ODD if len(odd) else 0
    if exponent < 0:
        flags, m = FLOAT_BITS, ordered(v.view(np.int64))
    centre, divisor, residual = 0, 0, np.zeros(0, np.int64)
    if len(m) > 1:
        delta, centre, residual = _residuals(m)
        flags |= DELTA if delta else 0
        divisor = int(np.gcd.reduce(_magnitude(residual)))
    head, tokens, bits = bytearray(), b"", b""
    head.append(flags | (0 if divisor else FLAT))
    if exponent >= 0:
        head.append(exponent)
    put_varint(head, zigzag(int(m[0])))
    if len(m) > 1:
        put_varint(head, zigzag(centre))
    if divisor:
        tokens, bits = _tokens(residual, divisor)
        put_varint(head, divisor)
        put_varint(head, len(bits))
    if len(odd):
        _odd_values(head, v, odd)
    return bytes(head), tokens, bits


def check_ranges(starts: Int64, stops: Int64, size: int) -> None:
    """Raise ValueError if a range is outside of `size` samples."""
    if len(starts) != len(stops):
        raise ValueError("starts and stops differ in length")
    if len(starts) and (starts.min() < 0 or (stops < starts).any() or stops.max() > size):
        raise ValueError("range outside the samples")


def encode_chunk(v: Float64, starts: Int64, stops: Int64) -> tuple[bytes, bytes]:
    """The values of series i, `v[starts[i]:stops[i]]`, as (packed, bits)."""
    check_ranges(starts, stops, len(v))
    ranges = [(a, b) for a, b in zip(starts.tolist(), stops.tolist(), strict=True) if a < b]
    parts = [_encode_series(np.ascontiguousarray(v[a:b])) for a, b in ranges]
    heads = b"".join(part[0] for part in parts)
    packed = bytearray()
    put_varint(packed, len(heads))
    return bytes(packed) + heads + b"".join(part[1] for part in parts), b"".join(part[2] for part in parts)
