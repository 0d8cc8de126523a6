"""Slack, by an incoming webhook.  Source: docs.slack.dev, "Sending messages using incoming webhooks"."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from msgspec import Meta

from obsv.plugin_api import (
    SLACK,
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

SECTION_MAX: Final = 3000
"""Characters of a section's text."""
RED, GREEN = "#b3261e", "#1e7d34"


class SlackTarget(PluginSettings, frozen=True):
    """The webhook belongs to one channel of a workspace."""

    url: Annotated[Secret, Meta(title="Webhook URL", description="Begins with https://hooks.slack.com/services/.")]

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        require_http("url", self.url.reveal())


class SlackNotifier:
    """Slack has no key by which it would know a repeat."""

    title: ClassVar[str] = "Slack"
    per_minute: ClassVar[int] = 60
    Target: ClassVar[type[PluginSettings]] = SlackTarget

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Post it."""
        assert isinstance(target, SlackTarget)
        is_firing = message.notification is None or message.notification.is_firing
        section = {"type": "section", "text": {"type": "mrkdwn", "text": message.body(SLACK, SECTION_MAX)}}
        body = {
            "text": message.title(300, SLACK),
            "attachments": [{"color": RED if is_firing else GREEN, "blocks": [section]}],
            "unfurl_links": False,
        }
        answer = await post_json(self._context, target.url.reveal(), body)
        return Receipt(f"answered {answer.status}: {said(answer)}")

    async def verify(self, target: PluginSettings) -> Receipt:
        """Post a trial message."""
        return await self.send(trial(self._context.clock), target)
