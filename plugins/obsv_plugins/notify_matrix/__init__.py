"""Matrix.  Source: spec.matrix.org, Client-Server API, "PUT /rooms/{roomId}/send/{eventType}/{txnId}"."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final
from urllib.parse import quote

import msgspec
from msgspec import Meta

from obsv.plugin_api import (
    HTML,
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

TEXT_MAX: Final = 7500
"""Characters of each form, of four bytes at most: an event has 65536 bytes at most."""
TITLE_MAX: Final = 300


class MatrixTarget(PluginSettings, frozen=True):
    """A user of a homeserver, and the room in which it speaks."""

    homeserver: Annotated[str, Meta(title="Homeserver", description="Such as https://matrix.example.org.")]
    access_token: Annotated[Secret, Meta(title="Access token", description="Of a user that is in the room.")]
    room_id: Annotated[
        str, Meta(title="Room", description="Its internal id, such as !abc:example.org.", pattern=r"^![^\s/]{1,254}$")
    ]

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        require_http("homeserver", self.homeserver)


class MatrixNotifier:
    """The transaction id is the message's key: the homeserver answers a repeat with the same event."""

    title: ClassVar[str] = "Matrix"
    per_minute: ClassVar[int] = 60
    Target: ClassVar[type[PluginSettings]] = MatrixTarget

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Say it in the room.  Rooms with encryption show it unencrypted."""
        assert isinstance(target, MatrixTarget)
        body: dict[str, Any] = {
            "msgtype": "m.text",
            "body": f"{message.title(TITLE_MAX)}\n\n{message.body(TEXT, TEXT_MAX)}",
            "format": "org.matrix.custom.html",
            "formatted_body": f"<b>{message.title(TITLE_MAX, HTML)}</b><br><br>{message.body(HTML, TEXT_MAX)}",
            "m.mentions": {},
        }
        url = (
            f"{target.homeserver.rstrip('/')}/_matrix/client/v3/rooms/{quote(target.room_id, safe='')}"
            f"/send/m.room.message/{quote(message.key, safe='')}"
        )
        headers = {"content-type": "application/json", "authorization": f"Bearer {target.access_token.reveal()}"}
        answer = await self._context.http("PUT", url, content=msgspec.json.encode(body), headers=headers)
        said = json_of(answer)
        wait_ms = said.get("retry_after_ms")
        retry_after_s = wait_ms / 1000 if isinstance(wait_ms, int | float) else None
        require_taken(answer, self._context.clock, retry_after_s=retry_after_s)
        return Receipt(f"answered {answer.status}", str(said.get("event_id", "")))

    async def verify(self, target: PluginSettings) -> Receipt:
        """Say a trial message."""
        return await self.send(trial(self._context.clock), target)
