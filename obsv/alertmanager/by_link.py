"""What whoever holds the link of a message may see and do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from obsv.alertmanager import store
from obsv.alertmanager.labels import alert_order
from obsv.alertmanager.service import Alertmanager
from obsv.alertmanager.types import Alert
from obsv.audit import Who
from obsv.core.errors import Invalid

BY_LINK: Final = "link"
"""What is kept of who acted where the link is all that is known."""
SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """The alerts of a message as they are now: `firing` of them (the first few), `waiting` without acknowledgement."""

    firing: tuple[Alert, ...]
    more: int
    waiting: int
    over: int


async def look(alertmanager: Alertmanager, code: str) -> Seen:
    """Raises `Gone`."""
    link = await alertmanager.links.read(code)
    now_ms = alertmanager.clock.now_ms()
    alerts = (await store.alerts_of(link.org, link.fingerprints)).values()
    firing = sorted(
        (alert for alert in alerts if not alert.is_resolved(now_ms)), key=lambda alert: alert_order(alert.labels)
    )
    return Seen(
        firing=tuple(firing[:SHOWN]),
        more=max(0, len(firing) - SHOWN),
        waiting=sum(not alert.acknowledged_at_ms for alert in firing),
        over=len(link.fingerprints) - len(firing),
    )


async def act(alertmanager: Alertmanager, code: str, action: str, *, by: Who) -> int:
    """Acknowledge, unacknowledge or resolve what the message told of; how many that concerned.

    Raises `Gone`, `Invalid`.
    """
    link = await alertmanager.links.read(code)
    match action:
        case "acknowledge":
            ref = by.ref if by.ref != "unknown" else f"{BY_LINK}: {link.channel}"
            return await alertmanager.acknowledge(link.org, link.fingerprints, by=by, ref=ref)
        case "unacknowledge":
            return await alertmanager.unacknowledge(link.org, link.fingerprints, by=by)
        case "resolve":
            return await alertmanager.resolve(link.org, link.fingerprints, by=by)
        case _:
            raise Invalid("Choose one of acknowledge, unacknowledge and resolve.", code="bad_action")
