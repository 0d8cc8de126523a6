"""SMS by Twilio.  Source: twilio.com/docs, "Messages resource"."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, ClassVar, Final
from urllib.parse import urlencode

from msgspec import Meta

from obsv.plugin_api import (
    TEXT,
    Message,
    NotifierContext,
    PluginSettings,
    Receipt,
    Secret,
    json_of,
    require_http,
    require_taken,
    trial,
)

TEXT_MAX: Final = 1600
"""What Twilio takes; each 70 to 160 characters of it cost a message."""


class TwilioTarget(PluginSettings, frozen=True):
    """An account, a number to send from, and one to send to."""

    account_sid: Annotated[str, Meta(title="Account SID", pattern=r"^AC[0-9a-fA-F]{32}$")]
    auth_token: Annotated[Secret, Meta(title="Auth token")]
    sender: Annotated[
        str,
        Meta(
            title="From",
            description="A number such as +15551234567, a name, or a messaging service (MG…).",
            pattern=r"^(\+\d{5,15}|[\w ]{1,11}|MG[0-9a-fA-F]{32})$",
        ),
    ]
    to: Annotated[str, Meta(title="To", description="Such as +15557654321.", pattern=r"^\+\d{5,15}$")]
    is_short: Annotated[
        bool, Meta(title="Short", description="The subject and a link alone, in as few messages as possible.")
    ] = True
    api_url: Annotated[str, Meta(title="Address of the API")] = "https://api.twilio.com"

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        require_http("api_url", self.api_url)


class TwilioNotifier:
    """Twilio has no key by which it would know a repeat."""

    title: ClassVar[str] = "SMS (Twilio)"
    per_minute: ClassVar[int] = 20
    Target: ClassVar[type[PluginSettings]] = TwilioTarget

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Hand it to Twilio."""
        assert isinstance(target, TwilioTarget)
        text = f"{message.subject}\n{message.link}".strip() if target.is_short else message.body(TEXT, TEXT_MAX)
        who = "MessagingServiceSid" if target.sender.startswith("MG") and len(target.sender) == 34 else "From"
        form = {"To": target.to, who: target.sender, "Body": text[:TEXT_MAX]}
        basic = b64encode(f"{target.account_sid}:{target.auth_token.reveal()}".encode()).decode()
        answer = await self._context.http(
            "POST",
            f"{target.api_url.rstrip('/')}/2010-04-01/Accounts/{target.account_sid}/Messages.json",
            content=urlencode(form).encode(),
            headers={"content-type": "application/x-www-form-urlencoded", "authorization": f"Basic {basic}"},
        )
        require_taken(answer, self._context.clock)
        said = json_of(answer)
        return Receipt(f"answered {answer.status}: {said.get('status', '')}", str(said.get("sid", "")))

    async def verify(self, target: PluginSettings) -> Receipt:
        """Send a trial message, which costs what any costs."""
        return await self.send(trial(self._context.clock), target)
