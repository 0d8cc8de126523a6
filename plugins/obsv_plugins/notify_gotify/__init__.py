"""Gotify.  Source: gotify.net/docs, "Push messages" and "Message extras"."""

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
    json_of,
    post_json,
    require_http,
    trial,
)

MESSAGE_MAX: Final = 10_000
TITLE_MAX: Final = 200
PRIORITIES: Final = {"critical": 8, "error": 7, "warning": 5, "info": 3}


class GotifyTarget(PluginSettings, frozen=True):
    """An application of a Gotify server."""

    server: Annotated[str, Meta(title="Server", description="Such as https://gotify.example.org.")]
    token: Annotated[Secret, Meta(title="Application token", description="Begins with A.")]

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        require_http("server", self.server)


class GotifyNotifier:
    """Gotify has no key by which it would know a repeat."""

    title: ClassVar[str] = "Gotify"
    per_minute: ClassVar[int] = 120
    Target: ClassVar[type[PluginSettings]] = GotifyTarget

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Push it."""
        assert isinstance(target, GotifyTarget)
        told = message.notification
        extras: dict[str, Any] = {"client::display": {"contentType": "text/markdown"}}
        if message.link.startswith(("http://", "https://")):
            extras["client::notification"] = {"click": {"url": message.link}}
        body = {
            "title": message.title(TITLE_MAX),
            # A line break of Markdown is two blanks before it.
            "message": message.body(MARKDOWN, MESSAGE_MAX).replace("\n", "  \n"),
            "priority": PRIORITIES[told.severity] if told is not None and told.is_firing else 2,
            "extras": extras,
        }
        headers = {"x-gotify-key": target.token.reveal()}
        answer = await post_json(self._context, target.server.rstrip("/") + "/message", body, headers)
        return Receipt(f"answered {answer.status}", str(json_of(answer).get("id", "")))

    async def verify(self, target: PluginSettings) -> Receipt:
        """Push a trial message."""
        return await self.send(trial(self._context.clock), target)
