"""Signing in and out with a password, in the same words and the same time whether or not the address is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

from obsv.accounts.limits import SignInLimits
from obsv.accounts.origin import who
from obsv.accounts.parts import Parts
from obsv.accounts.people import Login
from obsv.accounts.sessions import NewSession
from obsv.accounts.types import Origin
from obsv.core.errors import Unauthorized
from obsv.db import write_tx

ATTEST: Final = "attest_16"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session; `pending` names the step still to take, `org_slug` where to go after it ("" for nowhere yet)."""

    session: NewSession
    pending: str
    org_slug: str


class SignIn:
    """From credentials to a session, and out again."""

    def __init__(self, parts: Parts, limits: SignInLimits) -> None:
        self._parts = parts
        self._limits = limits

    async def with_password(
        self, email: str, password: str, origin: Origin, *, address: str, remember: bool, old_value: str = ""
    ) -> SignedIn:
        """Begin a new session; the browser's old one ends.  Raises `Unauthorized`, `TooMany`, `Unavailable`."""
        account = self._parts.people.index(email)
        await self._limits.attempt(account, address)
        login = await self._parts.people.login(email)
        if not await self._parts.passwords.check(login.password_hash if login else None, password) or login is None:
            await self._refuse(account, login, origin)
        await self._limits.succeeded(account)
        await self._rehash(login, password)
        pending = "" if login.has_attested_16 else ATTEST
        return await self._begin(login, origin, remember=remember, pending=pending, old_value=old_value)

    async def attest(self, value: str, origin: Origin, *, remember: bool) -> SignedIn:
        """The person ticked the 16+ box: record it, and turn the waiting session into a real one."""
        waiting = await self._parts.sessions.find(value)
        if waiting is None or waiting.pending != ATTEST:
            raise Unauthorized("That took too long. Sign in again.", code="no_session")
        await self._parts.people.attest_16(waiting.user_id)
        login = Login(waiting.user_id, None, has_attested_16=True, is_instance_admin=waiting.is_instance_admin)
        return await self._begin(login, origin, remember=remember, pending="", old_value=value)

    async def sign_out(self, value: str, origin: Origin) -> None:
        """End the session of a cookie's value; harmless when there is none."""
        session = await self._parts.sessions.find(value)
        if session is None:
            return
        async with write_tx():
            ended = await self._parts.sessions.end(value)
            await self._parts.audit.write("auth.logout", org=None, actor=who(session.user_id, origin))
        self._parts.sessions.forget(ended)

    async def _refuse(self, account: str, login: Login | None, origin: Origin) -> NoReturn:
        is_locked = self._limits.failed(account)
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

    async def _begin(self, login: Login, origin: Origin, *, remember: bool, pending: str, old_value: str) -> SignedIn:
        async with write_tx():
            ended = await self._parts.sessions.end(old_value) if old_value else ()
            session = await self._parts.sessions.create(
                login.user_id, origin, is_admin=login.is_instance_admin, remember=remember, pending=pending
            )
            if not pending:
                actor = who(login.user_id, origin)
                await self._parts.audit.write(
                    "auth.login.success", org=None, actor=actor, details={"method": "password"}
                )
        self._parts.sessions.forget(ended)
        members = await self._parts.organisations.memberships(login.user_id)
        return SignedIn(session, pending, members[0].slug if members else "")
