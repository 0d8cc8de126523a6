"""Maintenances and subscribers over our own API, under `/maintenances` and `/subscribers`."""

from __future__ import annotations

from typing import Literal, cast

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from obsv.accounts import org_of
from obsv.accounts.requests import AnyRequest, author_of
from obsv.http.parameters import Word
from obsv.status.maintenances import maintenances_where
from obsv.status.news import Wish
from obsv.status.parts import page_of
from obsv.status.requests import READING, WRITING, Services
from obsv.status.services import StatusServices
from obsv.status.stored import StoredMaintenance
from obsv.status.types import (
    MaintenanceChange,
    MaintenanceList,
    MaintenanceStep,
    MaintenanceView,
    MaintenanceWish,
    SubscriberCount,
    SubscriberList,
)

MaintenanceState = Literal["scheduled", "in_progress", "completed", "cancelled"]


class MaintenanceController(Controller):
    """Work that is announced on a status page."""

    path = "/maintenances"
    tags = ["Maintenances"]

    @get("/", guards=READING, summary="List maintenances", operation_id="listMaintenances")
    async def index(
        self, request: AnyRequest, services: Services, page_id: Word = "", *, is_over: FromQuery[bool] = False
    ) -> MaintenanceList:
        """Those to come and under way, of all pages or one; with `is_over` the last 200 that are past."""
        states = "('completed', 'cancelled')" if is_over else "('scheduled', 'in_progress')"
        condition, values = f"org = {{}} AND state IN {states}", list[object]([org_of(request)])
        if page_id:
            condition, values = condition + " AND page_id = {}", [*values, page_id]
        found = await maintenances_where(condition, *values, limit=200)
        return MaintenanceList([await _view(services, one) for one in found])

    @post("/", guards=WRITING, summary="Plan a maintenance", operation_id="createMaintenance")
    async def create(self, request: AnyRequest, services: Services, data: JSONBody[MaintenanceWish]) -> MaintenanceView:
        """It begins and ends by itself, and subscribers get mail of it."""
        org = org_of(request)
        return await _shown(services, org, await services.maintenances.plan(org, data, by=author_of(request)))

    @get("/{maintenance_id:str}", guards=READING, summary="Get a maintenance", operation_id="getMaintenance")
    async def show(self, request: AnyRequest, services: Services, maintenance_id: FromPath[str]) -> MaintenanceView:
        """With the mails about it."""
        return await _shown(services, org_of(request), maintenance_id)

    @patch("/{maintenance_id:str}", guards=WRITING, summary="Change a maintenance", operation_id="changeMaintenance")
    async def change(
        self, request: AnyRequest, services: Services, maintenance_id: FromPath[str], data: JSONBody[MaintenanceChange]
    ) -> MaintenanceView:
        """Subscribers hear of another time."""
        org = org_of(request)
        await services.maintenances.change(org, maintenance_id, data, by=author_of(request))
        return await _shown(services, org, maintenance_id)

    @post(
        "/{maintenance_id:str}/step",
        guards=WRITING,
        status_code=HTTP_200_OK,
        summary="Begin, end or call off",
        operation_id="stepMaintenance",
    )
    async def step(
        self, request: AnyRequest, services: Services, maintenance_id: FromPath[str], data: JSONBody[MaintenanceStep]
    ) -> MaintenanceView:
        """Now, whatever was planned."""
        org = org_of(request)
        await services.maintenances.step(org, maintenance_id, data.step, by=author_of(request))
        return await _shown(services, org, maintenance_id)

    @delete("/{maintenance_id:str}", guards=WRITING, summary="Delete a maintenance", operation_id="deleteMaintenance")
    async def remove(self, request: AnyRequest, services: Services, maintenance_id: FromPath[str]) -> None:
        """As if it had never been; nobody is mailed."""
        await services.maintenances.delete(org_of(request), maintenance_id, by=author_of(request))


class SubscriberController(Controller):
    """Who gets mail of a status page."""

    path = "/subscribers"
    tags = ["Status pages"]
    guards = WRITING

    @get("/", summary="List subscribers", operation_id="listSubscribers")
    async def index(
        self, request: AnyRequest, services: Services, page_id: Word = "", before: Word = ""
    ) -> SubscriberList:
        """Newest first, a hundred at a time; who has not confirmed gets no mail."""
        org = org_of(request)
        await page_of(org, page_id)
        return await services.subscribers.listed(org, page_id, before)

    @get("/count", summary="Count who would get a mail", operation_id="countSubscribers")
    async def count(
        self, request: AnyRequest, services: Services, page_id: Word = "", component: FromQuery[list[str] | None] = None
    ) -> SubscriberCount:
        """Of news about these components, or about all; nobody gets mail of a page that is a draft."""
        page = await page_of(org_of(request), page_id)
        if not page.is_public:
            return SubscriberCount(0)
        wish = Wish(page.id, component or [])
        return SubscriberCount(await services.subscribers.count(msgspec.json.encode(wish)))

    @delete("/{subscriber_id:str}", summary="Remove a subscriber", operation_id="deleteSubscriber")
    async def remove(self, request: AnyRequest, services: Services, subscriber_id: FromPath[str]) -> None:
        """The address is forgotten."""
        await services.subscribers.remove(org_of(request), subscriber_id, by=author_of(request))


async def _shown(services: StatusServices, org: int, maintenance_id: str) -> MaintenanceView:
    return await _view(services, await services.maintenances.get(org, maintenance_id))


async def _view(services: StatusServices, one: StoredMaintenance) -> MaintenanceView:
    page = await page_of(one.org, one.page_id)
    return MaintenanceView(
        id=one.id,
        page_id=one.page_id,
        title=one.title,
        text=one.text,
        components=list(one.components),
        state=cast("MaintenanceState", one.state),
        starts_at_ms=one.starts_at_ms,
        ends_at_ms=one.ends_at_ms,
        reminder_min=one.reminder_min,
        notify=one.notifies,
        url=f"{services.parts.url_of(page)}/maintenances/{one.id}",
        mailings=await services.mailings.views_of(one.id),
    )
