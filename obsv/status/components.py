"""Components: the parts of a service that a status page speaks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from obsv import audit
from obsv.audit import Who
from obsv.core.errors import Invalid, NotFound
from obsv.core.ids import new_id
from obsv.db import execute, fetch, fetch_value, write_tx
from obsv.metrics.promql.errors import ParseError
from obsv.metrics.promql.parser import parse_matchers
from obsv.metrics.store.types import Matcher
from obsv.status import tables
from obsv.status.parts import StatusParts, page_of, read_ids, written
from obsv.status.periods import BY_HAND, Periods
from obsv.status.states import State
from obsv.status.text import clean_line
from obsv.status.types import AlertAction, ComponentWish

MOST: Final = 200
_COLUMNS: Final = (
    "id, org, page_id, group_name, name, description, monitors, matchers, alert_state, alert_action, shows_uptime, "
    "created_at_ms"
)


@dataclass(frozen=True, slots=True)
class Component:
    """A component as it is stored."""

    id: str
    org: int
    page_id: str
    group: str
    name: str
    description: str
    monitors: tuple[str, ...]
    matchers: str
    alert_state: State
    alert_action: AlertAction
    shows_uptime: bool
    created_at_ms: int


class Components:
    """The only writer of components."""

    def __init__(self, parts: StatusParts, periods: Periods) -> None:
        self._parts, self._periods = parts, periods

    async def create(self, org: int, page_id: str, wish: ComponentWish, *, by: Who) -> Component:
        """A new one, at the end of the page.  Raises `NotFound`, `Invalid`."""
        await page_of(org, page_id)
        values, component_id = _values(wish), new_id("cmp")
        async with write_tx():
            count = await fetch_value("SELECT count(*) FROM status_components WHERE page_id = {}", page_id)
            if count >= MOST:
                raise Invalid(f"A status page has {MOST} components at most.", code="too_many_components")
            last = await fetch_value("SELECT max(position) FROM status_components WHERE page_id = {}", page_id)
            row = tables.Component(
                id=component_id,
                org=org,
                page_id=page_id,
                position=(last or 0) + 1,
                created_at_ms=self._parts.clock.now_ms(),
                **values,
            )
            await tables.Component.insert(row)
            await self._note("created", org, component_id, by)
        return await component_of(org, page_id, component_id)

    async def change(self, org: int, page_id: str, component_id: str, wish: ComponentWish, *, by: Who) -> Component:
        """Make it so.  Raises `NotFound`, `Invalid`."""
        await component_of(org, page_id, component_id)
        values = _values(wish)
        columns = ", ".join(f"{name} = {{}}" for name in values)
        async with write_tx():
            await execute(
                f"UPDATE status_components SET {columns} WHERE org = {{}} AND id = {{}}",  # noqa: S608  # our names
                *(*values.values(), org, component_id),
            )
            await self._note("updated", org, component_id, by)
        return await component_of(org, page_id, component_id)

    async def delete(self, org: int, page_id: str, component_id: str, *, by: Who) -> None:
        """With how it did; incidents keep what they told.  Raises `NotFound`."""
        await component_of(org, page_id, component_id)
        async with write_tx():
            await self._periods.forget(component_id)
            await execute("DELETE FROM status_components WHERE org = {} AND id = {}", org, component_id)
            await self._note("deleted", org, component_id, by)

    async def order(self, org: int, page_id: str, ids: Sequence[str], *, by: Who) -> None:
        """Put them in an order.  Raises `NotFound`, `Invalid` unless each is named once."""
        await page_of(org, page_id)
        async with write_tx():
            there = await fetch("SELECT id FROM status_components WHERE page_id = {}", page_id)
            if sorted(ids) != sorted(row["id"] for row in there):
                raise Invalid("Name each component of the page once.", code="bad_order")
            for position, component_id in enumerate(ids, 1):
                await execute("UPDATE status_components SET position = {} WHERE id = {}", position, component_id)
            await audit.write("status_page.updated", org=org, actor=by, target=("status_page", page_id))
            self._parts.changed()

    async def set_by_hand(self, org: int, page_id: str, component_id: str, state: State | None, *, by: Who) -> None:
        """What a person says, until they say None.  Raises `NotFound`."""
        await component_of(org, page_id, component_id)
        async with write_tx():
            if state is None:
                await self._periods.end(component_id, BY_HAND)
            else:
                await self._periods.begin(org, component_id, BY_HAND, state)
            await self._note("updated", org, component_id, by)

    async def _note(self, verb: str, org: int, component_id: str, by: Who) -> None:
        target = ("status_component", component_id)
        await audit.write(f"status_component.{verb}", org=org, actor=by, target=target)
        self._parts.changed()


async def component_of(org: int, page_id: str, component_id: str) -> Component:
    """One of an organisation's page.  Raises `NotFound`."""
    found = await _where("org = {} AND page_id = {} AND id = {}", org, page_id, component_id)
    if not found:
        raise NotFound("The page has no such component.", code="no_component")
    return found[0]


async def components_of(page_id: str) -> list[Component]:
    """Those of a page, in its order."""
    return await _where("page_id = {}", page_id)


async def components_in(org: int) -> list[Component]:
    """Those of all pages of an organisation."""
    return await _where("org = {}", org)


async def watching_alerts(org: int) -> list[tuple[Component, list[Matcher]]]:
    """Those of an organisation that alerts set, with what selects them."""
    return [(one, read_matchers(one.matchers)) for one in await _where("org = {} AND matchers <> ''", org)]


async def check_components(page_id: str, ids: Sequence[str]) -> None:
    """Raise `Invalid` unless all of them are on the page."""
    known = {row["id"] for row in await fetch("SELECT id FROM status_components WHERE page_id = {}", page_id)}
    if unknown := sorted(set(ids) - known):
        raise Invalid(f"The page has no component {unknown[0]}.", code="unknown_component")


def read_matchers(text: str) -> list[Matcher]:
    """A selector of alerts.  Raises `Invalid`."""
    try:
        return parse_matchers(text)
    except ParseError as error:
        raise Invalid(f'This selects no alerts: {error}. Write {{service="api"}}.', code="bad_matchers") from None


def _values(wish: ComponentWish) -> dict[str, Any]:
    name, matchers = clean_line(wish.name), wish.matchers.replace("\x00", "").strip()
    if not name:
        raise Invalid("Give the component a name.", code="no_name")
    if matchers:
        read_matchers(matchers)
    return {
        "group_name": clean_line(wish.group),
        "name": name,
        "description": clean_line(wish.description),
        "monitors": written(wish.monitors),
        "matchers": matchers,
        "alert_state": wish.alert_state,
        "alert_action": wish.alert_action,
        "shows_uptime": wish.shows_uptime,
    }


async def _where(condition: str, *values: object) -> list[Component]:
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM status_components WHERE {condition} ORDER BY position, id",  # noqa: S608  # our words
        *values,
    )
    return [
        Component(
            id=row["id"],
            org=row["org"],
            page_id=row["page_id"],
            group=row["group_name"],
            name=row["name"],
            description=row["description"],
            monitors=tuple(read_ids(row["monitors"])),
            matchers=row["matchers"],
            alert_state=State(row["alert_state"]),
            alert_action=cast("AlertAction", row["alert_action"]),
            shows_uptime=bool(row["shows_uptime"]),
            created_at_ms=row["created_at_ms"],
        )
        for row in rows
    ]
