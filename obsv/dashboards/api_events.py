"""Events that charts are marked with, under `/api/obsv/v1/events`."""

from __future__ import annotations

from typing import Annotated, Final

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from obsv.accounts import org_of, requires_scope
from obsv.accounts.requests import AnyRequest, author_of
from obsv.dashboards.requests import Services
from obsv.dashboards.rights import READ, WRITE
from obsv.dashboards.types import EventList, EventView, NewEvent
from obsv.http.parameters import Millis

MOST: Final = 1000
DAY_MS: Final = 86_400_000

Limit = Annotated[int, QueryParameter(ge=1, le=MOST)]
Tags = Annotated[list[str] | None, QueryParameter(name="tag", max_items=20)]


class EventController(Controller):
    """Deploys and whatever else happened."""

    path = "/events"
    tags = ["Events"]

    @get("/", guards=[requires_scope(READ)], summary="List events", operation_id="listEvents")
    async def index(
        self,
        request: AnyRequest,
        services: Services,
        *,
        since_ms: Millis = None,
        until_ms: Millis = None,
        tags: Tags = None,
        limit: Limit = MOST,
    ) -> EventList:
        """Those that have every `tag` (given several times for several), of the last day if no time is given."""
        until = services.clock.now_ms() if until_ms is None else until_ms
        since = until - DAY_MS if since_ms is None else since_ms
        return await services.events.listed(org_of(request), since, until, tuple(tags or ()), limit)

    @post("/", guards=[requires_scope(WRITE)], summary="Note an event", operation_id="createEvent")
    async def create(self, request: AnyRequest, services: Services, data: JSONBody[NewEvent]) -> EventView:
        """It happened now unless `time` says when."""
        return await services.events.create(org_of(request), data, by=author_of(request))

    @delete("/{event_id:str}", guards=[requires_scope(WRITE)], summary="Delete an event", operation_id="deleteEvent")
    async def remove(self, request: AnyRequest, services: Services, event_id: FromPath[str]) -> None:
        """It marks no chart any more."""
        await services.events.delete(org_of(request), event_id, by=author_of(request))
