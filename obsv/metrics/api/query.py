"""/query, /query_range and /format_query."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from litestar import Response, route
from litestar.handlers import HTTPRouteHandler

from obsv.core.errors import Unavailable
from obsv.metrics.api.answers import queried, success
from obsv.metrics.api.gone import while_there
from obsv.metrics.api.labels import TRUNCATED
from obsv.metrics.api.params import GET_POST, AnyRequest, BadData, Params, org_of
from obsv.metrics.api.query_stats import stats_json
from obsv.metrics.api.results import answer_of
from obsv.metrics.promql import Engine, Grid, Query, QueryTimeout, parse, print_expr
from obsv.metrics.promql.options import MAX_POINTS
from obsv.metrics.store.base import MetricStore

NS_PER_MS = 1_000_000


def query_handlers(store: Callable[[], MetricStore], engine: Callable[[], Engine]) -> list[HTTPRouteHandler]:
    """Evaluation at one time and over a range, and a query's normal form."""

    async def evaluate(request: AnyRequest, *, is_range: bool) -> Response[Any]:
        params = await Params.of(request)
        limit = params.limit()
        query = _query(params, org_of(request), is_range=is_range)
        if engine().is_full:
            raise Unavailable("Too many queries are waiting; try again in a moment.", retry_after_s=1)
        result = await while_there(request, engine().run(store(), query))
        answer = answer_of(result, is_range=is_range, limit=limit)
        stats = stats_json(result, per_step=params.text("stats") == "all") if query.counted else b""
        return queried(answer, result.warnings + ([TRUNCATED] if answer.is_cut else []), result.infos, stats)

    @route("/query", http_method=GET_POST, status_code=200, summary="Evaluate at one time")
    async def query(request: AnyRequest) -> Response[Any]:
        return await evaluate(request, is_range=False)

    @route("/query_range", http_method=GET_POST, status_code=200, summary="Evaluate over a range of time")
    async def query_range(request: AnyRequest) -> Response[Any]:
        return await evaluate(request, is_range=True)

    @route("/format_query", http_method=GET_POST, status_code=200, summary="A query in its normal form")
    async def format_query(request: AnyRequest) -> Response[bytes]:
        return success(print_expr(parse((await Params.of(request)).text("query"))))

    return [query, query_range, format_query]


def _query(params: Params, org: int, *, is_range: bool) -> Query:
    """What is asked for; parameters are looked at in the order of Prometheus, which tells of the first wrong one."""
    grid = _range_grid(params) if is_range else Grid(params.time_ms("time", round(time.time() * 1000)), 1, 1)
    timeout_s = _timeout_s(params)
    lookback = params.duration_ns("lookback_delta") if params.text("lookback_delta") else 0
    lookback_ms = max(1, lookback // NS_PER_MS) if lookback > 0 else 0
    counted = bool(params.text("stats"))
    return Query(org, params.text("query"), grid, is_range, lookback_ms, timeout_s, counted)


def _timeout_s(params: Params) -> float:
    """0 is what the engine allows.  Raises QueryTimeout where none is left."""
    if not params.text("timeout"):
        return 0.0
    timeout_s = params.duration_ns("timeout") / 1e9
    if timeout_s <= 0:
        raise QueryTimeout("query execution")
    return timeout_s


def _range_grid(params: Params) -> Grid:
    start, end = params.time_ms("start"), params.time_ms("end")
    if end < start:
        raise BadData('invalid parameter "end": end timestamp must not be before start time')
    step = params.duration_ns("step")
    if step <= 0:
        raise BadData(
            'invalid parameter "step": zero or negative query resolution step widths are not accepted. '
            "Try a positive integer"
        )
    if (end - start) * NS_PER_MS // step > MAX_POINTS:
        raise BadData(
            "exceeded maximum resolution of 11,000 points per timeseries. "
            "Try decreasing the query resolution (?step=XX)"
        )
    step_ms = max(1, step // NS_PER_MS)
    return Grid(start, step_ms, (end - start) // step_ms + 1, asked_end=end)
