"""One remote_write request on its way in, in plain Python: the twin of request.h."""

from __future__ import annotations

from dataclasses import dataclass, field

from obsv.metrics.kernels.ragged_plain import Points
from obsv.metrics.kernels.wire_plain import LABELS_OK, BrokenError, Rules, fields, read_varint, signed

TOO_OLD, TOO_NEW, DUPLICATE, LABELS, SERIES_LIMIT, REFUSALS = range(6)
KEEPS, REPEATS = -1, -2

# NaNs of this kind stand for histograms where a query meets them, so none may come from a sender.
TOKEN_TAG, TOKEN_MASK, PLAIN_NAN = 0x7FFC_0000_0000_0000, 0xFFFF_0000_0000_0000, 0x7FF8_0000_0000_0001


@dataclass
class Series:
    """What the head knows of a series; times and hours are of what came since the start."""

    org: int
    key: bytes
    hour: int = 0
    newest: int | None = None
    last_bits: int = 0


@dataclass
class Touch:
    """A series within a request, the request's own earlier samples included."""

    sid: int
    newest: int | None
    last_bits: int
    known: bool
    active: bool
    kept: Points = field(default_factory=list[tuple[int, int]])


@dataclass
class Request:
    """What a request touches, keeps and is refused; `rules` None replays one with its `skips`."""

    org: int
    hour: int
    rules: Rules | None
    skips: set[int]
    base: int
    org_active: int
    touches: dict[int, Touch] = field(default_factory=dict[int, Touch])
    order: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])
    ordinal: int = 0
    newly_active: int = 0
    accepted: int = 0
    refused: list[int] = field(default_factory=lambda: [0] * REFUSALS)
    skipped: list[int] = field(default_factory=list[int])
    first: tuple[int, int, int, bytes] = (-1, LABELS_OK, 0, b"")
    beside: int = 0


def parse_point(data: bytes, start: int, end: int) -> tuple[int, int]:
    """One Sample message as (time, value bits).  Raises BrokenError."""
    t = bits = 0
    for number, wire, first, last in fields(data, start, end):
        if number == 1:
            if wire != 1:
                raise BrokenError
            bits = int.from_bytes(data[first:last], "little")
            bits = PLAIN_NAN if bits & TOKEN_MASK == TOKEN_TAG else bits
        elif number == 2:
            if wire != 0:
                raise BrokenError
            t = signed(read_varint(data, first, last)[0])
    return t, bits
