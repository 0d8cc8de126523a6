"""What a channel is told, and the doors to the channels: whoever wires this package gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import msgspec

from obsv.alertmanager.types import Alert

MOST_ALERTS = 500
"""In one notification; how many more there are is told."""
Status = Literal["firing", "resolved"]


class NotifiedAlert(msgspec.Struct, frozen=True):
    """One alert of a notification; `ends_at_ms` is 0 while it fires."""

    status: Status
    labels: dict[str, str]
    annotations: dict[str, str]
    starts_at_ms: int
    ends_at_ms: int
    generator_url: str
    fingerprint: str
    links: dict[str, str] = {}


class Notification(msgspec.Struct, frozen=True):
    """What one channel is told about one group; `truncated` alerts were left out, `links` are by name."""

    status: Status
    receiver: str
    group_key: str
    alerts: list[NotifiedAlert]
    group_labels: dict[str, str]
    common_labels: dict[str, str]
    common_annotations: dict[str, str]
    external_url: str
    truncated: int = 0
    links: dict[str, str] = {}


class Deliveries(Protocol):
    """Where notifications are queued for delivery."""

    async def enqueue(self, org: int, channel: str, notification: Any, *, once_key: str) -> str | None:
        """In the current transaction; None if `once_key` was queued before."""
        ...


class Channels(Protocol):
    """The channels of organisations."""

    async def names(self, org: int) -> Sequence[str]:
        """Of one organisation."""
        ...


class NoChannels:
    """Both doors of an instance that has no channels: nobody can be told."""

    async def names(self, org: int) -> Sequence[str]:
        return ()

    async def enqueue(self, org: int, channel: str, notification: Any, *, once_key: str) -> str | None:
        raise RuntimeError(f"there is no channel {channel!r}")


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
