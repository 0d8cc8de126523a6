"""Announcements: written as drafts, previewed, sent to each person once, paused and gone on with."""

from __future__ import annotations

from typing import Any, Final, cast

import msgspec

from obsv import audit
from obsv.accounts import accounts
from obsv.accounts.authors import author_ref
from obsv.audit import Who
from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.core.errors import Conflict, Invalid, NotFound
from obsv.core.ids import new_id
from obsv.db import execute, fetch, fetch_value, write_tx
from obsv.outbox import Kind, Letter, compose
from obsv.status import tables
from obsv.status.announcements.audience import Addressed, People
from obsv.status.announcements.objections import Objections
from obsv.status.announcements.types import (
    AnnouncementKind,
    AnnouncementPreview,
    AnnouncementState,
    AnnouncementView,
    AnnouncementWish,
    AudienceName,
)
from obsv.status.mailings import Mailings, Told
from obsv.status.text import clean_line, clean_text, to_html, to_paragraphs

MOST: Final = 1000
KEEP_DAYS: Final = 365


class Announcements:
    """The only writer of announcements."""

    def __init__(self, clock: Clock, mailings: Mailings, objections: Objections) -> None:
        self._clock, self._mailings, self._people = clock, mailings, People(objections)
        mailings.serve("announcement", self._people, self._sent)

    async def listed(self) -> list[AnnouncementView]:
        """Newest first."""
        rows = await fetch("SELECT * FROM announcements ORDER BY created_at_ms DESC, id DESC LIMIT {}", MOST)
        return [await self._view(row) for row in rows]

    async def get(self, announcement_id: str) -> AnnouncementView:
        """One.  Raises `NotFound`."""
        return await self._view(await _row(announcement_id))

    async def preview(self, wish: AnnouncementWish) -> AnnouncementPreview:
        """The mail, and how many would get it; nothing is kept.  Raises `Invalid`."""
        addressed = await _addressed(wish)
        mail = compose("you@example.org", _letter(clean_line(wish.subject), clean_text(wish.text)))
        count = await self._people.count(msgspec.json.encode(addressed))
        return AnnouncementPreview(mail.subject, mail.html, mail.text, count)

    async def create(self, wish: AnnouncementWish, *, by: Who) -> AnnouncementView:
        """A draft.  Raises `Invalid`."""
        addressed, now, announcement_id = await _addressed(wish), self._clock.now_ms(), new_id("ann")
        row = tables.Announcement(
            id=announcement_id,
            **_values(wish, addressed),
            state="draft",
            recipients=0,
            created_at_ms=now,
            created_by=author_ref(by),
            erase_on=erase_on(now, days=KEEP_DAYS),
        )
        async with write_tx():
            if await fetch_value("SELECT count(*) FROM announcements") >= MOST:
                raise Invalid(f"There are {MOST} announcements: delete some.", code="too_many_announcements")
            await tables.Announcement.insert(row)
            await _note("created", announcement_id, by)
        return await self.get(announcement_id)

    async def change(self, announcement_id: str, wish: AnnouncementWish, *, by: Who) -> AnnouncementView:
        """Another draft in its place.  Raises `NotFound`, `Conflict` once it is sent, `Invalid`."""
        await _draft(announcement_id)
        values = _values(wish, await _addressed(wish))
        columns = ", ".join(f"{name} = {{}}" for name in values)
        async with write_tx():
            await execute(
                f"UPDATE announcements SET {columns} WHERE id = {{}} AND state = 'draft'",  # noqa: S608  # our names
                *(*values.values(), announcement_id),
            )
            await _note("updated", announcement_id, by)
        return await self.get(announcement_id)

    async def delete(self, announcement_id: str, *, by: Who) -> None:
        """A draft.  Raises `NotFound`, `Conflict` once it is sent."""
        await _draft(announcement_id)
        async with write_tx():
            await execute("DELETE FROM announcements WHERE id = {} AND state = 'draft'", announcement_id)
            await _note("deleted", announcement_id, by)

    async def send(self, announcement_id: str, *, by: Who) -> AnnouncementView:
        """Begin to send it.  Raises `NotFound`, `Conflict` when it is on its way, `Invalid` when nobody gets it."""
        row = await _draft(announcement_id)
        wish = msgspec.json.encode(Addressed(row["kind"], row["audience"], row["audience_org"]))
        told = Told("announcement", announcement_id, Kind(row["kind"]), f"announcement_{row['kind']}")
        async with write_tx():
            begun = await fetch(
                "UPDATE announcements SET state = 'sending', recipients = {}, sent_at_ms = {} "
                "WHERE id = {} AND state = 'draft' RETURNING id",
                *(await self._people.count(wish), self._clock.now_ms(), announcement_id),
            )
            if not begun:
                raise _on_its_way()
            if await self._mailings.begin(told, _letter(row["subject"], row["text"]), wish) is None:
                raise Invalid("Nobody would get it.", code="nobody")
            await _note("sent", announcement_id, by)
        return await self.get(announcement_id)

    async def pause(self, announcement_id: str, *, by: Who) -> AnnouncementView:
        """Queue no more of it; what is in the outbox leaves.  Raises `NotFound`, `Conflict`."""
        await _row(announcement_id)
        async with write_tx():
            if not await self._mailings.pause(announcement_id):
                raise Conflict("It is not being sent.", code="not_sending")
            await execute("UPDATE announcements SET state = 'paused' WHERE id = {}", announcement_id)
            await _note("paused", announcement_id, by)
        return await self.get(announcement_id)

    async def resume(self, announcement_id: str, *, by: Who) -> AnnouncementView:
        """Go on where it was paused; nobody gets it twice.  Raises `NotFound`, `Conflict`."""
        await _row(announcement_id)
        async with write_tx():
            if not await self._mailings.resume(announcement_id):
                raise Conflict("It is not paused.", code="not_paused")
            await execute("UPDATE announcements SET state = 'sending' WHERE id = {}", announcement_id)
            await _note("sent", announcement_id, by)
        return await self.get(announcement_id)

    async def _sent(self, announcement_id: str) -> None:
        await execute("UPDATE announcements SET state = 'sent' WHERE id = {}", announcement_id)

    async def _view(self, row: dict[str, Any]) -> AnnouncementView:
        recipients = row["recipients"]
        if row["state"] == "draft":
            addressed = Addressed(row["kind"], row["audience"], row["audience_org"])
            recipients = await self._people.count(msgspec.json.encode(addressed))
        org = await accounts().organisations.by_id(row["audience_org"]) if row["audience_org"] is not None else None
        return AnnouncementView(
            id=row["id"],
            kind=cast("AnnouncementKind", row["kind"]),
            subject=row["subject"],
            text=row["text"],
            audience=cast("AudienceName", row["audience"]),
            organisation=org.slug if org else "",
            state=cast("AnnouncementState", row["state"]),
            recipients=recipients,
            created_at_ms=row["created_at_ms"],
            sent_at_ms=row["sent_at_ms"],
            mailing=(await self._mailings.views([row["id"]])).get(row["id"]),
        )


async def _row(announcement_id: str) -> dict[str, Any]:
    rows = await fetch("SELECT * FROM announcements WHERE id = {}", announcement_id)
    if not rows:
        raise NotFound("There is no such announcement.", code="no_announcement")
    return rows[0]


async def _draft(announcement_id: str) -> dict[str, Any]:
    row = await _row(announcement_id)
    if row["state"] != "draft":
        raise _on_its_way()
    return row


async def _addressed(wish: AnnouncementWish) -> Addressed:
    """Raises `Invalid` for an organisation that is not there, and for texts of blanks."""
    if not clean_line(wish.subject) or not clean_text(wish.text):
        raise Invalid("Give it a subject and a text.", code="no_text")
    if wish.audience != "organisation":
        return Addressed(wish.kind, wish.audience)
    slug = wish.organisation.replace("\x00", "")
    org = await accounts().organisations.by_name(slug) if slug else None
    if org is None:
        raise Invalid("There is no such organisation.", code="no_organisation")
    return Addressed(wish.kind, wish.audience, org.id)


def _values(wish: AnnouncementWish, addressed: Addressed) -> dict[str, Any]:
    return {
        "kind": wish.kind,
        "subject": clean_line(wish.subject),
        "text": clean_text(wish.text),
        "audience": addressed.audience,
        "audience_org": addressed.org,
    }


def _letter(subject: str, text: str) -> Letter:
    return Letter(subject, to_paragraphs(text), html=to_html(text))


def _on_its_way() -> Conflict:
    return Conflict("It is sent already.", code="sent")


async def _note(verb: str, announcement_id: str, by: Who) -> None:
    await audit.write(f"announcement.{verb}", org=None, actor=by, target=("announcement", announcement_id))
