"""What one request of a factor keeps in the session for the next: sealed, taken once, good for a few minutes."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar, Final, TypeVar

import msgspec

from obsv.accounts.sessions import Session, Sessions
from obsv.core.clock import Clock


class Purpose(StrEnum):
    """What a passkey is asked for; an answer to one question is none to another."""

    REGISTER = "register"
    SIGN_IN = "sign_in"
    SECOND_FACTOR = "second_factor"
    STEP_UP = "step_up"


class TotpOffer(msgspec.Struct, frozen=True, tag="totp"):
    """A secret that counts once a code of it was entered; `tries` were wrong so far."""

    lives_ms: ClassVar = 5 * 60_000

    secret: str
    made_at_ms: int
    tries: int = 0


class Challenge(msgspec.Struct, frozen=True, tag="passkey"):
    """What a passkey must sign."""

    lives_ms: ClassVar = 5 * 60_000

    purpose: Purpose
    value: bytes
    made_at_ms: int


class MailedCode(msgspec.Struct, frozen=True, tag="mailed"):
    """A code that was sent by mail, as its digest; `tries` were wrong so far."""

    lives_ms: ClassVar = 10 * 60_000

    digest: str
    made_at_ms: int
    tries: int = 0


_ANY: Final = TotpOffer | Challenge | MailedCode
Kept = TypeVar("Kept", TotpOffer, Challenge, MailedCode)


class Waiting:
    """Keeps and takes such states."""

    def __init__(self, clock: Clock, sessions: Sessions) -> None:
        self._clock = clock
        self._sessions = sessions

    def now_ms(self) -> int:
        """When a state is made."""
        return self._clock.now_ms()

    async def keep(self, session: Session, state: TotpOffer | Challenge | MailedCode) -> None:
        """Keep it until it is taken or another takes its place."""
        await self._sessions.keep_state(session, msgspec.json.encode(state))

    async def take(self, session: Session, kind: type[Kept]) -> Kept | None:
        """What was kept, if it is of this kind and not too old; there is none afterwards."""
        kept = await self._sessions.take_state(session)
        if kept is None:
            return None
        try:
            state = msgspec.json.decode(kept, type=_ANY)
        except msgspec.MsgspecError:
            return None  # another way of signing in keeps its state in the same place
        if not isinstance(state, kind) or self._clock.now_ms() - state.made_at_ms >= kind.lives_ms:
            return None
        return state
