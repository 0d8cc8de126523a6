"""Adding and removing second factors and passkeys.

Whoever has a second factor needs one to change any of them: with a password alone nobody adds a factor of their own.
Each change gives the browser a new session value, is audited, and is mailed to the person.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import msgspec

from obsv.accounts.factors import notices
from obsv.accounts.factors.ceremonies import RelyingParty, Unproven
from obsv.accounts.factors.enrolled import Enrolled, enrolled
from obsv.accounts.factors.notices import Notice, Notices
from obsv.accounts.factors.passkeys import Passkey, Passkeys
from obsv.accounts.factors.proofs import CHALLENGE_BYTES
from obsv.accounts.factors.recovery import RecoveryCodes
from obsv.accounts.factors.state import Challenge, Purpose, TotpOffer, Waiting
from obsv.accounts.factors.totp import TotpSecrets, already_on, matching_step, new_secret, otpauth_uri, qr_code
from obsv.accounts.factors.ways_in import require_way_in
from obsv.accounts.names import clean_name
from obsv.accounts.origin import who
from obsv.accounts.parts import Parts
from obsv.accounts.sessions import SECOND_FACTORS, NewSession, Session
from obsv.accounts.types import Origin, Person
from obsv.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from obsv.db import write_tx

OFFER_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """A secret for an authenticator app, in the three forms in which apps take it."""

    secret: str
    uri: str
    qr_code: str


@dataclass(frozen=True, slots=True)
class Changed:
    """The browser's next session value, and recovery codes to be shown this once (if any were made)."""

    session: NewSession
    recovery_codes: list[str]


@dataclass(frozen=True, slots=True)
class _Change:
    """What is told of a change; `shown` is the factor that the person had in hand for it."""

    event: str
    notice: Notice
    shown: str = ""


_TOTP_ON: Final = _Change("totp.enabled", notices.TOTP_ON, "totp")
_TOTP_OFF: Final = _Change("totp.disabled", notices.TOTP_OFF)
_PASSKEY_ADDED: Final = _Change("passkey.added", notices.PASSKEY_ADDED, "passkey")
_PASSKEY_REMOVED: Final = _Change("passkey.removed", notices.PASSKEY_REMOVED)


def after_showing(session: Session, method: str) -> tuple[str, ...]:
    """A session's methods once another was shown: the latest is the last."""
    return (*(known for known in session.methods if known != method), method)


class Enrolment:
    """Changes of a signed-in person's factors."""

    def __init__(
        self,
        parts: Parts,
        *,
        site: RelyingParty,
        totp: TotpSecrets,
        recovery: RecoveryCodes,
        passkeys: Passkeys,
        waiting: Waiting,
        notices: Notices,
    ) -> None:
        self._parts = parts
        self._site = site
        self._totp = totp
        self._recovery = recovery
        self._passkeys = passkeys
        self._waiting = waiting
        self._notices = notices

    # -- authenticator app --------------------------------------------------------------------------------------

    async def offer_totp(self, session: Session) -> Offer:
        """A fresh secret; it counts once `confirm_totp` got a code of it.  Raises `Conflict`, `Forbidden`."""
        await self._require_proof(session)
        if await self._totp.since_ms(session.user_id) is not None:
            raise already_on()
        person, secret = await self._person(session), new_secret()
        await self._waiting.keep(session, TotpOffer(secret, self._waiting.now_ms()))
        uri = otpauth_uri(secret, account=person.email, issuer=self._site.name)
        return Offer(secret, uri, qr_code(uri))

    async def confirm_totp(self, session: Session, code: str, origin: Origin, *, end_others: bool) -> Changed:
        """Turn the offered secret on, and make recovery codes.  Raises `Invalid`, `Conflict`, `Forbidden`."""
        await self._require_proof(session)
        offer = await self._waiting.take(session, TotpOffer)
        if offer is None:
            raise Conflict("That took too long. Begin again.", code="no_offer")
        step = matching_step(offer.secret, code, self._parts.clock.now_ms() // 1000)
        if step is None:
            await self._offer_again(session, offer)
        async with write_tx():
            await self._totp.turn_on(session.user_id, offer.secret, step)
            codes = await self._recovery.replace(session.user_id)
            next_value = await self._record(session, _TOTP_ON, origin, end_others=end_others)
        return Changed(next_value, codes)

    async def remove_totp(self, session: Session, origin: Origin, *, end_others: bool) -> Changed:
        """Turn it off.  Raises `NotFound`, `Forbidden`."""
        await self._require_proof(session)
        async with write_tx():
            if not await self._totp.turn_off(session.user_id):
                raise NotFound("No authenticator app is set up.", code="no_totp")
            return Changed(await self._record(session, _TOTP_OFF, origin, end_others=end_others), [])

    async def new_codes(self, session: Session, origin: Origin) -> list[str]:
        """Ten new recovery codes; the old ones are void.  Raises `Conflict`, `Forbidden`."""
        if not (await self._require_proof(session)).any:
            raise Conflict("Set up an authenticator app or a passkey first.", code="no_second_factor")
        async with write_tx():
            codes = await self._recovery.replace(session.user_id)
            await self._parts.audit.write("recovery_codes.regenerated", org=None, actor=who(session.user_id, origin))
            await self._notices.send(session.user_id, notices.CODES_MADE, origin)
        return codes

    # -- passkeys -----------------------------------------------------------------------------------------------

    async def offer_passkey(self, session: Session) -> dict[str, Any]:
        """What `navigator.credentials.create` is called with.  Raises `Forbidden`."""
        await self._require_proof(session)
        person, known = await self._person(session), await self._passkeys.of(session.user_id)
        challenge = Challenge(Purpose.REGISTER, os.urandom(CHALLENGE_BYTES), self._waiting.now_ms())
        await self._waiting.keep(session, challenge)
        return self._site.creation_options(
            challenge.value,
            handle=await self._passkeys.handle_of(session.user_id),
            user_name=person.email,
            display_name=person.name,
            known=[passkey.known for passkey in known],
        )

    async def add_passkey(
        self, session: Session, response: Mapping[str, Any], name: str, origin: Origin, *, end_others: bool
    ) -> tuple[Passkey, Changed]:
        """Store the browser's answer; the first second factor comes with recovery codes.

        Raises `Invalid`, `Conflict`, `Forbidden`.
        """
        before = await self._require_proof(session)
        challenge = await self._waiting.take(session, Challenge)
        if challenge is None or challenge.purpose is not Purpose.REGISTER:
            raise Conflict("That took too long. Begin again.", code="no_offer")
        try:
            made = self._site.check_creation(response, challenge.value)
        except Unproven as error:
            raise Invalid("This passkey was not accepted. Try again.", code="passkey_refused") from error
        name = clean_name(name or origin.ua_family or "Passkey", "the passkey")
        async with write_tx():
            passkey = await self._passkeys.add(session.user_id, made, name=name, rp_id=self._site.rp_id)
            codes = [] if before.recovery_codes else await self._recovery.replace(session.user_id)
            next_value = await self._record(session, _PASSKEY_ADDED, origin, passkey.id, end_others=end_others)
        return passkey, Changed(next_value, codes)

    async def rename_passkey(self, user_id: str, passkey_id: str, name: str, origin: Origin) -> Passkey:
        """Call it something else.  Raises `NotFound`, `Invalid`."""
        async with write_tx():
            passkey = await self._passkeys.rename(user_id, passkey_id, clean_name(name, "the passkey"))
            await self._parts.audit.write(
                "passkey.renamed", org=None, actor=who(user_id, origin), target=("passkey", passkey_id)
            )
        return passkey

    async def remove_passkey(self, session: Session, passkey_id: str, origin: Origin, *, end_others: bool) -> Changed:
        """Forget it, unless nothing else opens the account.  Raises `NotFound`, `Conflict`, `Forbidden`."""
        await self._require_proof(session)
        async with write_tx():
            await self._passkeys.remove(session.user_id, passkey_id)
            await require_way_in(session.user_id)
            next_value = await self._record(session, _PASSKEY_REMOVED, origin, passkey_id, end_others=end_others)
        return Changed(next_value, [])

    # -- what they share ----------------------------------------------------------------------------------------

    async def _require_proof(self, session: Session) -> Enrolled:
        """The person's factors, if they proved to be themself a moment ago, with one of them where there is any."""
        factors = await enrolled(session.user_id)
        if session.sudo_until_ms <= self._parts.clock.now_ms():
            raise Forbidden("Confirm that it is you: this needs a fresh password, code or passkey.", code="step_up")
        if factors.any and (not session.methods or session.methods[-1] not in SECOND_FACTORS):
            raise Forbidden(
                "Confirm that it is you with your authenticator app or a passkey; the password is not enough for this.",
                code="step_up_factor",
            )
        return factors

    async def _person(self, session: Session) -> Person:
        person = await self._parts.people.get(session.user_id)
        if person is None:
            raise NotFound("There is no such account.", code="no_user")
        return person

    async def _offer_again(self, session: Session, offer: TotpOffer) -> NoReturn:
        if offer.tries + 1 >= OFFER_TRIES:
            raise Conflict("That were too many wrong codes. Begin again.", code="no_offer")
        await self._waiting.keep(session, msgspec.structs.replace(offer, tries=offer.tries + 1))
        problem = "This is not the code that the app shows now. Check the time of the device that shows it."
        raise Invalid(problem, code="wrong_code", errors=[FieldError("/code", problem)])

    async def _record(
        self, session: Session, change: _Change, origin: Origin, passkey_id: str = "", *, end_others: bool
    ) -> NewSession:
        """What every change brings with it, in its transaction; the browser's next session value.

        Without any factor left no session may count as shown with one, so the others end.
        """
        user_id = session.user_id
        methods = after_showing(session, change.shown) if change.shown else session.methods
        if not (await enrolled(user_id)).any:
            await self._recovery.remove(user_id)
            methods = tuple(method for method in methods if method not in SECOND_FACTORS)
            end_others = True
        if end_others:
            await self._parts.sessions.end_others(user_id, session.id)
        rotated = await self._parts.sessions.rotate(session, methods=methods, sudo=bool(change.shown))
        target = ("passkey", passkey_id) if passkey_id else ("user", user_id)
        await self._parts.audit.write(change.event, org=None, actor=who(user_id, origin), target=target)
        await self._notices.send(user_id, change.notice, origin)
        return rotated
