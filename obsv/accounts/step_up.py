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
from obsv.accounts.mailed_codes import MailedCodes
from obsv.accounts.origin import who
from obsv.accounts.parts import Parts
from obsv.accounts.sessions import NewSession, Session
from obsv.accounts.types import Origin
from obsv.core.errors import Conflict, Forbidden
from obsv.db import write_tx

PASSWORD: Final = "password"  # noqa: S105  # a way to prove oneself
TOTP: Final = "totp"
PASSKEY: Final = "passkey"
MAIL: Final = "mail"


@dataclass(frozen=True, slots=True)
class StepUp:
    """The ways; each is limited as signing in is."""

    parts: Parts
    limits: SignInLimits
    proofs: Proofs
    mailed: MailedCodes

    async def ways(self, session: Session) -> list[str]:
        """Those that the person has; a code by mail only where there is no other, which all are stronger."""
        login, factors = await self.parts.people.login_of(session.user_id), await enrolled(session.user_id)
        has = {
            PASSKEY: factors.passkeys > 0,
            TOTP: factors.totp,
            PASSWORD: login is not None and login.password_hash is not None,
        }
        return [way for way, is_there in has.items() if is_there] or [MAIL]

    async def ask_passkey(self, session: Session) -> dict[str, Any]:
        """Options for the browser.  Raises `NotFound` without a passkey."""
        return await self.proofs.ask_passkey(session, Purpose.STEP_UP)

    async def mail_code(self, session: Session) -> None:
        """Send a code.  Raises `Conflict` where there is another way, `NotFound` without an address, `TooMany`."""
        if await self.ways(session) != [MAIL]:
            raise Conflict("Your account has a better way: password, app or passkey.", code="better_way")
        await self.mailed.send(session)

    async def with_password(self, session: Session, password: str, origin: Origin) -> NewSession:
        """Raises `Forbidden` for a wrong one, `TooMany`, `Unavailable`."""
        login = await self.parts.people.login_of(session.user_id)
        await self.limits.attempt_of(session.id)
        if not await self.parts.passwords.check(login.password_hash if login else None, password):
            await self._refuse(session, PASSWORD, origin, "This password is not right.")
        await self.limits.succeeded_of(session.id)
        return await self._fresh(session, PASSWORD, origin)

    async def with_code(self, session: Session, code: str, origin: Origin) -> NewSession:
        """A code of the person's app.  Raises `Forbidden` for a wrong or used one, `TooMany`."""
        await self.proofs.count_code(session.user_id)
        if not await self.proofs.totp(session.user_id, code):
            await self._refuse(session, TOTP, origin, "This code is not right, or was used before.")
        await self.proofs.forget_codes(session.user_id)
        return await self._fresh(session, TOTP, origin)

    async def with_mailed_code(self, session: Session, code: str, origin: Origin) -> NewSession:
        """The code that was mailed.  Raises `Forbidden` for a wrong, used or old one, `TooMany`."""
        await self.proofs.count_code(session.user_id)
        if not await self.mailed.check(session, code):
            await self._refuse(session, MAIL, origin, "This code is not right, or no longer good: ask for another.")
        await self.proofs.forget_codes(session.user_id)
        return await self._fresh(session, MAIL, origin)

    async def with_passkey(self, session: Session, response: Mapping[str, Any], origin: Origin) -> NewSession:
        """A passkey of the person.  Raises `Forbidden` for anything else, `TooMany`."""
        await self.proofs.count_passkey(session.user_id)
        try:
            await self.proofs.passkey(session, Purpose.STEP_UP, response, origin)
        except NotProved as error:
            await self._refuse(session, PASSKEY, origin, error.detail)
        return await self._fresh(session, PASSKEY, origin)

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
