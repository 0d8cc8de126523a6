"""Status pages and their components over our own API, under `/status-pages`."""

from __future__ import annotations

from typing import cast

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody

from obsv.accounts import org_of
from obsv.accounts.requests import AnyRequest, author_of
from obsv.db import fetch_value
from obsv.status.parts import Page, page_of
from obsv.status.requests import READING, WRITING, Services
from obsv.status.services import StatusServices
from obsv.status.states import State
from obsv.status.types import (
    Affected,
    ComponentList,
    ComponentOrder,
    ComponentState,
    ComponentView,
    ComponentWish,
    PageList,
    PageView,
    PageWish,
)
from obsv.status.view import Shown


class StatusPageController(Controller):
    """Public pages that tell how a service does."""

    path = "/status-pages"
    tags = ["Status pages"]

    @get("/", guards=READING, summary="List status pages", operation_id="listStatusPages")
    async def index(self, request: AnyRequest, services: Services) -> PageList:
        """By title, with how each does now."""
        return PageList([await _page(services, page) for page in await services.pages.listed(org_of(request))])

    @post("/", guards=WRITING, summary="Make a status page", operation_id="createStatusPage")
    async def create(self, request: AnyRequest, services: Services, data: JSONBody[PageWish]) -> PageView:
        """A draft unless `is_public`."""
        return await _page(services, await services.pages.create(org_of(request), data, by=author_of(request)))

    @get("/{page_id:str}", guards=READING, summary="Get a status page", operation_id="getStatusPage")
    async def show(self, request: AnyRequest, services: Services, page_id: FromPath[str]) -> PageView:
        """With how it does now."""
        return await _page(services, await page_of(org_of(request), page_id))

    @put("/{page_id:str}", guards=WRITING, summary="Change a status page", operation_id="changeStatusPage")
    async def change(
        self, request: AnyRequest, services: Services, page_id: FromPath[str], data: JSONBody[PageWish]
    ) -> PageView:
        """All of it; links in mails that were sent lead to the old address."""
        return await _page(services, await services.pages.change(org_of(request), page_id, data, by=author_of(request)))

    @delete("/{page_id:str}", guards=WRITING, summary="Delete a status page", operation_id="deleteStatusPage")
    async def remove(self, request: AnyRequest, services: Services, page_id: FromPath[str]) -> None:
        """With its components, incidents, maintenances and subscribers."""
        await services.pages.delete(org_of(request), page_id, by=author_of(request))


class ComponentController(Controller):
    """The parts of a service that a page speaks of."""

    path = "/status-pages/{page_id:str}/components"
    tags = ["Status pages"]

    @get("/", guards=READING, summary="List components", operation_id="listComponents")
    async def index(self, request: AnyRequest, services: Services, page_id: FromPath[str]) -> ComponentList:
        """In the page's order, with how they do."""
        return await _components(services, await page_of(org_of(request), page_id))

    @post("/", guards=WRITING, summary="Add a component", operation_id="createComponent")
    async def create(
        self, request: AnyRequest, services: Services, page_id: FromPath[str], data: JSONBody[ComponentWish]
    ) -> ComponentView:
        """At the end of the page."""
        org = org_of(request)
        made = await services.components.create(org, page_id, data, by=author_of(request))
        return await _component(services, org, page_id, made.id)

    @put("/order", guards=WRITING, summary="Put components in order", operation_id="orderComponents")
    async def order(
        self, request: AnyRequest, services: Services, page_id: FromPath[str], data: JSONBody[ComponentOrder]
    ) -> ComponentList:
        """Each is named once."""
        org = org_of(request)
        await services.components.order(org, page_id, data.ids, by=author_of(request))
        return await _components(services, await page_of(org, page_id))

    @put("/{component_id:str}", guards=WRITING, summary="Change a component", operation_id="changeComponent")
    async def change(
        self,
        request: AnyRequest,
        services: Services,
        page_id: FromPath[str],
        component_id: FromPath[str],
        data: JSONBody[ComponentWish],
    ) -> ComponentView:
        """All of it."""
        org = org_of(request)
        await services.components.change(org, page_id, component_id, data, by=author_of(request))
        return await _component(services, org, page_id, component_id)

    @put("/{component_id:str}/state", guards=WRITING, summary="Set a state by hand", operation_id="setComponentState")
    async def set_state(
        self,
        request: AnyRequest,
        services: Services,
        page_id: FromPath[str],
        component_id: FromPath[str],
        data: JSONBody[ComponentState],
    ) -> ComponentView:
        """It holds until it is set to null."""
        org, state = org_of(request), None if data.state is None else State(data.state)
        await services.components.set_by_hand(org, page_id, component_id, state, by=author_of(request))
        return await _component(services, org, page_id, component_id)

    @delete("/{component_id:str}", guards=WRITING, summary="Delete a component", operation_id="deleteComponent")
    async def remove(
        self, request: AnyRequest, services: Services, page_id: FromPath[str], component_id: FromPath[str]
    ) -> None:
        """With how it did."""
        await services.components.delete(org_of(request), page_id, component_id, by=author_of(request))


async def _page(services: StatusServices, page: Page) -> PageView:
    snapshot = await services.views.snapshot(page)
    confirmed = "SELECT count(*) FROM status_subscribers WHERE page_id = {} AND confirmed_at_ms IS NOT NULL"
    return PageView(
        id=page.id,
        slug=page.slug,
        title=page.title,
        description=page.description,
        host=page.host,
        is_public=page.is_public,
        url=services.parts.url_of(page),
        state=snapshot.state.value,
        subscribers=int(await fetch_value(confirmed, page.id)),
        created_at_ms=page.created_at_ms,
    )


async def _components(services: StatusServices, page: Page) -> ComponentList:
    return ComponentList([_shown(one) for one in await services.views.states(page)])


async def _component(services: StatusServices, org: int, page_id: str, component_id: str) -> ComponentView:
    shown = await services.views.states(await page_of(org, page_id))
    return next(_shown(one) for one in shown if one.component.id == component_id)


def _shown(shown: Shown) -> ComponentView:
    one = shown.component
    return ComponentView(
        id=one.id,
        page_id=one.page_id,
        name=one.name,
        group=one.group,
        description=one.description,
        monitors=list(one.monitors),
        matchers=one.matchers,
        alert_state=cast("Affected", one.alert_state.value),
        alert_action=one.alert_action,
        shows_uptime=one.shows_uptime,
        state=shown.state.value,
        set_by_hand=shown.set_by_hand.value if shown.set_by_hand else None,
    )
