"""A person's email address: proved by a link, changed by a link to the new one, taken back by a link to the old one.

Opening a link shows a page and changes nothing, since mail scanners open links too; the button on it does.
"""

from __future__ import annotations

from typing import Final

from obsv.accounts.attempts import Attempts, Limit
from obsv.accounts.links import LinkKind
from obsv.accounts.names import clean_email
from obsv.accounts.origin import who
from obsv.accounts.parts import Parts
from obsv.accounts.registration import letters
from obsv.accounts.types import Origin, Person
from obsv.core.errors import Conflict, NotFound
from obsv.db import write_tx
from obsv.outbox import Kind

HOURLY: Final = Limit("verify-mail", 3, 3600)


class Address:
    """Everything that a link in a mail does to an address."""

    def __init__(self, parts: Parts, attempts: Attempts, base_url: str) -> None:
        self._parts, self._attempts = parts, attempts
        self._base_url = base_url.rstrip("/")

    async def ask_to_verify(self, person: Person) -> None:
        """Mail the link, in the transaction of the caller if there is one."""
        async with write_tx():
            await self._parts.links.void(LinkKind.VERIFY_EMAIL, person.id)
            code = await self._parts.links.make(LinkKind.VERIFY_EMAIL, person.id, person.email)
            letter = letters.verify(f"{self._base_url}/verify?code={code}")
            await letters.send(person.id, person.email, "verify_email", letter)

    async def ask_again(self, user_id: str) -> None:
        """Mail it once more, three times an hour.  Raises `TooMany`, `Conflict` (verified already)."""
        person = await self._person(user_id)
        if person.has_verified_email:
            raise Conflict("Your address is verified already.", code="verified")
        await self._attempts.count(HOURLY, user_id)
        await self.ask_to_verify(person)

    async def verify(self, code: str, origin: Origin) -> None:
        """The person confirmed the address.  Raises `Gone`."""
        async with write_tx():
            link = await self._parts.links.use(LinkKind.VERIFY_EMAIL, code)
            await self._parts.people.verify_email(link.user_id)
            actor = who(link.user_id, origin)
            await self._parts.audit.write("user.email_verified", org=None, actor=actor, target=("user", link.user_id))

    async def ask_to_change(self, user_id: str, email: str) -> None:
        """Mail a link to the new address; nothing changes before it is confirmed.

        The answer is the same for an address that somebody else has.  Raises `Invalid`, `TooMany`.
        """
        email = clean_email(email)
        await self._attempts.count(HOURLY, user_id)
        if await self._parts.people.exists(email):
            return
        async with write_tx():
            await self._parts.links.void(LinkKind.CHANGE_EMAIL, user_id)
            code = await self._parts.links.make(LinkKind.CHANGE_EMAIL, user_id, email)
            letter = letters.confirm_address(f"{self._base_url}/email/confirm?code={code}")
            await letters.send(user_id, email, "change_email", letter)

    async def change(self, code: str, origin: Origin) -> None:
        """The new address was confirmed; the old one is told, and can take it back for a week.

        Raises `Gone`, `Conflict` (somebody else has it by now).
        """
        async with write_tx():
            link = await self._parts.links.use(LinkKind.CHANGE_EMAIL, code)
            old = (await self._person(link.user_id)).email
            await self._set(link.user_id, link.state, origin)
            undo = await self._parts.links.make(LinkKind.UNDO_EMAIL, link.user_id, old)
            letter = letters.address_changed(link.state, f"{self._base_url}/email/undo?code={undo}")
            await letters.send(link.user_id, old, "email_changed", letter, Kind.SECURITY)

    async def undo(self, code: str, origin: Origin) -> None:
        """The old address takes the account back: everybody is signed out.  Raises `Gone`, `Conflict`."""
        async with write_tx():
            link = await self._parts.links.use(LinkKind.UNDO_EMAIL, code)
            await self._set(link.user_id, link.state, origin)
            for kind in (LinkKind.RESET_PASSWORD, LinkKind.CHANGE_EMAIL):
                await self._parts.links.void(kind, link.user_id)
            ended = await self._parts.sessions.end_all(link.user_id)
        self._parts.sessions.forget(ended)

    async def _set(self, user_id: str, email: str, origin: Origin) -> None:
        await self._parts.people.change_email(user_id, email)
        await self._parts.audit.write(
            "user.email_changed", org=None, actor=who(user_id, origin), target=("user", user_id)
        )

    async def _person(self, user_id: str) -> Person:
        person = await self._parts.people.get(user_id)
        if person is None:
            raise NotFound("There is no such account.", code="no_user")
        return person
