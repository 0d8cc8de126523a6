"""The doors: set-up and sign-in as plain forms that need no script.

There is no session yet, so what protects these forms from foreign pages is where the browser says a request comes from;
`Set-Cookie` is sent only to who signed in (or has one step left to take).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Controller, Request, Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from obsv.accounts import BadFields, NewSession, SetupForm, accounts, address_of, check_source, origin_of
from obsv.accounts.sign_in import ATTEST, SECOND_FACTOR, SignedIn
from obsv.core.errors import Forbidden, ObsvError, TooMany, Unavailable, Unsupported
from obsv.site.errors import error_page
from obsv.site.render import page

AnyRequest = Request[Any, Any, Any]

FORM_MAX: Final = 64 * 1024
# Only into the cabinet of this origin: no scheme, no host, no backslash that a browser would read as a slash.
_NEXT: Final = re.compile(r"/app(?:/[\w\-./~%]*)?(?:\?[\w\-./~%=&+,:;]*)?", re.ASCII)


def safe_next(wanted: str, otherwise: str) -> str:
    """Where to go after signing in: a path of the cabinet, else `otherwise`."""
    return wanted if _NEXT.fullmatch(wanted) and "//" not in wanted else otherwise


async def _read_form(request: AnyRequest) -> dict[str, str]:
    """The fields of a form that one of our pages sent.  Raises `Forbidden`, `Unsupported`."""
    check_source(request.headers, accounts().base_url)
    if request.content_type[0] != "application/x-www-form-urlencoded":
        raise Unsupported("Send the form as application/x-www-form-urlencoded.")
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _go(where: str, session: NewSession) -> Response[None]:
    """On to the next page, with the session."""
    cookie = accounts().cookies.set_header(session.value, max_age_s=session.max_age_s)
    return Response(None, status_code=HTTP_303_SEE_OTHER, headers={"Location": where, "Set-Cookie": cookie})


STEPS: Final = {ATTEST: "/login/age", SECOND_FACTOR: "/login/factor"}


def _onward(done: SignedIn, wanted: str) -> Response[None]:
    """To the next step of signing in, or into the cabinet."""
    if done.pending:
        query = f"?{urlencode({'next': wanted})}" if wanted else ""
        return _go(STEPS[done.pending] + query, done.session)
    return _go(wanted or f"/app/{done.org_slug}", done.session)


def _retry(error: ObsvError) -> dict[str, str]:
    if isinstance(error, TooMany | Unavailable):
        return {"Retry-After": str(max(1, round(error.retry_after_s)))}
    return {}


def _form_page(template: str, form: Mapping[str, str], error: ObsvError | None = None, **more: object) -> Response[str]:
    """A door again, with what was typed (but for passwords) and what is wrong with it."""
    problems = error.fields if isinstance(error, BadFields) else {}
    message = error.detail if error is not None and not problems else ""
    context = {"form": form, "problems": problems, "message": message, **more}
    return page(template, context, status=error.status if error else 200, headers=_retry(error) if error else {})


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
        return _form_page("setup.html", {}, code=code)

    @post("/", request_max_body_size=FORM_MAX)
    async def submit(self, request: AnyRequest) -> Response[Any]:
        """Make the account, and on to the cabinet."""
        form = await _read_form(request)
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
            return _form_page("setup.html", form, error, code=form.get("code", ""))
        return _go(f"/app/{arrival.org_slug}", arrival.session)


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
        return _form_page("login.html", {}, next=safe_next(wanted, ""))

    @post("/", request_max_body_size=FORM_MAX)
    async def submit(self, request: AnyRequest) -> Response[Any]:
        """Check the password; the answer for an unknown address is the same as for a wrong password."""
        form, service = await _read_form(request), accounts()
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
            return _form_page("login.html", form, error, next=wanted)
        return _onward(done, wanted)

    @get("/age")
    async def ask_age(self, request: AnyRequest) -> Response[str] | Redirect:
        """The 16+ box, for who got the password right."""
        presented = await accounts().authenticator.presented(request.scope)
        if presented is None or presented.session.pending != ATTEST:
            return Redirect("/login", status_code=HTTP_303_SEE_OTHER)
        return _form_page("age.html", {}, next=safe_next(request.query_params.get("next", ""), ""))

    @post("/age", request_max_body_size=FORM_MAX)
    async def submit_age(self, request: AnyRequest) -> Response[Any]:
        """Record the answer, and on to the cabinet with a new session."""
        form, service = await _read_form(request), accounts()
        wanted = safe_next(form.get("next", ""), "")
        if not form.get("is_16"):
            error = BadFields({"is_16": "Tick this box to go on: obsv is not for people under 16."})
            return _form_page("age.html", form, error, next=wanted)
        presented = await service.authenticator.presented(request.scope)
        try:
            done = await service.sign_in.attest(presented.value if presented else "", origin_of(request))
        except ObsvError as error:
            return _form_page("login.html", {}, error, next=wanted)
        return _onward(done, wanted)
