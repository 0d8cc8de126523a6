"""The protobuf of remote_read: what is asked, and the answers' parts.

Source: `ReadRequest`, `ReadResponse` and `ChunkedReadResponse` of Prometheus' remote.proto.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from obsv.metrics.kernels.ingest import put_label
from obsv.metrics.kernels.wire_plain import BrokenError, fields, put_varint, read_varint, signed
from obsv.metrics.kernels.xor_chunk import crc32c
from obsv.metrics.store.types import BadPattern, Labels, Matcher

MATCHERS = ("=", "!=", "=~", "!~")
MOST_QUERIES, MOST_MATCHERS = 100, 100


class BadRead(ValueError):
    """A request that cannot be answered; the text says why."""


class Kind(IntEnum):
    """How samples are sent, numbered as on the wire."""

    SAMPLES = 0
    STREAMED_XOR_CHUNKS = 1


@dataclass(slots=True)
class ReadQuery:
    """Samples of the series that pass every matcher, in [start_ms, end_ms]; `labels_only` asks for no samples."""

    start_ms: int = 0
    end_ms: int = 0
    matchers: list[Matcher] = field(default_factory=list[Matcher])
    labels_only: bool = False


def read_request(data: bytes) -> tuple[list[ReadQuery], Kind]:
    """(queries, the first kind of answer that we can give).  Raises BadRead."""
    queries: list[ReadQuery] = []
    accepted: list[int] = []
    try:
        for number, wire, start, end in fields(data, 0, len(data)):
            if number == 1 and wire == 2:
                queries.append(_query(data, start, end))
            elif number == 2:
                accepted += _numbers(data, start, end)
    except BrokenError:
        raise BadRead("the body is no remote_read request") from None
    if len(queries) > MOST_QUERIES:
        raise BadRead(f"the request has more than {MOST_QUERIES} queries")
    for one in accepted or [Kind.SAMPLES]:
        if one in list(Kind):
            return queries, Kind(one)
    raise BadRead(f"none of the requested response types is supported: {accepted}")


def _query(data: bytes, start: int, end: int) -> ReadQuery:
    query, hints = ReadQuery(), (start, start)
    for number, wire, first, last in fields(data, start, end):
        if number in (1, 2) and wire == 0:
            value = signed(read_varint(data, first, last)[0])
            query.start_ms, query.end_ms = (value, query.end_ms) if number == 1 else (query.start_ms, value)
        elif number == 3 and wire == 2:
            query.matchers.append(_matcher(data, first, last))
        elif number == 4 and wire == 2:
            hints = (first, last)
    if not query.matchers or len(query.matchers) > MOST_MATCHERS:
        raise BadRead(f"a query has {len(query.matchers)} matchers; 1 to {MOST_MATCHERS} are possible")
    _apply_hints(query, data, *hints)
    return query


def _apply_hints(query: ReadQuery, data: bytes, start: int, end: int) -> None:
    """A selector may need less than the whole time of its query, and looking up series needs no samples."""
    for number, wire, first, last in fields(data, start, end):
        if number == 2 and wire == 2:
            query.labels_only = data[first:last] == b"series"
        elif number in (3, 4) and wire == 0 and (value := signed(read_varint(data, first, last)[0])):
            if number == 3:
                query.start_ms = max(query.start_ms, value)
            else:
                query.end_ms = min(query.end_ms, value)


def _matcher(data: bytes, start: int, end: int) -> Matcher:
    kind, texts = 0, ["", ""]
    for number, wire, first, last in fields(data, start, end):
        if number == 1 and wire == 0:
            kind = read_varint(data, first, last)[0]
        elif number in (2, 3) and wire == 2:
            texts[number - 2] = data[first:last].decode("utf-8", "surrogateescape")
    if kind >= len(MATCHERS):
        raise BadRead(f"{kind} is no type of a matcher")
    matcher = Matcher(texts[0], MATCHERS[kind], texts[1])
    try:
        matcher.matches("")
    except BadPattern as bad:
        raise BadRead(f"error parsing regexp: {bad}") from None
    return matcher


def _numbers(data: bytes, at: int, end: int) -> list[int]:
    """Packed or not, numbers look the same."""
    found: list[int] = []
    while at < end:
        value, at = read_varint(data, at, end)
        found.append(value)
    return found


def labels_message(labels: Labels) -> bytes:
    """`labels` (field 1) of a TimeSeries or ChunkedSeries."""
    out = bytearray()
    for name, value in sorted(labels.items()):
        put_label(out, name.encode(errors="surrogateescape"), value.encode(errors="surrogateescape"))
    return bytes(out)


def chunk(number: int, body: bytes) -> bytes:
    """A field that holds bytes."""
    out = bytearray()
    put_varint(out, number << 3 | 2)
    put_varint(out, len(body))
    return bytes(out) + body


def frame(query: int, series: bytes) -> bytes:
    """One ChunkedSeries as a ChunkedReadResponse, with its length and checksum before it."""
    index = bytearray()
    if query:
        index.append(0x10)
        put_varint(index, query)
    message = chunk(1, series) + index
    size = bytearray()
    put_varint(size, len(message))
    return bytes(size) + crc32c(message).to_bytes(4) + message
