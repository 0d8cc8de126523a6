"""Alerts as they are shown: with what mutes them at this moment, who is told, and in which groups they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from obsv.alertmanager import groups, store
from obsv.alertmanager.inhibition import Inhibitor
from obsv.alertmanager.labels import alert_order, label_order
from obsv.alertmanager.matchers import Matcher, all_match
from obsv.alertmanager.pipeline import Moment
from obsv.alertmanager.service import Alertmanager
from obsv.alertmanager.silences import silenced_by
from obsv.alertmanager.types import Alert


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert that fires; `muted_by` are time intervals, `receivers` who is told unless something mutes it."""

    alert: Alert
    receivers: tuple[str, ...]
    silenced_by: tuple[str, ...]
    inhibited_by: tuple[str, ...]
    muted_by: tuple[str, ...]

    @property
    def state(self) -> Literal["active", "suppressed"]:
        """Whether something mutes the alert itself; intervals mute a route."""
        return "suppressed" if self.silenced_by or self.inhibited_by else "active"


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A group with its alerts; `muted_by` are the intervals that keep its route quiet now."""

    labels: dict[str, str]
    receiver: str
    group_key: str
    muted_by: tuple[str, ...]
    alerts: tuple[Shown, ...]


class Views:
    """Reads what is kept, and changes nothing."""

    def __init__(self, alertmanager: Alertmanager) -> None:
        self._alertmanager = alertmanager

    async def moment(self, org: int, alerts: Sequence[Alert]) -> Moment:
        """What mutes among these alerts now."""
        now_ms = self._alertmanager.clock.now_ms()
        routing = await self._alertmanager.routings.of(org)
        inhibitor = Inhibitor(routing.inhibit_rules, alerts, now_ms)
        return Moment(routing, inhibitor, await self._alertmanager.silences.holding(org), now_ms)

    async def firing(self, org: int) -> list[Shown]:
        """All that fire, by fingerprint."""
        alerts = await store.firing_alerts(org, self._alertmanager.clock.now_ms())
        moment = await self.moment(org, alerts)
        return [show(moment, alert) for alert in sorted(alerts, key=lambda one: one.fingerprint)]

    async def groups(self, org: int) -> list[ShownGroup]:
        """By labels and receiver; those without an alert that fires are left out."""
        shown = {one.alert.fingerprint: one for one in await self.firing(org)}
        moment = await self.moment(org, ())
        routes, found = moment.routing.routes(), list[ShownGroup]()
        every = await groups.every_group(org)
        members = await store.members_of(group.id for group in every)
        for group in every:
            alerts = [shown[one.fingerprint] for one in members.get(group.id, ()) if one.fingerprint in shown]
            route = routes.get(group.route_id)
            if alerts and route is not None:
                alerts.sort(key=lambda one: alert_order(one.alert.labels))
                labels = dict(store.read_labels(group.labels))
                muted_by = tuple(moment.routing.muted_by(route, moment.now_ms))
                found.append(ShownGroup(labels, route.options.receiver, group.group_key, muted_by, tuple(alerts)))
        return sorted(found, key=lambda one: (label_order(one.labels), one.receiver))

    async def moment_of(self, org: int) -> Moment:
        """What mutes among all that fires now."""
        return await self.moment(org, await store.firing_alerts(org, self._alertmanager.clock.now_ms()))

    async def hit_by(self, org: int, matchers: Sequence[Matcher]) -> list[Alert]:
        """Alerts that fire now and that a silence with these matchers would hit."""
        alerts = await store.firing_alerts(org, self._alertmanager.clock.now_ms())
        return [alert for alert in alerts if all_match(matchers, alert.labels)]


def show(moment: Moment, alert: Alert) -> Shown:
    """An alert as it stands at a moment."""
    routes = moment.routing.root.match(alert.labels)
    muted = [name for route in routes for name in moment.routing.muted_by(route, moment.now_ms)]
    return Shown(
        alert=alert,
        receivers=tuple(route.options.receiver for route in routes),
        silenced_by=tuple(silenced_by(moment.silences, alert.labels, moment.now_ms)),
        inhibited_by=tuple(moment.inhibitor.inhibited_by(alert.labels)),
        muted_by=tuple(dict.fromkeys(muted)),
    )
