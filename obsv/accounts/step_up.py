"""Proving anew to be oneself, before what is dangerous: the session gets another value and is fresh for ten minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from obsv.accounts.factors.enrolled import enrolled
from obsv.accounts.factors.enrolment import after_showing
from obsv.accounts.factors.proofs import NotProved, Proofs
from obsv.accounts.factors.state import Purpose
from obsv.accounts.limits import SignInLimits
from obsv.accounts.origin import who
from obsv.accounts.parts import Parts
from obsv.accounts.sessions import NewSession, Session
from obsv.accounts.types import Origin
from obsv.core.errors import Forbidden
from obsv.db import write_tx

PASSWORD: Final = "password"  # noqa: S105  # a way to prove oneself
TOTP: Final = "totp"
PASSKEY: Final = "passkey"


@dataclass(frozen=True, slots=True)
class StepUp:
    """The ways; each is limited as signing in is."""

    parts: Parts
    limits: SignInLimits
    proofs: Proofs

    async def ways(self, session: Session) -> list[str]:
        """Those that the person has."""
        login, factors = await self.parts.people.login_of(session.user_id), await enrolled(session.user_id)
        has = {
            PASSKEY: factors.passkeys > 0,
            TOTP: factors.totp,
            PASSWORD: login is not None and login.password_hash is not None,
        }
        return [way for way, is_there in has.items() if is_there]

    async def ask_passkey(self, session: Session) -> dict[str, Any]:
        """Options for the browser.  Raises `NotFound` without a passkey."""
        return await self.proofs.ask_passkey(session, Purpose.STEP_UP)

    async def with_password(self, session: Session, password: str, origin: Origin, *, address: str) -> NewSession:
        """Raises `Forbidden` for a wrong one, `TooMany`, `Unavailable`."""
        login, person = await self._known(session)
        account = self.parts.people.index(person)
        await self.limits.attempt(account, address)
        if not await self.parts.passwords.check(login, password):
            await self.limits.failed(account)
            await self._refuse(session, PASSWORD, origin, "This password is not right.")
        await self.limits.succeeded(account)
        return await self._fresh(session, PASSWORD, origin)

    async def with_code(self, session: Session, code: str, origin: Origin) -> NewSession:
        """A code of the person's app.  Raises `Forbidden` for a wrong or used one, `TooMany`."""
        await self.proofs.count_code(session.user_id)
        if not await self.proofs.totp(session.user_id, code):
            await self._refuse(session, TOTP, origin, "This code is not right, or was used before.")
        await self.proofs.forget_codes(session.user_id)
        return await self._fresh(session, TOTP, origin)

    async def with_passkey(self, session: Session, response: Mapping[str, Any], origin: Origin) -> NewSession:
        """A passkey of the person.  Raises `Forbidden` for anything else, `TooMany`."""
        await self.proofs.count_passkey(session.user_id)
        try:
            await self.proofs.passkey(session, Purpose.STEP_UP, response, origin)
        except NotProved as error:
            await self._refuse(session, PASSKEY, origin, error.detail)
        return await self._fresh(session, PASSKEY, origin)

    async def _known(self, session: Session) -> tuple[str | None, str]:
        """The person's password hash and address."""
        login = await self.parts.people.login_of(session.user_id)
        person = await self.parts.people.get(session.user_id)
        if login is None or person is None:
            raise Forbidden("Sign in again.", code="bad_proof")
        return login.password_hash, person.email

    async def _fresh(self, session: Session, method: str, origin: Origin) -> NewSession:
        async with write_tx():
            rotated = await self.parts.sessions.rotate(session, methods=after_showing(session, method), sudo=True)
            await self.parts.audit.write(
                "auth.stepup", org=None, actor=who(session.user_id, origin), details={"method": method}
            )
        return rotated

    async def _refuse(self, session: Session, method: str, origin: Origin, problem: str) -> NoReturn:
        # Not 401: the person stays signed in, and the cabinet asks again instead of sending them to the door.
        await self.parts.audit.write(
            "auth.stepup",
            org=None,
            actor=who(session.user_id, origin),
            outcome="failure",
            details={"method": method},
        )
        raise Forbidden(problem, code="bad_proof")
