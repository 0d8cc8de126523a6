"""Teams that may edit a folder and all below it, whatever role their members have otherwise."""

from __future__ import annotations

from typing import Final

from obsv import audit
from obsv.audit import Who
from obsv.core.clock import Clock
from obsv.core.errors import Conflict, Invalid, NotFound
from obsv.core.ids import new_id
from obsv.dashboards import tables
from obsv.dashboards.documents import is_folder
from obsv.dashboards.types import FolderEditorsView
from obsv.db import execute, fetch, fetch_value, hold_lock, write_tx

MOST: Final = 1000


class FolderEditors:
    """The only writer of who edits a folder."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def listed(self, org: int) -> list[FolderEditorsView]:
        """By folder and team."""
        rows = await fetch(
            "SELECT f.id, f.folder, f.team_id, t.name, f.created_at_ms FROM folder_editors f "
            "JOIN teams t ON t.id = f.team_id AND t.org = f.org WHERE f.org = {} ORDER BY f.folder, t.name_folded",
            org,
        )
        return [FolderEditorsView(*row.values()) for row in rows]

    async def add(self, org: int, folder: str, team_id: str, *, by: Who) -> FolderEditorsView:
        """Let a team edit.  Raises `NotFound` (team), `Conflict` (it may already), `Invalid`."""
        if not is_folder(folder):
            raise Invalid("A folder is a path such as Team/Databases, without empty parts.", code="bad_folder")
        async with write_tx():
            await hold_lock(f"members:{org}")
            name = await fetch_value("SELECT name FROM teams WHERE org = {} AND id = {}", org, team_id)
            if name is None:
                raise NotFound("There is no such team.", code="no_team")
            # Those of teams that are gone.
            await execute(
                "DELETE FROM folder_editors WHERE org = {} AND team_id NOT IN (SELECT id FROM teams WHERE org = {})",
                *(org, org),
            )
            if await fetch_value("SELECT count(*) FROM folder_editors WHERE org = {}", org) >= MOST:
                raise Invalid(f"An organisation gives {MOST} folders to teams at most.", code="too_many_editors")
            if await fetch(
                "SELECT id FROM folder_editors WHERE org = {} AND folder = {} AND team_id = {}", org, folder, team_id
            ):
                raise Conflict("This team may edit this folder already.", code="editors_already")
            row = tables.FolderEditor(
                id=new_id("fed"), org=org, folder=folder, team_id=team_id, created_at_ms=self._clock.now_ms()
            )
            await tables.FolderEditor.insert(row)
            await audit.write("folder.editors_added", org=org, actor=by, target=("team", team_id))
        return FolderEditorsView(row.id, folder, team_id, str(name), row.created_at_ms)

    async def remove(self, org: int, editor_id: str, *, by: Who) -> None:
        """Take that back.  Raises `NotFound`."""
        async with write_tx():
            gone = await fetch(
                "DELETE FROM folder_editors WHERE org = {} AND id = {} RETURNING team_id", org, editor_id
            )
            if not gone:
                raise NotFound("No team has such a right.", code="no_editors")
            await audit.write("folder.editors_removed", org=org, actor=by, target=("team", gone[0]["team_id"]))


async def move_editors(org: int, path: str, to: str) -> None:
    """Let the teams go along with a folder that gets another path; those of a folder that ends end with it."""
    rows = await fetch(
        "SELECT id, folder, team_id, created_at_ms FROM folder_editors "
        "WHERE org = {} AND (folder = {} OR substr(folder, 1, {}) = {})",
        *(org, path, len(path) + 1, path + "/"),
    )
    await execute(
        "DELETE FROM folder_editors WHERE org = {} AND (folder = {} OR substr(folder, 1, {}) = {})",
        *(org, path, len(path) + 1, path + "/"),
    )
    for row in rows:
        folder = f"{to}{row['folder'][len(path) :]}".strip("/")
        if folder:
            await execute(
                "INSERT INTO folder_editors (id, org, folder, team_id, created_at_ms) VALUES ({}, {}, {}, {}, {}) "
                "ON CONFLICT (org, folder, team_id) DO NOTHING",
                *(row["id"], org, folder, row["team_id"], row["created_at_ms"]),
            )
