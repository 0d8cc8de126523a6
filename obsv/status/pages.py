"""Status pages: made, changed, taken away."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from obsv import audit
from obsv.accounts.authors import author_ref
from obsv.audit import Who
from obsv.core.errors import Conflict, Invalid
from obsv.core.ids import new_id
from obsv.db import execute, fetch, fetch_value, is_unique_violation, write_tx
from obsv.status import tables
from obsv.status.parts import Page, StatusParts, page_of, pages_where
from obsv.status.text import clean_line, clean_text
from obsv.status.types import PageWish

MOST: Final = 20
RESERVED: Final = frozenset({"assets", "api", "feed", "new"})


class StatusPages:
    """The only writer of pages."""

    def __init__(self, parts: StatusParts) -> None:
        self._parts = parts

    async def listed(self, org: int) -> list[Page]:
        """An organisation's, by title."""
        return await pages_where("org = {}", org)

    async def create(self, org: int, wish: PageWish, *, by: Who) -> Page:
        """A new one.  Raises `Conflict` (slug or host are taken), `Invalid`."""
        self._check(wish)
        page_id = new_id("spg")
        row = tables.StatusPage(
            id=page_id,
            org=org,
            slug=wish.slug,
            title=clean_line(wish.title),
            description=clean_text(wish.description),
            host=wish.host,
            is_public=wish.is_public,
            created_at_ms=self._parts.clock.now_ms(),
            created_by=author_ref(by),
        )
        try:
            async with write_tx():
                if await fetch_value("SELECT count(*) FROM status_pages WHERE org = {}", org) >= MOST:
                    raise Invalid(f"An organisation has {MOST} status pages at most.", code="too_many_status_pages")
                await tables.StatusPage.insert(row)
                await audit.write("status_page.created", org=org, actor=by, target=("status_page", page_id))
                self._parts.changed()
        except Exception as error:
            if is_unique_violation(error):
                raise _taken() from None
            raise
        return await page_of(org, page_id)

    async def change(self, org: int, page_id: str, wish: PageWish, *, by: Who) -> Page:
        """Make it so.  Raises `NotFound`, `Conflict`, `Invalid`."""
        await page_of(org, page_id)
        self._check(wish)
        try:
            async with write_tx():
                await execute(
                    "UPDATE status_pages SET slug = {}, title = {}, description = {}, host = {}, is_public = {} "
                    "WHERE org = {} AND id = {}",
                    *(wish.slug, clean_line(wish.title), clean_text(wish.description), wish.host, wish.is_public),
                    *(org, page_id),
                )
                await audit.write("status_page.updated", org=org, actor=by, target=("status_page", page_id))
                self._parts.changed()
        except Exception as error:
            if is_unique_violation(error):
                raise _taken() from None
            raise
        return await page_of(org, page_id)

    async def delete(self, org: int, page_id: str, *, by: Who) -> None:
        """With all that belongs to it; subscribers are forgotten.  Raises `NotFound`."""
        await page_of(org, page_id)
        today = self._parts.clock.now().date()
        for row in await fetch("SELECT id FROM status_subscribers WHERE page_id = {}", page_id):
            await tables.forget_subscriber(row["id"], today)
        of_page = "SELECT id FROM {} WHERE page_id = {{}}"
        async with write_tx():
            for table, column, parent in (
                ("status_updates", "incident_id", "status_incidents"),
                ("status_periods", "component_id", "status_components"),
            ):
                inner = of_page.format(parent)
                await execute(f"DELETE FROM {table} WHERE {column} IN ({inner})", page_id)  # noqa: S608  # our names
            for table in ("status_incidents", "status_maintenances", "status_components"):
                await execute(f"DELETE FROM {table} WHERE page_id = {{}}", page_id)  # noqa: S608  # our names
            await execute("DELETE FROM status_pages WHERE id = {}", page_id)
            await audit.write("status_page.deleted", org=org, actor=by, target=("status_page", page_id))
            self._parts.changed()

    def _check(self, wish: PageWish) -> None:
        if wish.slug in RESERVED:
            raise Invalid(f"The address {wish.slug} is obsv's own: take another.", code="reserved_slug")
        if not clean_line(wish.title):
            raise Invalid("Give the page a title.", code="no_title")
        if wish.host and wish.host == urlsplit(self._parts.base_url).hostname:
            raise Invalid("This host name is the instance's own: leave it empty.", code="own_host")


def _taken() -> Conflict:
    return Conflict("Another status page has this address or host name.", code="status_page_taken")
