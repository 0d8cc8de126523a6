"""Accounts over our own API, under `/api/obsv/v1`: the session, and API tokens.

Handlers reach the service through `accounts()`, which the start installs; `request.state.actor` comes from the guards.
"""

from __future__ import annotations

from litestar import Controller, Response, Router, get, post
from litestar.status_codes import HTTP_204_NO_CONTENT

from obsv import __version__
from obsv.accounts import audit_api
from obsv.accounts.client import origin_of
from obsv.accounts.csrf import csrf_token
from obsv.accounts.factors import api as factors
from obsv.accounts.factors.api_assisted import FactorRemovalController
from obsv.accounts.factors.api_step_up import StepUpController
from obsv.accounts.guards import requires_session
from obsv.accounts.installed import accounts
from obsv.accounts.instance import api as instance
from obsv.accounts.oauth.api import IdentityController
from obsv.accounts.orgs import api as orgs
from obsv.accounts.preferences import preferences_of
from obsv.accounts.registration.api import MeController
from obsv.accounts.requests import AnyRequest, actor_of, presented_by
from obsv.accounts.tokens import api as tokens
from obsv.accounts.types import OrgView, SessionView, UserView
from obsv.core.errors import Unauthorized


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
            preferences=await preferences_of(person.id),
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


def accounts_router(path: str = "/api/obsv/v1") -> Router:
    """`session`, `session/end`, `tokens`, `tokens/{id}`; install the accounts service before the first request."""
    handlers = [
        SessionController,
        StepUpController,
        FactorRemovalController,
        MeController,
        IdentityController,
        *factors.HANDLERS,
        *orgs.HANDLERS,
        *instance.HANDLERS,
        *audit_api.HANDLERS,
        *tokens.HANDLERS,
    ]
    return Router(path=path, route_handlers=handlers)
