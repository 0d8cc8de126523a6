"""PagerDuty, by its Events API v2.  Source: PagerDuty developer docs, "Send an alert event"."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, ClassVar, Final

from msgspec import Meta

from obsv.plugin_api import (
    FIRING,
    TEXT,
    Message,
    NotifierContext,
    PluginSettings,
    Receipt,
    Secret,
    json_of,
    post_json,
    require_http,
    rfc3339,
    said,
    trial,
)

SUMMARY_MAX: Final = 1024
DETAILS_MAX: Final = 8000


class PagerDutyTarget(PluginSettings, frozen=True):
    """An integration of a service."""

    routing_key: Annotated[Secret, Meta(title="Integration key", description="Of an Events API v2 integration.")]
    api_url: Annotated[
        str, Meta(title="Address of the API", description="https://events.eu.pagerduty.com in Europe.")
    ] = "https://events.pagerduty.com"

    def __post_init__(self) -> None:
        """Refuse what is no address."""
        require_http("api_url", self.api_url)


class PagerDutyNotifier:
    """A group of alerts is one incident: its key is the group's, whatever is told of it and how often."""

    title: ClassVar[str] = "PagerDuty"
    per_minute: ClassVar[int] = 120
    Target: ClassVar[type[PluginSettings]] = PagerDutyTarget

    def __init__(self, context: NotifierContext) -> None:
        self._context = context

    async def send(self, message: Message, target: PluginSettings) -> Receipt:
        """Trigger the incident, or resolve it."""
        told = message.notification
        return await self._event(message, target, "trigger" if told is None or told.is_firing else "resolve")

    async def verify(self, target: PluginSettings) -> Receipt:
        """Open an incident and resolve it at once."""
        message = trial(self._context.clock)
        receipt = await self._event(message, target, "trigger")
        await self._event(message, target, "resolve")
        return receipt

    async def _event(self, message: Message, target: PluginSettings, action: str) -> Receipt:
        assert isinstance(target, PagerDutyTarget)
        body = event_of(message, target.routing_key.reveal(), action)
        answer = await post_json(self._context, f"{target.api_url.rstrip('/')}/v2/enqueue", body)
        return Receipt(f"answered {answer.status}: {said(answer)}", str(json_of(answer).get("dedup_key", "")))


def event_of(message: Message, routing_key: str, action: str) -> dict[str, Any]:
    """The event."""
    told = message.notification
    group = told.group_key if told is not None else message.key
    event: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": hashlib.sha256(group.encode()).hexdigest(),
    }
    if action == "resolve":
        return event
    labels = dict(told.common_labels) if told is not None else dict(message.labels)
    firing = told.of(FIRING) if told is not None else []
    payload: dict[str, Any] = {
        "summary": message.title(SUMMARY_MAX),
        "source": next((labels[name] for name in ("instance", "host", "monitor", "job") if labels.get(name)), "obsv"),
        "severity": told.severity if told is not None else "warning",
        "custom_details": {"labels": labels, "firing": len(firing), "text": message.body(TEXT, DETAILS_MAX)},
    }
    if firing:
        payload["timestamp"] = rfc3339(min(alert.starts_at_ms for alert in firing))
    links = told.links if told is not None else {"open": message.link}
    return event | {
        "payload": payload,
        "client": "obsv",
        "client_url": message.link,
        "links": [{"href": url, "text": name.capitalize()} for name, url in links.items() if url],
    }
