"""The doors to and from other services: off to sign in there, and back with the answer."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from obsv.accounts import accounts, address_of, origin_of
from obsv.accounts.oauth import CallbackParams
from obsv.accounts.oauth.federated import Arrived, Confirmed, Outcome, Unknown
from obsv.core.errors import ObsvError
from obsv.site.errors import error_page
from obsv.site.forms import FORM_MAX, AnyRequest, go, login_page, onward, read_form, safe_next


class OAuthDoor(Controller):
    """`/login/oauth/<provider>`: begins by a form, since it gives the browser a session; ends where GET leads back.

    That the way back is a GET which signs somebody in is the protocol's: `state`, which only this browser's session
    knows, stands in for the checks of a form.
    """

    path = "/login/oauth"
    include_in_schema = False

    @get("/")
    async def meet(self, request: AnyRequest) -> Response[str] | Redirect:
        """For who came back and has no account here."""
        federated = accounts().federated
        newcomer = await federated.newcomer(await accounts().authenticator.presented(request.scope))
        if newcomer is None:
            return Redirect("/login", status_code=HTTP_303_SEE_OTHER)
        label = federated.flows.labels[newcomer.identity.provider]
        return error_page(
            403,
            "You have no account here yet",
            f"{label} says who you are, and no account here is linked to it. If you have one, sign in as you do now and"
            f" link {label} under Security; an address that both share is not enough. Otherwise ask for an invitation.",
            link=("/login", "Sign in another way"),
        )

    @post("/{provider:str}", request_max_body_size=FORM_MAX)
    async def depart(self, request: AnyRequest, provider: FromPath[str]) -> Response[Any]:
        """Off to the provider; who is signed in already goes on into the cabinet."""
        form, service = await read_form(request), accounts()
        wanted = safe_next(form.get("next", ""), "")
        old = await service.authenticator.presented(request.scope)
        if old is not None and not old.session.pending:
            return Redirect(wanted or "/app", status_code=HTTP_303_SEE_OTHER)
        try:
            began = await service.federated.begin_sign_in(
                provider,
                origin_of(request),
                address=address_of(request),
                old=old,
                wanted=wanted,
                remember=bool(form.get("remember")),
            )
        except ObsvError as error:
            return await login_page(request, form, error, wanted=wanted)
        return go(began.url, began.session)

    @get("/{provider:str}/callback")
    async def arrive(self, request: AnyRequest, provider: FromPath[str]) -> Response[Any]:
        """Finish what this browser began: sign in, link, or confirm."""
        service = accounts()
        presented = await service.authenticator.presented(request.scope)
        query = request.query_params
        params = CallbackParams(**{name: query.get(name, "") for name in CallbackParams.__struct_fields__})
        try:
            outcome = await service.federated.come_back(provider, params, presented, origin_of(request))
        except ObsvError as problem:
            if presented is None or presented.session.pending:
                return await login_page(request, {}, problem)
            return error_page(problem.status, "That did not work", problem.detail, link=("/app", "Back"))
        return _after(outcome)


def _after(outcome: Outcome) -> Response[Any]:
    match outcome:
        case Arrived(done, wanted):
            return onward(done, wanted)
        case Unknown(session):
            return go("/login/oauth", session)
        case Confirmed(_, session, wanted):
            back = safe_next(wanted, "/app")
            return go(back, session) if session else Redirect(back, status_code=HTTP_303_SEE_OTHER)
