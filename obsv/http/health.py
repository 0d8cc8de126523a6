"""Alive, ready, and obsv's own metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from litestar import MediaType, Response, Router, get
from litestar.types import Guard

from obsv.core.telemetry import REGISTRY
from obsv.http.logging import get_logger

Check = Callable[[], Awaitable[None]]
"""Returns when its part can be reached; raises what is wrong when not."""

_log = get_logger("health")
CHECK_TIMEOUT_S = 5.0


async def _result(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await check()
    except Exception as error:  # noqa: BLE001  # whatever is wrong with a part makes it not ready
        _log.warning("readiness.failed", error=repr(error))
        return f"failing: {type(error).__name__}"
    return "ok"


def health_router(checks: Mapping[str, Check], *, metrics_guard: Guard) -> Router:
    """/healthz (the process answers), /readyz (every check holds; else 503 naming those that do not), /metrics."""

    @get(["/healthz", "/-/healthy", "/api/health"], media_type=MediaType.JSON, include_in_schema=False)
    async def alive() -> dict[str, str]:
        return {"status": "ok"}

    @get(["/readyz", "/-/ready"], include_in_schema=False)
    async def ready() -> Response[bytes]:
        results = dict(zip(checks, await asyncio.gather(*map(_result, checks.values())), strict=True))
        is_ready = all(result == "ok" for result in results.values())
        body = msgspec.json.encode({"status": "ok" if is_ready else "unavailable", "checks": results})
        headers = {} if is_ready else {"Retry-After": "2"}
        return Response(body, media_type="application/json", status_code=200 if is_ready else 503, headers=headers)

    @get("/metrics", guards=[metrics_guard], include_in_schema=False)
    async def own_metrics() -> Response[str]:
        return Response(REGISTRY.expose(), media_type="text/plain; version=0.0.4")

    return Router("/", route_handlers=[alive, ready, own_metrics])
