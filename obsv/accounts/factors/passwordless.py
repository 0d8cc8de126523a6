"""Signing in with a passkey alone: the browser offers it in the email field, nothing has to be typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from obsv.accounts.attempts import Attempts, Limit
from obsv.accounts.factors.proofs import NotProved, Proofs
from obsv.accounts.factors.state import Purpose
from obsv.accounts.limits import network_of
from obsv.accounts.origin import who
from obsv.accounts.parts import Parts
from obsv.accounts.sessions import NewSession
from obsv.accounts.sign_in import SignedIn, SignIn
from obsv.accounts.types import Origin

PER_ADDRESS: Final = Limit("passkey_address", 60, 60)


@dataclass(frozen=True, slots=True)
class Asked:
    """Options for the browser, and the session that waits for its answer if it had none."""

    options: dict[str, Any]
    session: NewSession | None


@dataclass(frozen=True, slots=True)
class Passwordless:
    """Asks, and takes the answer. No lock of an account counts here: a passkey cannot be guessed."""

    parts: Parts
    sign_in: SignIn
    proofs: Proofs
    attempts: Attempts

    async def ask(self, value: str, origin: Origin, *, address: str) -> Asked:
        """A challenge for whoever asks, kept in the session of `value` or in a new one of nobody.

        Raises `TooMany`.
        """
        await self.attempts.count(PER_ADDRESS, network_of(address))
        session, made = await self.parts.sessions.find(value), None
        if session is None:
            made = await self.parts.sessions.begin_anonymous(origin)
            session = await self.parts.sessions.find(made.value)
        if session is None:
            raise NotProved("That took too long. Try again.")
        return Asked(await self.proofs.ask_passkey(session, Purpose.SIGN_IN), made)

    async def answer(
        self, value: str, response: Mapping[str, Any], origin: Origin, *, address: str, remember: bool
    ) -> SignedIn:
        """Sign the passkey's owner in; the session that waited ends.  Raises `NotProved`, `TooMany`."""
        await self.attempts.count(PER_ADDRESS, network_of(address))
        try:
            return await self._answered(value, response, origin, remember=remember)
        except NotProved as error:
            actor = who(error.user_id, origin)
            await self.parts.audit.write(
                "auth.login.failure", org=None, actor=actor, outcome="failure", details={"method": "passkey"}
            )
            raise

    async def _answered(self, value: str, response: Mapping[str, Any], origin: Origin, *, remember: bool) -> SignedIn:
        session = await self.parts.sessions.find(value)
        if session is None:
            raise NotProved("That took too long. Try again.")
        passkey = await self.proofs.passkey(session, Purpose.SIGN_IN, response, origin)
        login = await self.parts.people.login_of(passkey.user_id)
        if login is None:
            raise NotProved("This passkey is not known here.")
        return await self.sign_in.proved(login, ("passkey",), origin, remember=remember, old_value=value)
