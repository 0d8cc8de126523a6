"""The doors: set-up and sign-in as plain forms that need no script."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from obsv.accounts import BadFields, SetupForm, accounts, address_of, origin_of
from obsv.accounts.sign_in import ATTEST
from obsv.core.errors import Forbidden, ObsvError
from obsv.site.errors import error_page
from obsv.site.forms import FORM_MAX, AnyRequest, form_page, go, login_page, onward, read_form, safe_next


class SetupDoor(Controller):
    """`/setup?code=…`: from a fresh instance to its owner, signed in."""

    path = "/setup"
    include_in_schema = False

    @get("/")
    async def show(self, code: FromQuery[str] = "") -> Response[str]:
        """The form, for who has the printed code."""
        service = accounts()
        if not await service.setup.is_open():
            return error_page(
                410, "Already set up", "This instance has an owner. Sign in, or ask them to invite you.",
                link=("/login", "Sign in"),
            )  # fmt: skip
        if not await service.setup.accepts(code):
            return error_page(
                403, "This set-up link does not work",
                "It was used, is older than an hour, or lost a part when it was copied. Restart obsv: it prints a new"
                " one.",
            )  # fmt: skip
        return form_page("setup.html", {}, code=code)

    @post("/", request_max_body_size=FORM_MAX)
    async def submit(self, request: AnyRequest) -> Response[Any]:
        """Make the account, and on to the cabinet."""
        form = await read_form(request)
        wish = SetupForm(
            name=form.get("name", ""),
            email=form.get("email", ""),
            organisation=form.get("organisation", ""),
            password=form.get("password", ""),
            is_16=bool(form.get("is_16")),
        )
        try:
            arrival = await accounts().setup.complete(form.get("code", ""), wish, origin_of(request))
        except Forbidden as error:
            return error_page(403, "This set-up link does not work", error.detail)
        except ObsvError as error:
            return form_page("setup.html", form, error, code=form.get("code", ""))
        return go(f"/app/{arrival.org_slug}", arrival.session)


class LoginDoor(Controller):
    """`/login`: email and password; once more the 16+ box for people whom the command line made."""

    path = "/login"
    include_in_schema = False

    @get("/")
    async def show(self, request: AnyRequest) -> Response[str] | Redirect:
        """The form; who is signed in goes on at once."""
        wanted = request.query_params.get("next", "")
        presented = await accounts().authenticator.presented(request.scope)
        if presented is not None and not presented.session.pending:
            return Redirect(safe_next(wanted, "/app"), status_code=HTTP_303_SEE_OTHER)
        return await login_page(request, {}, wanted=safe_next(wanted, ""))

    @post("/", request_max_body_size=FORM_MAX)
    async def submit(self, request: AnyRequest) -> Response[Any]:
        """Check the password; the answer for an unknown address is the same as for a wrong password."""
        form, service = await read_form(request), accounts()
        wanted = safe_next(form.get("next", ""), "")
        old = await service.authenticator.presented(request.scope)
        try:
            done = await service.sign_in.with_password(
                form.get("email", ""),
                form.get("password", ""),
                origin_of(request),
                address=address_of(request),
                remember=bool(form.get("remember")),
                old_value=old.value if old else "",
            )
        except ObsvError as error:
            return await login_page(request, form, error, wanted=wanted)
        return onward(done, wanted)

    @get("/age")
    async def ask_age(self, request: AnyRequest) -> Response[str] | Redirect:
        """The 16+ box, for who got the password right."""
        presented = await accounts().authenticator.presented(request.scope)
        if presented is None or presented.session.pending != ATTEST:
            return Redirect("/login", status_code=HTTP_303_SEE_OTHER)
        return form_page("age.html", {}, next=safe_next(request.query_params.get("next", ""), ""))

    @post("/age", request_max_body_size=FORM_MAX)
    async def submit_age(self, request: AnyRequest) -> Response[Any]:
        """Record the answer, and on to the cabinet with a new session."""
        form, service = await read_form(request), accounts()
        wanted = safe_next(form.get("next", ""), "")
        if not form.get("is_16"):
            error = BadFields({"is_16": "Tick this box to go on: obsv is not for people under 16."})
            return form_page("age.html", form, error, next=wanted)
        presented = await service.authenticator.presented(request.scope)
        try:
            done = await service.sign_in.attest(presented.value if presented else "", origin_of(request))
        except ObsvError as error:
            return await login_page(request, {}, error, wanted=wanted)
        return onward(done, wanted)
