"""Accounts over our own API, under `/api/obsv/v1`: the session, and API tokens.

Handlers reach the service through `accounts()`, which the start installs; `request.state.actor` comes from the guards.
"""

from __future__ import annotations

from litestar import Controller, Response, Router, delete, get, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT

from obsv import __version__
from obsv.accounts import audit_api
from obsv.accounts.client import origin_of
from obsv.accounts.csrf import csrf_token
from obsv.accounts.factors import api as factors
from obsv.accounts.factors.api_assisted import FactorRemovalController
from obsv.accounts.factors.api_step_up import StepUpController
from obsv.accounts.guards import requires_scope, requires_session
from obsv.accounts.installed import accounts
from obsv.accounts.instance import api as instance
from obsv.accounts.oauth.api import IdentityController
from obsv.accounts.orgs import api as orgs
from obsv.accounts.registration.api import MeController
from obsv.accounts.requests import AnyRequest, actor_of, author_of, org_of, presented_by
from obsv.accounts.scopes import parse_scopes
from obsv.accounts.types import CreatedToken, NewToken, OrgView, SessionView, TokenList, UserView
from obsv.core.errors import Forbidden, Unauthorized


class SessionController(Controller):
    """The session of the browser that asks."""

    path = "/session"
    tags = ["Session"]
    guards = [requires_session]

    @get("/", summary="Who is signed in", operation_id="getSession")
    async def show(self, request: AnyRequest) -> SessionView:
        """The person, the organisations to choose from, and the CSRF token."""
        service, actor = accounts(), actor_of(request)
        presented = await presented_by(request)
        person = await service.people.get(actor.user_id)
        if person is None:
            raise Unauthorized("Sign in again.", code="not_signed_in")
        members = await service.organisations.memberships(person.id)
        if person.is_instance_admin:
            members += await service.support.open_to(person.id)
        return SessionView(
            user=UserView(person.id, person.name, person.email),
            orgs=[
                OrgView(member.slug, member.name, member.role.value, member.support_until_ms or None)
                for member in members
            ],
            csrf=csrf_token(presented.value),
            version=__version__,
            base_url=service.base_url,
            instance_admin=person.is_instance_admin,
        )

    @post("/end", status_code=HTTP_204_NO_CONTENT, summary="Sign out", operation_id="endSession")
    async def end(self, request: AnyRequest) -> Response[None]:
        """End the session and take the cookie away."""
        service = accounts()
        presented = await service.authenticator.presented(request.scope)
        if presented is not None:
            await service.sign_in.sign_out(presented.value, origin_of(request))
        headers = {"Set-Cookie": service.cookies.clear_header(), "Clear-Site-Data": '"cache"'}
        return Response(None, status_code=HTTP_204_NO_CONTENT, headers=headers)


class TokenController(Controller):
    """API tokens of an organisation; only who administers it sees and makes them."""

    path = "/tokens"
    tags = ["API tokens"]
    guards = [requires_scope("admin:org")]

    @get("/", summary="List API tokens", operation_id="listTokens")
    async def index(self, request: AnyRequest) -> TokenList:
        """Those that are not revoked, newest first; without their secrets."""
        return TokenList(await accounts().tokens.listed(org_of(request)))

    @post("/", summary="Create an API token", operation_id="createToken")
    async def create(self, request: AnyRequest, data: JSONBody[NewToken]) -> CreatedToken:
        """The answer has the token, this once. Nobody can give a token a right that they don't have."""
        actor, scopes = actor_of(request), parse_scopes(data.scopes)
        missing = sorted(scopes - actor.scopes)
        if missing:
            raise Forbidden(f"You cannot give {', '.join(missing)}: you don't have it yourself.", code="missing_scope")
        return await accounts().administration.create_token(
            org_of(request), data.name, scopes, expires_days=data.expires_days, by=author_of(request)
        )

    @delete("/{token_id:str}", summary="Revoke an API token", operation_id="revokeToken")
    async def revoke(self, request: AnyRequest, token_id: FromPath[str]) -> None:
        """It stops working at once, in other replicas within five seconds."""
        await accounts().administration.revoke_token(org_of(request), token_id, by=author_of(request))


def accounts_router(path: str = "/api/obsv/v1") -> Router:
    """`session`, `session/end`, `tokens`, `tokens/{id}`; install the accounts service before the first request."""
    handlers = [
        SessionController,
        StepUpController,
        FactorRemovalController,
        TokenController,
        MeController,
        IdentityController,
        *factors.HANDLERS,
        *orgs.HANDLERS,
        *instance.HANDLERS,
        *audit_api.HANDLERS,
    ]
    return Router(path=path, route_handlers=handlers)
