"""Discord, by a channel's webhook.  Source: Discord developer docs, "Webhook resource", on executing a webhook."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from msgspec import Meta

from obsv.plugin_api import (
    DISCORD,
    Message,
    NotifierContext,
    PluginSettings,
    Receipt,
    Secret,
    json_of,
    post_json,
    require_http,
    trial,
)

TITLE_MAX: Final = 256
DESCRIPTION_MAX: Final = 4096
RED: Final = 0xB3261E
GREEN: Final = 0x1E7D34


class DiscordTarget(PluginSettings, frozen=True):
    """The webhook belongs to one channel of a server; add ?thread_id=… for a thread."""

    url: Annotated[Secret, Meta(title="Webhook URL", description="Begins with https://discord.com/api/webhooks/.")]
    username: Annotated[str, Meta(title="Name", description="Who the message is from.", max_length=80)] = "obsv"

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        require_http("url", self.url.reveal())


class DiscordNotifier:
    """No message calls @everyone or anybody else."""

    title: ClassVar[str] = "Discord"
    per_minute: ClassVar[int] = 30
    Target: ClassVar[type[PluginSettings]] = DiscordTarget

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Post it, and wait until it is in the channel."""
        assert isinstance(target, DiscordTarget)
        is_firing = message.notification is None or message.notification.is_firing
        embed: dict[str, Any] = {
            "title": message.title(TITLE_MAX, DISCORD),
            "description": message.body(DISCORD, DESCRIPTION_MAX),
            "color": RED if is_firing else GREEN,
        }
        if message.link.startswith(("http://", "https://")):
            embed["url"] = message.link
        body: dict[str, Any] = {"embeds": [embed], "allowed_mentions": {"parse": []}}
        if target.username:
            body["username"] = target.username
        answer = await post_json(self._context, _waiting(target.url.reveal()), body)
        return Receipt(f"answered {answer.status}", str(json_of(answer).get("id", "")))

    async def verify(self, target: PluginSettings) -> Receipt:
        """Post a trial message."""
        return await self.send(trial(self._context.clock), target)


def _waiting(url: str) -> str:
    """With `wait`, the answer comes once the message is stored, and has its id."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query)) | {"wait": "true"}
    return parts._replace(query=urlencode(query)).geturl()
