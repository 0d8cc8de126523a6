"""Shared links of a dashboard, under `/dashboards/{key}/links`."""

from __future__ import annotations

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody

from obsv.accounts.requests import AnyRequest, author_of
from obsv.dashboards.requests import Reading, Services
from obsv.dashboards.rights import may_write_somewhere
from obsv.dashboards.types import CreatedLink, LinkList, NewLink


class LinkController(Controller):
    """For who may edit the dashboard."""

    path = "/dashboards/{key:str}/links"
    tags = ["Dashboards"]
    guards = [may_write_somewhere]

    @get("/", summary="List shared links", operation_id="listDashboardLinks")
    async def index(self, reader: Reading, services: Services, key: FromPath[str]) -> LinkList:
        """Those that work, without their secrets."""
        return LinkList(await services.links.listed(reader.org, key, rights=reader.rights))

    @post("/", summary="Share a dashboard by a link", operation_id="createDashboardLink")
    async def create(
        self, request: AnyRequest, reader: Reading, services: Services, key: FromPath[str], data: JSONBody[NewLink]
    ) -> CreatedLink:
        """Whoever has it sees the dashboard without signing in, for a year at most; the address is told this once."""
        return await services.links.create(reader.org, key, data, rights=reader.rights, by=author_of(request))

    @delete("/{link_id:str}", summary="Take a shared link back", operation_id="deleteDashboardLink")
    async def revoke(
        self, request: AnyRequest, reader: Reading, services: Services, key: FromPath[str], link_id: FromPath[str]
    ) -> None:
        """At once."""
        await services.links.revoke(reader.org, key, link_id, rights=reader.rights, by=author_of(request))
