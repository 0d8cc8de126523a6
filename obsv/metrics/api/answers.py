"""Answers and errors in Prometheus' envelope; long answers go out in pieces that threads make."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from litestar import Response
from litestar.response import Stream

from obsv.metrics.api.params import AnyRequest, BadData
from obsv.metrics.api.results import PIECE_ROWS, Answer, metrics_json
from obsv.metrics.promql import (
    ExecutionError,
    ParseError,
    PromqlError,
    QueryCanceled,
    QueryTimeout,
    WrongType,
)
from obsv.metrics.store.base import StoreLimitExceeded
from obsv.metrics.store.types import Labels

MAX_NOTES = 10
JSON = "application/json"
SHORT_POINTS, SHORT_ROWS = 5000, 500
"""What has no more of them is written in place, and goes out in one piece: a thread would take longer."""
_BEGIN = b'{"status":"success","data":'


def success(data: object, warnings: list[str] | None = None) -> Response[bytes]:
    """A success with plain data."""
    return Response(b"".join((_BEGIN, msgspec.json.encode(data), *_end(warnings))), media_type=JSON)


def queried(answer: Answer, warnings: list[str], infos: list[str], stats: bytes = b"") -> Response[Any]:
    """A success with a query's result; `stats` is JSON, or nothing."""
    head = _BEGIN + b'{"resultType":"' + answer.kind.encode() + b'","result":'
    is_array = answer.kind in ("vector", "matrix")
    tail = b"".join((b',"stats":' + stats if stats else b"", b"}", *_end(warnings, infos)))
    if is_array:
        head, tail = head + b"[", b"]" + tail
    is_made = isinstance(answer.pieces, tuple)
    if is_made or (answer.points <= SHORT_POINTS and answer.rows <= SHORT_ROWS):
        return Response(b"".join((head, *answer.pieces, tail)), media_type=JSON)
    return streamed(_around(head, answer.pieces, tail))


def listed(items: Sequence[str] | Sequence[Labels], warnings: list[str] | None = None) -> Response[Any]:
    """A success with a list of names or of label sets."""
    if len(items) <= SHORT_ROWS:
        return Response(b"".join((_BEGIN + b"[", *_items(items), b"]", *_end(warnings))), media_type=JSON)
    return streamed(_around(_BEGIN + b"[", _items(items), b"".join((b"]", *_end(warnings)))))


def streamed(pieces: Iterator[bytes], media_type: str = JSON) -> Stream:
    """An answer in pieces, each of them made in a thread when the one before it has been taken."""
    return Stream(_made_in_threads(pieces), media_type=media_type)


async def _made_in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece


def _around(head: bytes, pieces: Iterable[bytes], tail: bytes) -> Iterator[bytes]:
    """`head` goes with the first piece and `tail` with the last: each turn of a thread costs more than they do."""
    last = head
    for i, piece in enumerate(pieces):
        if i:
            yield last
        last = piece if i else head + piece
    yield last + tail


def _items(items: Sequence[str] | Sequence[Labels]) -> Iterator[bytes]:
    for begin in range(0, len(items), PIECE_ROWS):
        some = items[begin : begin + PIECE_ROWS]
        comma = b"," if begin else b""
        if isinstance(some[0], str):
            yield comma + msgspec.json.encode(some)[1:-1]
        else:
            yield comma + b",".join(metrics_json(some))  # type: ignore[arg-type]  # a list is of one kind


def _end(warnings: list[str] | None = None, infos: list[str] | None = None) -> Iterator[bytes]:
    for name, notes in (("warnings", warnings), ("infos", infos)):
        if notes:
            yield f',"{name}":'.encode() + msgspec.json.encode(_shortened(notes, name))
    yield b"}"


def _shortened(notes: list[str], name: str) -> list[str]:
    if len(notes) <= MAX_NOTES:
        return notes
    word = "warning" if name == "warnings" else "info"
    return [*notes[:MAX_NOTES], f"{len(notes) - MAX_NOTES} more {word} annotations omitted"]


def failure(status: int, kind: str, detail: str) -> Response[bytes]:
    """An error in the envelope."""
    return Response(
        msgspec.json.encode({"status": "error", "errorType": kind, "error": detail}),
        media_type=JSON,
        status_code=status,
    )


def _bad_data(_: AnyRequest, error: Exception) -> Response[bytes]:
    text = f'invalid parameter "query": {error}' if isinstance(error, (ParseError, WrongType)) else str(error)
    return failure(400, "bad_data", text)


def _promql(_: AnyRequest, error: Exception) -> Response[bytes]:
    match error:
        case QueryTimeout():
            return failure(503, "timeout", str(error))
        case QueryCanceled():
            return failure(499, "canceled", str(error))
        case _:
            return failure(422, "execution", str(error))


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    BadData: _bad_data,
    ParseError: _bad_data,
    WrongType: _bad_data,
    ExecutionError: _promql,
    QueryTimeout: _promql,
    QueryCanceled: _promql,
    PromqlError: _promql,
    StoreLimitExceeded: _promql,
}
