"""Deleting series: /api/v1/admin/tsdb as Prometheus has it, for the admins of an organisation."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from litestar import Router, route
from litestar.handlers import HTTPRouteHandler
from litestar.types import Guard

from obsv.metrics.api.answers import EXCEPTION_HANDLERS
from obsv.metrics.api.params import DAY_MS, AnyRequest, BadData, Params, org_of
from obsv.metrics.api.times import MIN_MS
from obsv.metrics.beside import Exemplars
from obsv.metrics.store.base import MetricStore

Note = Callable[[AnyRequest, int], Awaitable[None]]
"""Tells who deleted how many samples."""


def deletion_router(store: Callable[[], MetricStore], exemplars: Exemplars, guard: Guard, note: Note) -> Router:
    """`guard` sets `request.state.actor` and lets only those in who may delete."""
    return Router(
        "/api/v1/admin/tsdb",
        route_handlers=_handlers(store, exemplars, note),
        guards=[guard],
        exception_handlers=EXCEPTION_HANDLERS,
        tags=["Prometheus"],
    )


def _handlers(store: Callable[[], MetricStore], exemplars: Exemplars, note: Note) -> list[HTTPRouteHandler]:
    @route("/delete_series", http_method=["POST", "PUT"], status_code=204, summary="Delete samples of series")
    async def delete_series(request: AnyRequest) -> None:
        """They are gone for good, and their space is free, when this answers."""
        org = org_of(request)
        params = (await Params.of(request)).check_form()
        if not params.all("match[]"):
            raise BadData("no match[] parameter provided")
        start, end = params.time_ms("start", MIN_MS), params.time_ms("end", round(time.time() * 1000) + DAY_MS)
        sets = params.named_matcher_sets()
        count = 0
        for matchers in sets if start <= end else ():
            count += await store().delete(org, matchers, start, end)
            await exemplars.delete(org, matchers, start, end)
        await note(request, count)

    @route("/clean_tombstones", http_method=["POST", "PUT"], status_code=204, summary="Nothing to do")
    async def clean_tombstones() -> None:
        """There are no tombstones: what is deleted is gone at once."""

    return [delete_series, clean_tombstones]
