"""Incidents: opened, told of in updates, resolved, and looked back at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from obsv import audit
from obsv.accounts.authors import author_ref
from obsv.audit import SYSTEM, Who
from obsv.core.days import erase_on
from obsv.core.errors import Invalid, NotFound
from obsv.core.ids import new_id
from obsv.db import execute, fetch, fetch_value, write_tx
from obsv.status import tables
from obsv.status.components import Component, check_components
from obsv.status.news import News
from obsv.status.parts import StatusParts, page_of, written
from obsv.status.periods import Periods
from obsv.status.stored import COLUMNS, StoredIncident, read_incidents
from obsv.status.text import clean_line, clean_text
from obsv.status.types import IncidentChange, IncidentWish, UpdateChange, UpdateWish

MOST: Final = 10_000
MOST_UPDATES: Final = 200
KEEP_DAYS: Final = 730
SLACK_MS: Final = 60_000
"""How far ahead a browser's clock may be."""


class Incidents:
    """The only writer of incidents and their updates."""

    def __init__(self, parts: StatusParts, periods: Periods, news: News) -> None:
        self._parts, self._periods, self._news = parts, periods, news

    async def open(self, org: int, wish: IncidentWish, *, by: Who, alert_component: str = "") -> str:
        """A new one; its id.  Raises `NotFound`, `Invalid`."""
        await page_of(org, wish.page_id)
        await check_components(wish.page_id, list(wish.components))
        started = self._moment(wish.started_at_ms)
        title = clean_line(wish.title)
        if not title:
            raise Invalid("Give the incident a title.", code="no_title")
        incident_id = new_id("inc")
        row = tables.Incident(
            id=incident_id,
            org=org,
            page_id=wish.page_id,
            title=title,
            impact=wish.impact,
            status=wish.status,
            components=written(wish.components),
            is_draft=wish.is_draft,
            started_at_ms=started,
            postmortem="",
            alert_component=alert_component,
            is_touched=by is not SYSTEM,
            created_at_ms=self._parts.clock.now_ms(),
            created_by=author_ref(by),
        )
        async with write_tx():
            if await fetch_value("SELECT count(*) FROM status_incidents WHERE org = {}", org) >= MOST:
                raise Invalid(f"An organisation keeps {MOST} incidents: delete some.", code="too_many_incidents")
            await tables.Incident.insert(row)
            await self._add(org, incident_id, (wish.status, clean_text(wish.text), started), by)
            await self._settle(org, incident_id, started)
            await self._note("created", org, incident_id, by)
            if wish.notify and not wish.is_draft:
                await self._news.incident(await self.get(org, incident_id))
        return incident_id

    async def get(self, org: int, incident_id: str) -> StoredIncident:
        """One with its updates.  Raises `NotFound`."""
        rows = await fetch(
            f"SELECT {COLUMNS} FROM status_incidents WHERE org = {{}} AND id = {{}}",  # noqa: S608  # our names
            *(org, incident_id),
        )
        if not rows:
            raise NotFound("There is no such incident.", code="no_incident")
        return (await read_incidents(rows))[0]

    async def change(self, org: int, incident_id: str, wish: IncidentChange, *, by: Who) -> None:
        """What it is called, what it touches, from when to when it was.  Raises `NotFound`, `Invalid`."""
        found = await self.get(org, incident_id)
        if wish.components is not None:
            await check_components(found.page_id, list(wish.components))
        started = found.started_at_ms if wish.started_at_ms is None else self._moment(wish.started_at_ms)
        resolved = found.resolved_at_ms if wish.resolved_at_ms is None else self._moment(wish.resolved_at_ms)
        if wish.resolved_at_ms is not None and found.resolved_at_ms is None:
            raise Invalid("It is not resolved: tell so in an update.", code="not_resolved")
        if resolved is not None and resolved < started:
            raise Invalid("It is resolved after it began.", code="bad_times")
        title = clean_line(wish.title or "") or found.title
        async with write_tx():
            await execute(
                "UPDATE status_incidents SET title = {}, impact = {}, components = {}, started_at_ms = {}, "
                "resolved_at_ms = {}, erase_on = {}, is_touched = {} WHERE id = {}",
                *(title, wish.impact or found.impact, _either(wish.components, found.components), started),
                *(resolved, _goes_on(resolved), True, incident_id),
            )
            await self._periods.move(incident_id, (found.started_at_ms, found.resolved_at_ms), (started, resolved))
            if wish.components is not None and resolved is not None:
                await self._periods.rewrite(org, incident_id, wish.components, (started, resolved))
            elif wish.components is not None:
                await self._settle(org, incident_id, self._parts.clock.now_ms())
            await self._note("updated", org, incident_id, by)

    async def publish(self, org: int, incident_id: str, *, notify: bool, by: Who) -> None:
        """Show a draft to everybody.  Raises `NotFound`, `Invalid`."""
        found = await self.get(org, incident_id)
        if not found.is_draft:
            raise Invalid("It is published already.", code="published")
        async with write_tx():
            await execute(
                "UPDATE status_incidents SET is_draft = {}, is_touched = {} WHERE id = {}", False, True, incident_id
            )
            await self._note("updated", org, incident_id, by)
            if notify:
                await self._news.incident(await self.get(org, incident_id))

    async def update(self, org: int, incident_id: str, wish: UpdateWish, *, by: Who) -> None:
        """Tell how it goes on.  Raises `NotFound`, `Invalid`."""
        found, at = await self.get(org, incident_id), self._moment(wish.at_ms)
        if at < found.started_at_ms:
            raise Invalid("An update comes after the incident began.", code="bad_times")
        if len(found.updates) >= MOST_UPDATES:
            raise Invalid(f"An incident has {MOST_UPDATES} updates at most.", code="too_many_updates")
        if wish.components is not None:
            await check_components(found.page_id, list(wish.components))
        async with write_tx():
            await self._add(org, incident_id, (wish.status, clean_text(wish.text), at), by)
            if wish.components is not None:
                await execute(
                    "UPDATE status_incidents SET components = {} WHERE id = {}", written(wish.components), incident_id
                )
            if by is not SYSTEM:
                await execute("UPDATE status_incidents SET is_touched = {} WHERE id = {}", True, incident_id)
            await self._settle(org, incident_id, at)
            await self._note("updated", org, incident_id, by)
            if wish.notify and not found.is_draft:
                await self._news.incident(await self.get(org, incident_id))

    async def edit(self, org: int, incident_id: str, update_id: str, wish: UpdateChange, *, by: Who) -> None:
        """Put another text, or time, in an update's place; nobody is mailed.  Raises `NotFound`, `Invalid`."""
        found = await self.get(org, incident_id)
        old = next((one for one in found.updates if one.id == update_id), None)
        if old is None:
            raise _no_update()
        at = old.at_ms if wish.at_ms is None else self._moment(wish.at_ms)
        async with write_tx():
            await execute(
                "UPDATE status_updates SET text = {}, at_ms = {}, edited_at_ms = {} WHERE id = {}",
                *(clean_text(wish.text), at, self._parts.clock.now_ms(), update_id),
            )
            await execute("UPDATE status_incidents SET is_touched = {} WHERE id = {}", True, incident_id)
            await self._settle(org, incident_id, self._parts.clock.now_ms())
            await self._note("updated", org, incident_id, by)

    async def retract(self, org: int, incident_id: str, update_id: str, *, by: Who) -> None:
        """Take an update away; the last one stays.  Raises `NotFound`, `Invalid`."""
        found = await self.get(org, incident_id)
        if update_id not in {one.id for one in found.updates}:
            raise _no_update()
        if len(found.updates) == 1:
            raise Invalid("It is the only one: delete the incident.", code="last_update")
        async with write_tx():
            await execute("DELETE FROM status_updates WHERE id = {}", update_id)
            await execute("UPDATE status_incidents SET is_touched = {} WHERE id = {}", True, incident_id)
            await self._settle(org, incident_id, self._parts.clock.now_ms())
            await self._note("updated", org, incident_id, by)

    async def look_back(self, org: int, incident_id: str, text: str, *, by: Who) -> None:
        """What was learnt.  Raises `NotFound`, `Invalid` before it is resolved."""
        found, text = await self.get(org, incident_id), clean_text(text)
        if found.resolved_at_ms is None:
            raise Invalid("Look back at it once it is resolved.", code="not_resolved")
        at = self._parts.clock.now_ms() if text else None
        async with write_tx():
            await execute(
                "UPDATE status_incidents SET postmortem = {}, postmortem_at_ms = {}, is_touched = {} WHERE id = {}",
                *(text, at, True, incident_id),
            )
            await self._note("updated", org, incident_id, by)

    async def delete(self, org: int, incident_id: str, *, by: Who) -> None:
        """As if it had never been.  Raises `NotFound`."""
        await self.get(org, incident_id)
        async with write_tx():
            await self._periods.forget_incident(incident_id)
            await execute("DELETE FROM status_updates WHERE incident_id = {}", incident_id)
            await execute("DELETE FROM status_incidents WHERE id = {}", incident_id)
            await self._note("deleted", org, incident_id, by)

    async def of_alert(self, component: Component) -> StoredIncident | None:
        """The one that an alert opened for a component and that still lasts."""
        rows = await fetch(
            f"SELECT {COLUMNS} FROM status_incidents WHERE alert_component = {{}} "  # noqa: S608  # our names
            "AND resolved_at_ms IS NULL ORDER BY started_at_ms DESC",
            component.id,
        )
        return (await read_incidents(rows))[0] if rows else None

    async def _add(self, org: int, incident_id: str, told: tuple[str, str, int], by: Who) -> None:
        status, text, at = told
        await tables.Update.insert(
            tables.Update(
                id=new_id("upd"),
                org=org,
                incident_id=incident_id,
                status=status,
                text=text,
                at_ms=at,
                created_by=author_ref(by),
            )
        )

    async def _settle(self, org: int, incident_id: str, at_ms: int) -> None:
        """An incident is what its latest update says; its components follow, from a moment on."""
        latest = (
            await fetch(
                "SELECT status, at_ms FROM status_updates WHERE incident_id = {} ORDER BY at_ms DESC, id DESC LIMIT 1",
                incident_id,
            )
        )[0]
        resolved = latest["at_ms"] if latest["status"] == "resolved" else None
        await execute(
            "UPDATE status_incidents SET status = {}, resolved_at_ms = {}, erase_on = {} WHERE id = {}",
            *(latest["status"], resolved, _goes_on(resolved), incident_id),
        )
        found = await self.get(org, incident_id)
        states = found.components if resolved is None else {}
        await self._periods.follow(org, incident_id, states, at_ms if resolved is None else resolved)

    async def _note(self, verb: str, org: int, incident_id: str, by: Who) -> None:
        await audit.write(f"incident.{verb}", org=org, actor=by, target=("incident", incident_id))
        self._parts.changed()

    def _moment(self, wanted_ms: int | None) -> int:
        """Now, or a time in the past.  Raises `Invalid`."""
        now = self._parts.clock.now_ms()
        if wanted_ms is not None and wanted_ms > now + SLACK_MS:
            raise Invalid("This lies in the future.", code="bad_times")
        return now if wanted_ms is None else min(wanted_ms, now)


async def incidents_where(condition: str, *values: object, limit: int = 1000) -> list[StoredIncident]:
    """With their updates, newest first; `condition` is SQL of ours."""
    rows = await fetch(
        f"SELECT {COLUMNS} FROM status_incidents WHERE {condition} "  # noqa: S608  # our words
        "ORDER BY started_at_ms DESC, id DESC LIMIT {}",
        *(*values, limit),
    )
    return await read_incidents(rows)


def _either(wanted: Mapping[str, str] | None, there: Mapping[str, str]) -> str:
    return written(dict(there) if wanted is None else dict(wanted))


def _goes_on(resolved_ms: int | None) -> object:
    return None if resolved_ms is None else erase_on(resolved_ms, days=KEEP_DAYS)


def _no_update() -> NotFound:
    return NotFound("The incident has no such update.", code="no_update")
