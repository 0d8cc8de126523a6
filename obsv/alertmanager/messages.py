"""From what a channel is told to the notification that is queued for it."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import structlog

from obsv.alertmanager import store
from obsv.alertmanager.groups import Group
from obsv.alertmanager.labels import Labels
from obsv.alertmanager.matchers import Matcher
from obsv.alertmanager.notification import MOST_ALERTS, common, notified
from obsv.alertmanager.pipeline import Told
from obsv.alertmanager.routes import Route
from obsv.alertmanager.service import Alertmanager
from obsv.core.telemetry import REGISTRY
from obsv.notify import Notification

NOTIFICATIONS = REGISTRY.counter("obsv_alert_notifications_total", "Notifications handed to channels.", ("reason",))
_log = structlog.get_logger("obsv.alertmanager")


class Messages:
    """Queues notifications in the transaction of their group, and notes that they were told."""

    def __init__(self, alertmanager: Alertmanager) -> None:
        self._alertmanager = alertmanager
        self._base_url = alertmanager.ports.base_url.rstrip("/")

    async def send(self, group: Group, route: Route, receiver: str, told: Told, now_ms: int) -> None:
        """Queue it once, whoever tries again."""
        ports = self._alertmanager.ports
        if told.channel not in await ports.channels.listening(group.org):
            # It was deleted or switched off. What it was told before does not hold any more either: once it is there
            # again, it hears of whatever fires by then.
            _log.info("alertmanager.nobody_listens", org=group.org, receiver=receiver, channel=told.channel)
            await store.drop_entry(group.org, group.group_key, receiver, told.channel)
            return
        if told.alerts:
            notification = await self._notification(group, receiver, told, now_ms)
            # The moment at which it was due tells one telling from the next, and stays the same when it is repeated.
            once_key = store.digest(group.org, receiver, group.group_key, told.channel, group.wake_at_ms)
            await ports.deliveries.enqueue(group.org, told.channel, notification, once_key=once_key)
            NOTIFICATIONS.add(1, told.reason)
        repeat_ms = route.options.repeat_interval_ms
        await store.put_entry(group.org, group.group_key, receiver, told.channel, told.entry, repeat_ms=repeat_ms)

    async def _notification(self, group: Group, receiver: str, told: Told, now_ms: int) -> Notification:
        org, slug = group.org, await self._alertmanager.slug(group.org)
        place = f"{self._base_url}/app/{quote(slug)}/alerts"
        alerts = [
            notified(one, now_ms, {"open": f"{place}?alert={one.fingerprint}", "silence": _silence(place, one.labels)})
            for one in told.alerts
        ]
        firing = [one.fingerprint for one in alerts if one.status == "firing"]
        labels = common([one.labels for one in alerts])
        links = {"open": place, "silence": _silence(place, labels)} if labels else {"open": place}
        if firing:
            links["acknowledge"] = await self._alertmanager.links.make(org, firing, receiver, told.channel)
        return Notification(
            status="firing" if firing else "resolved",
            receiver=receiver,
            group_key=group.group_key,
            alerts=alerts[:MOST_ALERTS],
            group_labels=dict(store.read_labels(group.labels)),
            common_labels=labels,
            common_annotations=common([one.annotations for one in alerts]),
            external_url=place,
            truncated=max(0, len(alerts) - MOST_ALERTS),
            links=links,
        )


def _silence(place: str, labels: Labels) -> str:
    """Where a silence for these labels is made."""
    wanted = [("matcher", str(Matcher(name, "=", value))) for name, value in sorted(labels.items())]
    return f"{place}/silences/new?{urlencode(wanted)}"
