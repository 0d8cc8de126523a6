"""Sign-in elsewhere, joined to accounts here: who comes back is signed in, asked to register, or linked.

The flow waits sealed in the browser's session, and is taken out before the answer is looked at: whatever comes of it,
it does not work twice. A second factor of the account is asked for afterwards as after a password.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog

from obsv.accounts.attempts import Attempts, Limit
from obsv.accounts.authenticate import Presented
from obsv.accounts.factors.notices import Notice, Notices
from obsv.accounts.factors.ways_in import require_way_in
from obsv.accounts.limits import network_of
from obsv.accounts.oauth.errors import not_begun
from obsv.accounts.oauth.flows import FLOW_MS, Flows
from obsv.accounts.oauth.identities import Consent, Identities
from obsv.accounts.oauth.types import CallbackParams, Flow, FlowPurpose, Identity, Newcomer, unpack
from obsv.accounts.origin import who
from obsv.accounts.parts import Parts
from obsv.accounts.people import Login
from obsv.accounts.sessions import ANONYMOUS, NewSession, Session
from obsv.accounts.sign_in import SignedIn, SignIn
from obsv.accounts.types import Origin
from obsv.config import AuthProvider
from obsv.core.errors import Forbidden
from obsv.db import write_tx
from obsv.keys import KeyStore

_log = structlog.get_logger("obsv.accounts.oauth")

METHOD: Final = "oauth"
BEGINNINGS: Final = Limit("oauth", 30, 60)


@dataclass(frozen=True, slots=True)
class Began:
    """Where to send the browser, and the session that remembers why."""

    url: str
    session: NewSession


@dataclass(frozen=True, slots=True)
class Arrived:
    """Who came back is known: signed in, or with a step left; then on to `wanted`."""

    done: SignedIn
    wanted: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Who came back has no account; the session keeps who it is for the registration page."""

    session: NewSession


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Somebody signed in linked an account elsewhere or proved to be themself; a new value for the browser if any."""

    purpose: FlowPurpose
    session: NewSession | None
    wanted: str


Outcome = Arrived | Unknown | Confirmed


class FederatedSignIn:
    """The way in by other services."""

    def __init__(
        self, parts: Parts, keys: KeyStore, sign_in: SignIn, providers: Iterable[AuthProvider], base_url: str
    ) -> None:
        self._parts = parts
        self._sign_in = sign_in
        self.flows = Flows(providers, parts.clock, base_url)
        self.identities = Identities(parts.clock, keys)
        self._attempts = Attempts(parts.clock, keys)
        self._notices = Notices(parts.clock, parts.people, base_url)

    # -- there --------------------------------------------------------------------------------------------------

    async def begin_sign_in(
        self, slug: str, origin: Origin, *, address: str, old: Presented | None, wanted: str, remember: bool
    ) -> Began:
        """Begin in a session of nobody; a half-finished one ends.

        Raises `TooMany`, `NotFound` (no such provider), `Unavailable`, `Forbidden` (the provider's answers).
        """
        await self._attempts.count(BEGINNINGS, network_of(address))
        url, flow = await self.flows.begin(slug, FlowPurpose.SIGN_IN, wanted=wanted, remember=remember)
        return Began(url, await self._keep_anonymously(flow, origin, old.value if old else ""))

    async def begin_confirming(self, slug: str, purpose: FlowPurpose, session: Session, *, wanted: str = "") -> str:
        """Send who is signed in to link an account there, or to prove it anew; the provider's address."""
        url, flow = await self.flows.begin(slug, purpose, user_id=session.user_id, wanted=wanted)
        await self._parts.sessions.keep_state(session, msgspec.json.encode(flow))
        return url

    # -- and back -----------------------------------------------------------------------------------------------

    async def come_back(
        self, slug: str, params: CallbackParams, presented: Presented | None, origin: Origin
    ) -> Outcome:
        """Finish the flow of this browser, whatever it was begun for.

        Raises `BadRequest` (none fits), `Forbidden` (declined; an answer that must not be believed; a closed account),
        `Conflict` (it is linked already), `Unavailable` (the provider does not answer).
        """
        state = await self._parts.sessions.take_state(presented.session) if presented else None
        flow = unpack(Flow, state)
        identity = await self._finished(flow, slug, params, origin)
        if flow is None or presented is None or not _fits(flow, presented.session):
            raise not_begun()
        match flow.purpose:
            case FlowPurpose.SIGN_IN:
                return await self._signed_in(flow, identity, presented, origin)
            case FlowPurpose.LINK:
                return await self._link(flow, identity, origin)
            case FlowPurpose.STEP_UP:
                return await self._step_up(flow, identity, presented.session, origin)

    # -- with no account yet ------------------------------------------------------------------------------------

    async def newcomer(self, presented: Presented | None) -> Newcomer | None:
        """Who came back to this browser and has no account; None when that is not so, or was ten minutes ago."""
        if presented is None or presented.session.pending != ANONYMOUS:
            return None
        return self._in_time(unpack(Newcomer, await self._parts.sessions.peek_state(presented.session)))

    async def welcome(self, presented: Presented, user_id: str, origin: Origin) -> Arrived:
        """Link the newcomer of this browser to the account that was made for them, and sign them in.

        Call it in the transaction that makes the account, or nothing might lead into it.

        Raises `BadRequest` (none waits, or not any more), `Conflict` (somebody has it by now).
        """
        newcomer = self._in_time(unpack(Newcomer, await self._parts.sessions.take_state(presented.session)))
        login = await self._parts.people.login_of(user_id)
        if newcomer is None or login is None or presented.session.pending != ANONYMOUS:
            raise not_begun()
        async with write_tx():
            await self.identities.link(user_id, newcomer.identity)
            await self._note("oauth.linked", user_id, newcomer.identity.provider, origin)
        return await self._arrived(login, newcomer.identity, newcomer, presented.value, origin)

    def _in_time(self, newcomer: Newcomer | None) -> Newcomer | None:
        if newcomer is None or self._parts.clock.now_ms() - newcomer.created_at_ms > FLOW_MS:
            return None
        return newcomer

    # -- the steps of coming back -------------------------------------------------------------------------------

    async def _finished(self, flow: Flow | None, slug: str, params: CallbackParams, origin: Origin) -> Identity:
        try:
            return await self.flows.finish(flow, slug, params)
        except Forbidden:
            await self._failed("", origin)
            raise

    async def _signed_in(
        self, flow: Flow, identity: Identity, presented: Presented, origin: Origin
    ) -> Arrived | Unknown:
        user_id = await self.identities.owner(identity)
        if user_id is None:
            newcomer = Newcomer(identity, self._parts.clock.now_ms(), flow.wanted, flow.remember)
            return Unknown(await self._keep_anonymously(newcomer, origin, presented.value))
        login = await self._parts.people.login_of(user_id)
        if login is None:
            await self._failed(user_id, origin)
            raise Forbidden("This account is closed.", code="account_closed")
        return await self._arrived(login, identity, flow, presented.value, origin)

    async def _arrived(
        self, login: Login, identity: Identity, begun: Flow | Newcomer, old_value: str, origin: Origin
    ) -> Arrived:
        await self.identities.used(identity)
        done = await self._sign_in.proved(login, (METHOD,), origin, remember=begun.remember, old_value=old_value)
        return Arrived(done, begun.wanted)

    async def _link(self, flow: Flow, identity: Identity, origin: Origin) -> Confirmed:
        async with write_tx():
            await self.identities.link(flow.user_id, identity)
            await self._note("oauth.linked", flow.user_id, identity.provider, origin)
            await self._notices.send(flow.user_id, _linked(self._label(identity.provider)), origin)
        return Confirmed(flow.purpose, None, flow.wanted)

    async def _step_up(self, flow: Flow, identity: Identity, session: Session, origin: Origin) -> Confirmed:
        if await self.identities.owner(identity) != flow.user_id:
            await self._failed(flow.user_id, origin)
            raise Forbidden("You signed in there as somebody else than here.", code="other_person")
        async with write_tx():
            renewed = await self._parts.sessions.rotate(session, sudo=True)
            actor = who(flow.user_id, origin)
            await self._parts.audit.write("auth.stepup", org=None, actor=actor, details={"method": METHOD})
        return Confirmed(flow.purpose, renewed, flow.wanted)

    # -- no more ------------------------------------------------------------------------------------------------

    async def unlink(self, user_id: str, slug: str, origin: Origin) -> bool:
        """Let a provider sign this person in no more, and tell it so; whether it confirmed.

        Raises `NotFound`, `Conflict` when the person has no other way in.
        """
        async with write_tx():
            consent = await self.identities.unlink(user_id, slug)
            await require_way_in(user_id)
            await self._note("oauth.unlinked", user_id, slug, origin)
            await self._notices.send(user_id, _unlinked(self._label(slug)), origin)
        return await self.revoke(consent)

    async def revoke(self, consent: Consent) -> bool:
        """Take a consent back at its provider, outside of any transaction; the log says when that did not work.

        There is one attempt: the token is gone from here already, and the person can always do it there.
        """
        if not consent.token or consent.provider not in self.flows.labels:
            return False
        is_revoked = await self.flows.provider(consent.provider).revoke(consent.token)
        if not is_revoked:
            _log.warning("oauth.not_revoked", provider=consent.provider)
        return is_revoked

    # -- helpers ------------------------------------------------------------------------------------------------

    async def _keep_anonymously(self, state: Flow | Newcomer, origin: Origin, old_value: str) -> NewSession:
        sessions = self._parts.sessions
        async with write_tx():
            ended = await sessions.end(old_value) if old_value else ()
            made = await sessions.begin_anonymous(origin)
        sessions.forget(ended)
        session = await sessions.find(made.value)
        assert session is not None  # made a moment ago
        await sessions.keep_state(session, msgspec.json.encode(state))
        return made

    async def _note(self, event: str, user_id: str, slug: str, origin: Origin) -> None:
        await self._parts.audit.write(event, org=None, actor=who(user_id, origin), details={"kind": slug})

    def _label(self, slug: str) -> str:
        return self.flows.labels.get(slug, slug)

    async def _failed(self, user_id: str, origin: Origin) -> None:
        actor = who(user_id, origin)
        await self._parts.audit.write(
            "auth.login.failure", org=None, actor=actor, outcome="failure", details={"method": METHOD}
        )


def _linked(label: str) -> Notice:
    return Notice(
        "identity_linked",
        f"{label} signs you in now",
        f"An account at {label} was linked to yours: whoever can sign in there can sign in to your account here.",
    )


def _unlinked(label: str) -> Notice:
    return Notice(
        "identity_unlinked",
        f"{label} signs you in no more",
        f"Your account at {label} was unlinked from yours and cannot be used to sign in any more.",
    )


def _fits(flow: Flow, session: Session) -> bool:
    """Whether a flow is finished in the state it was begun in: by nobody, or by the same person still signed in."""
    if flow.purpose is FlowPurpose.SIGN_IN:
        return session.pending == ANONYMOUS
    return not session.pending and session.user_id == flow.user_id
