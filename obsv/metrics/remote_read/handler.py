"""POST /api/v1/read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import cramjam
import numpy as np
from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from obsv.core.errors import BadRequest, TooLarge, Unavailable, Unsupported
from obsv.core.units import format_size
from obsv.metrics.api.params import AnyRequest, org_of
from obsv.metrics.ingest.unpack import unpack
from obsv.metrics.promql.budget import READING, SAMPLE
from obsv.metrics.remote_read.encode import query_result, streamed_chunks
from obsv.metrics.remote_read.message import BadRead, Kind, ReadQuery, chunk, read_request
from obsv.metrics.store.base import MetricStore, StoreLimitExceeded
from obsv.metrics.store.types import SeriesSet

MOST_REQUEST = 1 << 20
PROTOBUF = "application/x-protobuf"
STREAM = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse"
ENCODING = 2
"""A message, and the same packed, come to about so many bytes of each sample's."""


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Of one request: samples, bytes and seconds; and how many requests are read for at once."""

    max_samples: int
    max_memory: int
    timeout_s: float
    at_once: int


def read_handler(store: Callable[[], MetricStore], limits: ReadLimits) -> HTTPRouteHandler:
    """The handler, for `prometheus_router`."""
    gate = asyncio.Semaphore(limits.at_once)

    @post("/read", status_code=200, summary="Samples for a Prometheus", include_in_schema=False)
    async def read(request: AnyRequest) -> Response[Any]:
        """Prometheus' remote_read, as SAMPLES or STREAMED_XOR_CHUNKS, whichever is asked for first."""
        org = org_of(request)
        try:
            queries, kind = read_request(unpack(await request.body(), _encoding(request), MOST_REQUEST))
            reader = _Reader(store(), org, limits)
            if kind is Kind.STREAMED_XOR_CHUNKS:
                first = await _soon(limits, gate, reader, queries[:1])
                return Stream(_frames(first, queries, limits, gate, reader), media_type=STREAM)
            found = await _soon(limits, gate, reader, queries)
            body = await asyncio.to_thread(_samples, found)
        except (BadRead, BadRequest, TooLarge, Unsupported, StoreLimitExceeded) as error:
            return Response(f"{error}\n".encode(), status_code=_status(error), media_type="text/plain")
        return Response(body, media_type=PROTOBUF, headers={"content-encoding": "snappy"})

    return read


def _status(error: Exception) -> int:
    return error.status if isinstance(error, TooLarge | Unsupported) else 400


def _encoding(request: AnyRequest) -> str:
    return request.headers.get("content-encoding", "snappy")


class _Reader:
    """Reads what one request asks for, and counts it."""

    def __init__(self, store: MetricStore, org: int, limits: ReadLimits) -> None:
        self._store, self._org, self._limits = store, org, limits
        self._samples = 0

    async def read(self, query: ReadQuery) -> SeriesSet:
        """The samples of a query.  Raises BadRead where they are too many."""
        if query.end_ms < query.start_ms:
            return SeriesSet.empty()
        in_memory = self._limits.max_memory // (SAMPLE * (READING + ENCODING))
        most = min(self._limits.max_samples, in_memory)
        limit = max(0, most - self._samples)
        try:
            found = await self._store.select(self._org, query.matchers, query.start_ms, query.end_ms, limit=limit)
        except StoreLimitExceeded:
            if most == in_memory:
                size = format_size(self._limits.max_memory)
                raise BadRead(f"exceeded memory limit ({size}); raise query_max_memory in [metrics]") from None
            raise BadRead(f"exceeded sample limit ({most})") from None
        self._samples += len(found.t)
        return _without_samples(found) if query.labels_only else found


def _without_samples(found: SeriesSet) -> SeriesSet:
    none = SeriesSet.empty()
    return replace(
        found, offsets=np.zeros(len(found.labels) + 1, np.int64), t=none.t, v=none.v, histograms=[], starts=None
    )


async def _soon(
    limits: ReadLimits, gate: asyncio.Semaphore, reader: _Reader, queries: list[ReadQuery]
) -> list[SeriesSet]:
    """What some queries ask for, when it is their turn and within the time."""
    try:
        async with asyncio.timeout(limits.timeout_s), gate:
            return [await reader.read(query) for query in queries]
    except TimeoutError:
        raise Unavailable(f"The read took longer than the {limits.timeout_s:g} s of metrics.query_timeout.") from None


def _samples(found: list[SeriesSet]) -> bytes:
    """A ReadResponse in one snappy block."""
    return bytes(cramjam.snappy.compress_raw(b"".join(chunk(1, query_result(series)) for series in found)))


async def _frames(
    first: list[SeriesSet], queries: list[ReadQuery], limits: ReadLimits, gate: asyncio.Semaphore, reader: _Reader
) -> AsyncIterator[bytes]:
    for number, query in enumerate(queries):
        (found,) = first if number == 0 else await _soon(limits, gate, reader, [query])
        pieces = streamed_chunks(found, number)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece
