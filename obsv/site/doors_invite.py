"""The door of an invitation: join with the account that is signed in, or make one."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from obsv.accounts import accounts, origin_of
from obsv.accounts.orgs import Invited, Newcomer
from obsv.core.errors import Gone, ObsvError
from obsv.site.errors import error_page
from obsv.site.forms import FORM_MAX, AnyRequest, form_page, onward, read_form


class InviteDoor(Controller):
    """`/invite?code=…`, from the mail; looking at it uses nothing up."""

    path = "/invite"
    include_in_schema = False

    @get("/")
    async def show(self, request: AnyRequest, code: FromQuery[str] = "") -> Response[str]:
        """What the invitation offers, and the way to take it."""
        try:
            invited = await accounts().invitations.look(code)
        except Gone as error:
            return _gone(error)
        return await _page(request, invited, {"code": code})

    @post("/", request_max_body_size=FORM_MAX)
    async def submit(self, request: AnyRequest) -> Response[Any] | Redirect:
        """Join: who is signed in at once, a newcomer with a new account."""
        form, service = await read_form(request), accounts()
        code = form.get("code", "")
        try:
            invited = await service.invitations.look(code)
        except Gone as error:
            return _gone(error)
        presented = await service.authenticator.presented(request.scope)
        try:
            if presented is not None and not presented.session.pending:
                user_id = presented.session.user_id
                slug = await service.invitations.accept(code, user_id, origin_of(request))
                service.known_members.forget(user_id)
                return Redirect(f"/app/{slug}", status_code=HTTP_303_SEE_OTHER)
            newcomer = Newcomer(form.get("name", ""), form.get("password", ""), bool(form.get("is_16")))
            done = await service.invitations.register(code, newcomer, origin_of(request))
        except ObsvError as error:
            return await _page(request, invited, form, error)
        return onward(done, f"/app/{invited.org_slug}")


async def _page(
    request: AnyRequest, invited: Invited, form: dict[str, str], error: ObsvError | None = None
) -> Response[str]:
    service = accounts()
    presented = await service.authenticator.presented(request.scope)
    signed_in = None
    if presented is not None and not presented.session.pending:
        signed_in = await service.people.get(presented.session.user_id)
    is_theirs = signed_in is not None and signed_in.email.casefold() == invited.email.casefold()
    return form_page("invite.html", form, error, invited=invited, signed_in=signed_in, is_theirs=is_theirs)


def _gone(error: Gone) -> Response[str]:
    return error_page(410, "This invitation does not work", error.detail, link=("/login", "Sign in"))
