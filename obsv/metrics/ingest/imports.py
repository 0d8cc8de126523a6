"""POST /api/v1/import/prometheus: pages as VictoriaMetrics takes them, with times from any past that is still kept."""

from __future__ import annotations

import re

from litestar import post
from litestar.handlers import HTTPRouteHandler

from obsv.core.clock import Clock
from obsv.core.errors import BadRequest
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.ingest.door import AnyRequest, Door
from obsv.metrics.ingest.exposition import BadPage, add_families, parse
from obsv.metrics.ingest.pushgateway.grouping import grouping
from obsv.metrics.ingest.remote_write import refusal
from obsv.metrics.ingest.requests import extra_labels, read_body
from obsv.metrics.store.types import WriteBatch

PATH = "/api/v1/import/prometheus"
GROUPED_PREFIX = f"{PATH}/metrics"
GROUPED_PATH = f"{GROUPED_PREFIX}/{{group:path}}"
WRITE_PATHS = (PATH, GROUPED_PATH)

_milliseconds = re.compile(r"\d{1,15}", re.ASCII).fullmatch


def import_handlers(door: Door, clock: Clock) -> list[HTTPRouteHandler]:
    """The path alone, and with a group's labels behind it, as pushers to a Pushgateway write them."""

    async def take(request: AnyRequest, *, is_grouped: bool) -> None:
        org = await door.admit(request)
        group = grouping(request.scope["raw_path"], GROUPED_PREFIX) if is_grouped else {}
        at_ms, extra = _timestamp(request, clock), group | extra_labels(request)
        kind = request.headers.get("content-type", "")
        batch = await read_body(lambda body: _batch(body, kind, at_ms, extra), await door.body(request))
        result = await door.write(org, batch, imported=True)
        if result.refused:
            raise BadRequest(refusal(result))

    @post(PATH, status_code=204, include_in_schema=False)
    async def plain(request: AnyRequest) -> None:
        """Take a page; of one with a bad line nothing is kept, of samples that cannot be kept the others are."""
        await take(request, is_grouped=False)

    @post(GROUPED_PATH, status_code=204, include_in_schema=False)
    async def grouped(request: AnyRequest) -> None:
        """The same, with the labels in the path for all of its samples."""
        await take(request, is_grouped=True)

    return [plain, grouped]


def _timestamp(request: AnyRequest, clock: Clock) -> int:
    text = request.query_params.get("timestamp", "")
    if not text:
        return clock.now_ms()
    if not _milliseconds(text):
        raise BadRequest(f"expected a timestamp in Unix milliseconds, got {text[:100]!r}")
    return int(text)


def _batch(body: bytes, content_type: str, at_ms: int, extra: dict[str, str]) -> WriteBatch:
    batch = BatchBuilder()
    try:
        add_families(batch, parse(body, content_type), at_ms, extra)
    except BadPage as bad:
        raise BadRequest(str(bad)) from None
    return batch.build()
