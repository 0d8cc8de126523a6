"""Folders of dashboards, and the teams that may edit in them: `/folders`, `/folder-editors`."""

from __future__ import annotations

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody

from obsv.accounts import org_of, requires_scope
from obsv.accounts.requests import AnyRequest, author_of
from obsv.dashboards.requests import Reading, Services
from obsv.dashboards.rights import READ, may_write_somewhere
from obsv.dashboards.types import FolderEditorsList, FolderEditorsView, FolderList, FolderMove, Moved, NewFolderEditors


class FolderController(Controller):
    """A folder is there as long as a dashboard lies in it."""

    path = "/folders"
    tags = ["Dashboards"]

    @get("/", guards=[requires_scope(READ)], summary="List folders", operation_id="listFolders")
    async def index(self, reader: Reading, services: Services) -> FolderList:
        """By path, with how many dashboards are in them and below."""
        return FolderList(await services.catalog.folders(reader))

    @put("/{folder:path}", guards=[may_write_somewhere], summary="Move a folder", operation_id="moveFolder")
    async def move(
        self,
        request: AnyRequest,
        reader: Reading,
        services: Services,
        folder: FromPath[str],
        data: JSONBody[FolderMove],
    ) -> Moved:
        """Give it another name, or another place, with all below."""
        moved = await services.dashboards.move_folder(
            reader.org, folder.strip("/"), data.path, rights=reader.rights, by=author_of(request)
        )
        return Moved(moved)


class FolderEditorController(Controller):
    """Teams whose members may edit in a folder and below, whatever their role."""

    path = "/folder-editors"
    tags = ["Dashboards"]
    guards = [requires_scope("admin:org")]

    @get("/", summary="List who edits folders", operation_id="listFolderEditors")
    async def index(self, request: AnyRequest, services: Services) -> FolderEditorsList:
        """By folder and team."""
        return FolderEditorsList(await services.editors.listed(org_of(request)))

    @post("/", summary="Let a team edit a folder", operation_id="addFolderEditors")
    async def add(self, request: AnyRequest, services: Services, data: JSONBody[NewFolderEditors]) -> FolderEditorsView:
        """And all below it; it need not hold anything yet."""
        return await services.editors.add(org_of(request), data.folder, data.team_id, by=author_of(request))

    @delete("/{editor_id:str}", summary="End a team's editing of a folder", operation_id="removeFolderEditors")
    async def remove(self, request: AnyRequest, services: Services, editor_id: FromPath[str]) -> None:
        """Its members keep what their role gives them."""
        await services.editors.remove(org_of(request), editor_id, by=author_of(request))
