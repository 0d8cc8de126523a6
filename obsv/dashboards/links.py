"""Shared links: whoever has one looks at one dashboard, without signing in, until it ends.

A link carries 256 random bits, the database their SHA-256.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from obsv import audit
from obsv.accounts.authors import Authors, author_ref
from obsv.audit import Who
from obsv.core.clock import Clock
from obsv.core.days import day_of, erase_on
from obsv.core.errors import Invalid, NotFound
from obsv.core.ids import new_id, random_token
from obsv.dashboards import tables
from obsv.dashboards.catalog import Catalog, Found
from obsv.dashboards.model import Dashboard
from obsv.dashboards.rights import Rights
from obsv.dashboards.times import BadTime, resolve
from obsv.dashboards.types import CreatedLink, LinkView, NewLink
from obsv.db import execute, fetch, fetch_value, write_tx

YEAR_MS: Final = 366 * 86_400_000
MOST: Final = 1000
KEEP_DAYS: Final = 30
"""How long one that does not work any more is kept."""

_COLUMNS: Final = (
    "id, title, range_start, range_end, variables, chosen, created_by, created_at_ms, expires_at_ms, last_used_on"
)
_strings: Final = msgspec.json.Decoder(list[str])
_chosen: Final = msgspec.json.Decoder(dict[str, list[str]])


@dataclass(frozen=True, slots=True)
class Visit:
    """What a link leads to: the dashboard of an organisation, and what a visitor may see and change of it.

    `used_on` is the day on which it was opened last.
    """

    org: int
    dashboard: Dashboard
    title: str
    start: str
    end: str
    variables: frozenset[str]
    chosen: dict[str, list[str]]
    expires_at_ms: int
    used_on: str | None


class Links:
    """The only writer of shared links."""

    def __init__(self, clock: Clock, catalog: Catalog, base_url: str) -> None:
        self._clock, self._catalog, self._base_url = clock, catalog, base_url

    async def create(self, org: int, key: str, wish: NewLink, *, rights: Rights, by: Who) -> CreatedLink:
        """A new one; its token is told this once.  Raises `NotFound`, `Forbidden`, `Invalid`."""
        found, now, token = await self._editable(org, key, rights), self._clock.now_ms(), random_token()
        self._check(wish, found.dashboard, now)
        row = tables.DashboardLink(
            id=new_id("shr"),
            org=org,
            dashboard_id=found.id,
            token_hash=_hash(token),
            title=wish.title.replace("\x00", ""),
            range_start=wish.start,
            range_end=wish.end,
            variables=msgspec.json.encode(wish.variables).decode(),
            chosen=msgspec.json.encode(wish.chosen).decode(),
            created_by=author_ref(by),
            created_at_ms=now,
            expires_at_ms=wish.expires_at_ms,
            erase_on=erase_on(wish.expires_at_ms, days=KEEP_DAYS),
        )
        async with write_tx():
            live = (
                "SELECT count(*) FROM dashboard_links WHERE org = {} AND revoked_at_ms IS NULL AND expires_at_ms > {}"
            )
            if await fetch_value(live, org, now) >= MOST:
                raise Invalid(
                    f"An organisation has {MOST} shared links at most: take some back.", code="too_many_links"
                )
            await tables.DashboardLink.insert(row)
            await audit.write("dashboard.shared", org=org, actor=by, target=("dashboard", found.id))
        shown = await _view(Authors(org), {name: getattr(row, name) for name in _COLUMNS.split(", ")})
        return CreatedLink(shown, token, f"{self._base_url}/shared/{token}")

    async def listed(self, org: int, key: str, *, rights: Rights) -> list[LinkView]:
        """Those that work, newest first.  Raises `NotFound`, `Forbidden`."""
        found = await self._editable(org, key, rights)
        rows = await fetch(
            f"SELECT {_COLUMNS} FROM dashboard_links WHERE org = {{}} AND dashboard_id = {{}} "  # noqa: S608  # our names
            "AND revoked_at_ms IS NULL AND expires_at_ms > {} ORDER BY created_at_ms DESC, id DESC",
            *(org, found.id, self._clock.now_ms()),
        )
        authors = Authors(org)
        return [await _view(authors, row) for row in rows]

    async def revoke(self, org: int, key: str, link_id: str, *, rights: Rights, by: Who) -> None:
        """Take one back, at once.  Raises `NotFound`, `Forbidden`."""
        found, now = await self._editable(org, key, rights), self._clock.now_ms()
        async with write_tx():
            if not await fetch(
                "SELECT id FROM dashboard_links WHERE org = {} AND dashboard_id = {} AND id = {} "
                "AND revoked_at_ms IS NULL",
                *(org, found.id, link_id),
            ):
                raise NotFound("There is no such link.", code="no_link")
            await execute(
                "UPDATE dashboard_links SET revoked_at_ms = {}, erase_on = {} WHERE org = {} AND id = {}",
                *(now, erase_on(now, days=KEEP_DAYS), org, link_id),
            )
            await audit.write("dashboard.unshared", org=org, actor=by, target=("dashboard", found.id))

    async def visit(self, token: str) -> Visit:
        """What a token leads to.  Raises `NotFound`, without saying whether there ever was such a link."""
        rows = await fetch(
            "SELECT org, dashboard_id, title, range_start, range_end, variables, chosen, expires_at_ms, last_used_on "
            "FROM dashboard_links WHERE token_hash = {} AND revoked_at_ms IS NULL AND expires_at_ms > {}",
            *(_hash(token), self._clock.now_ms()),
        )
        found = await self._catalog.find_by_id(rows[0]["org"], rows[0]["dashboard_id"]) if rows else None
        if found is None:
            raise NotFound("This link does not work, or not any more: ask whoever gave it to you.", code="no_link")
        row = rows[0]
        return Visit(
            org=row["org"],
            dashboard=found,
            title=row["title"],
            start=row["range_start"],
            end=row["range_end"],
            variables=frozenset(_strings.decode(row["variables"])),
            chosen=_chosen.decode(row["chosen"]),
            expires_at_ms=row["expires_at_ms"],
            used_on=_day(row["last_used_on"]),
        )

    async def note_use(self, token: str, visit: Visit) -> None:
        """Somebody opened it today: when exactly, and who, is nobody's business.  The first of a day is written."""
        today = day_of(self._clock.now_ms())
        if visit.used_on != str(today):
            await execute("UPDATE dashboard_links SET last_used_on = {} WHERE token_hash = {}", today, _hash(token))

    async def _editable(self, org: int, key: str, rights: Rights) -> Found:
        found = await self._catalog.find(org, key)
        rights.require(found.dashboard.folder)
        return found

    def _check(self, wish: NewLink, dashboard: Dashboard, now: int) -> None:
        if not now < wish.expires_at_ms <= now + YEAR_MS:
            raise Invalid("A link ends within a year from now.", code="bad_expiry")
        names = {one.name for one in dashboard.variables}
        free = {one.name for one in dashboard.variables if one.kind not in {"constant", "filters"}}
        if unknown := sorted({*wish.variables} - free | {*wish.chosen} - names):
            raise Invalid(f"Visitors cannot choose {', '.join(unknown)}: no such variable.", code="bad_variable")
        if bool(wish.start) != bool(wish.end):
            raise Invalid("A fixed range has a start and an end.", code="bad_range")
        try:
            if wish.start and resolve(wish.start, now) >= resolve(wish.end, now, is_end=True):
                raise Invalid("A range ends after it begins.", code="bad_range")
        except BadTime as wrong:
            raise Invalid(str(wrong), code="bad_range") from None


def _day(stored: object) -> str | None:
    """A date on Postgres, text on SQLite."""
    return str(stored) if stored else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def _view(authors: Authors, row: dict[str, Any]) -> LinkView:
    return LinkView(
        id=row["id"],
        title=row["title"],
        start=row["range_start"],
        end=row["range_end"],
        variables=_strings.decode(row["variables"]),
        chosen=_chosen.decode(row["chosen"]),
        created_by=await authors.of(row["created_by"]),
        created_at_ms=row["created_at_ms"],
        expires_at_ms=row["expires_at_ms"],
        last_used_on=_day(row["last_used_on"]),
    )
