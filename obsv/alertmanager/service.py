"""The door for whoever has alerts, and for whoever wants to know of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from obsv import audit
from obsv.alertmanager import store
from obsv.alertmanager.groups import put_into_groups
from obsv.alertmanager.links import Links
from obsv.alertmanager.merge import BadAlert, merged, received
from obsv.alertmanager.notification import Channels, Deliveries
from obsv.alertmanager.routing import Routings
from obsv.alertmanager.silence_book import SilenceBook
from obsv.alertmanager.types import Alert, AlertChange, PostedAlert
from obsv.audit import Who
from obsv.core.clock import Clock
from obsv.core.errors import NotFound
from obsv.core.telemetry import REGISTRY
from obsv.db import after_commit, execute, fetch, fetch_value, hold_lock, write_tx

MOST_ALERTS: Final = 20_000
"""Alerts that an organisation has at once."""
SETTLED_AT_ONCE: Final = 500

Subscriber = Callable[[int, Sequence[AlertChange]], Awaitable[None]]

RECEIVED = REGISTRY.counter(
    "obsv_alerts_received_total", "Alerts that were posted, by what became of them.", ("outcome",)
)
_log = structlog.get_logger("obsv.alertmanager")


@dataclass(frozen=True, slots=True)
class Ports:
    """What the package is wired to; `base_url` is where links begin."""

    clock: Clock
    deliveries: Deliveries
    channels: Channels
    base_url: str


class Alertmanager:
    """Takes alerts and keeps them. What is told of them, and when, is the dispatcher's business."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.clock = ports.clock
        self.routings = Routings(ports.clock, ports.channels, self.wake)
        self.silences = SilenceBook(ports.clock)
        self.links = Links(ports.clock, ports.base_url)
        self._subscribers: list[Subscriber] = []
        self._sleepers: list[Callable[[], None]] = []

    def subscribe(self, callback: Subscriber) -> None:
        """Be told that alerts began or are over, inside of the transaction that keeps it."""
        self._subscribers.append(callback)

    def on_wake(self, callback: Callable[[], None]) -> None:
        """Be called when a group may have to speak earlier than was known."""
        self._sleepers.append(callback)

    def wake(self) -> None:
        """Something has changed."""
        for callback in self._sleepers:
            callback()

    async def post(self, org: int, alerts: Sequence[PostedAlert]) -> None:
        """Keep alerts; durable on return (it joins an open transaction). Posting one again is harmless.

        What cannot be taken is left out and logged.
        """
        for problem in await self.take(org, alerts):
            _log.warning("alertmanager.alert_refused", org=org, reason=problem)

    async def take(self, org: int, posted: Sequence[PostedAlert]) -> list[str]:
        """The same; returns what is wrong with those that were left out."""
        problems: list[str] = []
        async with write_tx():
            await hold_lock(store.lock_name(org))
            now_ms, routing = self.clock.now_ms(), await self.routings.of(org)
            fresh: list[Alert] = []
            for one in posted:
                try:
                    fresh.append(received(one, now_ms, routing.resolve_timeout_ms))
                except BadAlert as bad:
                    problems.append(str(bad))
            kept, changes = await self._merge(org, fresh, now_ms, problems)
            await store.put_alerts(org, kept, now_ms)
            await put_into_groups(org, routing, kept, now_ms)
            await self._tell(org, changes)
            after_commit(self.wake)
        RECEIVED.add(len(posted) - len(problems), "kept")
        RECEIVED.add(len(problems), "refused")
        return problems

    async def _merge(
        self, org: int, fresh: Sequence[Alert], now_ms: int, problems: list[str]
    ) -> tuple[list[Alert], list[AlertChange]]:
        """What is kept of new alerts, and what that changes; one that stands twice is merged twice."""
        before = await store.alerts_of(org, {alert.fingerprint for alert in fresh})
        known, kept = dict(before), dict[str, Alert]()
        room = None
        for alert in fresh:
            if alert.fingerprint not in known:
                if room is None:
                    room = MOST_ALERTS - await store.count_alerts(org)
                if room <= 0:
                    problems.append(f"too many alerts: an organisation has {MOST_ALERTS} at once")
                    continue
                room -= 1
            known[alert.fingerprint] = kept[alert.fingerprint] = merged(known.get(alert.fingerprint), alert, now_ms)
        changes = [
            AlertChange("resolved" if alert.is_resolved(now_ms) else "firing", alert)
            for alert in kept.values()
            if _is_news(before.get(alert.fingerprint), alert, now_ms)
        ]
        return list(kept.values()), changes

    async def settle(self, org: int, now_ms: int) -> None:
        """Notice alerts that are over because nobody posted them again."""
        async with write_tx():
            await hold_lock(store.lock_name(org))
            rows = await fetch(
                "UPDATE alerts SET status = 'resolved' WHERE id IN (SELECT id FROM alerts WHERE status = 'firing' "
                "AND ends_at_ms <= {} AND org = {} ORDER BY id LIMIT {}) RETURNING fingerprint",
                *(now_ms, org, SETTLED_AT_ONCE),
            )
            alerts = await store.alerts_of(org, [row["fingerprint"] for row in rows])
            await self._tell(org, [AlertChange("resolved", alert) for alert in alerts.values()])

    async def acknowledge(self, org: int, fingerprints: Iterable[str], *, by: Who, ref: str) -> int:
        """Say that somebody is at them: no reminders, no escalation. How many that concerns.

        `ref` is what is shown of who it was.
        """
        return await self._mark(org, fingerprints, by=by, event="alert.acknowledged", ref=ref)

    async def unacknowledge(self, org: int, fingerprints: Iterable[str], *, by: Who) -> int:
        """Take that back."""
        return await self._mark(org, fingerprints, by=by, event="alert.unacknowledged", ref="")

    async def _mark(self, org: int, fingerprints: Iterable[str], *, by: Who, event: str, ref: str) -> int:
        async with write_tx():
            await hold_lock(store.lock_name(org))
            now_ms, wanted = self.clock.now_ms(), list(fingerprints)
            found = [one for one in (await store.alerts_of(org, wanted)).values() if not one.is_resolved(now_ms)]
            changed = [one for one in found if bool(one.acknowledged_at_ms) is not bool(ref)]
            marked = [
                replace(one, acknowledged_at_ms=now_ms if ref else 0, acknowledged_by=ref[:40]) for one in changed
            ]
            await store.put_alerts(org, marked, now_ms)
            if not ref:
                await _await_anew(marked, org, now_ms)
            if marked:
                await audit.write(event, org=org, actor=by, target=_target(marked), details={"count": len(marked)})
            after_commit(self.wake)
        return len(marked)

    async def resolve(self, org: int, fingerprints: Iterable[str], *, by: Who) -> int:
        """End them now; whoever posts one again as firing begins it anew. How many that concerns."""
        async with write_tx():
            await hold_lock(store.lock_name(org))
            now_ms, routing = self.clock.now_ms(), await self.routings.of(org)
            found = [one for one in (await store.alerts_of(org, fingerprints)).values() if not one.is_resolved(now_ms)]
            ended = [replace(one, ends_at_ms=now_ms, updated_at_ms=now_ms, is_timeout=False) for one in found]
            await store.put_alerts(org, ended, now_ms)
            await put_into_groups(org, routing, ended, now_ms)
            await self._tell(org, [AlertChange("resolved", alert) for alert in ended])
            if ended:
                await audit.write(
                    "alert.resolved", org=org, actor=by, target=_target(ended), details={"count": len(ended)}
                )
            after_commit(self.wake)
        return len(ended)

    async def get(self, org: int, fingerprint: str) -> Alert:
        """One alert.  Raises `NotFound`."""
        found = (await store.alerts_of(org, [fingerprint])).get(fingerprint)
        if found is None:
            raise NotFound("There is no such alert, or it is long over.", code="no_alert")
        return found

    async def slug(self, org: int) -> str:
        """What an organisation is called in addresses."""
        return str(await fetch_value("SELECT slug FROM organisations WHERE id = {}", org) or "")

    async def _tell(self, org: int, changes: Sequence[AlertChange]) -> None:
        for callback in self._subscribers if changes else ():
            await callback(org, changes)


def _is_news(before: Alert | None, after: Alert, now_ms: int) -> bool:
    """Whether it began or ended by what was posted; one that nobody knew of and is over already is none."""
    if before is None:
        return not after.is_resolved(now_ms)
    return before.is_resolved(now_ms) is not after.is_resolved(now_ms)


def _target(alerts: Sequence[Alert]) -> tuple[str, str]:
    return ("alert", alerts[0].fingerprint)


async def _await_anew(alerts: Iterable[Alert], org: int, now_ms: int) -> None:
    """Escalation begins to count again for groups that had been acknowledged."""
    for alert in alerts:
        await execute(
            "UPDATE alert_groups SET wake_at_ms = {}, notified_at_ms = {} WHERE notified_at_ms = 0 AND id IN "
            "(SELECT group_id FROM alert_group_members WHERE alert_id = {})",
            *(now_ms, now_ms, store.alert_id(org, alert.fingerprint)),
        )
