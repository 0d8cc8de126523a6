"""Subscribing to a status page, and what the links in its mails do; nothing of it may be kept in a cache."""

from __future__ import annotations

from typing import Any, Final

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.status_codes import HTTP_200_OK

from obsv.accounts import accounts, address_of, check_source
from obsv.core.errors import Gone, Invalid, TooMany, Unsupported
from obsv.status.components import components_of
from obsv.status.parts import Page
from obsv.status.public import public_page
from obsv.status.render import AnyRequest, personal
from obsv.status.requests import Services
from obsv.status.subscribers import CONFIRM, Subscription

FORM_MAX: Final = 64 * 1024
TOKEN: Final = "token"  # noqa: S105  # a parameter's name


class SubscribeController(Controller):
    """Forms that need no script; a link's page changes nothing before its button is pressed."""

    path = "/status/{slug:str}"
    include_in_schema = False

    @get("/subscribe")
    async def form(self, slug: FromPath[str]) -> Response[str]:
        """Address, and of what one wants to hear."""
        return await _form(await public_page(slug))

    @post("/subscribe", status_code=HTTP_200_OK, request_max_body_size=FORM_MAX)
    async def ask(self, request: AnyRequest, services: Services, slug: FromPath[str]) -> Response[str]:
        """Mail a link; the answer is the same whatever is known of the address."""
        page, form = await public_page(slug), await _read(request)
        email, components = form.get("email", ""), await _chosen(page, request)
        try:
            await services.subscribers.ask(page, str(email), components, address=address_of(request))
        except (Invalid, TooMany) as error:
            return await _form(page, email=str(email), problem=error.detail, status=error.status)
        text = (
            "If mail reaches this address, it has a link in a moment: open it to confirm. Look into the spam folder"
            " too. Without the link nothing is sent."
        )
        return _told(page, "Look into your mail", text)

    @get("/confirm")
    async def show_confirm(self, services: Services, slug: FromPath[str], token: FromQuery[str] = "") -> Response[str]:
        """The button; mail scanners open links too."""
        page = await public_page(slug)
        try:
            await services.subscribers.look(page, token, CONFIRM)
        except Gone as error:
            return _gone(page, error)
        return _button(page, f"Get mail of {page.title}?", "confirm", "Yes, send me mail", token)

    @post("/confirm", status_code=HTTP_200_OK, request_max_body_size=FORM_MAX)
    async def confirm(self, request: AnyRequest, services: Services, slug: FromPath[str]) -> Response[str]:
        """From now on they get mail."""
        page, form = await public_page(slug), await _read(request)
        try:
            await services.subscribers.confirm(page, str(form.get(TOKEN, "")))
        except Gone as error:
            return _gone(page, error)
        return _told(page, "You are subscribed", "Each mail has a link to choose what you hear of, or to end it.")

    @get("/manage")
    async def show_manage(self, services: Services, slug: FromPath[str], token: FromQuery[str] = "") -> Response[str]:
        """Of what one wants to hear, and the way out."""
        page = await public_page(slug)
        try:
            found = await services.subscribers.look(page, token)
        except Gone as error:
            return _gone(page, error)
        return await _manage(page, found, token)

    @post("/manage", status_code=HTTP_200_OK, request_max_body_size=FORM_MAX)
    async def manage(self, request: AnyRequest, services: Services, slug: FromPath[str]) -> Response[str]:
        """Keep the choice."""
        page, form = await public_page(slug), await _read(request)
        token = str(form.get(TOKEN, ""))
        try:
            await services.subscribers.choose(page, token, await _chosen(page, request))
            found = await services.subscribers.look(page, token)
        except Gone as error:
            return _gone(page, error)
        return await _manage(page, found, token, is_saved=True)

    @get("/unsubscribe")
    async def show_end(self, slug: FromPath[str], token: FromQuery[str] = "") -> Response[str]:
        """The button."""
        page = await public_page(slug)
        return _button(page, f"No more mail of {page.title}?", "unsubscribe", "Unsubscribe", token)

    @post("/unsubscribe", status_code=HTTP_200_OK, request_max_body_size=FORM_MAX)
    async def end(
        self, request: AnyRequest, services: Services, slug: FromPath[str], token: FromQuery[str] = ""
    ) -> Response[str]:
        """From the button, or at once from a mail program (RFC 8058): the link is the proof."""
        page = await public_page(slug)
        if not token:
            token = str((await _read(request)).get(TOKEN, ""))
        try:
            await services.subscribers.end(page, token)
        except Gone as error:
            return _gone(page, error)
        return _told(page, "You are unsubscribed", "Your address is deleted here.")


async def _read(request: AnyRequest) -> dict[str, Any]:
    """A form that one of our pages sent.  Raises `Forbidden`, `Unsupported`."""
    check_source(request.headers, accounts().base_url)
    if request.content_type[0] != "application/x-www-form-urlencoded":
        raise Unsupported("Send the form as application/x-www-form-urlencoded.")
    return dict(await request.form())


async def _chosen(page: Page, request: AnyRequest) -> list[str]:
    """The components that are ticked; all of them, or none, is all there will be."""
    ticked = {value for value in (await request.form()).getall("component", []) if isinstance(value, str)}
    known = [one.id for one in await components_of(page.id)]
    chosen = [one for one in known if one in ticked]
    return [] if len(chosen) == len(known) else chosen


async def _form(page: Page, *, email: str = "", problem: str = "", status: int = 200) -> Response[str]:
    context = {"page": page, "components": await components_of(page.id), "email": email, "problem": problem}
    return personal("subscribe.html", context, status=status)


async def _manage(page: Page, found: Subscription, token: str, *, is_saved: bool = False) -> Response[str]:
    context = {
        "page": page,
        "components": await components_of(page.id),
        "it": found,
        "token": token,
        "is_saved": is_saved,
    }
    return personal("manage.html", context)


def _button(page: Page, title: str, action: str, button: str, token: str) -> Response[str]:
    context = {"page": page, "title": title, "action": action, "button": button, "token": token}
    return personal("button.html", context)


def _told(page: Page, title: str, text: str, status: int = 200) -> Response[str]:
    return personal("told.html", {"page": page, "title": title, "text": text}, status=status)


def _gone(page: Page, error: Gone) -> Response[str]:
    return _told(page, "This link does not work", error.detail, error.status)
