"""What a channel is told, and the doors to the channels: whoever wires this package gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from obsv.alertmanager.types import Alert
from obsv.notify import Notification, NotifiedAlert

MOST_ALERTS = 500
"""In one notification; how many more there are is told."""


class Deliveries(Protocol):
    """Where notifications are queued for delivery."""

    async def enqueue(self, org: int, channel: str, notification: Notification, *, once_key: str) -> str | None:
        """In the current transaction; None if `once_key` was queued before."""
        ...


class Channels(Protocol):
    """The channels of organisations."""

    async def names(self, org: int) -> Sequence[str]:
        """Of one organisation."""
        ...

    async def listening(self, org: int) -> Sequence[str]:
        """Those of them that are switched on."""
        ...


def notified(alert: Alert, now_ms: int, links: dict[str, str]) -> NotifiedAlert:
    """An alert as it is told."""
    is_resolved = alert.is_resolved(now_ms)
    return NotifiedAlert(
        status="resolved" if is_resolved else "firing",
        labels=dict(sorted(alert.labels.items())),
        annotations=dict(sorted(alert.annotations.items())),
        starts_at_ms=alert.starts_at_ms,
        ends_at_ms=alert.ends_at_ms if is_resolved else 0,
        generator_url=alert.generator_url,
        fingerprint=alert.fingerprint,
        links=links,
    )


def common(sets: Sequence[dict[str, str]]) -> dict[str, str]:
    """What all of them have with the same value."""
    if not sets:
        return {}
    first, *others = sets
    return {name: value for name, value in first.items() if all(one.get(name) == value for one in others)}
