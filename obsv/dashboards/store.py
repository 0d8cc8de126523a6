# ruff: noqa: S608  # statements are put together from this module's constants alone
"""Rows of dashboards and their versions; the service alone calls what writes here, inside its transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import zstandard

from obsv.core.ids import new_id
from obsv.dashboards import tables
from obsv.dashboards.documents import decode
from obsv.dashboards.model import Dashboard
from obsv.dashboards.search import searched
from obsv.db import execute, fetch, fetch_value

KEEP_VERSIONS: Final = 100
_COLUMNS: Final = "id, key, folder, document, version, is_applied, created_at_ms, created_by, updated_at_ms, updated_by"
_CURRENT: Final = "org = {} AND deleted_at_ms IS NULL"


@dataclass(frozen=True, slots=True)
class Kept:
    """A stored dashboard."""

    id: str
    key: str
    folder: str
    document: str
    version: int
    is_applied: bool
    created_at_ms: int
    created_by: str
    updated_at_ms: int
    updated_by: str

    @property
    def dashboard(self) -> Dashboard:
        """The document."""
        return decode(self.document)


@dataclass(frozen=True, slots=True)
class Edit:
    """A document to be stored: by whom, when, why."""

    dashboard: Dashboard
    document: str
    by: str
    at_ms: int
    message: str = ""
    is_applied: bool = False


def _kept(rows: list[dict[str, Any]]) -> Kept | None:
    if not rows:
        return None
    row: dict[str, Any] = {**rows[0], "is_applied": bool(rows[0]["is_applied"])}
    return Kept(**row)


async def find(org: int, key: str) -> Kept | None:
    """The organisation's dashboard of this key."""
    return _kept(await fetch(f"SELECT {_COLUMNS} FROM dashboards WHERE {_CURRENT} AND key = {{}}", org, key))


async def find_by_id(org: int, dashboard_id: str) -> Kept | None:
    """The one of this id."""
    return _kept(await fetch(f"SELECT {_COLUMNS} FROM dashboards WHERE {_CURRENT} AND id = {{}}", org, dashboard_id))


async def find_deleted(org: int, key: str) -> Kept | None:
    """What was thrown away last under this key."""
    return _kept(
        await fetch(
            f"SELECT {_COLUMNS} FROM dashboards WHERE org = {{}} AND key = {{}} AND deleted_at_ms IS NOT NULL "
            "ORDER BY deleted_at_ms DESC, id DESC LIMIT 1",
            *(org, key),
        )
    )


async def below(org: int, folder: str) -> list[Kept]:
    """Those in a folder and in the folders of it."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM dashboards WHERE {_CURRENT} AND (folder = {{}} OR substr(folder, 1, {{}}) = {{}})",
        *(org, folder, len(folder) + 1, folder + "/"),
    )
    return [kept for row in rows if (kept := _kept([row]))]


async def every(org: int) -> list[Kept]:
    """All of an organisation, by key."""
    rows = await fetch(f"SELECT {_COLUMNS} FROM dashboards WHERE {_CURRENT} ORDER BY key", org)
    return [kept for row in rows if (kept := _kept([row]))]


async def count(org: int) -> int:
    """How many there are."""
    return int(await fetch_value(f"SELECT count(*) FROM dashboards WHERE {_CURRENT}", org))


async def insert(org: int, edit: Edit) -> str:
    """A new dashboard, of version 1; its id."""
    row = tables.DashboardRow(
        id=new_id("dash"),
        org=org,
        key=edit.dashboard.key,
        **_shown(edit),
        version=1,
        is_applied=edit.is_applied,
        created_at_ms=edit.at_ms,
        created_by=edit.by,
        updated_at_ms=edit.at_ms,
        updated_by=edit.by,
        deleted_by="",
    )
    await tables.DashboardRow.insert(row)
    await _keep_version(org, row.id, 1, edit)
    return row.id


async def update(org: int, kept: Kept, edit: Edit) -> int:
    """Another document; its version."""
    shown, version = _shown(edit), kept.version + 1
    await execute(
        "UPDATE dashboards SET title = {}, folder = {}, description = {}, tags = {}, panels = {}, document = {}, "
        "search = {}, version = {}, is_applied = {}, updated_at_ms = {}, updated_by = {} WHERE org = {} AND id = {}",
        *shown.values(),
        *(version, kept.is_applied or edit.is_applied, edit.at_ms, edit.by, org, kept.id),
    )
    await _keep_version(org, kept.id, version, edit)
    await execute(
        "DELETE FROM dashboard_versions WHERE dashboard_id = {} AND version <= {}", kept.id, version - KEEP_VERSIONS
    )
    return version


def _shown(edit: Edit) -> dict[str, Any]:
    dashboard = edit.dashboard
    return {
        "title": dashboard.title,
        "folder": dashboard.folder,
        "description": dashboard.description.replace("\x00", ""),
        "tags": "\n".join(dashboard.tags),
        "panels": len(dashboard.panels),
        "document": edit.document,
        "search": searched(dashboard),
    }


async def _keep_version(org: int, dashboard_id: str, version: int, edit: Edit) -> None:
    row = tables.DashboardVersion(
        org=org,
        dashboard_id=dashboard_id,
        version=version,
        document=zstandard.ZstdCompressor(level=3).compress(edit.document.encode()),
        message=edit.message,
        made_at_ms=edit.at_ms,
        made_by=edit.by,
    )
    await tables.DashboardVersion.insert(row)


@dataclass(frozen=True, slots=True)
class Version:
    """A version that is kept; `document` is unpacked where it was asked for."""

    version: int
    message: str
    made_at_ms: int
    made_by: str
    document: bytes = b""

    @property
    def dashboard(self) -> Dashboard:
        """The document."""
        return decode(self.document)


async def versions(org: int, dashboard_id: str) -> list[Version]:
    """Newest first, without documents."""
    rows = await fetch(
        "SELECT version, message, made_at_ms, made_by FROM dashboard_versions "
        "WHERE org = {} AND dashboard_id = {} ORDER BY version DESC",
        *(org, dashboard_id),
    )
    return [Version(**row) for row in rows]


async def version_of(org: int, dashboard_id: str, version: int) -> Version | None:
    """One with its document."""
    rows = await fetch(
        "SELECT version, message, made_at_ms, made_by, document FROM dashboard_versions "
        "WHERE org = {} AND dashboard_id = {} AND version = {}",
        *(org, dashboard_id, version),
    )
    if not rows:
        return None
    row: dict[str, Any] = {**rows[0], "document": zstandard.decompress(bytes(rows[0]["document"]))}
    return Version(**row)
