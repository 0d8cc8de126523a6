"""The fields of a data point, as they come on the wire."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from obsv.metrics.kernels import otlp as kernel
from obsv.metrics.kernels.wire_plain import BrokenError, read_varint

VARINT = 0
_FIXED = struct.Struct("<Q")
_DOUBLE = struct.Struct("<d")


@dataclass(slots=True)
class Fields:
    """`chunks` by field: numbers of 8 bytes and what has a length, each joined where a field comes again.

    `numbers` are varints, the last one of a field; `attributes` the messages of that field with their tags, as the
    bytes that they are known by; `messages` those of the field that may come several times.
    """

    chunks: dict[int, bytes] = field(default_factory=dict[int, bytes])
    numbers: dict[int, int] = field(default_factory=dict[int, int])
    attributes: bytes = b""
    messages: list[bytes] = field(default_factory=list[bytes])

    def whole(self, number: int) -> int:
        """A fixed64, 0 where there is none."""
        chunk = self.chunks.get(number)
        return _FIXED.unpack(_last(chunk))[0] if chunk else 0

    def double(self, number: int) -> float | None:
        """A double, None where there is none."""
        chunk = self.chunks.get(number)
        return _DOUBLE.unpack(_last(chunk))[0] if chunk else None

    def wholes(self, number: int) -> tuple[int, ...]:
        """A list of fixed64, packed or not."""
        return struct.unpack(*_packed("Q", self.chunks.get(number, b"")))


def scan(data: bytes, at: int, end: int, attributes: int, messages: int = 0) -> Fields:
    """The fields of the message data[at:end].  Raises BrokenError."""
    found, tag_at = Fields(), at
    pieces: list[bytes] = []
    for number, wire, start, stop in kernel.fields(data, at, end):
        if wire == VARINT:
            found.numbers[number] = read_varint(data, start, stop)[0]
        elif number == attributes:
            pieces.append(data[tag_at:stop])
        elif number == messages:
            found.messages.append(data[start:stop])
        else:
            found.chunks[number] = found.chunks.get(number, b"") + data[start:stop]
        tag_at = stop
    found.attributes = b"".join(pieces)
    return found


def _last(chunk: bytes) -> bytes:
    if len(chunk) % 8:
        raise BrokenError
    return chunk[-8:]


def unpack_doubles(chunk: bytes) -> tuple[float, ...]:
    """A list of doubles, packed or not."""
    return struct.unpack(*_packed("d", chunk))


def _packed(kind: str, chunk: bytes) -> tuple[str, bytes]:
    if len(chunk) % 8:
        raise BrokenError
    return f"<{len(chunk) // 8}{kind}", chunk
