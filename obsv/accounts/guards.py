"""What a route says about who may use it; deny is the default of a test that walks all routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from obsv.accounts.installed import accounts
from obsv.accounts.types import Actor
from obsv.core.errors import Forbidden, Unauthorized

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]

_EVERY_ROLE_HAS: Final = "metrics:read"


def requires_scope(needed: str, *, step_up: bool = False) -> Guard:
    """Let tokens with this scope in, and members whose role carries it; `request.state.actor` is the `Actor`.

    The actor has an organisation, except for `admin:instance`. With `step_up` a person must have proved to be
    themself a moment ago, which their personal tokens cannot.
    """

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        actor = await accounts().authenticator.authenticate(connection.scope, needed)
        if step_up and actor.user_id:
            require_fresh(actor)

    return guard


def requires_member(*, step_up: bool = False) -> Guard:
    """Let people in who belong to the organisation of the request: no tokens, and none of the instance's staff.

    With `step_up` they must have proved to be themselves a moment ago.
    """

    async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
        await requires_session(connection, handler)
        actor = await accounts().authenticator.authenticate(connection.scope, _EVERY_ROLE_HAS)
        if actor.is_support:
            raise Forbidden("This is for the organisation's members.", code="members_only")
        if step_up:
            require_fresh(actor)

    return guard


async def requires_session(connection: Connection, _: BaseRouteHandler) -> None:
    """Let people in who are signed in, and no tokens; `request.state.actor` is the `Actor`."""
    actor = await accounts().authenticator.authenticate(connection.scope)
    if actor.kind != "user":
        raise Unauthorized("Sign in in a browser: this takes a session, not a token.", code="not_signed_in")


async def requires_step_up(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let people in who are signed in and proved to be themselves a moment ago."""
    await requires_session(connection, handler)
    require_fresh(connection.scope["state"]["actor"])


def require_fresh(actor: Actor) -> None:
    """Raise `Forbidden` with the code `step_up`, at which the cabinet asks for password, code or passkey again."""
    if actor.kind == "token":
        raise Forbidden("This is for a person who proves anew to be themself, not for a token.", code="person_needed")
    if not actor.is_fresh:
        raise Forbidden("Confirm that it is you: this needs a fresh password, code or passkey.", code="step_up")
