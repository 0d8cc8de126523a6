"""Incidents over our own API, under `/incidents`."""

from __future__ import annotations

from typing import Annotated, Final

from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from obsv.accounts import org_of
from obsv.accounts.requests import AnyRequest, author_of
from obsv.http.parameters import Millis, Word
from obsv.status.incidents import incidents_where
from obsv.status.news import ref_of
from obsv.status.parts import page_of
from obsv.status.requests import READING, WRITING, Services
from obsv.status.services import StatusServices
from obsv.status.stored import StoredIncident
from obsv.status.types import (
    IncidentChange,
    IncidentList,
    IncidentView,
    IncidentWish,
    Postmortem,
    Publish,
    UpdateChange,
    UpdateView,
    UpdateWish,
)

MOST: Final = 200
Limit = Annotated[int, QueryParameter(ge=1, le=MOST)]


class IncidentController(Controller):
    """What went wrong, as it is told on a status page."""

    path = "/incidents"
    tags = ["Incidents"]

    @get("/", guards=READING, summary="List incidents", operation_id="listIncidents")
    async def index(
        self,
        request: AnyRequest,
        services: Services,
        *,
        page_id: Word = "",
        is_open: FromQuery[bool] = False,
        before_ms: Millis = None,
        limit: Limit = 50,
    ) -> IncidentList:
        """Newest first, of all pages or one; drafts among them. `before_ms` asks for those that began earlier."""
        condition, values = "org = {}", list[object]([org_of(request)])
        if page_id:
            condition, values = condition + " AND page_id = {}", [*values, page_id]
        if is_open:
            condition += " AND resolved_at_ms IS NULL"
        if before_ms is not None:
            condition, values = condition + " AND started_at_ms < {}", [*values, before_ms]
        found = await incidents_where(condition, *values, limit=limit + 1)
        return IncidentList([await _view(services, one) for one in found[:limit]], len(found) <= limit)

    @post("/", guards=WRITING, summary="Open an incident", operation_id="createIncident")
    async def create(self, request: AnyRequest, services: Services, data: JSONBody[IncidentWish]) -> IncidentView:
        """With its first update; subscribers get a mail unless it is a draft."""
        org = org_of(request)
        incident_id = await services.incidents.open(org, data, by=author_of(request))
        return await _shown(services, org, incident_id)

    @get("/{incident_id:str}", guards=READING, summary="Get an incident", operation_id="getIncident")
    async def show(self, request: AnyRequest, services: Services, incident_id: FromPath[str]) -> IncidentView:
        """With its updates, and how far the mails about them are."""
        return await _shown(services, org_of(request), incident_id)

    @patch("/{incident_id:str}", guards=WRITING, summary="Change an incident", operation_id="changeIncident")
    async def change(
        self, request: AnyRequest, services: Services, incident_id: FromPath[str], data: JSONBody[IncidentChange]
    ) -> IncidentView:
        """Title, impact, components and times; nobody is mailed."""
        org = org_of(request)
        await services.incidents.change(org, incident_id, data, by=author_of(request))
        return await _shown(services, org, incident_id)

    @delete("/{incident_id:str}", guards=WRITING, summary="Delete an incident", operation_id="deleteIncident")
    async def remove(self, request: AnyRequest, services: Services, incident_id: FromPath[str]) -> None:
        """As if it had never been."""
        await services.incidents.delete(org_of(request), incident_id, by=author_of(request))

    @post(
        "/{incident_id:str}/publish",
        guards=WRITING,
        status_code=HTTP_200_OK,
        summary="Publish a draft",
        operation_id="publishIncident",
    )
    async def publish(
        self, request: AnyRequest, services: Services, incident_id: FromPath[str], data: JSONBody[Publish]
    ) -> IncidentView:
        """Everybody sees it."""
        org = org_of(request)
        await services.incidents.publish(org, incident_id, notify=data.notify, by=author_of(request))
        return await _shown(services, org, incident_id)

    @post("/{incident_id:str}/updates", guards=WRITING, summary="Tell how it goes on", operation_id="createUpdate")
    async def update(
        self, request: AnyRequest, services: Services, incident_id: FromPath[str], data: JSONBody[UpdateWish]
    ) -> IncidentView:
        """The latest update says what state the incident is in."""
        org = org_of(request)
        await services.incidents.update(org, incident_id, data, by=author_of(request))
        return await _shown(services, org, incident_id)

    @put(
        "/{incident_id:str}/updates/{update_id:str}",
        guards=WRITING,
        summary="Edit an update",
        operation_id="changeUpdate",
    )
    async def edit(
        self,
        request: AnyRequest,
        services: Services,
        incident_id: FromPath[str],
        update_id: FromPath[str],
        data: JSONBody[UpdateChange],
    ) -> IncidentView:
        """It is marked as edited; nobody is mailed."""
        org = org_of(request)
        await services.incidents.edit(org, incident_id, update_id, data, by=author_of(request))
        return await _shown(services, org, incident_id)

    @delete(
        "/{incident_id:str}/updates/{update_id:str}",
        guards=WRITING,
        summary="Take an update back",
        operation_id="deleteUpdate",
    )
    async def retract(
        self, request: AnyRequest, services: Services, incident_id: FromPath[str], update_id: FromPath[str]
    ) -> None:
        """But for the only one."""
        await services.incidents.retract(org_of(request), incident_id, update_id, by=author_of(request))

    @put("/{incident_id:str}/postmortem", guards=WRITING, summary="Look back", operation_id="putPostmortem")
    async def look_back(
        self, request: AnyRequest, services: Services, incident_id: FromPath[str], data: JSONBody[Postmortem]
    ) -> IncidentView:
        """What was learnt, once it is resolved."""
        org = org_of(request)
        await services.incidents.look_back(org, incident_id, data.text, by=author_of(request))
        return await _shown(services, org, incident_id)


async def _shown(services: StatusServices, org: int, incident_id: str) -> IncidentView:
    return await _view(services, await services.incidents.get(org, incident_id))


async def _view(services: StatusServices, one: StoredIncident) -> IncidentView:
    mailings = await services.mailings.views([ref_of(one.id, update.id) for update in one.updates])
    page = await page_of(one.org, one.page_id)
    return IncidentView(
        id=one.id,
        page_id=one.page_id,
        title=one.title,
        impact=one.impact,
        status=one.status,
        components=one.components,
        is_draft=one.is_draft,
        by_alert=bool(one.alert_component),
        started_at_ms=one.started_at_ms,
        resolved_at_ms=one.resolved_at_ms,
        postmortem=one.postmortem,
        postmortem_at_ms=one.postmortem_at_ms,
        url=f"{services.parts.url_of(page)}/incidents/{one.id}",
        updates=[
            UpdateView(
                update.id,
                update.status,
                update.text,
                update.at_ms,
                update.edited_at_ms,
                mailings.get(ref_of(one.id, update.id)),
            )
            for update in one.updates
        ],
    )
