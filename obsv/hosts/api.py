"""GET /api/obsv/v1/hosts, and the agent that a host downloads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any

from litestar import Request, Response, Router, get
from litestar.types import Guard

from obsv.agent.zipapp import build_zipapp
from obsv.core.clock import Clock
from obsv.core.errors import Forbidden
from obsv.hosts.service import RangeQuery, list_hosts
from obsv.hosts.types import HostList
from obsv.metrics.store.base import MetricStore


@cache
def _agent() -> bytes:
    return build_zipapp()


@get("/agent.pyz", summary="The host agent as one file", include_in_schema=False)
async def agent_file() -> Response[bytes]:
    """Needs nothing on the host but Python; it is the same agent that watches this server."""
    body = await asyncio.to_thread(_agent)
    headers = {"Content-Disposition": 'attachment; filename="obsv-agent.pyz"', "Cache-Control": "no-cache"}
    return Response(body, media_type="application/octet-stream", headers=headers)


def hosts_router(store: Callable[[], MetricStore], query: RangeQuery, clock: Clock, guard: Guard) -> Router:
    """The list of hosts; `guard` sets `request.state.actor`."""

    @get("/api/obsv/v1/hosts", guards=[guard], summary="List hosts", operation_id="listHosts", tags=["Hosts"])
    async def hosts(request: Request[Any, Any, Any]) -> HostList:
        """Those that sent node_exporter metrics in the last day."""
        org: int | None = request.state.actor.org
        if org is None:
            raise Forbidden("This token belongs to no organisation.")
        now_ms = clock.now_ms()
        return HostList(await list_hosts(store(), query, org, now_ms), now_ms)

    return Router("/", route_handlers=[hosts, agent_file])
