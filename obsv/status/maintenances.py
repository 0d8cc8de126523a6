"""Maintenances: planned, begun and ended by themselves at their time, or by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Literal

from obsv import audit
from obsv.accounts.authors import author_ref
from obsv.audit import SYSTEM, Who
from obsv.core.days import erase_on
from obsv.core.errors import Invalid, NotFound
from obsv.core.ids import new_id
from obsv.db import execute, fetch, fetch_value, write_tx
from obsv.status import tables
from obsv.status.components import check_components
from obsv.status.news import News
from obsv.status.parts import StatusParts, page_of, written
from obsv.status.stored import MAINTENANCE_COLUMNS, StoredMaintenance, read_maintenance
from obsv.status.text import clean_line, clean_text
from obsv.status.types import MaintenanceChange, MaintenanceWish

MOST_AHEAD: Final = 200
LONGEST_MS: Final = 90 * 86_400_000
KEEP_DAYS: Final = 730
MINUTE_MS: Final = 60_000

Step = Literal["begin", "end", "cancel"]


class Maintenances:
    """The only writer of maintenances."""

    def __init__(self, parts: StatusParts, news: News) -> None:
        self._parts, self._news = parts, news

    async def plan(self, org: int, wish: MaintenanceWish, *, by: Who) -> str:
        """A new one; its id.  Raises `NotFound`, `Invalid`."""
        await page_of(org, wish.page_id)
        await check_components(wish.page_id, wish.components)
        now, title = self._parts.clock.now_ms(), clean_line(wish.title)
        if not title:
            raise Invalid("Give the maintenance a title.", code="no_title")
        _check(wish.starts_at_ms, wish.ends_at_ms, now)
        maintenance_id = new_id("mnt")
        row = tables.Maintenance(
            id=maintenance_id,
            org=org,
            page_id=wish.page_id,
            title=title,
            text=clean_text(wish.text),
            components=written(wish.components),
            state="scheduled",
            starts_at_ms=wish.starts_at_ms,
            ends_at_ms=wish.ends_at_ms,
            reminder_min=wish.reminder_min,
            # A reminder that would be due at once says nothing new.
            is_reminded=not wish.reminder_min or wish.starts_at_ms - wish.reminder_min * MINUTE_MS <= now,
            notifies=wish.notify,
            created_at_ms=now,
            created_by=author_ref(by),
        )
        async with write_tx():
            ahead = "SELECT count(*) FROM status_maintenances WHERE org = {} AND state IN ('scheduled', 'in_progress')"
            if await fetch_value(ahead, org) >= MOST_AHEAD:
                raise Invalid(f"An organisation plans {MOST_AHEAD} maintenances at most.", code="too_many_maintenances")
            await tables.Maintenance.insert(row)
            await self._note("created", org, maintenance_id, by)
            if wish.starts_at_ms > now:
                await self._news.maintenance(await self.get(org, maintenance_id), "scheduled")
        await self.turn()
        return maintenance_id

    async def get(self, org: int, maintenance_id: str) -> StoredMaintenance:
        """One.  Raises `NotFound`."""
        found = await maintenances_where("org = {} AND id = {}", org, maintenance_id)
        if not found:
            raise NotFound("There is no such maintenance.", code="no_maintenance")
        return found[0]

    async def change(self, org: int, maintenance_id: str, wish: MaintenanceChange, *, by: Who) -> None:
        """What is planned; subscribers hear of another time.  Raises `NotFound`, `Invalid`."""
        old, now = await self.get(org, maintenance_id), self._parts.clock.now_ms()
        if old.state not in {"scheduled", "in_progress"}:
            raise Invalid("It is over.", code="over")
        if wish.components is not None:
            await check_components(old.page_id, wish.components)
        if old.state == "in_progress" and wish.starts_at_ms not in {None, old.starts_at_ms}:
            raise Invalid("It began already.", code="begun")
        new = _changed(old, wish)
        _check(new.starts_at_ms, new.ends_at_ms, now)
        is_moved = (new.starts_at_ms, new.ends_at_ms) != (old.starts_at_ms, old.ends_at_ms)
        if is_moved or new.reminder_min != old.reminder_min:
            due = new.starts_at_ms - new.reminder_min * MINUTE_MS
            new = replace(new, is_reminded=not new.reminder_min or due <= now)
        async with write_tx():
            await execute(
                "UPDATE status_maintenances SET title = {}, text = {}, components = {}, starts_at_ms = {}, "
                "ends_at_ms = {}, reminder_min = {}, is_reminded = {} WHERE id = {}",
                *(new.title, new.text, written(new.components), new.starts_at_ms, new.ends_at_ms),
                *(new.reminder_min, new.is_reminded, maintenance_id),
            )
            await self._note("updated", org, maintenance_id, by)
            if is_moved:
                await self._news.maintenance(new, "changed")

    async def step(self, org: int, maintenance_id: str, step: Step, *, by: Who) -> None:
        """Begin or end it now, or call it off.  Raises `NotFound`, `Invalid`."""
        found = await self.get(org, maintenance_id)
        fits = {"begin": ("scheduled",), "end": ("in_progress",), "cancel": ("scheduled", "in_progress")}
        if found.state not in fits[step]:
            raise Invalid(f"It is {found.state.replace('_', ' ')}.", code="wrong_state")
        async with write_tx():
            await self._take(found, step)
            await self._note("updated", org, maintenance_id, by)

    async def delete(self, org: int, maintenance_id: str, *, by: Who) -> None:
        """As if it had never been.  Raises `NotFound`."""
        await self.get(org, maintenance_id)
        async with write_tx():
            await execute("DELETE FROM status_maintenances WHERE id = {}", maintenance_id)
            await self._note("deleted", org, maintenance_id, by)

    async def turn(self) -> int:
        """Remind, begin and end what is due now (every few seconds); how many turned."""
        now, turned = self._parts.clock.now_ms(), 0
        for one in await maintenances_where("state = 'scheduled' AND starts_at_ms <= {}", now):
            turned += await self._turn(one, "begin")
        for one in await maintenances_where("state = 'in_progress' AND ends_at_ms <= {}", now):
            turned += await self._turn(one, "end")
        due = f"state = 'scheduled' AND is_reminded = {{}} AND starts_at_ms - reminder_min * {MINUTE_MS} <= {{}}"
        for one in await maintenances_where(due, False, now):
            async with write_tx():
                sql = "UPDATE status_maintenances SET is_reminded = {} WHERE id = {} AND is_reminded = {} RETURNING id"
                if await fetch(sql, True, one.id, False):
                    await self._news.maintenance(one, "reminder")
                    turned += 1
        return turned

    async def _turn(self, found: StoredMaintenance, step: Step) -> int:
        async with write_tx():
            if not await self._take(found, step):
                return 0
            await self._note("updated", found.org, found.id, SYSTEM)
        return 1

    async def _take(self, found: StoredMaintenance, step: Step) -> bool:
        """Move it on unless somebody else did; what began or ended by hand has its time of now."""
        now = self._parts.clock.now_ms()
        state = {"begin": "in_progress", "end": "completed", "cancel": "cancelled"}[step]
        starts = min(found.starts_at_ms, now) if step == "begin" else found.starts_at_ms
        # What is called off before it began keeps the time that people were told.
        has_begun = found.state == "in_progress"
        ends = min(found.ends_at_ms, now) if step == "end" or has_begun else found.ends_at_ms
        gone = None if step == "begin" else erase_on(now, days=KEEP_DAYS)
        moved = await fetch(
            "UPDATE status_maintenances SET state = {}, starts_at_ms = {}, ends_at_ms = {}, is_reminded = {}, "
            "erase_on = {} WHERE id = {} AND state = {} RETURNING id",
            *(state, starts, max(starts, ends), True, gone, found.id, found.state),
        )
        if not moved:
            return False
        phase = {"begin": "begun", "end": "ended", "cancel": "cancelled"}[step]
        await self._news.maintenance(
            replace(found, state=state, starts_at_ms=starts, ends_at_ms=max(starts, ends)), phase
        )
        return True

    async def _note(self, verb: str, org: int, maintenance_id: str, by: Who) -> None:
        await audit.write(f"maintenance.{verb}", org=org, actor=by, target=("maintenance", maintenance_id))
        self._parts.changed()


async def maintenances_where(condition: str, *values: object, limit: int = 1000) -> list[StoredMaintenance]:
    """The latest first; `condition` is SQL of ours."""
    rows = await fetch(
        f"SELECT {MAINTENANCE_COLUMNS} FROM status_maintenances WHERE {condition} "  # noqa: S608  # our words
        "ORDER BY starts_at_ms DESC, id DESC LIMIT {}",
        *(*values, limit),
    )
    return [read_maintenance(row) for row in rows]


def _changed(old: StoredMaintenance, wish: MaintenanceChange) -> StoredMaintenance:
    return replace(
        old,
        title=clean_line(wish.title or "") or old.title,
        text=old.text if wish.text is None else clean_text(wish.text),
        components=old.components if wish.components is None else tuple(wish.components),
        starts_at_ms=old.starts_at_ms if wish.starts_at_ms is None else wish.starts_at_ms,
        ends_at_ms=old.ends_at_ms if wish.ends_at_ms is None else wish.ends_at_ms,
        reminder_min=old.reminder_min if wish.reminder_min is None else wish.reminder_min,
    )


def _check(starts_ms: int, ends_ms: int, now_ms: int) -> None:
    if ends_ms <= starts_ms:
        raise Invalid("It ends after it begins.", code="bad_times")
    if ends_ms <= now_ms:
        raise Invalid("It would be over already.", code="bad_times")
    if ends_ms - starts_ms > LONGEST_MS:
        raise Invalid("A maintenance lasts 90 days at most.", code="bad_times")
