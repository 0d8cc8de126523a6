"""Dashboards over our own API, under `/api/obsv/v1/dashboards`."""

from __future__ import annotations

from typing import Annotated, Final

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from obsv.accounts import requires_scope
from obsv.accounts.requests import AnyRequest, author_of
from obsv.core.errors import Invalid
from obsv.dashboards import store
from obsv.dashboards.catalog import Wanted
from obsv.dashboards.requests import Offset, Reading, Services, person_of
from obsv.dashboards.rights import READ, may_write_somewhere
from obsv.dashboards.stars import star, unstar
from obsv.dashboards.types import (
    Copy,
    DashboardChange,
    DashboardList,
    DashboardView,
    NewDashboard,
    Saved,
)
from obsv.http.parameters import Word

PAGE: Final = 200
MOST: Final = 1000

Limit = Annotated[int, QueryParameter(ge=1, le=MOST)]


class DashboardController(Controller):
    """Dashboards, wherever they come from."""

    path = "/dashboards"
    tags = ["Dashboards"]

    @get("/", guards=[requires_scope(READ)], summary="List dashboards", operation_id="listDashboards")
    async def index(
        self,
        reader: Reading,
        services: Services,
        *,
        q: Word = "",
        tag: Word = "",
        folder: Word = "",
        starred: FromQuery[bool] = False,
        deleted: FromQuery[bool] = False,
        offset: Offset = 0,
        limit: Limit = PAGE,
    ) -> DashboardList:
        """Every word of `q` is in titles, descriptions, tags, texts or expressions; `deleted` lists the bin."""
        wanted = Wanted(q, tag, folder, is_starred=starred, is_deleted=deleted)
        shown, total = await services.catalog.listed(reader, wanted, offset=offset, limit=limit)
        return DashboardList(shown, total, await store.count(reader.org), await services.most(reader.org))

    @post("/", guards=[may_write_somewhere], summary="Make a dashboard", operation_id="createDashboard")
    async def create(
        self, request: AnyRequest, reader: Reading, services: Services, data: JSONBody[NewDashboard]
    ) -> Saved:
        """Its key must be free."""
        return await services.dashboards.create(
            reader.org, data.dashboard, rights=reader.rights, by=author_of(request), message=data.message
        )

    @get("/{key:str}", guards=[requires_scope(READ)], summary="Read a dashboard", operation_id="getDashboard")
    async def read(self, reader: Reading, services: Services, key: FromPath[str]) -> DashboardView:
        """With its version, and what you may do with it."""
        return await services.catalog.view(reader, key)

    @put("/{key:str}", guards=[may_write_somewhere], summary="Save a dashboard", operation_id="putDashboard")
    async def save(
        self,
        request: AnyRequest,
        reader: Reading,
        services: Services,
        key: FromPath[str],
        data: JSONBody[DashboardChange],
    ) -> Saved:
        """409 where another version is there than `version`: the problem says who made it, when, and its number."""
        if data.dashboard.key != key:
            raise Invalid("The key in the document is not that of the address.", code="key_differs")
        return await services.dashboards.put(reader.org, data, rights=reader.rights, by=author_of(request))

    @delete(
        "/{key:str}",
        guards=[may_write_somewhere],
        summary="Throw a dashboard away",
        operation_id="deleteDashboard",
    )
    async def remove(self, request: AnyRequest, reader: Reading, services: Services, key: FromPath[str]) -> None:
        """It lies in the bin for 30 days; its shared links do not work meanwhile."""
        await services.dashboards.delete(reader.org, key, rights=reader.rights, by=author_of(request))

    @post(
        "/{key:str}/undelete",
        guards=[may_write_somewhere],
        status_code=HTTP_200_OK,
        summary="Take a dashboard out of the bin",
        operation_id="undeleteDashboard",
    )
    async def undelete(self, request: AnyRequest, reader: Reading, services: Services, key: FromPath[str]) -> Saved:
        """The one that was thrown away last under this key, with its versions, stars and links."""
        return await services.dashboards.undelete(reader.org, key, rights=reader.rights, by=author_of(request))

    @post(
        "/{key:str}/duplicate",
        guards=[may_write_somewhere],
        summary="Copy a dashboard",
        operation_id="duplicateDashboard",
    )
    async def duplicate(
        self, request: AnyRequest, reader: Reading, services: Services, key: FromPath[str], data: JSONBody[Copy]
    ) -> Saved:
        """Also one that is read only."""
        found = await services.catalog.find(reader.org, key)
        return await services.dashboards.duplicate(
            reader.org, found.dashboard, data, rights=reader.rights, by=author_of(request)
        )

    @put(
        "/{key:str}/star",
        guards=[requires_scope(READ)],
        status_code=HTTP_204_NO_CONTENT,
        summary="Star a dashboard",
        operation_id="starDashboard",
    )
    async def star(self, reader: Reading, services: Services, key: FromPath[str]) -> None:
        """For yourself alone."""
        await star(reader.org, person_of(reader), (await services.catalog.find(reader.org, key)).id)

    @delete(
        "/{key:str}/star", guards=[requires_scope(READ)], summary="Take a star away", operation_id="unstarDashboard"
    )
    async def unstar(self, reader: Reading, services: Services, key: FromPath[str]) -> None:
        """One that is not there is as good."""
        await unstar(reader.org, person_of(reader), (await services.catalog.find(reader.org, key)).id)
