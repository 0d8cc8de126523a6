"""`/mail/unsubscribe`: the link in mails about incidents and maintenance of the instance."""

from __future__ import annotations

from litestar import Controller, Response, get, post
from litestar.params import FromQuery
from litestar.status_codes import HTTP_200_OK

from obsv.accounts import accounts, check_source
from obsv.core.errors import Gone, Unsupported
from obsv.status.render import AnyRequest, personal
from obsv.status.requests import Services

FORM_MAX = 64 * 1024


class MailController(Controller):
    """A page with a button; mail programs post at once (RFC 8058)."""

    path = "/mail/unsubscribe"
    include_in_schema = False

    @get("/")
    async def show(self, services: Services, token: FromQuery[str] = "") -> Response[str]:
        """The button."""
        try:
            _, kind = await services.objections.look(token)
        except Gone as error:
            return personal(
                "mail.html", {"title": "This link does not work", "text": error.detail, "token": ""}, status=410
            )
        title = f"No more mail about {'incidents' if kind == 'incident' else kind}?"
        text = f"This is about mail from {accounts().base_url}. Mail about security still comes."
        return personal("mail.html", {"title": title, "text": text, "token": token})

    @post("/", status_code=HTTP_200_OK, request_max_body_size=FORM_MAX)
    async def end(self, request: AnyRequest, services: Services, token: FromQuery[str] = "") -> Response[str]:
        """The link is the proof, and a body is not needed."""
        if not token:
            check_source(request.headers, accounts().base_url)
            if request.content_type[0] != "application/x-www-form-urlencoded":
                raise Unsupported("Send the form as application/x-www-form-urlencoded.")
            token = str((await request.form()).get("token", ""))
        try:
            await services.objections.follow(token)
        except Gone as error:
            return personal(
                "mail.html", {"title": "This link does not work", "text": error.detail, "token": ""}, status=410
            )
        text = "You can switch it on again in your profile, after signing in."
        return personal("mail.html", {"title": "Switched off", "text": text, "token": ""})
