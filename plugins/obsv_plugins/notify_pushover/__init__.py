"""Pushover.  Source: pushover.net/api, "Pushing messages", "Limitations", "Being friendly to our API"."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final
from urllib.parse import urlencode

from msgspec import Meta

from obsv.plugin_api import (
    HTML_LINES,
    TEXT,
    HttpAnswer,
    Message,
    NotifierContext,
    PluginSettings,
    Receipt,
    Secret,
    asked_wait,
    json_of,
    require_http,
    require_taken,
    trial,
)

MESSAGE_MAX: Final = 1024
TITLE_MAX: Final = 250
URL_MAX: Final = 512
HIGH, NORMAL, LOW, EMERGENCY = 1, 0, -1, 2
PRIORITIES: Final = {"critical": HIGH, "error": HIGH, "warning": NORMAL, "info": LOW}


class PushoverTarget(PluginSettings, frozen=True):
    """An application, and who gets its messages."""

    token: Annotated[Secret, Meta(title="Application token", description="Of an application that you registered.")]
    user: Annotated[Secret, Meta(title="User or group key")]
    device: Annotated[str, Meta(title="Device", description="Empty: all of them.", pattern=r"^[\w,-]{0,100}$")] = ""
    is_emergency: Annotated[
        bool, Meta(title="Emergency for critical alerts", description="Repeated each minute until acknowledged.")
    ] = False
    api_url: Annotated[str, Meta(title="Address of the API")] = "https://api.pushover.net"

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        require_http("api_url", self.api_url)


class PushoverNotifier:
    """Pushover has no key by which it would know a repeat."""

    title: ClassVar[str] = "Pushover"
    per_minute: ClassVar[int] = 60
    Target: ClassVar[type[PluginSettings]] = PushoverTarget

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Push it."""
        assert isinstance(target, PushoverTarget)
        form = {
            "token": target.token.reveal(),
            "user": target.user.reveal(),
            "title": message.title(TITLE_MAX, TEXT),
            "message": message.body(HTML_LINES, MESSAGE_MAX) or message.title(TITLE_MAX, HTML_LINES),
            "html": "1",
            "timestamp": str(self._context.clock.now_ms() // 1000),
            **_priority(message, is_emergency=target.is_emergency),
        }
        if target.device:
            form["device"] = target.device
        if message.link.startswith(("http://", "https://")) and len(message.link) <= URL_MAX:
            form |= {"url": message.link, "url_title": "Open"}
        answer = await self._context.http(
            "POST",
            f"{target.api_url.rstrip('/')}/1/messages.json",
            content=urlencode(form).encode(),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        require_taken(answer, self._context.clock, retry_after_s=self._wait(answer))
        return Receipt(f"answered {answer.status}", str(json_of(answer).get("request", "")))

    async def verify(self, target: PluginSettings) -> Receipt:
        """Push a trial message."""
        return await self.send(trial(self._context.clock), target)

    def _wait(self, answer: HttpAnswer) -> float | None:
        """A monthly quota says when it begins anew."""
        reset = answer.headers.get("x-limit-app-reset", "")
        if (asked := asked_wait(answer, self._context.clock)) is not None or not reset.isdigit():
            return asked
        return max(int(reset) - self._context.clock.now_ms() / 1000, 5.0)


def _priority(message: Message, *, is_emergency: bool) -> dict[str, str]:
    told = message.notification
    if told is None or not told.is_firing:
        return {"priority": str(NORMAL if told is None else LOW)}
    if is_emergency and told.severity == "critical":
        return {"priority": str(EMERGENCY), "retry": "60", "expire": "3600"}
    return {"priority": str(PRIORITIES[told.severity])}
