"""Where Datadog's agent and libraries send: its own paths, at the root and under /datadog."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from obsv.core.errors import BadRequest, Forbidden
from obsv.metrics.ingest.datadog.series import batch_v1, batch_v2
from obsv.metrics.ingest.door import AnyRequest, Door
from obsv.metrics.ingest.remote_write import refusal
from obsv.metrics.ingest.requests import read_body
from obsv.metrics.store.types import WriteBatch

V1_PATH = "/datadog/api/v1/series"
V2_PATHS = ("/api/v2/series", "/datadog/api/v2/series")
WRITE_PATHS = (V1_PATH, *V2_PATHS)
PROTOBUF = "application/x-protobuf"

Answer = Response[dict[str, object]]


@dataclass(frozen=True)
class Datadog:
    """The way in for Datadog's series."""

    door: Door

    async def take_v1(self, request: AnyRequest) -> Answer:
        """Series of version 1.  Raises ObsvErrors; samples that can be kept are, also when others cannot."""
        await self._take(request, batch_v1)
        return Response({"status": "ok"}, status_code=202)

    async def take_v2(self, request: AnyRequest) -> Answer:
        """The same for version 2, as JSON or protobuf."""
        is_protobuf = request.headers.get("content-type", "").startswith(PROTOBUF)
        await self._take(request, lambda body: batch_v2(body, is_protobuf=is_protobuf))
        return Response({"errors": []}, status_code=202)

    async def _take(self, request: AnyRequest, read: Callable[[bytes], WriteBatch]) -> None:
        org = await self.door.admit(request)
        result = await self.door.write(org, await read_body(read, await self.door.body(request)))
        if result.refused:
            raise BadRequest(refusal(result))


def datadog_handlers(datadog: Datadog) -> list[HTTPRouteHandler]:
    """All of Datadog's paths but /api/v1/series, which Prometheus has too: obsv.metrics.api tells the two apart."""

    @post(V1_PATH, status_code=202, include_in_schema=False)
    async def series_v1(request: AnyRequest) -> Answer:
        """Take series of version 1."""
        return await datadog.take_v1(request)

    @post(list(V2_PATHS), status_code=202, include_in_schema=False)
    async def series_v2(request: AnyRequest) -> Answer:
        """Take series of version 2."""
        return await datadog.take_v2(request)

    @get(["/api/v1/validate", "/datadog/api/v1/validate"], include_in_schema=False)
    async def validate(request: AnyRequest) -> Answer:
        """Say whether the key, which is a token here, may send."""
        if (await datadog.door.authenticate(request.scope)).org is None:
            raise Forbidden("the token belongs to no organisation")
        return Response({"valid": True})

    return [series_v1, series_v2, validate]
