"""The doors of an account: register, verify the address, set a new password, change an address or take that back.

Whatever a link in a mail does waits for a button: mail scanners open links too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from litestar import Controller, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from obsv.accounts import accounts, address_of, origin_of
from obsv.accounts.registration import RegistrationForm
from obsv.core.errors import Gone, ObsvError
from obsv.site.errors import error_page
from obsv.site.forms import FORM_MAX, AnyRequest, form_page, read_form
from obsv.site.render import page

SENT: Final = "If everything is right, a mail is on its way. Open the link in it; look among the junk too."


def _told(title: str, text: str, link: tuple[str, str] = ("/login", "Sign in")) -> Response[str]:
    """A page that says what happened, and where to go on."""
    return page("told.html", {"title": title, "text": text, "link": link})


def _gone(error: Gone) -> Response[str]:
    return error_page(410, "This link does not work", error.detail, link=("/login", "Sign in"))


class RegisterDoor(Controller):
    """`/register`, where registration is open."""

    path = "/register"
    include_in_schema = False

    @get("/")
    async def show(self) -> Response[str]:
        """The form."""
        if not await accounts().registration.is_open():
            text = "One comes here by invitation: ask whoever runs this instance."
            return error_page(403, "Registration is not open", text, link=("/login", "Sign in"))
        return form_page("register.html", {})

    @post("/", request_max_body_size=FORM_MAX)
    async def submit(self, request: AnyRequest) -> Response[Any]:
        """Make the account; the answer is the same for an address that has one."""
        form = await read_form(request)
        wish = RegistrationForm(
            form.get("name", ""),
            form.get("email", ""),
            form.get("organisation", ""),
            form.get("password", ""),
            bool(form.get("is_16")),
        )
        try:
            await accounts().registration.register(wish, origin_of(request), address=address_of(request))
        except ObsvError as error:
            return form_page("register.html", form, error)
        return _told("Look into your mail", SENT)


class ForgotDoor(Controller):
    """`/forgot` asks for the mail, `/reset?code=…` sets the new password."""

    path = "/"
    include_in_schema = False

    @get("/forgot")
    async def show(self) -> Response[str]:
        """The form."""
        return form_page("forgot.html", {})

    @post("/forgot", request_max_body_size=FORM_MAX)
    async def submit(self, request: AnyRequest) -> Response[Any]:
        """Mail a link; the answer is the same for an unknown address."""
        form = await read_form(request)
        try:
            await accounts().password_change.forgot(
                form.get("email", ""), origin_of(request), address=address_of(request)
            )
        except ObsvError as error:
            return form_page("forgot.html", form, error)
        return _told("Look into your mail", SENT)

    @get("/reset")
    async def ask(self, code: FromQuery[str] = "") -> Response[str]:
        """The form for the new password."""
        try:
            await accounts().password_change.check(code)
        except Gone as error:
            return _gone(error)
        return form_page("reset.html", {"code": code})

    @post("/reset", request_max_body_size=FORM_MAX)
    async def reset(self, request: AnyRequest) -> Response[Any]:
        """Set it; all devices are signed out."""
        form = await read_form(request)
        try:
            await accounts().password_change.reset(form.get("code", ""), form.get("password", ""), origin_of(request))
        except Gone as error:
            return _gone(error)
        except ObsvError as error:
            return form_page("reset.html", form, error)
        return _told("Your password is set", "All devices are signed out. Sign in with the new password.")


@dataclass(frozen=True, slots=True)
class _Link:
    """A link of a mail that does one thing when its button is pressed."""

    path: str
    title: str
    button: str
    do: Callable[[str, AnyRequest], Awaitable[None]]
    done: tuple[str, str]


LINKS: Final = (
    _Link(
        "/verify",
        "Confirm your email address",
        "Confirm",
        lambda code, request: accounts().address.verify(code, origin_of(request)),
        ("Your address is confirmed", "Thank you. Go on where you were, or sign in."),
    ),
    _Link(
        "/email/confirm",
        "Confirm your new email address",
        "Confirm",
        lambda code, request: accounts().address.change(code, origin_of(request)),
        ("Your address was changed", "Sign in with the new one from now on. The old one was told."),
    ),
    _Link(
        "/email/undo",
        "Take your account back",
        "Take it back and sign out everybody",
        lambda code, request: accounts().address.undo(code, origin_of(request)),
        ("Your old address is back", "Everybody is signed out. Set a new password now."),
    ),
    _Link(
        "/factors/keep",
        "Keep your second factors",
        "Keep them",
        lambda code, request: accounts().factors.assisted.keep(code, origin_of(request)),
        ("Your second factors stay", "If you did not ask for help, set a new password and tell whoever runs obsv."),
    ),
)


def link_doors() -> list[HTTPRouteHandler]:
    """Two handlers a link: a page with a button, and what the button does."""
    return [handler for link in LINKS for handler in _doors_of(link)]


def _doors_of(link: _Link) -> tuple[HTTPRouteHandler, HTTPRouteHandler]:
    @get(link.path, include_in_schema=False)
    async def show(code: FromQuery[str] = "") -> Response[str]:
        return page("confirm.html", {"link": link, "code": code})

    @post(link.path, include_in_schema=False, status_code=200, request_max_body_size=FORM_MAX)
    async def confirm(request: AnyRequest) -> Response[str]:
        form = await read_form(request)
        try:
            await link.do(form.get("code", ""), request)
        except Gone as error:
            return _gone(error)
        return _told(*link.done)

    return show, confirm
