"""Where Influx' clients write: as InfluxDB 1.8 and as 2, at the root and under /influx."""

from __future__ import annotations

import re
from typing import Any

from litestar import Response, get, post, route
from litestar.handlers import HTTPRouteHandler

from obsv import __version__
from obsv.config.model import Influx
from obsv.core.clock import Clock
from obsv.core.errors import BadRequest
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.ingest.door import AnyRequest, Door
from obsv.metrics.ingest.influx.lines import BadLine, LineReader, Reading
from obsv.metrics.ingest.remote_write import refusal
from obsv.metrics.ingest.requests import extra_labels, read_body
from obsv.metrics.store.types import WriteBatch

WRITE_PATHS = ("/write", "/api/v2/write", "/influx/write", "/influx/api/v2/write")

SPOKEN = {"X-Influxdb-Version": "1.8.10", "X-Influxdb-Build": "OSS"}
"""Clients look at the version to find out what they may send."""

NS_PER_UNIT = {
    **dict.fromkeys(("", "n", "ns"), 1),
    **dict.fromkeys(("u", "us", "µ", "μ"), 1_000),
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
"""Of the `precision` parameter."""

_GET_POST: Any = ["GET", "POST"]
_GET_HEAD: Any = ["GET", "HEAD"]
_SHOW_DATABASES = re.compile(r"\s*SHOW\s+DATABASES\s*;?\s*", re.IGNORECASE)
_CREATE_DATABASE = re.compile(r"\s*CREATE\s+DATABASE\s.+", re.IGNORECASE | re.DOTALL)


def influx_handlers(door: Door, clock: Clock, options: Influx) -> list[HTTPRouteHandler]:
    """Writing, and what clients ask before they write."""

    @post(list(WRITE_PATHS), status_code=204, include_in_schema=False)
    async def write(request: AnyRequest) -> None:
        """Take lines; of a bad request nothing is kept, of samples that cannot be kept the others are."""
        org = await door.admit(request)
        reading = _reading(request, clock, options)
        batch = await read_body(lambda body: _batch(body, reading), await door.body(request))
        result = await door.write(org, batch)
        if result.refused:
            raise BadRequest(f"partial write: {refusal(result)}")

    @route(["/query", "/influx/query"], http_method=_GET_POST, status_code=200, include_in_schema=False)
    async def query(request: AnyRequest) -> dict[str, object]:
        """Databases need not be made here: a label names them."""
        await door.admit(request)
        text = request.query_params.get("q") or (await request.form()).get("q") or ""
        if _CREATE_DATABASE.fullmatch(text):
            return {"results": [{"statement_id": 0}]}
        if _SHOW_DATABASES.fullmatch(text):
            databases = {"name": "databases", "columns": ["name"], "values": []}
            return {"results": [{"statement_id": 0, "series": [databases]}]}
        raise BadRequest("only SHOW DATABASES and CREATE DATABASE are known here; ask in PromQL at /api/v1/query")

    return [write, query, *_public_handlers()]


def _public_handlers() -> list[HTTPRouteHandler]:
    @route(["/ping", "/influx/ping"], http_method=_GET_HEAD, status_code=204, include_in_schema=False)
    async def ping() -> Response[None]:
        """Say that somebody is there."""
        return Response(None, status_code=204, headers=SPOKEN)

    @get("/influx/health", include_in_schema=False)
    async def health() -> dict[str, object]:
        """The same, as clients of version 2 ask."""
        said = "ready for queries and writes"
        return {"name": "influxdb", "message": said, "status": "pass", "checks": [], "version": __version__}

    return [ping, health]


def _reading(request: AnyRequest, clock: Clock, options: Influx) -> Reading:
    given = request.query_params
    unit_ns = NS_PER_UNIT.get(given.get("precision", ""))
    if unit_ns is None:
        raise BadRequest(f"expected a precision of {', '.join(filter(None, NS_PER_UNIT))}, got {given['precision']!r}")
    return Reading(
        now_ms=clock.now_ms(),
        unit_ns=unit_ns,
        database=given.get("db") or given.get("bucket") or "",
        extra=extra_labels(request),
        skip_single_field=options.skip_single_field,
        prometheus_names=options.prometheus_names,
    )


def _batch(body: bytes, reading: Reading) -> WriteBatch:
    batch = BatchBuilder()
    try:
        LineReader(reading, batch).read(body.decode())
    except UnicodeDecodeError as error:
        number = body.count(b"\n", 0, error.start) + 1
        raise BadRequest(f"unable to parse line {number}: it is not UTF-8") from None
    except BadLine as bad:
        raise BadRequest(str(bad)) from None
    return batch.build()
