"""Where clients of a Pushgateway push: PUT replaces a group, POST the metrics that it names, DELETE ends it."""

from __future__ import annotations

from litestar import Response, delete, route
from litestar.handlers import HTTPRouteHandler

from obsv.core.errors import BadRequest
from obsv.metrics.ingest.door import AnyRequest
from obsv.metrics.ingest.exposition import BadPage, Family, parse
from obsv.metrics.ingest.pushgateway import protobuf
from obsv.metrics.ingest.pushgateway.gateway import Pushgateway
from obsv.metrics.ingest.pushgateway.grouping import grouping
from obsv.metrics.ingest.requests import read_body

PREFIX = "/metrics"
PATH = f"{PREFIX}/{{group:path}}"
WRITE_PATHS = (PATH,)


def push_handlers(gateway: Pushgateway) -> list[HTTPRouteHandler]:
    """Handlers of /metrics/job/NAME with more labels behind it."""
    door = gateway.door

    @route(PATH, http_method=["PUT", "POST"], status_code=200, include_in_schema=False)
    async def push(request: AnyRequest) -> Response[None]:
        """Take a page for a group; of a bad one nothing is kept."""
        org = await door.admit(request)
        group = grouping(request.scope["raw_path"], PREFIX)
        kind = request.headers.get("content-type", "")
        body = await door.body(request)
        try:
            families = await read_body(lambda data: _families(data, kind), body)
        except BadPage as bad:
            await gateway.fail(org, group)
            raise BadRequest(str(bad)) from None
        await gateway.push(org, group, families, is_replacing=request.method == "PUT")
        return Response(None, status_code=200)

    @delete(PATH, status_code=202, include_in_schema=False)
    async def forget(request: AnyRequest) -> Response[None]:
        """End a group, whether there is one or not."""
        org = await door.admit(request)
        await gateway.delete(org, grouping(request.scope["raw_path"], PREFIX))
        return Response(None, status_code=202)

    return [push, forget]


def _families(body: bytes, content_type: str) -> list[Family]:
    if content_type.partition(";")[0].strip().lower() == protobuf.TYPE:
        return protobuf.parse(body)
    return parse(body, content_type)
