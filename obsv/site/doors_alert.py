"""The link in a message about alerts: a page with buttons, without an account and without a cookie."""

from __future__ import annotations

from typing import Any, Final

from litestar import Controller, Response, get, post
from litestar.params import FromQuery

from obsv.accounts import accounts, origin_of
from obsv.alertmanager import Alertmanager
from obsv.alertmanager.by_link import act, look
from obsv.audit import Who
from obsv.core.errors import Gone
from obsv.site.errors import error_page
from obsv.site.forms import FORM_MAX, AnyRequest, read_form
from obsv.site.render import page

_DONE: Final = {
    "acknowledge": ("You are at it", "No reminders are sent and nothing escalates until it is over."),
    "unacknowledge": ("It waits again", "Reminders are sent, and it escalates to those who are next."),
    "resolve": ("It is over", "If its rule still finds it firing, it begins anew."),
}


def alert_door(alertmanager: Alertmanager) -> type[Controller]:
    """`/alert?code=…`."""

    class AlertDoor(Controller):
        """What fires, and what one may do about it."""

        path = "/alert"
        include_in_schema = False

        @get("/")
        async def show(self, code: FromQuery[str] = "") -> Response[str]:
            """The page; nothing happens before a button is pressed, since mail scanners open links too."""
            try:
                seen = await look(alertmanager, code)
            except Gone as gone:
                return error_page(410, "This link does not work", gone.detail, link=("/app", "Open the cabinet"))
            return page("alert.html", {"seen": seen, "code": code})

        @post("/", request_max_body_size=FORM_MAX, status_code=200)
        async def submit(self, request: AnyRequest) -> Response[Any]:
            """Do it, for the alerts of the message."""
            form = await read_form(request)
            action = form.get("action", "")
            try:
                await act(alertmanager, form.get("code", ""), action, by=await _who(request))
            except Gone as gone:
                return error_page(410, "This link does not work", gone.detail, link=("/app", "Open the cabinet"))
            title, text = _DONE[action]
            return page("told.html", {"title": title, "text": text, "link": ("/app", "Open the cabinet")})

    return AlertDoor


async def _who(request: AnyRequest) -> Who:
    """Whoever has the link; the person, if their browser happens to be signed in."""
    origin = origin_of(request)
    presented = await accounts().authenticator.presented(request.scope)
    user = presented.session.user_id if presented is not None and not presented.session.pending else ""
    return Who("user", user or "unknown", ip_trunc=origin.ip_trunc, ua_family=origin.ua_family)
