"""What the instance's admin does with the metric store."""

from __future__ import annotations

from collections.abc import Callable

from litestar import Router, post
from litestar.types import Guard

from obsv.metrics.store.base import MetricStore


def metrics_admin_router(store: Callable[[], MetricStore], guard: Guard) -> Router:
    """POST flush under /api/obsv/v1/metrics."""

    @post("/flush", status_code=204, summary="Settle what is in memory into blocks", operation_id="flushMetrics")
    async def flush() -> None:
        """Answers when log and head are empty, so that sizes on disk can be compared."""
        await store().settle()

    return Router("/api/obsv/v1/metrics", route_handlers=[flush], guards=[guard], tags=["Metrics"])
