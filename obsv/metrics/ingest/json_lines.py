"""JSON lines, as VictoriaMetrics exports and imports them: one series a line, with its values and times.

`{"metric":{"__name__":"up","job":"app"},"values":[1,null],"timestamps":[1700000000000,1700000015000]}`

What JSON has no number for: null is NaN, "stale" the mark that the series ended, "Infinity" and "-Infinity" say it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Annotated

import msgspec
import numpy as np
from litestar import Router, post, route
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream
from litestar.types import Guard

from obsv.core.errors import BadRequest, TooLarge
from obsv.metrics.api.answers import EXCEPTION_HANDLERS
from obsv.metrics.api.params import GET_POST, AnyRequest, BadData, Params, org_of
from obsv.metrics.histograms import is_token
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.ingest.door import Door
from obsv.metrics.ingest.remote_write import refusal
from obsv.metrics.ingest.requests import extra_labels, read_body
from obsv.metrics.store.base import MetricStore, StoreLimitExceeded
from obsv.metrics.store.types import STALE, STALE_BITS, Matcher, SeriesSet, WriteBatch

WRITE_PATHS = ("/api/v1/import",)
TYPE = "application/stream+json"
MOST_SAMPLES = 500_000
"""Of a request: what is read of it takes some hundred bytes of memory each."""
MOST_MS = 2**53
AT_ONCE = 200_000
"""Samples that an export reads at once; it holds no more of them in memory."""

_STALE = "stale"
_WORDS = {_STALE: STALE, "NaN": math.nan, "Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}

Value = float | str | None
Sets = Sequence[Sequence[Matcher]]


class Line(msgspec.Struct):
    """One line: samples of a series, with times in Unix ms."""

    metric: dict[str, str]
    values: list[Value]
    timestamps: list[Annotated[int, msgspec.Meta(ge=-MOST_MS, le=MOST_MS)]]


_line = msgspec.json.Decoder(Line)


def import_handler(door: Door) -> HTTPRouteHandler:
    """POST /api/v1/import."""

    @post(list(WRITE_PATHS), status_code=204, include_in_schema=False)
    async def take(request: AnyRequest) -> None:
        """Take lines; of a request with a bad one nothing is kept, of samples that cannot be kept the others are."""
        org, extra = await door.admit(request), extra_labels(request)
        batch = await read_body(lambda body: _batch(body, extra), await door.body(request))
        result = await door.write(org, batch, imported=True)
        if result.refused:
            raise BadRequest(refusal(result))

    return take


def export_router(store: Callable[[], MetricStore], guard: Guard) -> Router:
    """GET and POST /api/v1/export; `guard` sets `request.state.actor`."""

    @route("/", http_method=GET_POST, status_code=200, media_type=TYPE, summary="Samples as JSON lines")
    async def export(request: AnyRequest) -> Stream:
        """Every sample that is stored for `match[]` from `start` to `end`, but native histograms."""
        params = await Params.of(request)
        sets = params.named_matcher_sets()
        if not sets:
            raise BadData("no match[] parameter provided")
        start, end = params.span()
        if end < start:
            raise BadData('invalid parameter "end": end timestamp must not be before start time')
        lines = _export(store(), org_of(request), sets, (start, end), _most_rows(params))
        return Stream(lines, media_type=TYPE)

    handlers = [export]
    return Router(
        "/api/v1/export",
        route_handlers=handlers,
        guards=[guard],
        exception_handlers=EXCEPTION_HANDLERS,
        tags=["Prometheus"],
    )


def _batch(body: bytes, extra: dict[str, str]) -> WriteBatch:
    batch = BatchBuilder()
    for number, text in enumerate(body.split(b"\n"), 1):
        if not text.strip():
            continue
        try:
            _add(batch, _line.decode(text), extra)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise BadRequest(f"line {number}: {error}") from None
        if batch.samples > MOST_SAMPLES:
            raise TooLarge(f"the request has more than {MOST_SAMPLES} samples; send it in parts")
    return batch.build()


def _add(batch: BatchBuilder, line: Line, extra: dict[str, str]) -> None:
    if len(line.values) != len(line.timestamps):
        raise ValueError(f"{len(line.values)} values do not fit {len(line.timestamps)} timestamps")
    if not line.metric.get("__name__"):
        raise ValueError("the metric has no __name__")
    row = batch.series(line.metric | extra)
    for value, t in zip(line.values, line.timestamps, strict=True):
        batch.add(row, t, _number(value))


def _number(value: Value) -> float:
    if value is None:
        return math.nan
    if isinstance(value, str):
        if value not in _WORDS:
            raise ValueError(f"expected a number, null, {', '.join(_WORDS)}, got {value[:100]!r}")
        return _WORDS[value]
    return value


def _most_rows(params: Params) -> int:
    text = params.text("max_rows_per_line")
    if not text:
        return AT_ONCE
    if not (text.isascii() and text.isdecimal() and int(text[:9]) > 0):
        raise BadData(f'invalid parameter "max_rows_per_line": expected a whole number above 0, got "{text[:100]}"')
    return min(int(text[:9]), AT_ONCE)


async def _export(
    store: MetricStore, org: int, sets: Sets, span: tuple[int, int], most_rows: int
) -> AsyncIterator[bytes]:
    """Lines of each set of matchers, less the series that an earlier one had already."""
    for index, matchers in enumerate(sets):
        async for found in _parts(store, org, matchers, span):
            yield await asyncio.to_thread(_lines, found, sets[:index], most_rows)


async def _parts(
    store: MetricStore, org: int, matchers: Sequence[Matcher], span: tuple[int, int]
) -> AsyncIterator[SeriesSet]:
    """Samples by spans of time that have no more than `AT_ONCE` of them: shorter spans where there are many."""
    at, end = span
    width = end - at + 1
    while at <= end:
        try:
            # In one millisecond, what cannot be split may be more.
            limit = AT_ONCE if width > 1 else 2**31
            found = await store.select(org, matchers, at, min(at + width - 1, end), limit=limit)
        except StoreLimitExceeded:
            width = max(1, width // 2)
            continue
        yield found
        at += width
        if len(found.t) < AT_ONCE // 4:
            width *= 2


def _lines(found: SeriesSet, earlier: Sets, most_rows: int) -> bytes:
    parts: list[bytes] = []
    for row, labels in enumerate(found.labels):
        if any(all(one.matches(labels.get(one.name, "")) for one in matchers) for matchers in earlier):
            continue
        start, end = int(found.offsets[row]), int(found.offsets[row + 1])
        plain = np.flatnonzero(~is_token(found.v[start:end])) + start
        metric = dict(sorted(labels.items()))
        for some in _pieces(plain, most_rows):
            line = Line(metric, _values(found, some), found.t[some].tolist())
            parts += (msgspec.json.encode(line), b"\n")
    return b"".join(parts)


def _pieces(indices: np.ndarray, most: int) -> Iterator[np.ndarray]:
    for at in range(0, len(indices), most):
        yield indices[at : at + most]


def _values(found: SeriesSet, indices: np.ndarray) -> list[Value]:
    numbers = found.v[indices]
    values: list[Value] = numbers.tolist()
    for at in np.flatnonzero(~np.isfinite(numbers)).tolist():
        values[at] = _word(float(numbers[at]), is_stale=bool(numbers[at : at + 1].view(np.uint64)[0] == STALE_BITS))
    return values


def _word(value: float, *, is_stale: bool) -> Value:
    if is_stale:
        return _STALE
    return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
