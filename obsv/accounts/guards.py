"""What a route says about who may use it; deny is the default of a test that walks all routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from obsv.accounts.installed import accounts
from obsv.core.errors import Unauthorized

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]


def requires_scope(needed: str) -> Guard:
    """Let tokens with this scope in, and members whose role carries it; `request.state.actor` is the `Actor`.

    The actor has an organisation, except for `admin:instance`.
    """

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        await accounts().authenticator.authenticate(connection.scope, needed)

    return guard


async def requires_session(connection: Connection, _: BaseRouteHandler) -> None:
    """Let people in who are signed in, and no tokens; `request.state.actor` is the `Actor`."""
    actor = await accounts().authenticator.authenticate(connection.scope)
    if actor.kind != "user":
        raise Unauthorized("Sign in in a browser: this takes a session, not a token.", code="not_signed_in")
