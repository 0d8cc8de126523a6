"""From when to when a component was in a state that a person or an alert said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.db import execute, fetch, write_tx
from obsv.status import tables
from obsv.status.states import State

KEEP_DAYS: Final = 730
BY_HAND: Final = ""
"""The source of what a person said; the others begin with what they are."""
ALERT: Final = "alert:"
INCIDENT: Final = "incident:"


@dataclass(frozen=True, slots=True)
class Span:
    """A component in a state; `ended_at_ms` is None while it lasts."""

    component_id: str
    source: str
    state: State
    began_at_ms: int
    ended_at_ms: int | None


class Periods:
    """The only writer of periods."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def begin(self, org: int, component_id: str, source: str, state: State, at_ms: int = 0) -> bool:
        """Let a state begin (now, unless `at_ms` says when) in place of its source's last; False if it lasts."""
        async with write_tx():
            rows = await fetch(
                "SELECT id, state FROM status_periods WHERE component_id = {} AND source = {} AND ended_at_ms IS NULL",
                *(component_id, source),
            )
            if rows and rows[0]["state"] == state.value:
                return False
            await self.end(component_id, source, at_ms)
            began = at_ms or self._clock.now_ms()
            await tables.Period.insert(
                tables.Period(org=org, component_id=component_id, source=source, state=state.value, began_at_ms=began)
            )
        return True

    async def end(self, component_id: str, source: str, at_ms: int = 0) -> bool:
        """Let what a source said end; whether there was anything."""
        at = at_ms or self._clock.now_ms()
        sql = (
            "UPDATE status_periods SET ended_at_ms = CASE WHEN began_at_ms > {} THEN began_at_ms ELSE {} END, "
            "erase_on = {} WHERE component_id = {} AND source = {} AND ended_at_ms IS NULL RETURNING id"
        )
        return bool(await fetch(sql, at, at, erase_on(at, days=KEEP_DAYS), component_id, source))

    async def forget(self, component_id: str) -> None:
        """With its component."""
        await execute("DELETE FROM status_periods WHERE component_id = {}", component_id)

    async def of_page(self, page_id: str, since_ms: int) -> list[Span]:
        """Those of a page's components that last, or ended since; drafts of incidents do not count yet."""
        rows = await fetch(
            "SELECT p.component_id, p.source, p.state, p.began_at_ms, p.ended_at_ms FROM status_periods p "
            "JOIN status_components c ON c.id = p.component_id "
            "WHERE c.page_id = {} AND (p.ended_at_ms IS NULL OR p.ended_at_ms >= {}) ORDER BY p.began_at_ms, p.id",
            *(page_id, since_ms),
        )
        drafts = await fetch("SELECT id FROM status_incidents WHERE page_id = {} AND is_draft = {}", page_id, True)
        hidden = {f"{INCIDENT}{row['id']}" for row in drafts}
        return [_span(row) for row in rows if row["source"] not in hidden]

    async def said(self, org: int, state: State) -> set[str]:
        """Components that are in a state because a person said so."""
        sql = (
            "SELECT c.id FROM status_components c JOIN status_periods p ON p.component_id = c.id "
            "WHERE c.org = {} AND p.source = {} AND p.state = {} AND p.ended_at_ms IS NULL"
        )
        return {row["id"] for row in await fetch(sql, org, BY_HAND, state.value)}

    async def firing(self, component_id: str) -> int:
        """How many alerts hold it in a state."""
        sql = "SELECT source FROM status_periods WHERE component_id = {} AND ended_at_ms IS NULL"
        return sum(row["source"].startswith(ALERT) for row in await fetch(sql, component_id))

    # What incidents say

    async def follow(self, org: int, incident_id: str, states: Mapping[str, str], at_ms: int) -> None:
        """From a moment on, components are as an incident says; those that it does not name are well."""
        source = f"{INCIDENT}{incident_id}"
        sql = "SELECT component_id FROM status_periods WHERE source = {} AND ended_at_ms IS NULL"
        for component_id in {row["component_id"] for row in await fetch(sql, source)} | states.keys():
            state = State(states.get(component_id, State.OPERATIONAL))
            if state is State.OPERATIONAL:
                await self.end(component_id, source, at_ms)
            else:
                await self.begin(org, component_id, source, state, at_ms)

    async def move(self, incident_id: str, before: tuple[int, int | None], after: tuple[int, int | None]) -> None:
        """An incident began, or was resolved, at other times than it was thought."""
        source = f"{INCIDENT}{incident_id}"
        sql = "UPDATE status_periods SET {0}_at_ms = {{}} WHERE source = {{}} AND {0}_at_ms = {{}}"
        await execute(sql.format("began"), after[0], source, before[0])
        if before[1] is not None and after[1] is not None:
            await execute(sql.format("ended"), after[1], source, before[1])

    async def rewrite(self, org: int, incident_id: str, states: Mapping[str, str], times: tuple[int, int]) -> None:
        """What a resolved incident touched was thought otherwise."""
        await self.forget_incident(incident_id)
        await self.follow(org, incident_id, states, times[0])
        await self.follow(org, incident_id, {}, times[1])

    async def forget_incident(self, incident_id: str) -> None:
        """As if it had not been."""
        await execute("DELETE FROM status_periods WHERE source = {}", f"{INCIDENT}{incident_id}")


def _span(row: dict[str, Any]) -> Span:
    return Span(row["component_id"], row["source"], State(row["state"]), row["began_at_ms"], row["ended_at_ms"])
