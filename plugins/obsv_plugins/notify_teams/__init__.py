"""Microsoft Teams, by a webhook of the Workflows app, as an Adaptive Card.

Source: Microsoft Learn, "Create incoming webhooks with Workflows for Microsoft Teams" and the Adaptive Cards schema.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

from msgspec import Meta

from obsv.plugin_api import (
    PARAGRAPHS,
    Message,
    NotifierContext,
    PluginSettings,
    Receipt,
    Secret,
    post_json,
    require_http,
    trial,
)

BODY_MAX: Final = 12_000
"""Bytes of text: a message has 28 KB at most, and as JSON every escape doubles."""
TITLE_MAX: Final = 300
ACTIONS: Final = {"open": "Open", "acknowledge": "Acknowledge", "silence": "Silence"}


class TeamsTarget(PluginSettings, frozen=True):
    """The workflow posts to one channel or chat."""

    url: Annotated[
        Secret, Meta(title="Workflow URL", description='Of the workflow "Send webhook alerts to a channel".')
    ]

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        require_http("url", self.url.reveal())


class TeamsNotifier:
    """Connectors (Office 365 MessageCards) are gone at Microsoft's, and are not spoken here."""

    title: ClassVar[str] = "Microsoft Teams"
    per_minute: ClassVar[int] = 60
    Target: ClassVar[type[PluginSettings]] = TeamsTarget

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Post it; 202 says that the workflow was started."""
        assert isinstance(target, TeamsTarget)
        attachment = {
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": None,
            "content": card_of(message),
        }
        body = {"type": "message", "attachments": [attachment]}
        answer = await post_json(self._context, target.url.reveal(), body)
        return Receipt(f"answered {answer.status}", answer.headers.get("x-ms-workflow-run-id", ""))

    async def verify(self, target: PluginSettings) -> Receipt:
        """Post a trial message."""
        return await self.send(trial(self._context.clock), target)


def card_of(message: Message) -> dict[str, Any]:
    """The card."""
    is_firing = message.notification is None or message.notification.is_firing
    title = {
        "type": "TextBlock",
        "text": message.title(TITLE_MAX, PARAGRAPHS),
        "weight": "Bolder",
        "size": "Medium",
        "color": "Attention" if is_firing else "Good",
        "wrap": True,
    }
    links = message.notification.links if message.notification is not None else {"open": message.link}
    actions = [
        {"type": "Action.OpenUrl", "title": title, "url": links[name]}
        for name, title in ACTIONS.items()
        if links.get(name, "").startswith(("http://", "https://"))
    ]
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [title, {"type": "TextBlock", "text": message.body(PARAGRAPHS, BODY_MAX), "wrap": True}],
        "actions": actions,
    }
