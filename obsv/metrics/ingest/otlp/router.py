"""Where OpenTelemetry's SDKs and collectors send metrics: OTLP over HTTP, as protobuf or JSON.

Source: "OTLP/HTTP" of the OpenTelemetry Protocol.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler

from obsv.core.errors import Unsupported
from obsv.metrics.ingest.began import Beginnings
from obsv.metrics.ingest.door import AnyRequest, Door
from obsv.metrics.ingest.otlp.answers import JSON, PROTOBUF, message_of, rejected_points, response
from obsv.metrics.ingest.otlp.deltas import Deltas
from obsv.metrics.ingest.otlp.reader import Reader
from obsv.metrics.ingest.otlp.reading import NS_PER_MS, Begun, Columns, Reading
from obsv.metrics.ingest.otlp.transcode import to_protobuf
from obsv.metrics.ingest.request import Began, Request
from obsv.metrics.ingest.requests import read_body
from obsv.metrics.store.types import Metadata, WriteResult

WRITE_PATHS = ("/v1/metrics", "/api/v1/otlp/v1/metrics", "/opentelemetry/v1/metrics")


@dataclass(frozen=True)
class Otlp:
    """The way in for OpenTelemetry's metrics."""

    door: Door
    reader: Reader
    deltas: Deltas
    beginnings: Beginnings

    async def take(self, request: AnyRequest) -> Response[bytes]:
        """Take a request; points that cannot be kept are told in the answer, the others are kept.

        Raises ObsvErrors; then nothing is kept, or all may come again.
        """
        org = await self.door.admit(request)
        kind = _kind(request.headers.get("content-type", ""))
        decode = to_protobuf if kind == JSON else bytes
        reading = await read_body(lambda body: self.reader.read(org, decode(body)), await self.door.body(request))
        if reading.deltas:
            await self.deltas.add(org, reading, (await self.door.limits(org)).series)
        rejected, message = await self._keep(org, reading)
        return Response(response(kind, rejected, message), status_code=200, media_type=kind)

    async def _keep(self, org: int, reading: Reading) -> tuple[int, str]:
        """(how many points are not kept, why)."""
        for key, t in reading.infos:
            reading.floats.add(key, t, 1.0)
        metadata, floats, natives = list(reading.metadata.values()), WriteResult(), WriteResult()
        if len(reading.floats):
            floats = await self._write(org, reading.floats, reading, metadata)
        if len(reading.natives):
            natives = await self._write(org, reading.natives, reading, [] if len(reading.floats) else metadata)
        rejected = reading.refused + sum(natives.refused.values())
        if floats.refused:
            rejected += rejected_points(floats, reading.runs)
        return rejected, message_of(reading.fault, (floats, natives))

    async def _write(self, org: int, columns: Columns, reading: Reading, metadata: list[Metadata]) -> WriteResult:
        batch = columns.batch(metadata)
        begun = [one for one in reading.begun if one.is_native == (columns is reading.natives)]
        if began := [one for some in begun for one in _began(some, columns)]:
            await self.beginnings.keep(self.door.store(), org, Request(batch, began))
        result = await self.door.write(org, batch)
        for one in begun:
            one.series.began = one.start
        return result


def otlp_handler(otlp: Otlp) -> HTTPRouteHandler:
    """All of the paths."""

    @post(list(WRITE_PATHS), status_code=200, include_in_schema=False)
    async def metrics(request: AnyRequest) -> Response[bytes]:
        """Take an ExportMetricsServiceRequest."""
        return await otlp.take(request)

    return metrics


def _began(begun: Begun, columns: Columns) -> Iterator[Began]:
    """The rows of a beginning; where that is in the millisecond of the sample there is no room for a zero."""
    start = begun.start // NS_PER_MS
    for row in range(begun.first, begun.stop):
        if start < columns.times[row] // NS_PER_MS:
            yield Began(row, start, begun.is_native)


def _kind(content_type: str) -> str:
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (PROTOBUF, JSON):
        raise Unsupported(f"Content-Type {kind!r} is not supported; use {PROTOBUF} or {JSON}")
    return kind
