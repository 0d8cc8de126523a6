"""Plain twin of the compiled column codec, and the description of its bytes.

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
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from obsv.metrics.store.types import Float64, Int64

if TYPE_CHECKING:
    from typing_extensions import Buffer

UInt64 = NDArray[np.uint64]

LITERAL, CLASS_BASE, ESCAPE = 31, 63, 255
MIN_BITS, MAX_BITS = 6, 53
SAMPLE = 31
MAX_EXPONENT = 15
MAX_MANTISSA = 2.0**53
DELTA, FLOAT_BITS, FLAT, ODD = 1, 2, 4, 8
ODD_RAW = 5
ODD_BITS = (0x7FF0000000000002, 0x7FF8000000000001, 0x7FF0000000000000, 0xFFF0000000000000, 0x8000000000000000)
MASK = (1 << 64) - 1


class _MalformedError(ValueError):
    """The bytes are not what this codec writes."""


# -- varints ----------------------------------------------------------------------------------------------------


def _zigzag(value: int) -> int:
    return (value << 1) ^ (value >> 63)


def _unzigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)


def _signed(value: int) -> int:
    """The 64-bit two's complement reading of any integer."""
    value &= MASK
    return value - (1 << 64) if value >> 63 else value


def _put(out: bytearray, value: int) -> None:
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


class _Reader:
    """Reads a string from a place on; raises at its end."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    def byte(self) -> int:
        if self.at >= self.end:
            raise _MalformedError("malformed chunk")
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        value = 0
        for shift in range(0, 64, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & MASK
        raise _MalformedError("malformed chunk")

    def word(self) -> int:
        self.at += 8
        if self.at > self.end:
            raise _MalformedError("malformed chunk")
        return int.from_bytes(self.data[self.at - 8 : self.at], "little")


def pack_ints(values: Int64) -> bytes:
    """Zigzag varints."""
    out = bytearray()
    for value in values.tolist():
        _put(out, _zigzag(value))
    return bytes(out)


def unpack_ints(data: Buffer) -> Int64:
    """All integers of `pack_ints`."""
    raw = bytes(data)
    reader, values = _Reader(raw, 0, len(raw)), list[int]()
    while reader.at < reader.end:
        values.append(_unzigzag(reader.varint()))
    return np.array(values, dtype=np.int64)


# -- values -> integers -----------------------------------------------------------------------------------------


def _ordered(bits: Int64) -> Int64:
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
    _put(head, len(odd))
    before = 0
    for position, bits in zip(odd.tolist(), v[odd].view(np.uint64).tolist(), strict=True):
        _put(head, position - before)
        before = position
        kind = ODD_BITS.index(bits) if bits in ODD_BITS else ODD_RAW
        head.append(kind)
        if kind == ODD_RAW:
            head += struct.pack("<Q", bits)


def _encode_series(v: Float64) -> tuple[bytes, bytes, bytes]:
    exponent, m, odd = _decimal(v)
    flags = ODD if len(odd) else 0
    if exponent < 0:
        flags, m = FLOAT_BITS, _ordered(v.view(np.int64))
    centre, divisor, residual = 0, 0, np.zeros(0, np.int64)
    if len(m) > 1:
        delta, centre, residual = _residuals(m)
        flags |= DELTA if delta else 0
        divisor = int(np.gcd.reduce(_magnitude(residual)))
    head, tokens, bits = bytearray(), b"", b""
    head.append(flags | (0 if divisor else FLAT))
    if exponent >= 0:
        head.append(exponent)
    _put(head, _zigzag(int(m[0])))
    if len(m) > 1:
        _put(head, _zigzag(centre))
    if divisor:
        tokens, bits = _tokens(residual, divisor)
        _put(head, divisor)
        _put(head, len(bits))
    if len(odd):
        _odd_values(head, v, odd)
    return bytes(head), tokens, bits


def _check_ranges(starts: Int64, stops: Int64, size: int) -> None:
    if len(starts) != len(stops):
        raise ValueError("starts and stops differ in length")
    if len(starts) and (starts.min() < 0 or (stops < starts).any() or stops.max() > size):
        raise ValueError("range outside the samples")


def encode_chunk(v: Float64, starts: Int64, stops: Int64) -> tuple[bytes, bytes]:
    """The values of series i, `v[starts[i]:stops[i]]`, as (packed, bits)."""
    _check_ranges(starts, stops, len(v))
    ranges = [(a, b) for a, b in zip(starts.tolist(), stops.tolist(), strict=True) if a < b]
    parts = [_encode_series(np.ascontiguousarray(v[a:b])) for a, b in ranges]
    heads = b"".join(part[0] for part in parts)
    packed = bytearray()
    _put(packed, len(heads))
    return bytes(packed) + heads + b"".join(part[1] for part in parts), b"".join(part[2] for part in parts)


# -- tokens -> values -------------------------------------------------------------------------------------------


def _unpack_bits(data: bytes, counts: Int64) -> UInt64:
    starts = np.cumsum(counts) - counts
    if int(counts.sum()) > len(data) * 8:
        raise _MalformedError("malformed chunk")
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
        self.head = _Reader(packed, 0, len(packed))
        size = self.head.varint()
        self.tokens_at = self.head.at + size
        if self.tokens_at > len(packed):
            raise _MalformedError("malformed chunk")
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
        m[0] = _unzigzag(head.varint())
        centre = _unzigzag(head.varint()) if n > 1 else 0
        if exponent > MAX_EXPONENT:
            raise _MalformedError("malformed chunk")
        if flags & FLAT:
            m[1:] = centre
        else:
            m[1:] = self._integers(n - 1, head.varint(), head.varint(), centre, wanted=first < stop)
        if flags & DELTA:
            m = np.cumsum(m, dtype=np.int64)
        v = _ordered(m).view(np.float64) if flags & FLOAT_BITS else m / np.float64(10.0**exponent)
        if flags & ODD:
            self._odd_values(v)
        return v[first:stop]

    def _integers(self, n: int, divisor: int, size: int, centre: int, *, wanted: bool) -> Int64:
        tokens = self.packed[self.tokens_at : self.tokens_at + n]
        bits = self.bits[self.bits_at : self.bits_at + size]
        self.tokens_at += n
        self.bits_at += size
        if len(tokens) < n or len(bits) < size:
            raise _MalformedError("malformed chunk")
        return _untoken(tokens, bits, divisor, centre) if wanted else np.zeros(n, np.int64)

    def _odd_values(self, v: Float64) -> None:
        position = 0
        for _ in range(self.head.varint()):
            position += self.head.varint()
            kind = self.head.byte()
            bits = ODD_BITS[kind] if kind < ODD_RAW else self.head.word()
            if position < len(v):
                v[position] = np.array([bits], np.uint64).view(np.float64)[0]


def decode_chunk(  # noqa: PLR0917  # columns of the chunk's series; the compiled twin takes them by place
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


# -- times ------------------------------------------------------------------------------------------------------


def encode_times(t: Int64, starts: Int64, stops: Int64) -> bytes:
    """Delta-of-delta varints of the vectors `t[starts[i]:stops[i]]`, one after the other."""
    _check_ranges(starts, stops, len(t))
    out = bytearray()
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        before = step = 0
        for i, time in enumerate(t[start:stop].tolist()):
            delta = _signed(time - before)
            _put(out, _zigzag(_signed(delta - step)))
            before, step = time, delta if i else 0
    return bytes(out)


def decode_times(data: Buffer, counts: Int64) -> Int64:
    """The vectors of `encode_times` as one int64 array."""
    raw = bytes(data)
    if (counts < 0).any() or int(counts.sum()) > len(raw):  # each time takes a byte at least
        raise _MalformedError("malformed times")
    reader, times = _Reader(raw, 0, len(raw)), list[int]()
    for count in counts.tolist():
        before = step = 0
        for i in range(count):
            delta = _signed(step + _unzigzag(reader.varint()))
            before = _signed(before + delta)
            times.append(before)
            step = delta if i else 0
    return np.array(times, dtype=np.int64)


def distinct_times(t: Int64, starts: Int64, stops: Int64) -> tuple[Int64, Int64]:
    """(number of the time vector of each range, the first range that has each vector)."""
    _check_ranges(starts, stops, len(t))
    numbers, seen = list[int](), dict[bytes, int]()
    first: list[int] = []
    for i, (start, stop) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
        number = seen.setdefault(t[start:stop].tobytes(), len(seen))
        if number == len(first):
            first.append(i)
        numbers.append(number)
    return np.array(numbers, dtype=np.int64), np.array(first, dtype=np.int64)


def copy_ranges(source: Int64, starts: Int64, counts: Int64, at: Int64, out: Int64) -> None:
    """Copy `source[starts[i]:starts[i] + counts[i]]` to `out[at[i]:]` for each i."""
    if not len(starts) == len(counts) == len(at):
        raise ValueError("ranges differ in length")
    if (counts < 0).any() or (starts < 0).any() or (starts + counts > len(source)).any():
        raise ValueError("range outside the source")
    if (at < 0).any() or (at + counts > len(out)).any():
        raise ValueError("range outside the output")
    for start, count, to in zip(starts.tolist(), counts.tolist(), at.tolist(), strict=True):
        out[to : to + count] = source[start : start + count]


# -- order of label sets ----------------------------------------------------------------------------------------


def _sort_key(key: bytes, targets: frozenset[bytes]) -> bytes:
    metric, own, target = b"", bytearray(), bytearray()
    reader = _Reader(key, 0, len(key))
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


def _text(reader: _Reader, tag: int) -> bytes:
    """The string field with this tag if it comes next, else nothing."""
    if reader.at >= reader.end or reader.data[reader.at] != tag:
        return b""
    reader.byte()
    size = reader.varint()
    reader.at += size
    if reader.at > reader.end:
        raise _MalformedError("malformed label")
    return reader.data[reader.at - size : reader.at]


def sort_keys(keys: Sequence[bytes], targets: Iterable[bytes]) -> list[bytes]:
    """For each canonical label set the bytes to order it by: metric, own labels, then those named in `targets`."""
    names = frozenset(targets)
    ordered: list[bytes] = []
    for key in keys:
        try:
            ordered.append(_sort_key(key, names))
        except _MalformedError:
            ordered.append(key)
    return ordered
