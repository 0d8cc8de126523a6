"""Mattermost, by an incoming webhook.  Source: developers.mattermost.com, "Incoming webhooks"."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

from msgspec import Meta

from obsv.plugin_api import (
    MARKDOWN,
    Message,
    NotifierContext,
    PluginSettings,
    Receipt,
    Secret,
    post_json,
    require_http,
    said,
    trial,
)

TEXT_MAX: Final = 14_000
"""Characters: a message has 16383 at most, with its title."""
TITLE_MAX: Final = 300
RED, GREEN = "#b3261e", "#1e7d34"


class MattermostTarget(PluginSettings, frozen=True):
    """The webhook belongs to a channel; it may name another."""

    url: Annotated[Secret, Meta(title="Webhook URL", description="Such as https://chat.example.org/hooks/….")]
    channel: Annotated[
        str, Meta(title="Channel", description="Another than the webhook's, or @somebody.", max_length=64)
    ] = ""
    username: Annotated[str, Meta(title="Name", description="Where the server allows one.", max_length=64)] = ""

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        require_http("url", self.url.reveal())


class MattermostNotifier:
    """Mattermost has no key by which it would know a repeat."""

    title: ClassVar[str] = "Mattermost"
    per_minute: ClassVar[int] = 120
    Target: ClassVar[type[PluginSettings]] = MattermostTarget

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Post it."""
        assert isinstance(target, MattermostTarget)
        is_firing = message.notification is None or message.notification.is_firing
        title = message.title(TITLE_MAX, MARKDOWN)
        attachment: dict[str, Any] = {
            "fallback": title,
            "color": RED if is_firing else GREEN,
            "title": title,
            "text": message.body(MARKDOWN, TEXT_MAX),
        }
        if message.link.startswith(("http://", "https://")):
            attachment["title_link"] = message.link
        body: dict[str, Any] = {"attachments": [attachment]}
        body |= {name: value for name in ("channel", "username") if (value := getattr(target, name))}
        answer = await post_json(self._context, target.url.reveal(), body)
        return Receipt(f"answered {answer.status}: {said(answer)}")

    async def verify(self, target: PluginSettings) -> Receipt:
        """Post a trial message."""
        return await self.send(trial(self._context.clock), target)
