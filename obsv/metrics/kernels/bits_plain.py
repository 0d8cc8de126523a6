"""Bits into bytes, the highest bit first, as Prometheus' chunks have them."""

from __future__ import annotations

from obsv.metrics.kernels.wire_plain import U64, put_varint

_UNTIL_BYTES = 4096


class BitWriter:
    """Collects bits."""

    def __init__(self) -> None:
        self._out = bytearray()
        self._value = self._count = 0

    def bits(self, value: int, count: int) -> None:
        """The lowest `count` bits of a value."""
        self._value = self._value << count | value & (1 << count) - 1
        self._count += count
        if self._count >= _UNTIL_BYTES:
            self._settle()

    def varint(self, value: int) -> None:
        """A varint of a value from 0 to 2**64 - 1, wherever in a byte it begins."""
        body = bytearray()
        put_varint(body, value)
        self.bits(int.from_bytes(body), 8 * len(body))

    def finish(self) -> bytes:
        """All of them; the last byte is filled up with zeros."""
        self._settle()
        if self._count:
            self._out.append(self._value << 8 - self._count & 0xFF)
        return bytes(self._out)

    def _settle(self) -> None:
        whole, rest = divmod(self._count, 8)
        if whole:
            self._out += (self._value >> rest).to_bytes(whole)
            self._value &= (1 << rest) - 1
            self._count = rest


class XorWindow:
    """What differs of a value from the one before it: a window of bits, kept while it is wide enough."""

    def __init__(self) -> None:
        self._leading, self._trailing = 0xFF, 0

    def put(self, out: BitWriter, differs: int) -> None:
        """The XOR of the two."""
        if differs == 0:
            out.bits(0, 1)
            return
        out.bits(1, 1)
        leading, trailing = min(31, 64 - differs.bit_length()), (differs & -differs).bit_length() - 1
        if self._leading != 0xFF and leading >= self._leading and trailing >= self._trailing:
            out.bits(0, 1)
            out.bits(differs >> self._trailing, 64 - self._leading - self._trailing)
            return
        self._leading, self._trailing = leading, trailing
        width = 64 - leading - trailing
        out.bits(1, 1)
        out.bits(leading, 5)
        out.bits(width & 63, 6)  # 0 is 64
        out.bits(differs >> trailing, width)


def zigzag(value: int) -> int:
    """A signed number as an unsigned one, small where it is small."""
    return (value << 1 ^ value >> 63) & U64


def fits(value: int, width: int) -> bool:
    """Whether a signed number goes into so many bits, as Prometheus uses them (one more above than below)."""
    return -((1 << width - 1) - 1) <= value <= 1 << width - 1
