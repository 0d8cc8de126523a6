"""Who is asking, and may they: the one way in for every request.

With a token the cookie is not even read; a session is refused to requests that a foreign page made the browser send.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from litestar.types import Scope

from obsv.accounts.cache import Remembered
from obsv.accounts.cookies import CookiePolicy
from obsv.accounts.credentials import headers_of, refuse_query_token, token_in
from obsv.accounts.csrf import check_request
from obsv.accounts.organisations import Organisations
from obsv.accounts.orgs.support import Support
from obsv.accounts.origin import truncate_ip, ua_family
from obsv.accounts.scopes import INSTANCE, scopes_of
from obsv.accounts.sessions import Session, Sessions
from obsv.accounts.tokens import Tokens
from obsv.accounts.tokens.known import Owner, bad_token
from obsv.accounts.types import ANONYMOUS, Actor, Member
from obsv.audit import Who
from obsv.core.clock import Clock
from obsv.core.errors import BadRequest, Forbidden, NotFound, Unauthorized
from obsv.http import ClientAddress

ORG_HEADER = "x-obsv-org"
KnownMembers = Remembered[tuple[Member, ...]]


@dataclass(frozen=True, slots=True)
class Presented:
    """A living session and the cookie's value that presented it."""

    session: Session
    value: str


class Authenticator:
    """Turns a request into an `Actor`."""

    def __init__(
        self,
        clock: Clock,
        *,
        base_url: str,
        cookies: CookiePolicy,
        sessions: Sessions,
        tokens: Tokens,
        organisations: Organisations,
        support: Support,
        known_members: KnownMembers,
        client_address: ClientAddress,
    ) -> None:
        """`known_members` is what is remembered of people's organisations; who changes those forgets it there."""
        self._base_url = base_url
        self._cookies = cookies
        self._sessions = sessions
        self._tokens = tokens
        self._organisations = organisations
        self._support = support
        self._client_address = client_address
        self._clock = clock
        self._members = known_members

    async def authenticate(self, scope: Scope, needed: str | None = None) -> Actor:
        """The actor of a request, who has the scope `needed`; without one, anybody, also `ANONYMOUS`.

        Puts the actor into the request's state as `actor`. Raises `Unauthorized` (nobody, or nobody valid), `Forbidden`
        (scope missing, foreign page, address not allowed), `BadRequest` (token in the query string; organisation left
        open), `NotFound` (no such organisation for this person), `Unsupported` (a body that a foreign form could send).
        """
        refuse_query_token(scope.get("query_string", b""))
        headers = headers_of(scope)
        token = token_in(headers)
        if token is not None:
            actor = await self._by_token(scope, token)
        else:
            actor = await self._by_session(scope, headers, needed)
        # Before the scope is looked at: the access log tells who was refused.
        _note(scope, actor)
        if needed is not None:
            _require(actor, needed)
        return actor

    async def presented(self, scope: Scope) -> Presented | None:
        """The session that the cookie presents, also one with a step still to take; never beside a token."""
        headers = headers_of(scope)
        if token_in(headers) is not None:
            return None
        value = self._cookies.read(headers.get("cookie", ""))
        session = await self._sessions.find(value)
        return None if session is None else Presented(session, value)

    async def _by_token(self, scope: Scope, text: str) -> Actor:
        token = await self._tokens.known.recognise(text)
        _note(scope, token.actor)
        address = self._client_address.address(scope)
        token.require_address(address)
        actor = token.actor if token.owner is None else await self._personal(token.actor, token.owner)
        await self._tokens.known.note_use(token, address)
        return actor

    async def _personal(self, actor: Actor, owner: Owner) -> Actor:
        """A personal token counts for what its owner's role carries now; without a membership for nothing."""
        known = await self._memberships(owner.user_id, is_instance_admin=owner.is_instance_admin)
        member = next((one for one in known if one.org == actor.org and not one.grant_id), None)
        if member is None:
            raise bad_token()
        _require_factor(member, has_one=owner.has_second_factor)
        scopes = scopes_of(member.role, is_instance_admin=owner.is_instance_admin)
        return replace(actor, scopes=actor.scopes & scopes)

    async def _by_session(self, scope: Scope, headers: Mapping[str, str], needed: str | None) -> Actor:
        presented = await self.presented(scope)
        if presented is None or presented.session.pending:
            return ANONYMOUS
        # A read through a form body (Prometheus' POST queries) is fine: it needs the token all the same.
        check_request(
            str(scope.get("method", "GET")),
            headers,
            base_url=self._base_url,
            session_value=presented.value,
            allow_form=needed is not None and needed.endswith(":read"),
        )
        session = presented.session
        needs_org = needed is not None and needed != INSTANCE
        now = self._clock.now_ms()
        known = await self._memberships(session.user_id, is_instance_admin=session.is_instance_admin)
        known = tuple(one for one in known if not one.grant_id or one.support_until_ms > now)
        member = _choose(known, headers.get(ORG_HEADER), needs_org=needs_org)
        is_fresh = session.sudo_until_ms > now
        if member is None:
            scopes = frozenset({INSTANCE}) if session.is_instance_admin else frozenset[str]()
            return Actor(kind="user", user_id=session.user_id, scopes=scopes, session_id=session.id, is_fresh=is_fresh)
        if needs_org:
            _require_factor(member, has_one=session.has_second_factor)
        if member.grant_id and needs_org:
            await self._support.note_visit(member, self._visitor(scope, session, headers))
        return Actor(
            kind="user",
            user_id=session.user_id,
            org=member.org,
            org_slug=member.slug,
            role=member.role,
            scopes=scopes_of(
                member.role, is_instance_admin=session.is_instance_admin, is_support=bool(member.grant_id)
            ),
            session_id=session.id,
            is_fresh=is_fresh,
            is_support=bool(member.grant_id),
        )

    def _visitor(self, scope: Scope, session: Session, headers: Mapping[str, str]) -> Who:
        network = truncate_ip(self._client_address.address(scope))
        return Who("support", session.user_id, ip_trunc=network, ua_family=ua_family(headers.get("user-agent", "")))

    async def _memberships(self, user_id: str, *, is_instance_admin: bool) -> tuple[Member, ...]:
        """The person's organisations; for who runs the instance those too that let support in."""
        known = self._members.get(user_id)
        if known is None:
            generation = self._members.generation
            known = await self._organisations.memberships(user_id)
            if is_instance_admin:
                known += await self._support.open_to(user_id)
            self._members.put(user_id, known, generation=generation)
        return known


def _choose(members: Sequence[Member], slug: str | None, *, needs_org: bool) -> Member | None:
    if slug:
        for member in members:
            if member.slug == slug:
                return member
        raise NotFound("You belong to no organisation of this name.", code="no_organisation")
    own = [member for member in members if not member.grant_id]
    if len(own) == 1:
        return own[0]
    if needs_org and own:
        slugs = ", ".join(member.slug for member in own)
        raise BadRequest(f"Say which organisation with the header X-Obsv-Org: one of {slugs}.", code="which_org")
    return None


def _note(scope: Scope, actor: Actor) -> None:
    scope.setdefault("state", {})["actor"] = actor


def _require_factor(member: Member, *, has_one: bool) -> None:
    if member.requires_mfa and not has_one:
        raise Forbidden(
            f"{member.name} asks its members for a second factor: set one up under Security, or sign in with it.",
            code="second_factor_required",
        )


def _require(actor: Actor, needed: str) -> None:
    if actor.kind == "anonymous":
        raise Unauthorized("Sign in, or send `Authorization: Bearer <token>` with an API token.", code="not_signed_in")
    if needed not in actor.scopes:
        what = "This token lacks" if actor.kind == "token" else "Your role here does not include"
        raise Forbidden(f"{what} the scope {needed}.", code="missing_scope")
