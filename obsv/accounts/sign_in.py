"""From credentials to a session, step by step, and out again.

A password is one step; a second factor and the 16+ box may follow. Until the last is taken the session is `pending`
and nobody is signed in; each step gives the browser another value. The words and the time of a refusal are the same
whether or not the address is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

from obsv.accounts.factors import enrolled
from obsv.accounts.limits import SignInLimits
from obsv.accounts.origin import who
from obsv.accounts.parts import Parts
from obsv.accounts.people import Login
from obsv.accounts.registration import letters
from obsv.accounts.sessions import SECOND_FACTORS, NewSession, Session
from obsv.accounts.types import Origin
from obsv.core.errors import Unauthorized
from obsv.db import write_tx
from obsv.outbox import Kind

SECOND_FACTOR: Final = "second_factor"
ATTEST: Final = "attest_16"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session; `pending` names the step still to take, `org_slug` where to go after it ("" for nowhere yet)."""

    session: NewSession
    pending: str
    org_slug: str


class SignIn:
    """The way in and the way out."""

    def __init__(self, parts: Parts, limits: SignInLimits, base_url: str) -> None:
        self._parts = parts
        self._limits = limits
        self._base_url = base_url.rstrip("/")

    async def with_password(
        self, email: str, password: str, origin: Origin, *, address: str, remember: bool, old_value: str = ""
    ) -> SignedIn:
        """Begin a new session; the browser's old one ends.  Raises `Unauthorized`, `TooMany`, `Unavailable`."""
        account = self._parts.people.index(email)
        login = await self._parts.people.login(email)
        known = await self._parts.sessions.find(old_value)
        if known is not None and login is not None and known.user_id == login.user_id and not known.pending:
            await self._limits.attempt_of(known.id)
        else:
            await self._limits.attempt(account, address)
        if not await self._parts.passwords.check(login.password_hash if login else None, password) or login is None:
            await self._refuse(account, login, origin)
        await self._limits.succeeded(account)
        await self._rehash(login, password)
        return await self.proved(login, ("password",), origin, remember=remember, old_value=old_value)

    async def proved(
        self, login: Login, methods: tuple[str, ...], origin: Origin, *, remember: bool, old_value: str = ""
    ) -> SignedIn:
        """Somebody proved by these methods to be this person: a session, or the next step to it.

        The session of `old_value` ends. A passkey counts for both factors: it asked for the person's finger or PIN.
        """
        pending = await self._next_step(login, methods)
        async with write_tx():
            if not pending and await self._parts.sessions.is_new_device(login.user_id, origin):
                await self._tell_of_new_device(login.user_id, origin)
            ended = await self._parts.sessions.end(old_value) if old_value else ()
            session = await self._parts.sessions.create(
                login.user_id,
                origin,
                methods=methods,
                is_admin=login.is_instance_admin,
                remember=remember,
                pending=pending,
            )
            if not pending:
                await self._parts.audit.write(
                    "auth.login.success",
                    org=None,
                    actor=who(login.user_id, origin),
                    details={"method": "+".join(methods)},
                )
        self._parts.sessions.forget(ended)
        members = await self._parts.organisations.memberships(login.user_id)
        return SignedIn(session, pending, members[0].slug if members else "")

    async def waiting(self, value: str, step: str) -> Session:
        """The session that waits for this step.  Raises `Unauthorized` when it took too long."""
        session = await self._parts.sessions.find(value)
        if session is None or session.pending != step:
            raise Unauthorized("That took too long. Sign in again.", code="no_session")
        return session

    async def second_factor_shown(self, value: str, method: str, origin: Origin) -> SignedIn:
        """The waiting person showed a second factor, which the caller has checked."""
        return await self._go_on(await self.waiting(value, SECOND_FACTOR), value, origin, method)

    async def attest(self, value: str, origin: Origin) -> SignedIn:
        """The waiting person ticked the 16+ box: record it."""
        session = await self.waiting(value, ATTEST)
        await self._parts.people.attest_16(session.user_id)
        return await self._go_on(session, value, origin)

    async def sign_out(self, value: str, origin: Origin) -> None:
        """End the session of a cookie's value; harmless when there is none."""
        session = await self._parts.sessions.find(value)
        if session is None:
            return
        async with write_tx():
            ended = await self._parts.sessions.end(value)
            if session.user_id:
                await self._parts.audit.write("auth.logout", org=None, actor=who(session.user_id, origin))
        self._parts.sessions.forget(ended)

    async def _go_on(self, session: Session, value: str, origin: Origin, *shown: str) -> SignedIn:
        login = await self._parts.people.login_of(session.user_id)
        if login is None:
            raise Unauthorized("Sign in again.", code="no_session")
        methods = (*session.methods, *shown)
        return await self.proved(login, methods, origin, remember=session.is_remembered, old_value=value)

    async def _tell_of_new_device(self, user_id: str, origin: Origin) -> None:
        person = await self._parts.people.get(user_id)
        if person is None:
            return
        where = ", ".join(part for part in (origin.ua_family, origin.ip_trunc) if part) or "unknown"
        letter = letters.new_device(f"{self._parts.clock.now():%d %B %Y, %H:%M} UTC", where, self._base_url)
        await letters.send(user_id, person.email, "new_device", letter, Kind.SECURITY)

    async def _next_step(self, login: Login, methods: tuple[str, ...]) -> str:
        if SECOND_FACTORS.isdisjoint(methods) and (await enrolled(login.user_id)).any:
            return SECOND_FACTOR
        return "" if login.has_attested_16 else ATTEST

    async def _refuse(self, account: str, login: Login | None, origin: Origin) -> NoReturn:
        is_locked = await self._limits.failed(account)
        event = "auth.login.locked" if is_locked else "auth.login.failure"
        actor = who(login.user_id if login else "", origin)
        await self._parts.audit.write(event, org=None, actor=actor, outcome="failure", details={"method": "password"})
        raise Unauthorized(
            "Email or password is not right. Check both; whoever runs this instance can set a new password.",
            code="bad_credentials",
        )

    async def _rehash(self, login: Login, password: str) -> None:
        if login.password_hash and self._parts.passwords.needs_rehash(login.password_hash):
            await self._parts.people.set_password_hash(login.user_id, await self._parts.passwords.hash(password))
