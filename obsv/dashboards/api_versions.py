"""What a dashboard was before, under `/dashboards/{key}/versions` and `/diff`."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get, post
from litestar.params import FromPath, PathParameter, QueryParameter
from litestar.status_codes import HTTP_200_OK

from obsv.accounts import requires_scope
from obsv.accounts.authors import Authors
from obsv.accounts.requests import AnyRequest, author_of
from obsv.dashboards.diff import diff
from obsv.dashboards.requests import Reading, Services
from obsv.dashboards.rights import READ, may_write_somewhere
from obsv.dashboards.types import Differences, Saved, VersionDocument, VersionList, VersionView

_LARGEST = 2**31 - 1
Number = Annotated[int, PathParameter(ge=1, le=_LARGEST)]
Before = Annotated[int, QueryParameter(name="from", ge=1, le=_LARGEST)]
After = Annotated[int, QueryParameter(name="to", ge=1, le=_LARGEST)]


class VersionController(Controller):
    """The last hundred versions; what is read only has none."""

    path = "/dashboards/{key:str}"
    tags = ["Dashboards"]
    guards = [requires_scope(READ)]

    @get("/versions", summary="List versions", operation_id="listDashboardVersions")
    async def index(self, reader: Reading, services: Services, key: FromPath[str]) -> VersionList:
        """Newest first, with who made them and why."""
        authors, found = Authors(reader.org), await services.dashboards.versions(reader.org, key)
        return VersionList(
            [VersionView(one.version, one.made_at_ms, await authors.of(one.made_by), one.message) for one in found]
        )

    @get("/versions/{version:int}", summary="Read a version", operation_id="getDashboardVersion")
    async def read(self, reader: Reading, services: Services, key: FromPath[str], version: Number) -> VersionDocument:
        """With its document."""
        found = await services.dashboards.version(reader.org, key, version)
        author = await Authors(reader.org).of(found.made_by)
        return VersionDocument(found.version, found.made_at_ms, author, found.message, found.dashboard)

    @get("/diff", summary="Compare two versions", operation_id="diffDashboardVersions")
    async def compare(
        self, reader: Reading, services: Services, key: FromPath[str], before: Before, after: After
    ) -> Differences:
        """What became different from `from` to `to`: panels by id, variables by name, queries by ref."""
        older = await services.dashboards.version(reader.org, key, before)
        newer = await services.dashboards.version(reader.org, key, after)
        return Differences(before, after, diff(older.dashboard, newer.dashboard))

    @post(
        "/versions/{version:int}/restore",
        guards=[may_write_somewhere],
        status_code=HTTP_200_OK,
        summary="Make an older version the newest",
        operation_id="restoreDashboardVersion",
    )
    async def restore(
        self, request: AnyRequest, reader: Reading, services: Services, key: FromPath[str], version: Number
    ) -> Saved:
        """As a version of its own: nothing that came after is lost."""
        return await services.dashboards.restore(reader.org, key, version, rights=reader.rights, by=author_of(request))
