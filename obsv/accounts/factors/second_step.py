"""The second step of signing in: a code, a recovery code or a passkey after the password."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from obsv.accounts.attempts import Attempts, Limit
from obsv.accounts.factors import notices
from obsv.accounts.factors.enrolled import Enrolled, enrolled
from obsv.accounts.factors.notices import Notices
from obsv.accounts.factors.proofs import NotProved, Proofs
from obsv.accounts.factors.state import Purpose
from obsv.accounts.origin import who
from obsv.accounts.parts import Parts
from obsv.accounts.sessions import PENDING_MS, Session
from obsv.accounts.sign_in import SECOND_FACTOR, SignedIn, SignIn
from obsv.accounts.types import Origin
from obsv.core.errors import TooMany, Unauthorized
from obsv.db import write_tx

TRIES: Final = 5
PER_STEP: Final = Limit("second_step", TRIES, PENDING_MS // 1000)
_DIGITS: Final = re.compile(r"\s*(?:\d\s*){6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SecondStep:
    """What a waiting session may show; after five wrong codes it has to begin with the password again."""

    parts: Parts
    sign_in: SignIn
    proofs: Proofs
    attempts: Attempts
    notices: Notices

    async def choices(self, value: str) -> Enrolled:
        """What the waiting person has.  Raises `Unauthorized` when nobody waits."""
        return await enrolled((await self.sign_in.waiting(value, SECOND_FACTOR)).user_id)

    async def with_code(self, value: str, code: str, origin: Origin) -> SignedIn:
        """Six digits of the app, or a recovery code.  Raises `NotProved`, `TooMany`, `Unauthorized`."""
        session = await self.sign_in.waiting(value, SECOND_FACTOR)
        await self.proofs.count_code(session.user_id)
        await self._count(session)
        method = "totp" if _DIGITS.fullmatch(code) else "recovery_code"
        # In one transaction: whoever uses the code up is also the one who gets in, whatever comes at the same time.
        async with write_tx():
            if method == "totp":
                is_right = await self.proofs.totp(session.user_id, code)
            else:
                is_right = await self.proofs.recovery_code(session.user_id, code, origin)
            done = await self._shown(session, value, method, origin) if is_right else None
        if done is None:
            await self._refuse(session, value, method, origin)
        await self.proofs.forget_codes(session.user_id)
        return done

    async def ask_passkey(self, value: str) -> dict[str, Any]:
        """Options for the browser.  Raises `NotFound`, `Unauthorized`."""
        return await self.proofs.ask_passkey(await self.sign_in.waiting(value, SECOND_FACTOR), Purpose.SECOND_FACTOR)

    async def with_passkey(self, value: str, response: Mapping[str, Any], origin: Origin) -> SignedIn:
        """A passkey of the person.  Raises `NotProved`, `TooMany`, `Unauthorized`."""
        session = await self.sign_in.waiting(value, SECOND_FACTOR)
        await self.proofs.count_passkey(session.user_id)
        await self._count(session)
        try:
            await self.proofs.passkey(session, Purpose.SECOND_FACTOR, response, origin)
        except NotProved:
            await self._note_failure(session, value, "passkey", origin)
            raise
        async with write_tx():
            return await self._shown(session, value, "passkey", origin)

    async def _shown(self, session: Session, value: str, method: str, origin: Origin) -> SignedIn:
        actor = who(session.user_id, origin)
        await self.parts.audit.write("auth.mfa.success", org=None, actor=actor, details={"method": method})
        return await self.sign_in.second_factor_shown(value, method, origin)

    async def _count(self, session: Session) -> None:
        try:
            await self.attempts.count(PER_STEP, session.id)
        except TooMany:
            raise _over() from None

    async def _refuse(self, session: Session, value: str, method: str, origin: Origin) -> NoReturn:
        left = await self._note_failure(session, value, method, origin)
        if not left:
            raise _over()
        raise NotProved(
            f"This code is not right, or was used before; {left} {'try is' if left == 1 else 'tries are'} left."
        )

    async def _note_failure(self, session: Session, value: str, method: str, origin: Origin) -> int:
        """How many tries are left; the session ends with the last."""
        left = await self.attempts.left(PER_STEP, session.id)
        async with write_tx():
            await self.parts.audit.write(
                "auth.mfa.failure",
                org=None,
                actor=who(session.user_id, origin),
                outcome="failure",
                details={"method": method},
            )
            if not left:
                await self.parts.sessions.end(value)
                await self.notices.send(session.user_id, notices.STEP_FAILED, origin)
        return left


def _over() -> Unauthorized:
    return Unauthorized("That were too many tries. Sign in again with your password.", code="no_session")
