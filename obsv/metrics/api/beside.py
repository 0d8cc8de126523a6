"""Exemplars and metadata: /api/v1/query_exemplars and /api/v1/metadata."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import msgspec
from litestar import Response, get, route
from litestar.handlers import HTTPRouteHandler

from obsv.metrics.api.answers import success
from obsv.metrics.api.params import GET_POST, AnyRequest, BadData, Params, org_of
from obsv.metrics.beside import Beside, Found
from obsv.metrics.kernels.promql import format_time, format_value
from obsv.metrics.promql import ParseError, parse
from obsv.metrics.promql.ast import Selector, descendants
from obsv.metrics.store.types import Metadata


def beside_handlers(beside: Beside) -> list[HTTPRouteHandler]:
    """What is kept beside the samples, to read."""

    @route("/query_exemplars", http_method=GET_POST, status_code=200, summary="Exemplars of a query's series")
    async def exemplars(request: AnyRequest) -> Response[bytes]:
        params = await Params.of(request)
        start, end = params.span()
        if end < start:
            raise BadData("end timestamp must not be before start timestamp")
        try:
            tree = parse(params.text("query"))
        except ParseError as error:
            raise BadData(str(error)) from None
        sets = [one.matchers for one in descendants(tree) if isinstance(one, Selector)]
        if not sets:
            return Response(b"", status_code=204)
        found = await beside.exemplars.find(org_of(request), sets, start, end)
        return success([_series(list(some)) for _, some in groupby(found, key=lambda one: one.series)])

    @get("/metadata", summary="Types and help of metrics")
    async def metadata(request: AnyRequest) -> Response[bytes]:
        params = await Params.of(request)
        limit = params.whole("limit", -1)
        params.whole("limit_per_metric", -1)  # one sender's word is kept for each family, so there is nothing to cut
        found = await beside.families.of(org_of(request), params.text("metric"))
        return success({one.family: [_about(one)] for one in (found[:limit] if limit >= 0 else found)})

    return [exemplars, metadata]


def _series(found: list[Found]) -> dict[str, Any]:
    return {
        "seriesLabels": found[0].series,
        "exemplars": [
            {
                "labels": one.labels,
                "value": format_value(one.value),
                "timestamp": msgspec.Raw(format_time(one.t).encode()),
            }
            for one in found
        ],
    }


def _about(one: Metadata) -> dict[str, str]:
    return {"type": one.type, "help": one.help, "unit": one.unit}
