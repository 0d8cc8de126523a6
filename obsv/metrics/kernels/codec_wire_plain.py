"""Varints and bounds-checked reading, for the plain twin of the codec."""

from __future__ import annotations

MASK = (1 << 64) - 1


class MalformedError(ValueError):
    """The bytes are not what this codec writes."""


def zigzag(value: int) -> int:
    """A signed integer as an unsigned one, small for small magnitudes."""
    return (value << 1) ^ (value >> 63)


def unzigzag(value: int) -> int:
    """The inverse of `zigzag`."""
    return (value >> 1) ^ -(value & 1)


def signed(value: int) -> int:
    """The 64-bit two's complement reading of any integer."""
    value &= MASK
    return value - (1 << 64) if value >> 63 else value


def put_varint(out: bytearray, value: int) -> None:
    """Append an unsigned integer."""
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


class Reader:
    """Reads a string from a place on; raises at its end."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    def byte(self) -> int:
        """The next byte."""
        if self.at >= self.end:
            raise MalformedError("malformed chunk")
        self.at += 1
        return self.data[self.at - 1]

    def varint(self) -> int:
        """The next unsigned integer."""
        value = 0
        for shift in range(0, 64, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & MASK
        raise MalformedError("malformed chunk")

    def word(self) -> int:
        """The next 8 bytes."""
        self.at += 8
        if self.at > self.end:
            raise MalformedError("malformed chunk")
        return int.from_bytes(self.data[self.at - 8 : self.at], "little")
