"""Events that charts are marked with, such as deploys: sent by scripts, kept as long as metrics."""

from __future__ import annotations

from typing import Final

from obsv import audit
from obsv.accounts.authors import Authors, author_ref
from obsv.audit import Who
from obsv.core.clock import Clock
from obsv.core.errors import Invalid, NotFound
from obsv.core.ids import new_id
from obsv.dashboards import tables
from obsv.dashboards.types import EventList, EventView, NewEvent
from obsv.db import fetch, fetch_value, write_tx

MOST: Final = 100_000
_COLUMNS: Final = "id, at_ms, end_ms, title, text, tags, created_by"


class Events:
    """The only writer of events."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def create(self, org: int, wish: NewEvent, *, by: Who) -> EventView:
        """A new one.  Raises `Invalid`."""
        at_ms = self._clock.now_ms() if wish.time is None else wish.time
        end_ms = at_ms if wish.end is None else wish.end
        title, tags = _clean(wish.title), [_clean(tag) for tag in wish.tags]
        if not title or "" in tags:
            raise Invalid("The title and each tag need a letter.", code="bad_event")
        if end_ms < at_ms:
            raise Invalid("An event ends after it began.", code="bad_event")
        row = tables.EventRow(
            id=new_id("evt"),
            org=org,
            at_ms=at_ms,
            end_ms=end_ms,
            title=title,
            text=wish.text.replace("\x00", ""),
            tags="".join(f"\n{tag}\n" for tag in tags),
            created_by=author_ref(by),
        )
        async with write_tx():
            if await fetch_value("SELECT count(*) FROM events WHERE org = {}", org) >= MOST:
                raise Invalid(f"An organisation keeps {MOST} events: delete some.", code="too_many_events")
            await tables.EventRow.insert(row)
            await audit.write("annotation.created", org=org, actor=by, target=("event", row.id))
        return await _view(Authors(org), **{name: getattr(row, name) for name in _COLUMNS.split(", ")})

    async def delete(self, org: int, event_id: str, *, by: Who) -> None:
        """Take one away.  Raises `NotFound`."""
        async with write_tx():
            if not await fetch("DELETE FROM events WHERE org = {} AND id = {} RETURNING id", org, event_id):
                raise NotFound("There is no such event.", code="no_event")
            await audit.write("annotation.deleted", org=org, actor=by, target=("event", event_id))

    async def listed(self, org: int, since_ms: int, until_ms: int, tags: tuple[str, ...], limit: int) -> EventList:
        """Those that have all of the tags and touch the time from `since_ms` to `until_ms`, newest first."""
        # Not LIKE: to SQLite, Deploy is like deploy.
        has_tags = " AND replace(tags, {}, '') <> tags" * len(tags)
        rows = await fetch(
            f"SELECT {_COLUMNS} FROM events WHERE org = {{}} AND at_ms <= {{}} AND end_ms >= {{}}{has_tags} "  # noqa: S608
            "ORDER BY at_ms DESC, id DESC LIMIT {}",
            *(org, until_ms, since_ms, *(f"\n{_clean(tag)}\n" for tag in tags), limit + 1),
        )
        authors = Authors(org)
        return EventList([await _view(authors, **row) for row in rows[:limit]], len(rows) <= limit)

    async def drop_before(self, org: int, cutoff_ms: int) -> int:
        """Retention: what ended before; how many."""
        async with write_tx():
            gone = await fetch("DELETE FROM events WHERE org = {} AND end_ms < {} RETURNING id", org, cutoff_ms)
        return len(gone)


def _clean(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())


async def _view(
    authors: Authors,
    *,
    id: str,  # noqa: A002  # the column's name
    at_ms: int,
    end_ms: int,
    title: str,
    text: str,
    tags: str,
    created_by: str,
) -> EventView:
    end = end_ms if end_ms > at_ms else None
    return EventView(
        id, at_ms, end, title, text, [tag for tag in tags.split("\n") if tag], await authors.of(created_by)
    )
