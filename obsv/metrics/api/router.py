"""Handlers of /api/v1.  Everything is read in the caller's organisation alone."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from litestar import Response, Router, get, route
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.types import Guard

from obsv import __version__
from obsv.core.errors import Unavailable
from obsv.metrics.api.answers import EXCEPTION_HANDLERS, envelope, result_json, success
from obsv.metrics.api.encoding import Encoding
from obsv.metrics.api.params import GET_POST, AnyRequest, BadData, Params, org_of
from obsv.metrics.promql import Engine, Grid, Query, parse, print_expr
from obsv.metrics.promql.options import MAX_POINTS
from obsv.metrics.store.base import MetricStore

TRUNCATED = "results truncated due to limit"
SERIES_LIMIT = 1_000_000
BUILD = {"version": __version__, "revision": "", "branch": "", "buildUser": "", "buildDate": "", "goVersion": ""}


def _timeout_s(params: Params) -> float:
    text = params.text("timeout")
    return params.duration_ms("timeout") / 1000 if text else 0.0


def _lookback(params: Params) -> int:
    if not params.text("lookback_delta"):
        return 0
    lookback = params.duration_ms("lookback_delta")
    if lookback <= 0:
        raise BadData(f'error parsing lookback delta duration: "{params.text("lookback_delta")}" is not positive')
    return lookback


def _range_grid(params: Params) -> Grid:
    start, end = params.time_ms("start"), params.time_ms("end")
    if end < start:
        raise BadData('invalid parameter "end": end timestamp must not be before start time')
    step = params.duration_ms("step")
    if step <= 0:
        raise BadData(
            'invalid parameter "step": zero or negative query resolution step widths are not accepted. '
            "Try a positive integer"
        )
    if (end - start) / step > MAX_POINTS:
        raise BadData(
            "exceeded maximum resolution of 11,000 points per timeseries. "
            "Try decreasing the query resolution (?step=XX)"
        )
    return Grid(start, step, (end - start) // step + 1, asked_end=end)


def prometheus_router(
    store: Callable[[], MetricStore], engine: Callable[[], Engine], guard: Guard, *others: HTTPRouteHandler
) -> Router:
    """Query, labels and what Grafana's data source asks beside them; `guard` sets `request.state.actor`.

    `others` are handlers of /api/v1 that other packages make.
    """
    handlers = [*_query_handlers(store, engine), *_label_handlers(store), *_other_handlers(), *others]
    return Router(
        "/api/v1",
        route_handlers=handlers,
        guards=[guard],
        middleware=[Encoding()],
        exception_handlers=EXCEPTION_HANDLERS,
        tags=["Prometheus"],
    )


def _query_handlers(store: Callable[[], MetricStore], engine: Callable[[], Engine]) -> list[HTTPRouteHandler]:
    async def evaluate(request: AnyRequest, *, is_range: bool) -> Response[bytes]:
        params = await Params.of(request)
        now = round(time.time() * 1000)
        grid = _range_grid(params) if is_range else Grid(params.time_ms("time", now), 1, 1)
        limit = params.limit()
        if engine().is_full:
            raise Unavailable("Too many queries are waiting; try again in a moment.", retry_after_s=1)
        query = Query(org_of(request), params.text("query"), grid, is_range, _lookback(params), _timeout_s(params))
        result = await engine().run(store(), query)
        data, is_cut = result_json(result, is_range=is_range, limit=limit)
        return envelope(data, result.warnings + ([TRUNCATED] if is_cut else []), result.infos)

    @route("/query", http_method=GET_POST, status_code=200, summary="Evaluate at one time")
    async def query(request: AnyRequest) -> Response[bytes]:
        return await evaluate(request, is_range=False)

    @route("/query_range", http_method=GET_POST, status_code=200, summary="Evaluate over a range of time")
    async def query_range(request: AnyRequest) -> Response[bytes]:
        return await evaluate(request, is_range=True)

    @route("/format_query", http_method=GET_POST, status_code=200, summary="A query in its normal form")
    async def format_query(request: AnyRequest) -> Response[bytes]:
        return success(print_expr(parse((await Params.of(request)).text("query"))))

    return [query, query_range, format_query]


def find_series(store: Callable[[], MetricStore]) -> Callable[[AnyRequest], Awaitable[Response[bytes]]]:
    """What answers /series."""

    async def find(request: AnyRequest) -> Response[bytes]:
        params = await Params.of(request)
        sets = params.matcher_sets()
        if not sets:
            raise BadData("no match[] parameter provided")
        start, end = params.span()
        limit = params.limit()
        found = await store().series(org_of(request), sets, start, end, limit=limit + 1 if limit else SERIES_LIMIT)
        is_cut = 0 < limit < len(found)
        return success(found[:limit] if is_cut else found, [TRUNCATED] if is_cut else None)

    return find


def _label_handlers(store: Callable[[], MetricStore]) -> list[HTTPRouteHandler]:
    @route("/labels", http_method=GET_POST, status_code=200, summary="Label names")
    async def labels(request: AnyRequest) -> Response[bytes]:
        params = await Params.of(request)
        start, end = params.span()
        limit = params.limit()
        found = await store().label_names(org_of(request), params.matcher_sets(), start, end, limit=SERIES_LIMIT)
        is_cut = 0 < limit < len(found)
        return success(found[:limit] if is_cut else found, [TRUNCATED] if is_cut else None)

    @get("/label/{name:str}/values", summary="Values of a label")
    async def label_values(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
        params = await Params.of(request)
        start, end = params.span()
        limit = params.limit()
        wanted = unescape_name(name)
        org, sets = org_of(request), params.matcher_sets()
        found = await store().label_values(org, wanted, sets, start, end, limit=SERIES_LIMIT)
        is_cut = 0 < limit < len(found)
        return success(found[:limit] if is_cut else found, [TRUNCATED] if is_cut else None)

    return [labels, label_values]


def _other_handlers() -> list[HTTPRouteHandler]:
    @get("/alerts", summary="Pending and firing alerts")
    async def alerts() -> Response[bytes]:
        return success({"alerts": []})

    @get("/status/buildinfo", summary="Version")
    async def buildinfo() -> Response[bytes]:
        return success(BUILD)

    return [alerts, buildinfo]


def unescape_name(name: str) -> str:
    """A label name from its `U__` form (as Grafana sends names that are not plain).  Raises BadData.

    Source: Prometheus' "values" escaping: `_XX_` is a code point in hexadecimal, `__` an underscore.
    """
    if not name.startswith("U__"):
        return name
    out, rest = "", name[3:]
    while rest:
        head, sep, tail = rest.partition("_")
        out += head
        if not sep:
            break
        if tail.startswith("_"):
            out, rest = out + "_", tail[1:]
            continue
        code, end, rest = tail.partition("_")
        try:
            out += chr(int(code, 16))
        except (ValueError, OverflowError):
            raise BadData(f'invalid label name: "{name}"') from None
        if not end:
            raise BadData(f'invalid label name: "{name}"')
    return out
