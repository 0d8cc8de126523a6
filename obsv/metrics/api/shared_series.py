"""/api/v1/series, whose POST two protocols have: a form asks Prometheus for series, JSON sends Datadog's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, route
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from obsv.http import Surface, surface_of
from obsv.metrics.api.answers import EXCEPTION_HANDLERS
from obsv.metrics.api.labels import find_series
from obsv.metrics.api.params import GET_POST, AnyRequest
from obsv.metrics.store.base import MetricStore

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]
Send = Callable[[AnyRequest], Awaitable[Response[Any]]]

PATH = "/api/v1/series"


def shared_series_handler(store: Callable[[], MetricStore], send: Send, guard: Guard) -> HTTPRouteHandler:
    """`guard` is for who asks; `send` looks for itself at who sends, since that takes another right."""
    ask = find_series(store)

    async def guard_asking(connection: Connection, handler: BaseRouteHandler) -> None:
        if not _is_datadog(connection):
            await guard(connection, handler)

    @route(
        PATH,
        http_method=GET_POST,
        status_code=200,
        guards=[guard_asking],
        exception_handlers=EXCEPTION_HANDLERS,
        tags=["Prometheus"],
        summary="Label sets that match",
    )
    async def series(request: AnyRequest) -> Response[Any]:
        return await (send if _is_datadog(request) else ask)(request)

    return series


def _is_datadog(connection: Connection) -> bool:
    method = str(connection.scope.get("method"))
    return surface_of(method, PATH, connection.headers.get("content-type", "")) is Surface.DATADOG
