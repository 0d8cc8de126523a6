"""Posts to any address: Alertmanager's webhook body (version 4), or what the channel's own template writes; signed.

By its signature the receiver knows that a request is obsv's and fresh: `X-Obsv-Signature: v1=` and the hex HMAC-SHA256
of `X-Obsv-Timestamp` (Unix seconds), a full stop and the body, under the channel's signing secret.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated, Any, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from obsv.plugin_api import (
    Message,
    Notification,
    NotifiedAlert,
    NotifierContext,
    PluginSettings,
    Receipt,
    Secret,
    require_http,
    require_taken,
    rfc3339,
    said,
    trial,
)

VERSION: Final = "4"


class WebhookTarget(PluginSettings, frozen=True):
    """Where to post, and what shows that it is ours."""

    url: Annotated[Secret, Meta(title="Address", description="Gets a POST for each notification.")]
    signing_secret: Annotated[
        Secret, Meta(title="Signing secret", description="Signs each request (HMAC-SHA256). Empty: no signature.")
    ] = Secret("")
    authorization: Annotated[
        Secret, Meta(title="Authorization header", description='Such as "Bearer …". Empty: none.')
    ] = Secret("")
    method: Annotated[Literal["POST", "PUT"], Meta(title="Method")] = "POST"
    content_type: Annotated[
        str,
        Meta(
            title="Content type of a template",
            description="Where the channel has a text template, that is the body, of this type.",
            pattern=r"^[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?$",
        ),
    ] = "application/json"

    def __post_init__(self) -> None:
        """Refuse what is no address, and what would break out of a header."""
        require_http("url", self.url.reveal())
        if not self.authorization.reveal().isascii() or not self.authorization.reveal().isprintable():
            raise ValueError("authorization: expected printable ASCII")


class WebhookNotifier:
    """A repeat carries the same `Idempotency-Key`."""

    title: ClassVar[str] = "Webhook"
    per_minute: ClassVar[int] = 300
    Target: ClassVar[type[PluginSettings]] = WebhookTarget

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Post it."""
        assert isinstance(target, WebhookTarget)
        content_type, body = "application/json", message.text.encode()
        if message.is_own_text:
            content_type = target.content_type
        elif message.notification is not None:
            body = msgspec.json.encode(body_of(message.notification))
        else:
            body = msgspec.json.encode({"subject": message.subject, "text": message.text, "link": message.link})
        headers = {"content-type": content_type, "idempotency-key": message.key}
        if authorization := target.authorization.reveal():
            headers["authorization"] = authorization
        if secret := target.signing_secret.reveal():
            at_s = str(self._context.clock.now_ms() // 1000)
            headers |= {"x-obsv-timestamp": at_s, "x-obsv-signature": signature(secret, at_s, body)}
        answer = await self._context.http(target.method, target.url.reveal(), content=body, headers=headers)
        require_taken(answer, self._context.clock)
        return Receipt(f"answered {answer.status}: {said(answer)}".rstrip(": "))

    async def verify(self, target: PluginSettings) -> Receipt:
        """Post a trial message."""
        return await self.send(trial(self._context.clock), target)


def signature(secret: str, at_s: str, body: bytes) -> str:
    """What the header says."""
    return "v1=" + hmac.new(secret.encode(), at_s.encode() + b"." + body, hashlib.sha256).hexdigest()


def body_of(told: Notification) -> dict[str, Any]:
    """Source: Alertmanager docs, `<webhook_config>`; `links` is obsv's own."""
    return {
        "version": VERSION,
        "groupKey": told.group_key,
        "truncatedAlerts": told.truncated,
        "status": told.status,
        "receiver": told.receiver,
        "groupLabels": told.group_labels,
        "commonLabels": told.common_labels,
        "commonAnnotations": told.common_annotations,
        "externalURL": told.external_url,
        "links": told.links,
        "alerts": [_alert(alert) for alert in told.alerts],
    }


def _alert(alert: NotifiedAlert) -> dict[str, Any]:
    return {
        "status": alert.status,
        "labels": alert.labels,
        "annotations": alert.annotations,
        "startsAt": rfc3339(alert.starts_at_ms),
        "endsAt": rfc3339(alert.ends_at_ms),
        "generatorURL": alert.generator_url,
        "fingerprint": alert.fingerprint,
        "links": alert.links,
    }
