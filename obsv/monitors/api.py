"""Monitors over our own API, under `/api/obsv/v1/monitors`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter, SkipValidation
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from obsv.accounts import actor_of, org_of, requires_scope
from obsv.accounts.requests import AnyRequest, author_of
from obsv.core.errors import Invalid
from obsv.http import RateLimit
from obsv.http.parameters import Millis, Word
from obsv.monitors import availability, queries
from obsv.monitors.queries import Wanted
from obsv.monitors.service import Monitors
from obsv.monitors.services import MonitorServices
from obsv.monitors.types import (
    Copy,
    DayList,
    EventList,
    MonitorChange,
    MonitorCounts,
    MonitorList,
    MonitorView,
    NewMonitor,
    PingAddress,
    PingList,
    Points,
    Result,
    Saved,
)

READ, WRITE = "monitors:read", "monitors:write"
MOST: Final = 5000
PAGE: Final = 1000
POINTS: Final = 300
SHORTEST_STEP_MS: Final = 10_000
DAY_MS: Final = 86_400_000

Services = NamedDependency[SkipValidation[MonitorServices]]
Tests = NamedDependency[SkipValidation[RateLimit]]
Limit = Annotated[int, QueryParameter(ge=1, le=MOST)]
Offset = Annotated[int, QueryParameter(ge=0, le=1_000_000)]
DaysBack = Annotated[int, QueryParameter(ge=1, le=400)]
Kind = FromQuery[Literal["", "http", "tcp", "ping", "dns", "heartbeat"]]
Which = Annotated[
    Literal["", "pending", "up", "down", "unknown", "paused", "maintenance"], QueryParameter(name="state")
]


class MonitorController(Controller):
    """What is watched."""

    path = "/monitors"
    tags = ["Monitors"]

    @get("/", guards=[requires_scope(READ)], summary="List monitors", operation_id="listMonitors")
    async def index(
        self,
        request: AnyRequest,
        services: Services,
        *,
        q: Word = "",
        tag: Word = "",
        kind: Kind = "",
        which: Which = "",
        offset: Offset = 0,
        limit: Limit = PAGE,
    ) -> MonitorList:
        """Every word of `q` is in name, target or tags.  Availability counts known time alone."""
        org, wanted = org_of(request), Wanted(q, tag, kind, which)
        now_ms = services.ports.clock.now_ms()
        found = await queries.listed(org, wanted, now_ms, offset=offset, limit=limit)
        return msgspec.structs.replace(found, most=await services.ports.most(org))

    @post("/", guards=[requires_scope(WRITE)], summary="Make a monitor", operation_id="createMonitor")
    async def create(self, request: AnyRequest, services: Services, data: JSONBody[NewMonitor]) -> Saved:
        """Its key and its name must be free; it is checked at once."""
        return await services.monitors.create(org_of(request), data.monitor, by=author_of(request))

    @post(
        "/test",
        guards=[requires_scope(WRITE)],
        status_code=HTTP_200_OK,
        summary="Try a check",
        operation_id="tryMonitor",
    )
    async def try_out(
        self, request: AnyRequest, services: Services, test_rate: Tests, data: JSONBody[NewMonitor]
    ) -> Result:
        """Checks once, and keeps nothing of it.  Secrets that are null are those of the monitor of this key."""
        org = org_of(request)
        test_rate.take(str(org))
        kept = await services.monitors.known(org, data.monitor.key)
        return await services.monitors.test(
            org, data.monitor, by=author_of(request), monitor_id=kept.id if kept else ""
        )

    @get("/{monitor_id:str}", guards=[requires_scope(READ)], summary="Read a monitor", operation_id="getMonitor")
    async def read(self, request: AnyRequest, services: Services, monitor_id: FromPath[str]) -> MonitorView:
        """By id or key, with its last result and how available it was."""
        kept = await services.monitors.find(org_of(request), monitor_id)
        ping_id = services.monitors.ping_id(kept) if WRITE in actor_of(request).scopes else ""
        url = f"{services.ports.base_url}/ping/{ping_id}" if ping_id else ""
        return await queries.view(kept, url, services.ports.clock.now_ms())

    @put("/{monitor_id:str}", guards=[requires_scope(WRITE)], summary="Save a monitor", operation_id="putMonitor")
    async def save(
        self, request: AnyRequest, services: Services, monitor_id: FromPath[str], data: JSONBody[MonitorChange]
    ) -> Saved:
        """By key it is made where there is none; by id its key can be changed.  Secrets that are null are kept."""
        is_id = "_" in monitor_id
        if not is_id and data.monitor.key != monitor_id:
            raise Invalid("The key in the document is not that of the address.", code="key_differs")
        return await services.monitors.put(
            org_of(request), data, by=author_of(request), monitor_id=monitor_id if is_id else ""
        )

    @delete("/{monitor_id:str}", guards=[requires_scope(WRITE)], summary="Delete a monitor")
    async def remove(self, request: AnyRequest, services: Services, monitor_id: FromPath[str]) -> None:
        """With its history; samples stay as long as all others."""
        await services.monitors.delete(org_of(request), monitor_id, by=author_of(request))

    @post(
        "/{monitor_id:str}/pause",
        guards=[requires_scope(WRITE)],
        status_code=HTTP_204_NO_CONTENT,
        summary="Pause a monitor",
    )
    async def pause(self, request: AnyRequest, services: Services, monitor_id: FromPath[str]) -> None:
        """It is not checked until it is resumed."""
        await services.monitors.pause(org_of(request), monitor_id, by=author_of(request))

    @post(
        "/{monitor_id:str}/resume",
        guards=[requires_scope(WRITE)],
        status_code=HTTP_204_NO_CONTENT,
        summary="Resume a monitor",
    )
    async def resume(self, request: AnyRequest, services: Services, monitor_id: FromPath[str]) -> None:
        """It is checked again, at once."""
        await services.monitors.resume(org_of(request), monitor_id, by=author_of(request))

    @post("/{monitor_id:str}/duplicate", guards=[requires_scope(WRITE)], summary="Copy a monitor")
    async def duplicate(
        self, request: AnyRequest, services: Services, monitor_id: FromPath[str], data: JSONBody[Copy]
    ) -> Saved:
        """The copy is paused; a heartbeat's has an address of its own."""
        return await services.monitors.duplicate(org_of(request), monitor_id, data, by=author_of(request))

    @post(
        "/{monitor_id:str}/test",
        guards=[requires_scope(WRITE)],
        status_code=HTTP_200_OK,
        summary="Check a monitor now",
        operation_id="testMonitor",
    )
    async def test(
        self, request: AnyRequest, services: Services, test_rate: Tests, monitor_id: FromPath[str]
    ) -> Result:
        """Once, apart from its interval; nothing of it is kept."""
        org = org_of(request)
        kept = await services.monitors.find(org, monitor_id)
        test_rate.take(str(org))
        return await services.monitors.test(org, kept.monitor, by=author_of(request), monitor_id=kept.id)


@get(
    "/monitor-counts",
    tags=["Monitors"],
    guards=[requires_scope(READ)],
    summary="Count monitors",
    operation_id="countMonitors",
)
async def monitor_counts(request: AnyRequest) -> MonitorCounts:
    """How many are in each state."""
    return await queries.counts(org_of(request))


class MonitorHistoryController(Controller):
    """What was found."""

    path = "/monitors/{monitor_id:str}"
    tags = ["Monitors"]

    @get("/events", guards=[requires_scope(READ)], summary="Changes of a monitor's state")
    async def events(
        self,
        request: AnyRequest,
        services: Services,
        monitor_id: FromPath[str],
        *,
        until_ms: Millis = None,
        limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    ) -> EventList:
        """Newest first, before `until_ms`."""
        kept = await services.monitors.find(org_of(request), monitor_id)
        return await queries.events(kept.org, kept.id, 2**53 if until_ms is None else until_ms, limit)

    @get("/days", guards=[requires_scope(READ)], summary="A monitor's days")
    async def days(
        self, request: AnyRequest, services: Services, monitor_id: FromPath[str], *, last: DaysBack = 90
    ) -> DayList:
        """The last ones, oldest first."""
        kept = await services.monitors.find(org_of(request), monitor_id)
        found = await availability.by_day(kept.org, [kept.id], last, services.ports.clock.now_ms())
        return DayList(found[kept.id])

    @get("/response-times", guards=[requires_scope(READ)], summary="How long a monitor's checks took")
    async def response_times(
        self,
        request: AnyRequest,
        services: Services,
        monitor_id: FromPath[str],
        *,
        since_ms: Millis = None,
        until_ms: Millis = None,
        points: Annotated[int, QueryParameter(ge=2, le=2000)] = POINTS,
    ) -> Points:
        """Average and longest, for about so many points; of the last day if no time is given."""
        kept = await services.monitors.find(org_of(request), monitor_id)
        until = services.ports.clock.now_ms() if until_ms is None else until_ms
        since = until - DAY_MS if since_ms is None else since_ms
        if since >= until:
            raise Invalid("since_ms is not before until_ms.", code="bad_range")
        step_ms = max(-(-(until - since) // points), SHORTEST_STEP_MS)
        times = range(since // step_ms * step_ms + step_ms, until + step_ms, step_ms)
        return await queries.response_times(services.query, kept.org, kept.monitor, times, step_ms)

    @get("/pings", guards=[requires_scope(READ)], summary="What a heartbeat's job reported")
    async def pings(self, request: AnyRequest, services: Services, monitor_id: FromPath[str]) -> PingList:
        """The newest hundred."""
        kept = await services.monitors.find(org_of(request), monitor_id)
        return await queries.pings(kept.org, kept.id)

    @post("/address", guards=[requires_scope(WRITE)], summary="Give a heartbeat another address")
    async def renew_address(self, request: AnyRequest, services: Services, monitor_id: FromPath[str]) -> PingAddress:
        """The old one is gone at once."""
        monitors: Monitors = services.monitors
        ping_id = await monitors.renew_address(org_of(request), monitor_id, by=author_of(request))
        return PingAddress(f"{services.ports.base_url}/ping/{ping_id}")
