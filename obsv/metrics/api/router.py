"""The routes of /api/v1 that read.  Everything is read in the caller's organisation alone."""

from __future__ import annotations

from collections.abc import Callable

from litestar import Router
from litestar.handlers import HTTPRouteHandler
from litestar.types import Guard

from obsv.metrics.api.answers import EXCEPTION_HANDLERS
from obsv.metrics.api.encoding import Encoding
from obsv.metrics.api.labels import label_handlers
from obsv.metrics.api.query import query_handlers
from obsv.metrics.promql import Engine
from obsv.metrics.store.base import MetricStore


def prometheus_router(
    store: Callable[[], MetricStore], engine: Callable[[], Engine], guard: Guard, *others: HTTPRouteHandler
) -> Router:
    """Query, labels and what Grafana's data source asks beside them; `guard` sets `request.state.actor`.

    `others` are handlers of /api/v1 that other packages make.
    """
    return Router(
        "/api/v1",
        route_handlers=[*query_handlers(store, engine), *label_handlers(store), *others],
        guards=[guard],
        middleware=[Encoding()],
        exception_handlers=EXCEPTION_HANDLERS,
        tags=["Prometheus"],
    )
