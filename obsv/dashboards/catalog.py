"""Reads dashboards, wherever they come from: stored ones, those in files, those that come with obsv."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from obsv.accounts.authors import Author, Authors
from obsv.core.errors import NotFound
from obsv.dashboards import store
from obsv.dashboards.documents import decode
from obsv.dashboards.model import Dashboard
from obsv.dashboards.rights import Rights, is_within
from obsv.dashboards.search import fold, matches, pattern, searched, words_of
from obsv.dashboards.shipped import Shipped, ShippedDashboard
from obsv.dashboards.store import Kept
from obsv.dashboards.types import DashboardSummary, DashboardView, FolderView
from obsv.db import fetch

NOBODY: Final = Author("", "")
_LISTED: Final = (
    "SELECT id, key, title, folder, description, tags, panels, version, is_applied, updated_at_ms, updated_by, "
    "deleted_at_ms FROM dashboards WHERE org = {} AND deleted_at_ms IS "
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for; `deleted`: what lies in the bin."""

    query: str = ""
    tag: str = ""
    folder: str = ""
    is_starred: bool = False
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: their organisation, what they may edit, whose stars count ("" for a token)."""

    org: int
    rights: Rights
    user_id: str


Found = Kept | ShippedDashboard


class Catalog:
    """Finds dashboards; writes nothing."""

    def __init__(self, shipped: Shipped) -> None:
        self._shipped = shipped

    async def find(self, org: int, key: str) -> Found:
        """The one of a key: a file's before a stored one, that before what comes with obsv.  Raises `NotFound`."""
        shipped = await self._shipped.find(org, key)
        if shipped is not None and shipped.source == "file":
            return shipped
        found = await store.find(org, key) or shipped
        if found is None:
            raise NotFound("There is no such dashboard.", code="no_dashboard")
        return found

    async def find_by_id(self, org: int, dashboard_id: str) -> Dashboard | None:
        """What a link leads to."""
        source, colon, key = dashboard_id.partition(":")
        if not colon:
            kept = await store.find_by_id(org, dashboard_id)
            return kept.dashboard if kept else None
        shipped = await self._shipped.find(org, key)
        return shipped.dashboard if shipped and shipped.source == source else None

    async def view(self, reader: Reader, key: str) -> DashboardView:
        """The one of a key, with all that is known of it.  Raises `NotFound`."""
        found, org = await self.find(reader.org, key), reader.org
        is_starred = found.id in await _stars(reader)
        if isinstance(found, ShippedDashboard):
            at_ms, file = found.changed_at_ms, found.file
            return DashboardView(
                *(found.dashboard, found.source, 0, at_ms, NOBODY, at_ms, NOBODY, False, is_starred, False, file)
            )
        authors = Authors(org)
        return DashboardView(
            dashboard=found.dashboard,
            source="stored",
            version=found.version,
            created_at_ms=found.created_at_ms,
            created_by=await authors.of(found.created_by),
            updated_at_ms=found.updated_at_ms,
            updated_by=await authors.of(found.updated_by),
            is_applied=found.is_applied,
            is_starred=is_starred,
            may_edit=reader.rights.may_edit(found.folder),
        )

    async def listed(
        self, reader: Reader, wanted: Wanted, *, offset: int, limit: int
    ) -> tuple[list[DashboardSummary], int]:
        """(a page of what fits, how many do): by title; of a search, those first whose title has the words."""
        words = words_of(wanted.query)
        stars, authors = await _stars(reader), Authors(reader.org)
        entries = [one for one in await self._entries(reader.org, words, wanted) if _fits(one, wanted, stars)]
        entries.sort(key=lambda one: (not _is_titled(one, words), one["title"].casefold(), one["key"]))
        page = entries[offset : offset + limit]
        documents = await self._documents(reader.org, page) if words else {}
        shown = [
            DashboardSummary(
                key=one["key"],
                title=one["title"],
                description=one["description"],
                folder=one["folder"],
                tags=one["tags"],
                source=one["source"],
                version=one["version"],
                updated_at_ms=one["updated_at_ms"],
                updated_by=await authors.of(one["updated_by"]) if one["updated_by"] else NOBODY,
                is_applied=bool(one["is_applied"]),
                is_starred=one["id"] in stars,
                may_edit=one["source"] == "stored" and reader.rights.may_edit(one["folder"]),
                panels=one["panels"],
                matches=matches(documents[one["id"]], words) if words else [],
                deleted_at_ms=one["deleted_at_ms"],
            )
            for one in page
        ]
        return shown, len(entries)

    async def folders(self, reader: Reader) -> list[FolderView]:
        """Those that hold something, by path; a folder's number counts what is below it too."""
        counts: dict[str, int] = {}
        for one in await self._entries(reader.org, [], Wanted()):
            for path in _and_above(one["folder"]):
                counts[path] = counts.get(path, 0) + 1
        by_path = sorted(counts.items(), key=lambda item: item[0].casefold())
        return [FolderView(path, number, reader.rights.may_edit(path)) for path, number in by_path]

    async def _entries(self, org: int, words: Sequence[str], wanted: Wanted) -> list[dict[str, Any]]:
        """What has the words, without documents."""
        sql = _LISTED + ("NOT NULL" if wanted.is_deleted else "NULL") + " AND search LIKE {} ESCAPE '!'" * len(words)
        rows = await fetch(sql, org, *(pattern(word) for word in words))
        stored = [{**row, "tags": row["tags"].split("\n") if row["tags"] else [], "source": "stored"} for row in rows]
        if wanted.is_deleted:
            return stored
        shipped = await self._shipped.listed(org)
        files = {one.dashboard.key for one in shipped if one.source == "file"}
        stored = [one for one in stored if one["key"] not in files]
        keys = {
            row["key"]
            for row in await fetch("SELECT key FROM dashboards WHERE org = {} AND deleted_at_ms IS NULL", org)
        }
        return stored + [
            _entry(one)
            for one in shipped
            if (one.source == "file" or one.dashboard.key not in keys) and _has(one.dashboard, words)
        ]

    async def _documents(self, org: int, page: Sequence[dict[str, Any]]) -> dict[str, Dashboard]:
        ids = [one["id"] for one in page if one["source"] == "stored"]
        found = {one["id"]: one["dashboard"] for one in page if one["source"] != "stored"}
        if ids:
            places = ", ".join(["{}"] * len(ids))
            rows = await fetch(f"SELECT id, document FROM dashboards WHERE org = {{}} AND id IN ({places})", org, *ids)  # noqa: S608
            found |= {row["id"]: decode(row["document"]) for row in rows}
        return found


def _entry(shipped: ShippedDashboard) -> dict[str, Any]:
    dashboard = shipped.dashboard
    return {
        "id": shipped.id,
        "key": dashboard.key,
        "title": dashboard.title,
        "folder": dashboard.folder,
        "description": dashboard.description,
        "tags": list(dashboard.tags),
        "panels": len(dashboard.panels),
        "source": shipped.source,
        "version": 0,
        "is_applied": False,
        "updated_at_ms": shipped.changed_at_ms,
        "updated_by": "",
        "deleted_at_ms": None,
        "dashboard": dashboard,
    }


def _has(dashboard: Dashboard, words: Sequence[str]) -> bool:
    if not words:
        return True
    text = searched(dashboard)
    return all(word in text for word in words)


def _fits(entry: dict[str, Any], wanted: Wanted, stars: frozenset[str]) -> bool:
    if wanted.tag and wanted.tag not in entry["tags"]:
        return False
    if wanted.folder and not is_within(entry["folder"], wanted.folder):
        return False
    return entry["id"] in stars or not wanted.is_starred


def _is_titled(entry: dict[str, Any], words: Sequence[str]) -> bool:
    title = fold(entry["title"])
    return all(word in title for word in words)


def _and_above(folder: str) -> Iterator[str]:
    """A folder and those that it lies in."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]


async def _stars(reader: Reader) -> frozenset[str]:
    if not reader.user_id:
        return frozenset()
    rows = await fetch(
        "SELECT dashboard_id FROM dashboard_stars WHERE org = {} AND user_id = {}", reader.org, reader.user_id
    )
    return frozenset(row["dashboard_id"] for row in rows)
