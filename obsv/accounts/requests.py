"""What a handler asks of a request that a guard let in: who acts, for which organisation, in which session."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litestar import Request

from obsv.accounts.authenticate import Presented
from obsv.accounts.client import origin_of
from obsv.accounts.installed import accounts
from obsv.accounts.origin import who
from obsv.accounts.scopes import Role
from obsv.accounts.types import Actor
from obsv.audit import Who
from obsv.core.errors import Forbidden, Unauthorized

AnyRequest = Request[Any, Any, Any]


def actor_of(request: AnyRequest) -> Actor:
    """Who the guard let in."""
    actor: Actor = request.state.actor
    return actor


def org_of(request: AnyRequest) -> int:
    """The organisation that the guard settled."""
    org = actor_of(request).org
    if org is None:
        raise Forbidden("You belong to no organisation.", code="no_organisation")
    return org


def role_of(request: AnyRequest) -> Role:
    """The role of who asks; a token that administers counts as an admin."""
    return actor_of(request).role or Role.ADMIN


def author_of(request: AnyRequest) -> Who:
    """The actor as the audit log knows one."""
    actor = actor_of(request)
    if actor.kind == "token":
        return Who("token", actor.token_id, person=actor.user_id)
    person = who(actor.user_id, origin_of(request))
    return replace(person, kind="support") if actor.is_support else person


async def presented_by(request: AnyRequest) -> Presented:
    """The session behind a request that `requires_session` let in.  Raises `Unauthorized` when it just ended."""
    presented = await accounts().authenticator.presented(request.scope)
    if presented is None or presented.session.pending:
        raise Unauthorized("Sign in again.", code="not_signed_in")
    return presented
