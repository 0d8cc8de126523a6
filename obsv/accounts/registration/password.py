"""A new password: by a link for who forgot the old one, or from the settings.

A link never goes around a second factor: it sets the password, and signing in asks for the rest as ever.
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from obsv.accounts.attempts import Attempts, Limit
from obsv.accounts.fields import BadFields
from obsv.accounts.limits import network_of
from obsv.accounts.links import LinkKind
from obsv.accounts.names import clean_email
from obsv.accounts.origin import who
from obsv.accounts.parts import Parts
from obsv.accounts.passwords import problem_with
from obsv.accounts.registration import letters
from obsv.accounts.sessions import Session
from obsv.accounts.types import Origin
from obsv.audit import Who
from obsv.core.errors import Conflict, Forbidden
from obsv.db import spawn, write_tx
from obsv.outbox import Kind

PER_ACCOUNT: Final = Limit("reset-account", 3, 3600)
PER_ADDRESS: Final = Limit("reset-address", 10, 3600)

_log = structlog.get_logger("obsv.accounts")


class PasswordChange:
    """The only way in which a person's password changes over the web."""

    def __init__(self, parts: Parts, attempts: Attempts, base_url: str) -> None:
        self._parts, self._attempts = parts, attempts
        self._base_url = base_url.rstrip("/")
        self._sending = set[asyncio.Task[None]]()

    async def forgot(self, email: str, origin: Origin, *, address: str) -> None:
        """Mail a link if the address has an account.

        Whether it has is not told: the answer comes before anything is looked up.  Raises `Invalid`, `TooMany`.
        """
        email = clean_email(email)
        await self._attempts.count(PER_ADDRESS, network_of(address))
        await self._attempts.count(PER_ACCOUNT, self._parts.people.index(email))
        task = spawn(self._mail_link(email, origin), name="reset-mail")
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def settle(self) -> None:
        """Wait for the mails that are being written."""
        await asyncio.gather(*self._sending)

    async def check(self, code: str) -> None:
        """Raise `Gone` for a link that does nothing any more."""
        await self._parts.links.peek(LinkKind.RESET_PASSWORD, code)

    async def reset(self, code: str, password: str, origin: Origin) -> None:
        """Set a new password by a link; all sessions end.  Raises `Gone`, `BadFields`, `Unavailable`."""
        link = await self._parts.links.peek(LinkKind.RESET_PASSWORD, code)
        password_hash = await self._hashed(link.user_id, password)
        async with write_tx():
            await self._parts.links.use(LinkKind.RESET_PASSWORD, code)
            await self._set(link.user_id, password_hash, "user.password_reset", origin)
            # The mail reached the person, which is what verifying asks for.
            await self._parts.people.verify_email(link.user_id)
            ended = await self._parts.sessions.end_all(link.user_id)
        self._parts.sessions.forget(ended)

    async def change(self, session: Session, current: str, password: str, origin: Origin, *, end_others: bool) -> None:
        """Set a new password for who knows the current one.

        Raises `Forbidden` (it is wrong), `BadFields`, `Unavailable`.
        """
        login = await self._parts.people.login_of(session.user_id)
        if login is None or not await self._parts.passwords.check(login.password_hash, current):
            raise Forbidden("The current password is not right.", code="bad_proof")
        password_hash = await self._hashed(session.user_id, password)
        async with write_tx():
            await self._set(session.user_id, password_hash, "user.password_changed", origin)
            ended = await self._parts.sessions.end_others(session.user_id, session.id) if end_others else ()
        self._parts.sessions.forget(ended)

    async def mail_link_to(self, user_id: str, by: Who) -> None:
        """Mail the link on somebody else's wish.  Raises `Conflict` where nobody can sign in."""
        person, login = await self._parts.people.get(user_id), await self._parts.people.login_of(user_id)
        if person is None or login is None:
            raise Conflict("This account is shut: open it again first.", code="status")
        await self._send_link(user_id, person.email, by)

    async def _send_link(self, user_id: str, email: str, by: Who) -> None:
        async with write_tx():
            await self._parts.links.void(LinkKind.RESET_PASSWORD, user_id)
            code = await self._parts.links.make(LinkKind.RESET_PASSWORD, user_id)
            letter = letters.reset(f"{self._base_url}/reset?code={code}")
            await letters.send(user_id, email, "reset_password", letter)
            target = ("user", user_id)
            await self._parts.audit.write("user.password_reset_requested", org=None, actor=by, target=target)

    async def _hashed(self, user_id: str, password: str) -> str:
        person = await self._parts.people.get(user_id)
        problem = problem_with(password, (person.email.partition("@")[0],) if person else ())
        if problem:
            raise BadFields({"password": problem})
        return await self._parts.passwords.hash(password)

    async def _set(self, user_id: str, password_hash: str, event: str, origin: Origin) -> None:
        await self._parts.people.set_password_hash(user_id, password_hash)
        await self._parts.links.void(LinkKind.RESET_PASSWORD, user_id)
        await self._parts.audit.write(event, org=None, actor=who(user_id, origin), target=("user", user_id))
        person = await self._parts.people.get(user_id)
        if person is not None:
            letter = letters.password_changed(self._base_url)
            await letters.send(user_id, person.email, "password_changed", letter, Kind.SECURITY)

    async def _mail_link(self, email: str, origin: Origin) -> None:
        try:
            login = await self._parts.people.login(email)
            if login is None:
                return
            await self._send_link(login.user_id, email, who(login.user_id, origin))
        except Exception:  # noqa: BLE001  # nobody waits for it; the person asks again
            _log.exception("accounts.reset_mail_failed")
