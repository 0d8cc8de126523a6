"""What a group tells its receivers when it is its time: pure, for one moment.

The stages and their order are Alertmanager's: inhibition, active and mute intervals, silences, and for each channel
what it was told last.  Source: Alertmanager 0.27 to 0.33, held against the real one by the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from obsv.alertmanager.document import Receiver
from obsv.alertmanager.inhibition import Inhibitor
from obsv.alertmanager.labels import alert_order
from obsv.alertmanager.routes import Route, Routing
from obsv.alertmanager.silences import Silence, silenced_by
from obsv.alertmanager.types import Alert, LogEntry

Reason = Literal["first", "new_alerts", "all_resolved", "some_resolved", "repeat"]


@dataclass(frozen=True, slots=True)
class Moment:
    """What muting depends on at one moment, for all groups of an organisation."""

    routing: Routing
    inhibitor: Inhibitor
    silences: Sequence[Silence]
    now_ms: int


@dataclass(frozen=True, slots=True)
class Told:
    """What one channel is told, and what is noted about it. No alerts: it is only noted."""

    channel: str
    reason: Reason
    alerts: tuple[Alert, ...]
    entry: LogEntry


@dataclass(frozen=True, slots=True)
class Heard:
    """The alerts of a group that got past inhibition and intervals; `silenced` are fingerprints among them."""

    alerts: tuple[Alert, ...]
    silenced: frozenset[str]

    def waiting(self, now_ms: int) -> bool:
        """Whether something fires that nobody acknowledged and nothing mutes."""
        return any(
            not alert.is_resolved(now_ms) and not alert.acknowledged_at_ms and alert.fingerprint not in self.silenced
            for alert in self.alerts
        )


def hear(moment: Moment, route: Route, alerts: Iterable[Alert]) -> Heard:
    """Past the stages that are the same for all channels."""
    if moment.routing.muted_by(route, moment.now_ms):
        return Heard((), frozenset())
    kept = [alert for alert in alerts if not moment.inhibitor.inhibited_by(alert.labels)]
    kept.sort(key=lambda alert: alert_order(alert.labels))
    silenced = {one.fingerprint for one in kept if silenced_by(moment.silences, one.labels, moment.now_ms)}
    return Heard(tuple(kept), frozenset(silenced))


def tell(moment: Moment, route: Route, heard: Heard, receiver: Receiver, log: Mapping[str, LogEntry]) -> list[Told]:
    """What each channel of a receiver is told; `log` is what they were told last."""
    found: list[Told] = []
    for channel in receiver.channels:
        entry = log.get(channel)
        visible, carried = _visible(moment, heard, entry)
        if not visible:
            continue
        now_ms = moment.now_ms
        resolved = frozenset(alert.fingerprint for alert in visible if alert.is_resolved(now_ms))
        firing = frozenset(alert.fingerprint for alert in visible) - resolved
        reason = needs_update(entry, firing, resolved, receiver, now_ms - route.options.repeat_interval_ms)
        if reason is None or (reason == "repeat" and _is_acknowledged(visible, now_ms)):
            continue
        sent = visible
        if not receiver.send_resolved:
            sent = tuple(alert for alert in visible if alert.fingerprint in firing)
        found.append(Told(channel, reason, sent, LogEntry(firing | carried, resolved, now_ms)))
    return found


def _visible(moment: Moment, heard: Heard, entry: LogEntry | None) -> tuple[tuple[Alert, ...], frozenset[str]]:
    """What a channel sees, and what it was told of that is silenced while it still fires.

    The latter is kept in mind only where the end of a silenced alert shall be told.
    """
    if not moment.routing.is_resolved_despite_silence or entry is None:
        return tuple(alert for alert in heard.alerts if alert.fingerprint not in heard.silenced), frozenset()
    known = {alert.fingerprint for alert in heard.alerts if alert.fingerprint in heard.silenced & entry.firing}
    ended = {alert.fingerprint for alert in heard.alerts if alert.is_resolved(moment.now_ms)} & known
    hidden = heard.silenced - ended
    return tuple(alert for alert in heard.alerts if alert.fingerprint not in hidden), frozenset(known - ended)


def _is_acknowledged(alerts: Iterable[Alert], now_ms: int) -> bool:
    """Whether somebody is at everything that fires, so that nobody needs a reminder."""
    return all(alert.acknowledged_at_ms for alert in alerts if not alert.is_resolved(now_ms))


def needs_update(
    entry: LogEntry | None,
    firing: frozenset[str],
    resolved: frozenset[str],
    receiver: Receiver,
    repeat_before_ms: int,
) -> Reason | None:
    """Why a channel that was told `entry` has to hear of the group again, if it has to."""
    if entry is None:
        return "first" if firing else None
    if not firing <= entry.firing:
        return "new_alerts" if entry.firing else "first"
    if not firing:
        # Also where the end is not told: the alerts must leave the log.
        return "all_resolved" if entry.firing else None
    if receiver.send_resolved and not resolved <= entry.resolved:
        return "some_resolved"
    return "repeat" if entry.at_ms < repeat_before_ms else None


def first_flush_ms(alert: Alert, route: Route, now_ms: int) -> int:
    """When a group that begins with this alert speaks first: an old one need not wait."""
    wait_ms = route.options.group_wait_ms
    return now_ms if alert.starts_at_ms + wait_ms < now_ms else now_ms + wait_ms
