"""Whether somebody has the factor they claim to have: the one place where codes and passkeys are checked."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from typing import Any, Final

from obsv.accounts.attempts import Attempts, Limit
from obsv.accounts.factors import notices
from obsv.accounts.factors.ceremonies import Assertion, RelyingParty, Unproven, answer_of
from obsv.accounts.factors.notices import Notices
from obsv.accounts.factors.passkeys import Passkey, Passkeys
from obsv.accounts.factors.recovery import RecoveryCodes
from obsv.accounts.factors.state import Challenge, Purpose, Waiting
from obsv.accounts.factors.totp import TotpSecrets
from obsv.accounts.origin import who
from obsv.accounts.parts import Parts
from obsv.accounts.sessions import Session
from obsv.accounts.types import Origin
from obsv.core.errors import NotFound, Unauthorized
from obsv.db import write_tx

CODES_PER_PERSON: Final = Limit("second_factor", 10, 3600)
# Passkeys cannot be guessed: this one is against noise, and guessed codes don't lock a passkey's owner out.
PASSKEYS_PER_PERSON: Final = Limit("passkey_person", 30, 60)
CHALLENGE_BYTES: Final = 32


class NotProved(Unauthorized):
    """The factor shown is not the person's, or no longer good."""

    def __init__(self, detail: str, *, user_id: str = "") -> None:
        super().__init__(detail, code="bad_proof")
        self.user_id = user_id


class Proofs:
    """Checks what a person shows."""

    def __init__(
        self,
        parts: Parts,
        *,
        site: RelyingParty,
        totp: TotpSecrets,
        recovery: RecoveryCodes,
        passkeys: Passkeys,
        waiting: Waiting,
        attempts: Attempts,
        notices: Notices,
    ) -> None:
        self._parts = parts
        self._site = site
        self._totp = totp
        self._recovery = recovery
        self._passkeys = passkeys
        self._waiting = waiting
        self._attempts = attempts
        self._notices = notices

    async def count_code(self, user_id: str) -> None:
        """Before a code is checked, and outside of a transaction.  Raises `TooMany`."""
        await self._attempts.count(CODES_PER_PERSON, user_id)

    async def count_passkey(self, user_id: str) -> None:
        """The same before a passkey's answer is."""
        await self._attempts.count(PASSKEYS_PER_PERSON, user_id)

    async def forget_codes(self, user_id: str) -> None:
        """After a code was right."""
        await self._attempts.clear(CODES_PER_PERSON, user_id)

    async def totp(self, user_id: str, code: str) -> bool:
        """Whether this is a code of the person's app that was not used yet; it is now."""
        return await self._totp.accept(user_id, code)

    async def recovery_code(self, user_id: str, code: str, origin: Origin) -> bool:
        """Whether this is a recovery code of the person; it is used up, and they are told (in a transaction)."""
        if not await self._recovery.use(user_id, code):
            return False
        left = await self._recovery.left(user_id)
        await self._parts.audit.write(
            "auth.recovery_code_used", org=None, actor=who(user_id, origin), details={"count": left}
        )
        await self._notices.send(user_id, notices.code_used(left), origin)
        return True

    async def ask_passkey(self, session: Session, purpose: Purpose) -> dict[str, Any]:
        """What `navigator.credentials.get` is called with; the answer must come in this session, within 5 minutes.

        To sign in any passkey will do, else one of the person's.  Raises `NotFound` when they have none.
        """
        known = [] if purpose is Purpose.SIGN_IN else await self._passkeys.of(session.user_id)
        if purpose is not Purpose.SIGN_IN and not known:
            raise NotFound("Your account has no passkey.", code="no_passkey")
        challenge = Challenge(purpose, os.urandom(CHALLENGE_BYTES), self._waiting.now_ms())
        await self._waiting.keep(session, challenge)
        return self._site.request_options(challenge.value, [passkey.known for passkey in known])

    async def passkey(self, session: Session, purpose: Purpose, response: Mapping[str, Any], origin: Origin) -> Passkey:
        """The passkey with which the browser answered what this session was asked.  Raises `NotProved`."""
        challenge = await self._waiting.take(session, Challenge)
        if challenge is None or challenge.purpose is not purpose:
            raise NotProved("That took too long, or was sent before. Try again.")
        try:
            return await self._check(session, purpose, response, challenge, origin)
        except Unproven as error:
            raise NotProved("This passkey was not accepted. Try again, or sign in another way.") from error

    async def _check(
        self, session: Session, purpose: Purpose, response: Mapping[str, Any], challenge: Challenge, origin: Origin
    ) -> Passkey:
        answer = answer_of(response)
        passkey = await self._passkeys.find(answer.credential_id)
        if passkey is None or (purpose is not Purpose.SIGN_IN and passkey.user_id != session.user_id):
            raise NotProved("This passkey is not known here. If you removed it, delete it on your device too.")
        # Not checked by the library: without it, one person's signature would do for another's handle. Who signs in
        # says with the handle alone who they are; afterwards the browser may leave it out.
        handle = await self._passkeys.handle_of(passkey.user_id)
        given = answer.user_handle if answer.user_handle is not None or purpose is Purpose.SIGN_IN else handle
        if given is None or not hmac.compare_digest(given, handle):
            raise Unproven("the handle is another person's")
        proof = self._site.check_assertion(response, challenge.value, passkey.public_key)
        await self._record(passkey, proof, origin)
        return passkey

    async def _record(self, passkey: Passkey, proof: Assertion, origin: Origin) -> None:
        """Authenticators that count must count on; those that don't say 0 each time (synchronised passkeys)."""
        if (proof.sign_count or passkey.sign_count) and proof.sign_count <= passkey.sign_count:
            async with write_tx():
                await self._parts.audit.write(
                    "passkey.clone_suspected",
                    org=None,
                    actor=who(passkey.user_id, origin),
                    target=("passkey", passkey.id),
                    outcome="failure",
                )
                await self._notices.send(passkey.user_id, notices.CLONE_SUSPECTED, origin)
            raise NotProved(
                "This passkey counted fewer signatures than before, as a copy would. Sign in another way, remove it and"
                " add it anew.",
                user_id=passkey.user_id,
            )
        if not await self._passkeys.used(passkey, sign_count=proof.sign_count, is_backed_up=proof.is_backed_up):
            raise NotProved("This passkey was used somewhere else at the same moment. Try again.")
