"""The only writer of dashboards: saves what nobody else changed meanwhile, the bin, older versions, copies, folders."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import msgspec

from obsv import audit
from obsv.accounts.authors import Authors, author_ref
from obsv.audit import Who
from obsv.audit.types import Detail
from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.core.errors import Conflict, Invalid, NotFound
from obsv.dashboards import store
from obsv.dashboards.documents import checked, is_folder
from obsv.dashboards.folders import move_editors
from obsv.dashboards.model import Dashboard
from obsv.dashboards.rights import Rights
from obsv.dashboards.shipped import Shipped, ShippedDashboard
from obsv.dashboards.store import Edit, Kept, Version
from obsv.dashboards.types import Copy, DashboardChange, Saved
from obsv.db import execute, hold_lock, write_tx

BIN_DAYS: Final = 30
FOLDER_MAX: Final = 200
KEY_MAX: Final = 80


class Dashboards:
    """Everything that changes a dashboard; each change with its audit event."""

    def __init__(self, clock: Clock, shipped: Shipped, most: Callable[[int], Awaitable[int]]) -> None:
        """`most` is how many dashboards an organisation's plan allows."""
        self._clock, self._shipped, self._most = clock, shipped, most

    async def create(self, org: int, dashboard: Dashboard, *, rights: Rights, by: Who, message: str = "") -> Saved:
        """A new one.  Raises `Conflict` where the key is taken, `Invalid`, `Forbidden`, `TooLarge`."""
        change = DashboardChange(dashboard, version=0, message=message)
        return await self.put(org, change, rights=rights, by=by)

    async def put(self, org: int, change: DashboardChange, *, rights: Rights, by: Who) -> Saved:
        """Make it so; nothing is written where it is so already.

        Raises `Conflict` where another version is there than the one it was made from, with who made it and when;
        `NotFound` where there is none any more; `Invalid`, `Forbidden`, `TooLarge`.
        """
        dashboard = change.dashboard
        edit = self._edit(dashboard, by, change.message, is_applied=change.is_applied)
        rights.require(dashboard.folder)
        shipped = await self._shipped.find(org, dashboard.key)
        async with self._locked(org):
            kept = await store.find(org, dashboard.key)
            _require_own(kept, shipped)
            if kept is None:
                if change.version:
                    raise NotFound(
                        "There is no such dashboard any more: it was deleted meanwhile.", code="no_dashboard"
                    )
                return await self._insert(org, edit, by)
            if change.version is not None and change.version != kept.version:
                raise await _conflict(org, kept, change.version)
            return await self._update(org, kept, edit, rights, by)

    async def delete(self, org: int, key: str, *, rights: Rights, by: Who) -> None:
        """Into the bin, for 30 days.  Raises `NotFound`, `Conflict` (read only), `Forbidden`."""
        now, shipped = self._clock.now_ms(), await self._shipped.find(org, key)
        async with self._locked(org):
            kept = await _own(org, key, shipped)
            rights.require(kept.folder)
            await execute(
                "UPDATE dashboards SET deleted_at_ms = {}, deleted_by = {}, erase_on = {} WHERE org = {} AND id = {}",
                *(now, author_ref(by), erase_on(now, days=BIN_DAYS), org, kept.id),
            )
            await _tell("dashboard.deleted", org, kept.id, by, {"version": kept.version})

    async def undelete(self, org: int, key: str, *, rights: Rights, by: Who) -> Saved:
        """Out of the bin, what was thrown away last under this key.  Raises `NotFound`, `Conflict`, `Invalid`."""
        async with self._locked(org):
            kept = await store.find_deleted(org, key)
            if kept is None:
                raise NotFound("Nothing of this name is in the bin.", code="no_dashboard")
            rights.require(kept.folder)
            if await store.find(org, key) is not None:
                raise Conflict("Another dashboard has this key now: delete that one first.", code="key_taken")
            await self._require_room(org)
            await execute(
                "UPDATE dashboards SET deleted_at_ms = NULL, deleted_by = '', erase_on = NULL "
                "WHERE org = {} AND id = {}",
                *(org, kept.id),
            )
            await _tell("dashboard.restored", org, kept.id, by, {"version": kept.version})
        return Saved(key, kept.version, kept.updated_at_ms, is_new=False, is_changed=True)

    async def restore(self, org: int, key: str, version: int, *, rights: Rights, by: Who) -> Saved:
        """Make an older version the newest one.  Raises `NotFound`, `Conflict` (read only), `Forbidden`."""
        shipped = await self._shipped.find(org, key)
        async with self._locked(org):
            kept = await _own(org, key, shipped)
            older = await _version(org, kept, version)
            edit = self._edit(older.dashboard, by, f"Version {version} again")
            rights.require(edit.dashboard.folder)
            return await self._update(org, kept, edit, rights, by)

    async def duplicate(self, org: int, original: Dashboard, wish: Copy, *, rights: Rights, by: Who) -> Saved:
        """A copy, also of what is read only.  Raises `Conflict` (the key is taken), `Invalid`, `Forbidden`."""
        title = wish.title or f"{original.title} (copy)"[:200]
        folder = original.folder if wish.folder is None else wish.folder
        async with self._locked(org):
            key = wish.key or await self._free_key(org, original.key)
            copied = msgspec.structs.replace(original, key=key, title=title, folder=folder)
            return await self.create(org, copied, rights=rights, by=by, message=f"A copy of {original.key}")

    async def move_folder(self, org: int, path: str, to: str, *, rights: Rights, by: Who) -> int:
        """Give a folder, with all below, another path; how many dashboards moved.  Raises `NotFound`, `Invalid`."""
        if to and not is_folder(to):
            raise Invalid("A folder is a path such as Team/Databases, without empty parts.", code="bad_folder")
        rights.require(path)
        rights.require(to)
        async with self._locked(org):
            inside = await store.below(org, path)
            if not inside:
                raise NotFound("There is no such folder.", code="no_folder")
            for kept in inside:
                folder = f"{to}{kept.folder[len(path) :]}".strip("/")
                if len(folder) > FOLDER_MAX:
                    raise Invalid(f"The path {folder} has more than {FOLDER_MAX} characters.", code="bad_folder")
                moved = msgspec.structs.replace(kept.dashboard, folder=folder)
                await store.update(org, kept, self._edit(moved, by, f"Moved from {path}"))
            await move_editors(org, path, to)
            await audit.write("folder.moved", org=org, actor=by, details={"count": len(inside)})
        return len(inside)

    async def version(self, org: int, key: str, version: int) -> Version:
        """One that is kept, with its document.  Raises `NotFound`, `Conflict` (read only: it has none)."""
        return await _version(org, await _own(org, key, await self._shipped.find(org, key)), version)

    async def versions(self, org: int, key: str) -> list[Version]:
        """Those that are kept, newest first.  Raises `NotFound`, `Conflict` (read only: it has none)."""
        return await store.versions(org, (await _own(org, key, await self._shipped.find(org, key))).id)

    async def _insert(self, org: int, edit: Edit, by: Who) -> Saved:
        await self._require_room(org)
        dashboard_id = await store.insert(org, edit)
        await _tell("dashboard.created", org, dashboard_id, by)
        return Saved(edit.dashboard.key, 1, edit.at_ms, is_new=True, is_changed=True)

    async def _update(self, org: int, kept: Kept, edit: Edit, rights: Rights, by: Who) -> Saved:
        rights.require(kept.folder)
        if edit.document == kept.document and kept.is_applied >= edit.is_applied:
            return Saved(kept.key, kept.version, kept.updated_at_ms, is_new=False, is_changed=False)
        version = await store.update(org, kept, edit)
        await _tell("dashboard.updated", org, kept.id, by, {"version": version})
        return Saved(kept.key, version, edit.at_ms, is_new=False, is_changed=True)

    def _edit(self, dashboard: Dashboard, by: Who, message: str, *, is_applied: bool = False) -> Edit:
        said = " ".join(message.replace("\x00", "").split())
        document = checked(dashboard).decode()
        return Edit(dashboard, document, author_ref(by), self._clock.now_ms(), said, is_applied)

    async def _require_room(self, org: int) -> None:
        most = await self._most(org)
        if await store.count(org) >= most:
            raise Invalid(f"The plan allows {most} dashboards: delete one that nobody needs.", code="plan_limit")

    async def _free_key(self, org: int, key: str) -> str:
        base = re.sub(r"-copy(-\d+)?$", "", key)[: KEY_MAX - 10] + "-copy"
        for number in range(1, 10_000):
            free = base if number == 1 else f"{base}-{number}"
            if await store.find(org, free) is None and await self._shipped.find(org, free) is None:
                return free
        raise Conflict("There are too many copies: name a key.", code="key_taken")

    @asynccontextmanager
    async def _locked(self, org: int) -> AsyncGenerator[None]:
        async with write_tx():
            await hold_lock(f"dashboards:{org}")
            yield


def _require_own(kept: Kept | None, shipped: ShippedDashboard | None) -> None:
    """Raise `Conflict` for what does not stand in the database, or is hidden there by a file."""
    if shipped is None or (kept is not None and shipped.source == "builtin"):
        return
    whence = "a file of this instance" if shipped.source == "file" else "obsv itself"
    key = shipped.dashboard.key
    raise Conflict(f"The dashboard {key} comes from {whence}: duplicate it to edit a copy.", code="read_only")


async def _own(org: int, key: str, shipped: ShippedDashboard | None) -> Kept:
    kept = await store.find(org, key)
    _require_own(kept, shipped)
    if kept is None:
        raise NotFound("There is no such dashboard.", code="no_dashboard")
    return kept


async def _version(org: int, kept: Kept, version: int) -> Version:
    found = await store.version_of(org, kept.id, version)
    if found is None:
        raise NotFound(f"Version {version} is not there, or not any more.", code="no_version")
    return found


async def _conflict(org: int, kept: Kept, version: int) -> Conflict:
    """What whoever saves is told when somebody else was faster."""
    if version == 0:
        return Conflict(f"There is a dashboard of the key {kept.key} already.", code="key_taken")
    author = await Authors(org).of(kept.updated_by)
    at = datetime.fromtimestamp(kept.updated_at_ms / 1000, UTC)
    return Conflict(
        f"{author.name or 'Somebody'} saved version {kept.version} at {at:%Y-%m-%d %H:%M:%S} UTC, "
        f"after the version {version} that this was made from.",
        code="version_conflict",
        facts={
            "current_version": kept.version,
            "updated_at_ms": kept.updated_at_ms,
            "updated_by": msgspec.to_builtins(author),
        },
    )


async def _tell(event: str, org: int, dashboard_id: str, by: Who, details: dict[str, Detail] | None = None) -> None:
    await audit.write(event, org=org, actor=by, target=("dashboard", dashboard_id), details=details)
