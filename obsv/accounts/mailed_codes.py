"""A code by mail, for who has nothing else to prove themself with: accounts that sign in at another provider alone."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

import msgspec

from obsv.accounts.attempts import Attempts, Limit
from obsv.accounts.factors.state import MailedCode, Waiting
from obsv.accounts.people import People
from obsv.accounts.registration import letters
from obsv.accounts.sessions import Session
from obsv.core.errors import NotFound
from obsv.db import write_tx
from obsv.outbox import Kind

DIGITS: Final = 8
TRIES: Final = 5
SENT: Final = Limit("mailed_code", 5, 3600)


class MailedCodes:
    """One waits for each session at most: it counts once, for ten minutes and five tries, in that session alone."""

    def __init__(self, people: People, waiting: Waiting, attempts: Attempts) -> None:
        self._people, self._waiting, self._attempts = people, waiting, attempts

    async def send(self, session: Session) -> None:
        """Mail another code to the person.  Raises `NotFound` without a verified address, `TooMany`."""
        person = await self._people.get(session.user_id)
        if person is None or not person.has_verified_email:
            raise NotFound("Your account has no verified address to send a code to.", code="no_address")
        await self._attempts.count(SENT, person.id)
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        async with write_tx():
            await self._waiting.keep(session, MailedCode(_digest(session, code), self._waiting.now_ms()))
            await letters.send(person.id, person.email, "step_up_code", letters.step_up_code(code), Kind.SECURITY)

    async def check(self, session: Session, code: str) -> bool:
        """Whether this is the code that was mailed; it is used up, or one try is."""
        kept = await self._waiting.take(session, MailedCode)
        if kept is None or hmac.compare_digest(kept.digest, _digest(session, "".join(code.split()))):
            return kept is not None
        if kept.tries + 1 < TRIES:
            await self._waiting.keep(session, msgspec.structs.replace(kept, tries=kept.tries + 1))
        return False


def _digest(session: Session, code: str) -> str:
    """What is kept of it; the state is sealed besides."""
    return hashlib.sha256(f"{session.id}:{code}".encode()).hexdigest()
