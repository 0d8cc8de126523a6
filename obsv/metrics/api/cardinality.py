"""The cardinality explorer over our own API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.params import FromQuery, QueryParameter
from litestar.types import Guard

from obsv.core.errors import FieldError, Invalid, Unavailable
from obsv.metrics.api.params import AnyRequest, org_of
from obsv.metrics.api.readers import selectors_of
from obsv.metrics.explore import By, Exploration
from obsv.metrics.ingest.limits import Limits
from obsv.metrics.promql import ParseError, parse_matchers
from obsv.metrics.store.base import Explorable, MetricStore
from obsv.metrics.store.types import Matcher
from obsv.metrics.unread import Unread

LIMIT, MOST, LONGEST = 20, 1000, 4096
MAX_MATCHERS = 50

Limit = Annotated[int, QueryParameter(ge=1, le=MOST)]
Selector = Annotated[str, QueryParameter(max_length=LONGEST)]


class CardinalityView(msgspec.Struct, frozen=True):
    """What was found, and the plan's bounds: `counted_series` of `max_series` count towards the limit now."""

    found: Exploration
    counted_series: int
    max_series: int


Readers = Callable[[int], Awaitable[Sequence[str]]]
"""Every expression of an organisation's dashboards and rules; what a variable fills is `obsv.metrics.unread.ANY`."""


def cardinality_router(
    store: Callable[[], MetricStore], limits: Callable[[int], Awaitable[Limits]], readers: Readers, guard: Guard
) -> Router:
    """GET /api/obsv/v1/metrics/cardinality and /unread; `guard` sets `request.state.actor`."""

    def explorable() -> Explorable:
        kept = store()
        if not isinstance(kept, Explorable):
            raise Unavailable(f"The metric store {type(kept).__name__} cannot count series.")
        return kept

    @get("/cardinality", summary="Find out where series come from", operation_id="exploreCardinality")
    async def explore(
        request: AnyRequest, match: Selector = "", by: FromQuery[By] = "series", limit: Limit = LIMIT
    ) -> CardinalityView:
        """Of the series that `match` selects (empty: all), the largest metrics, labels and values.

        Largest by active series (a sample in the last hour) or, with `by=churn`, by series that began in the last day.
        """
        org, kept = org_of(request), explorable()
        found = await kept.explore(org, _matchers(match), by=by, limit=limit)
        return CardinalityView(found, kept.active_series(org), (await limits(org)).series)

    @get("/unread", summary="Find series that nothing reads", operation_id="findUnreadSeries")
    async def find_unread(request: AnyRequest, limit: Limit = LIMIT) -> Unread:
        """The metrics with the most active series that no dashboard and no rule of the organisation reads."""
        org = org_of(request)
        selectors = await asyncio.to_thread(selectors_of, await readers(org))
        return await explorable().unread(org, selectors, limit=limit)

    return Router("/api/obsv/v1/metrics", route_handlers=[explore, find_unread], guards=[guard], tags=["Metrics"])


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
