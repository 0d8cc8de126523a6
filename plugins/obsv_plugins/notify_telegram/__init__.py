"""Telegram, by a bot.  Source: core.telegram.org/bots/api, `sendMessage`, `ResponseParameters`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, cast

import msgspec
from msgspec import Meta

from obsv.plugin_api import (
    HTML_LINES,
    HttpAnswer,
    Message,
    NotifierContext,
    NotifyError,
    PluginSettings,
    Receipt,
    Secret,
    json_of,
    require_http,
    require_taken,
    trial,
)

TEXT_MAX: Final = 4096
TITLE_MAX: Final = 300


class TelegramTarget(PluginSettings, frozen=True):
    """A bot, and the chat in which it speaks."""

    bot_token: Annotated[Secret, Meta(title="Bot token", description="From @BotFather.")]
    chat_id: Annotated[
        str,
        Meta(
            title="Chat",
            description="A number, negative for groups, or the @name of a public channel.",
            pattern=r"^(-?\d{1,20}|@\w{4,64})$",
        ),
    ]
    thread_id: Annotated[int, Meta(title="Topic", description="Of a group with topics; 0 for none.", ge=0)] = 0
    is_silent: Annotated[bool, Meta(title="Without a sound")] = False
    api_url: Annotated[str, Meta(title="Address of the API")] = "https://api.telegram.org"

    def __post_init__(self) -> None:
        """Refuse what would lead to another address."""
        require_http("api_url", self.api_url)
        token = self.bot_token.reveal()
        if not token.isascii() or not all(one.isalnum() or one in ":_-" for one in token):
            raise ValueError("bot_token: expected a token such as 123456:ABC-DEF")


class TelegramNotifier:
    """Telegram has no key by which it would know a repeat; a group takes 20 messages a minute."""

    title: ClassVar[str] = "Telegram"
    per_minute: ClassVar[int] = 20
    Target: ClassVar[type[PluginSettings]] = TelegramTarget

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Say it in the chat."""
        assert isinstance(target, TelegramTarget)
        title = HTML_LINES.bold(message.subject[:TITLE_MAX])
        body: dict[str, Any] = {
            "chat_id": target.chat_id,
            "text": f"{title}\n\n{message.body(HTML_LINES, TEXT_MAX - HTML_LINES.size(title) - 2)}",
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
            "disable_notification": target.is_silent,
        }
        if target.thread_id:
            body["message_thread_id"] = target.thread_id
        url = f"{target.api_url.rstrip('/')}/bot{target.bot_token.reveal()}/sendMessage"
        answer = await self._context.http(
            "POST", url, content=msgspec.json.encode(body), headers={"content-type": "application/json"}
        )
        said = json_of(answer)
        _require_taken(answer, said, self._context)
        result = cast("dict[str, Any]", said.get("result") or {})
        return Receipt(f"answered {answer.status}", str(result.get("message_id", "")))

    async def verify(self, target: PluginSettings) -> Receipt:
        """Say a trial message."""
        return await self.send(trial(self._context.clock), target)


def _require_taken(answer: HttpAnswer, said: dict[str, Any], context: NotifierContext) -> None:
    more = cast("dict[str, Any]", said.get("parameters") or {})
    if moved := more.get("migrate_to_chat_id"):
        raise NotifyError(f"the group became a supergroup: its chat is {moved} now", is_permanent=True)
    wait = more.get("retry_after")
    require_taken(answer, context.clock, retry_after_s=float(wait) if isinstance(wait, int | float) else None)
