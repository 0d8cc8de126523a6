"""What the instance's admin does with the metric store."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from litestar import Response, Router, post, route
from litestar.types import Guard

from obsv.core.errors import Unavailable
from obsv.metrics.api.answers import EXCEPTION_HANDLERS, success
from obsv.metrics.api.params import AnyRequest, BadData, Params
from obsv.metrics.store.base import Copyable, MetricStore

_BOOLEAN = re.compile("(1|t|T|TRUE|true|True)|0|f|F|FALSE|false|False")


def metrics_admin_router(store: Callable[[], MetricStore], guard: Guard) -> Router:
    """POST flush under /api/obsv/v1/metrics."""

    @post("/flush", status_code=204, summary="Settle what is in memory into blocks", operation_id="flushMetrics")
    async def flush() -> None:
        """Answers when log and head are empty, so that sizes on disk can be compared."""
        await store().settle()

    return Router("/api/obsv/v1/metrics", route_handlers=[flush], guards=[guard], tags=["Metrics"])


def snapshot_router(
    store: Callable[[], MetricStore], guard: Guard, note: Callable[[AnyRequest], Awaitable[None]]
) -> Router:
    """Prometheus' snapshot; `note` tells who made one."""

    @route("/snapshot", http_method=["POST", "PUT"], status_code=200, summary="Copy all blocks to a folder")
    async def snapshot(request: AnyRequest) -> Response[bytes]:
        """The copy is in `metrics/snapshots/NAME` of the data directory, for a day at most."""
        skip_head = _boolean("skip_head", (await Params.of(request)).text("skip_head"))
        copyable = store()
        if not isinstance(copyable, Copyable):
            raise Unavailable(f"the metric store {type(copyable).__name__} makes no snapshots")
        name = await copyable.snapshot(skip_head=skip_head)
        await note(request)
        return success({"name": name})

    return Router(
        "/api/v1/admin/tsdb",
        route_handlers=[snapshot],
        guards=[guard],
        exception_handlers=EXCEPTION_HANDLERS,
        tags=["Prometheus"],
    )


def _boolean(name: str, text: str) -> bool:
    if not text:
        return False
    if (found := _BOOLEAN.fullmatch(text)) is None:
        raise BadData(
            f'invalid parameter "{name}": unable to parse boolean: strconv.ParseBool: parsing "{text}": invalid syntax'
        )
    return bool(found[1])
