"""Who wants mail of a page: asked for, confirmed by a link, changed or ended by a link.

Whoever asks gets the same answer whether the address is known or not. The work comes after the answer, so that neither
does its time tell; and few mails go to one address, few wishes are taken from one network.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from obsv import audit
from obsv.accounts.attempts import Attempts, Limit
from obsv.accounts.limits import network_of
from obsv.accounts.names import clean_email
from obsv.audit import Who
from obsv.core.days import erase_on
from obsv.core.errors import Gone, NotFound, TooMany
from obsv.core.ids import new_id
from obsv.db import execute, fetch, fetch_value, is_unique_violation, spawn, write_tx
from obsv.keys import KeyStore
from obsv.outbox import Kind, Letter, compose, enqueue
from obsv.status import tables
from obsv.status.links import SignedLinks, link_gone
from obsv.status.mailings import Recipient
from obsv.status.news import Wish
from obsv.status.parts import Page, StatusParts, pages_where, read_ids, written
from obsv.status.types import SubscriberList, SubscriberView

MOST: Final = 20_000
UNCONFIRMED_DAYS: Final = 3
PAGE: Final = 100
PER_NETWORK: Final = Limit("status-subscribe-network", 10, 3600)
PER_ADDRESS: Final = Limit("status-subscribe-address", 3, 86_400)
PER_PAGE: Final = Limit("status-subscribe-page", 500, 3600)

CONFIRM: Final = "status-confirm"
MANAGE: Final = "status-manage"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscriber, readable."""

    id: str
    org: int
    page_id: str
    email: str
    components: tuple[str, ...]
    is_confirmed: bool
    created_at_ms: int


class Subscribers:
    """The only writer of subscribers."""

    def __init__(self, parts: StatusParts, keys: KeyStore) -> None:
        self._parts, self._keys = parts, keys
        self._attempts = Attempts(parts.clock, keys)
        self._links = SignedLinks(keys)
        self._working: set[asyncio.Task[None]] = set()

    # Asking

    async def ask(self, page: Page, email: str, components: Sequence[str], *, address: str) -> None:
        """Mail a link to an address.  Raises `Invalid` for what is none, `TooMany` for too many of a network."""
        email = clean_email(email)
        await self._attempts.count(PER_NETWORK, network_of(address))
        task = spawn(self._ask(page, email, tuple(components)))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def settle(self) -> None:
        """Wait for what was asked."""
        await asyncio.gather(*self._working, return_exceptions=True)

    async def _ask(self, page: Page, email: str, components: Sequence[str]) -> None:
        index = self._keys.blind_index(email)
        try:
            await self._attempts.count(PER_ADDRESS, index)
            await self._attempts.count(PER_PAGE, page.id)
        except TooMany:
            return
        known = await self._find("page_id = {} AND email_index = {}", page.id, index)
        if known is not None and known.is_confirmed:
            await self._send(page, known, self._known_letter(page, known), "status_subscribed")
            return
        if known is None:
            known = await self._add(page, email, index, components)
        else:
            await execute("UPDATE status_subscribers SET components = {} WHERE id = {}", written(components), known.id)
        if known is not None:
            await self._send(page, known, self._confirm_letter(page, known), "status_confirm")

    async def _add(self, page: Page, email: str, index: str, components: Sequence[str]) -> Subscription | None:
        """A new one that waits to be confirmed; None when there are too many, or another wish was quicker."""
        if await fetch_value("SELECT count(*) FROM status_subscribers WHERE page_id = {}", page.id) >= MOST:
            return None
        now, subscriber_id = self._parts.clock.now_ms(), new_id("sub")
        await self._keys.create_subject(subscriber_id)
        row = tables.Subscriber(
            id=subscriber_id,
            org=page.org,
            page_id=page.id,
            email_enc=self._keys.encrypt(subscriber_id, *_place(subscriber_id), email.encode()),
            email_index=index,
            components=written(components),
            created_at_ms=now,
            erase_on=erase_on(now, days=UNCONFIRMED_DAYS),
        )
        try:
            async with write_tx():
                await tables.Subscriber.insert(row)
        except Exception as error:
            if is_unique_violation(error):
                return None
            raise
        return Subscription(subscriber_id, page.org, page.id, email, tuple(components), False, now)

    # What links do

    async def look(self, page: Page, token: str, purpose: str = MANAGE) -> Subscription:
        """Whose link it is; looking changes nothing.  Raises `Gone`."""
        found = await self._find("page_id = {} AND id = {}", page.id, self._links.read(purpose, token))
        if found is None:
            raise link_gone()
        return found

    async def confirm(self, page: Page, token: str) -> Subscription:
        """From now on they get mail.  Raises `Gone`."""
        found = await self.look(page, token, CONFIRM)
        await execute(
            "UPDATE status_subscribers SET confirmed_at_ms = {}, erase_on = NULL "
            "WHERE id = {} AND confirmed_at_ms IS NULL",
            *(self._parts.clock.now_ms(), found.id),
        )
        return found

    async def choose(self, page: Page, token: str, components: Sequence[str]) -> None:
        """Of which components they want to hear; none is all.  Raises `Gone`."""
        found = await self.look(page, token)
        await execute("UPDATE status_subscribers SET components = {} WHERE id = {}", written(components), found.id)

    async def end(self, page: Page, token: str) -> None:
        """Forget who unsubscribes; of who is forgotten already there is nothing to say."""
        try:
            found = await self.look(page, token)
        except Gone:
            self._links.read(MANAGE, token)
            return
        await self._forget(found.id)

    def manage_token(self, subscriber_id: str) -> str:
        """For the links in each mail."""
        return self._links.token(MANAGE, subscriber_id)

    # For editors

    async def listed(self, org: int, page_id: str, before: str) -> SubscriberList:
        """Newest first, a hundred at a time."""
        total = await fetch_value(
            "SELECT count(*) FROM status_subscribers WHERE org = {} AND page_id = {}", org, page_id
        )
        rows = await fetch(
            "SELECT * FROM status_subscribers WHERE org = {} AND page_id = {} AND (id < {} OR {} = '') "
            "ORDER BY id DESC LIMIT {}",
            *(org, page_id, before, before, PAGE + 1),
        )
        found = [self._read(row) for row in rows[:PAGE]]
        views = [
            SubscriberView(one.id, one.page_id, one.email, list(one.components), one.is_confirmed, one.created_at_ms)
            for one in found
        ]
        return SubscriberList(views, int(total), found[-1].id if len(rows) > PAGE else "")

    async def remove(self, org: int, subscriber_id: str, *, by: Who) -> None:
        """For who cannot do it themself.  Raises `NotFound`."""
        if await self._find("org = {} AND id = {}", org, subscriber_id) is None:
            raise NotFound("There is no such subscriber.", code="no_subscriber")
        await audit.write("subscriber.removed", org=org, actor=by, target=("subscriber", subscriber_id))
        await self._forget(subscriber_id)

    # As an audience of mailings

    async def count(self, wish: bytes) -> int:
        """How many confirmed ones want to hear."""
        asked = msgspec.json.decode(wish, type=Wish)
        rows = await fetch(
            "SELECT components FROM status_subscribers WHERE page_id = {} AND confirmed_at_ms IS NOT NULL",
            asked.page_id,
        )
        return sum(_wants(read_ids(row["components"]), asked.components) for row in rows)

    async def after(self, wish: bytes, cursor: str, limit: int) -> list[Recipient]:
        """The next ones; nobody any more once the page is a draft again, for its links lead nowhere."""
        asked, found = msgspec.json.decode(wish, type=Wish), list[Recipient]()
        pages = await pages_where("id = {} AND is_public = {}", asked.page_id, True)
        while pages and len(found) < limit:
            rows = await fetch(
                "SELECT * FROM status_subscribers WHERE page_id = {} AND confirmed_at_ms IS NOT NULL AND id > {} "
                "ORDER BY id LIMIT {}",
                *(asked.page_id, cursor, limit - len(found)),
            )
            if not rows:
                break
            cursor = rows[-1]["id"]
            found += [
                self._recipient(pages[0], self._read(row))
                for row in rows
                if _wants(read_ids(row["components"]), asked.components)
            ]
        return found

    def _recipient(self, page: Page, one: Subscription) -> Recipient:
        url, token = self._parts.url_of(page), self.manage_token(one.id)
        closing = (
            f"You get this because you subscribed to {page.title}. Choose what you hear of: {url}/manage?token={token}"
        )
        return Recipient(one.id, one.id, one.email, closing, f"{url}/unsubscribe?token={token}")

    # Inside

    async def _forget(self, subscriber_id: str) -> None:
        await tables.forget_subscriber(subscriber_id, self._parts.clock.now().date())

    async def _find(self, condition: str, *values: object) -> Subscription | None:
        rows = await fetch(f"SELECT * FROM status_subscribers WHERE {condition}", *values)  # noqa: S608  # our words
        return self._read(rows[0]) if rows else None

    def _read(self, row: dict[str, Any]) -> Subscription:
        email = self._keys.decrypt(row["id"], *_place(row["id"]), row["email_enc"]).decode()
        components, is_confirmed = tuple(read_ids(row["components"])), row["confirmed_at_ms"] is not None
        return Subscription(
            row["id"], row["org"], row["page_id"], email, components, is_confirmed, row["created_at_ms"]
        )

    async def _send(self, page: Page, one: Subscription, letter: Letter, topic: str) -> None:
        await enqueue(
            compose(one.email, letter), kind=Kind.TRANSACTIONAL, topic=topic, subject_ref=one.id, org=page.org
        )

    def _confirm_letter(self, page: Page, one: Subscription) -> Letter:
        link = f"{self._parts.url_of(page)}/confirm?token={self._links.token(CONFIRM, one.id)}"
        return Letter(
            f"Confirm that you want mail of {page.title}",
            (f"Somebody, probably you, wants mail at this address about incidents and maintenance of {page.title}.",),
            ("Confirm", link),
            closing=f"If that was not you, do nothing: the address is forgotten in {UNCONFIRMED_DAYS} days.",
        )

    def _known_letter(self, page: Page, one: Subscription) -> Letter:
        link = f"{self._parts.url_of(page)}/manage?token={self.manage_token(one.id)}"
        return Letter(
            f"You get mail of {page.title} already",
            ("Somebody, probably you, asked for it again. Choose here what you hear of, or end it.",),
            ("Choose", link),
        )


def _place(subscriber_id: str) -> tuple[str, str, str]:
    return ("status_subscribers", "email_enc", subscriber_id)


def _wants(chosen: Sequence[str], affected: Sequence[str]) -> bool:
    """Who chose nothing hears of all; what names no component is for everybody."""
    return not chosen or not affected or not set(chosen).isdisjoint(affected)
