"""What the services of status pages work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from obsv.accounts.cache import Remembered
from obsv.core.clock import Clock
from obsv.core.errors import NotFound
from obsv.db import after_commit, fetch

_texts = msgspec.json.Decoder(list[str])
_states = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True)
class Page:
    """A status page as it is stored."""

    id: str
    org: int
    slug: str
    title: str
    description: str
    host: str
    is_public: bool
    created_at_ms: int


class StatusParts:
    """The clock, the instance's address, and what public pages were made of a moment ago."""

    def __init__(self, clock: Clock, base_url: str) -> None:
        self.clock, self.base_url = clock, base_url.rstrip("/")
        self.shown: Remembered[Any] = Remembered(clock)

    def changed(self) -> None:
        """Show what the current transaction changes as soon as it is kept."""
        after_commit(self.shown.clear)

    def url_of(self, page: Page) -> str:
        """Where people find a page; below it are its own pages."""
        return f"{self.origin_of(page)}/status/{page.slug}"

    def origin_of(self, page: Page) -> str:
        """The page's own host, else the instance's."""
        scheme = self.base_url.partition("://")[0]
        return f"{scheme}://{page.host}" if page.host else self.base_url


_COLUMNS = "id, org, slug, title, description, host, is_public, created_at_ms"


async def page_of(org: int, page_id: str) -> Page:
    """An organisation's page.  Raises `NotFound`."""
    rows = await fetch(f"SELECT {_COLUMNS} FROM status_pages WHERE org = {{}} AND id = {{}}", org, page_id)  # noqa: S608
    if not rows:
        raise NotFound("There is no such status page.", code="no_status_page")
    return read_page(rows[0])


async def pages_where(condition: str, *values: object) -> list[Page]:
    """Pages by title; `condition` is SQL of ours."""
    rows = await fetch(f"SELECT {_COLUMNS} FROM status_pages WHERE {condition} ORDER BY title, id", *values)  # noqa: S608
    return [read_page(row) for row in rows]


def read_page(row: dict[str, Any]) -> Page:
    """A page from its row."""
    read: dict[str, Any] = {**row, "is_public": bool(row["is_public"])}
    return Page(**read)


def read_ids(text: str) -> list[str]:
    """A JSON list of ids."""
    return _texts.decode(text)


def read_states(text: str) -> dict[str, Any]:
    """A JSON object of states by component."""
    return _states.decode(text)


def written(value: object) -> str:
    """As JSON."""
    return msgspec.json.encode(value).decode()
