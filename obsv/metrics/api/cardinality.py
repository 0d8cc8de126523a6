"""The cardinality explorer over our own API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.params import FromQuery, QueryParameter
from litestar.types import Guard

from obsv.core.errors import FieldError, Invalid, Unavailable
from obsv.metrics.api.params import AnyRequest, org_of
from obsv.metrics.explore import By, Exploration
from obsv.metrics.ingest.limits import Limits
from obsv.metrics.promql import ParseError, parse_matchers
from obsv.metrics.store.base import Explorable, MetricStore
from obsv.metrics.store.types import Matcher

LIMIT, MOST, LONGEST = 20, 1000, 4096
MAX_MATCHERS = 50

Limit = Annotated[int, QueryParameter(ge=1, le=MOST)]
Selector = Annotated[str, QueryParameter(max_length=LONGEST)]


class CardinalityView(msgspec.Struct, frozen=True):
    """What was found, and the plan's bounds: `counted_series` of `max_series` count towards the limit now."""

    found: Exploration
    counted_series: int
    max_series: int


def cardinality_router(
    store: Callable[[], MetricStore], limits: Callable[[int], Awaitable[Limits]], guard: Guard
) -> Router:
    """GET /api/obsv/v1/metrics/cardinality; `guard` sets `request.state.actor`."""

    @get("/cardinality", summary="Find out where series come from", operation_id="exploreCardinality")
    async def explore(
        request: AnyRequest, match: Selector = "", by: FromQuery[By] = "series", limit: Limit = LIMIT
    ) -> CardinalityView:
        """Of the series that `match` selects (empty: all), the largest metrics, labels and values.

        Largest by active series (a sample in the last hour) or, with `by=churn`, by series that began in the last day.
        """
        org, kept = org_of(request), store()
        if not isinstance(kept, Explorable):
            raise Unavailable(f"The metric store {type(kept).__name__} cannot count series.")
        found = await kept.explore(org, _matchers(match), by=by, limit=limit)
        return CardinalityView(found, kept.active_series(org), (await limits(org)).series)

    return Router("/api/obsv/v1/metrics", route_handlers=[explore], guards=[guard], tags=["Metrics"])


def _matchers(text: str) -> list[Matcher]:
    """A selector's matchers.  Raises Invalid that says what is wrong with it."""
    if not text.strip():
        return []
    try:
        found = parse_matchers(text)
    except ParseError as error:
        said = f"not a selector: {error}"
        raise Invalid(said, code="bad_selector", errors=[FieldError("/match", said)]) from None
    if len(found) > MAX_MATCHERS:
        raise Invalid(f"a selector of more than {MAX_MATCHERS} matchers", code="bad_selector")
    return found
