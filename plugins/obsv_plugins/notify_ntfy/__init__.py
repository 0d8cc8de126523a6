"""ntfy, at ntfy.sh or on a server of one's own.  Source: docs.ntfy.sh/publish, "Publish as JSON"."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final

from msgspec import Meta

from obsv.plugin_api import (
    BYTES_TEXT,
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

MESSAGE_MAX: Final = 4000
"""Bytes: what has more than 4096 becomes an attachment."""
TITLE_MAX: Final = 200
PRIORITIES: Final = {"critical": 5, "error": 4, "warning": 4, "info": 3}


class NtfyTarget(PluginSettings, frozen=True):
    """A topic; on ntfy.sh whoever knows its name reads it."""

    topic: Annotated[Secret, Meta(title="Topic")]
    server: Annotated[str, Meta(title="Server")] = "https://ntfy.sh"
    token: Annotated[
        Secret, Meta(title="Access token", description="Where the topic is protected; begins with tk_.")
    ] = Secret("")

    def __post_init__(self) -> None:
        """Refuse what is no address or no topic."""
        require_http("server", self.server)
        topic = self.topic.reveal()
        if not 0 < len(topic) <= 64 or not all(one.isascii() and (one.isalnum() or one in "-_") for one in topic):
            raise ValueError("topic: expected letters, digits, - and _, 64 at most")


class NtfyNotifier:
    """A repeat has the same `sequence_id`: a phone shows one notification, not two."""

    title: ClassVar[str] = "ntfy"
    per_minute: ClassVar[int] = 60
    Target: ClassVar[type[PluginSettings]] = NtfyTarget

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Publish it."""
        assert isinstance(target, NtfyTarget)
        told = message.notification
        is_firing = told is None or told.is_firing
        body: dict[str, Any] = {
            "topic": target.topic.reveal(),
            "title": message.title(TITLE_MAX, BYTES_TEXT),
            "message": message.body(BYTES_TEXT, MESSAGE_MAX),
            "priority": PRIORITIES[told.severity] if told is not None and is_firing else 3,
            "tags": ["rotating_light" if is_firing else "white_check_mark"],
            "sequence_id": message.key,
        }
        if message.link.startswith(("http://", "https://")):
            body["click"] = message.link
        links = told.links if told is not None else {}
        body["actions"] = [
            {"action": "view", "label": name.capitalize(), "url": links[name]}
            for name in ("acknowledge", "silence")
            if links.get(name)
        ]
        headers = {"authorization": f"Bearer {token}"} if (token := target.token.reveal()) else {}
        answer = await post_json(self._context, target.server.rstrip("/") + "/", body, headers)
        return Receipt(f"answered {answer.status}", str(json_of(answer).get("id", "")))

    async def verify(self, target: PluginSettings) -> Receipt:
        """Publish a trial message."""
        return await self.send(trial(self._context.clock), target)
