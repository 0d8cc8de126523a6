"""Groups speak when it is their time: the duty of the node that leads.

All state is in the database: what a group tells, and that it has told it, are kept in one transaction, so that a node
that dies or loses the lead repeats and loses nothing, and the next one goes on where it stood.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Final

import structlog

from obsv.alertmanager import groups, store
from obsv.alertmanager.groups import Group
from obsv.alertmanager.inhibition import Inhibitor
from obsv.alertmanager.messages import Messages
from obsv.alertmanager.pipeline import Moment, hear, tell
from obsv.alertmanager.routes import Route
from obsv.alertmanager.service import Alertmanager
from obsv.alertmanager.types import Alert
from obsv.db import execute, fetch, fetch_value, hold_lock, write_tx

POLL_S: Final = 1.0
"""How soon what another node was sent is noticed."""
AT_ONCE: Final = 100
RETRY_MS: Final = 5_000
CLEAN_EVERY_MS: Final = 60_000
KEPT_MS: Final = 30 * 60_000
"""An alert that is over is kept so long: whoever posts its end again begins nothing."""

_log = structlog.get_logger("obsv.alertmanager")


class Dispatcher:
    """Runs while this node leads; `tick` does what is due at one moment."""

    def __init__(self, alertmanager: Alertmanager) -> None:
        self._alertmanager, self._clock = alertmanager, alertmanager.clock
        self._messages = Messages(alertmanager)
        self._wake = asyncio.Event()
        self._clean_at_ms = 0
        alertmanager.on_wake(self._wake.set)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._wake.clear()
            await self.tick()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(await self._rest_s()):
                    await self._wake.wait()

    async def tick(self) -> None:
        """Whatever is due by now."""
        now_ms = self._clock.now_ms()
        rows = await fetch("SELECT DISTINCT org FROM alerts WHERE status = 'firing' AND ends_at_ms <= {}", now_ms)
        for row in rows:
            with _apart("alertmanager.settle_failed", int(row["org"])):
                await self._alertmanager.settle(int(row["org"]), now_ms)
        for org in await groups.due_organisations(now_ms):
            with _apart("alertmanager.flush_failed", org):
                while await self._flush(org) == AT_ONCE:
                    pass
        if now_ms >= self._clean_at_ms:
            self._clean_at_ms = now_ms + CLEAN_EVERY_MS
            await clean(now_ms)

    async def _rest_s(self) -> float:
        next_ms = await fetch_value("SELECT min(wake_at_ms) FROM alert_groups")
        if next_ms is None:
            return POLL_S
        return min(max((int(next_ms) - self._clock.now_ms()) / 1000, 0.0), POLL_S)

    async def _flush(self, org: int) -> int:
        """The groups of one organisation that are due, in one transaction; how many there were."""
        async with write_tx():
            await hold_lock(store.lock_name(org))
            now_ms = self._clock.now_ms()
            due = await groups.due_groups(org, now_ms, AT_ONCE)
            if not due:
                return 0
            moment = await self._moment(org, now_ms)
            members = await store.members_of(group.id for group in due)
            routes = moment.routing.routes()
            for group in due:
                route = routes.get(group.route_id)
                if route is None:
                    await groups.drop_group(group)
                else:
                    await self._speak(moment, group, route, members.get(group.id, []))
        return len(due)

    async def _moment(self, org: int, now_ms: int) -> Moment:
        routing = await self._alertmanager.routings.of(org)
        sources = await store.firing_alerts(org, now_ms) if routing.inhibit_rules else ()
        inhibitor = Inhibitor(routing.inhibit_rules, sources, now_ms)
        return Moment(routing, inhibitor, await self._alertmanager.silences.holding(org), now_ms)

    async def _speak(self, moment: Moment, group: Group, route: Route, alerts: Sequence[Alert]) -> None:
        """One group: tell, note, and say when it speaks next.

        What fails undoes the telling of this group alone, which tries again.
        """
        now_ms = moment.now_ms
        is_flush = group.flush_at_ms <= now_ms
        flush_at_ms = group.flush_at_ms
        if is_flush:
            interval_ms = route.options.group_interval_ms
            # On time if it is: small delays do not add up.
            flush_at_ms = (flush_at_ms if now_ms < flush_at_ms + interval_ms else now_ms) + interval_ms
        try:
            async with write_tx():
                waiting = await self._tell(moment, group, route, alerts)
                if is_flush:
                    over = [alert for alert in alerts if alert.is_resolved(now_ms)]
                    await groups.drop_members(group, over)
                    if len(over) == len(alerts):
                        await groups.drop_group(group)
                        return
        except Exception:  # noqa: BLE001  # whatever a channel raises, the other groups speak
            _log.exception("alertmanager.group_failed", org=group.org, group=group.group_key)
            retry_at_ms = now_ms + RETRY_MS
            await groups.wait_until(replace(group, flush_at_ms=retry_at_ms, wake_at_ms=retry_at_ms))
            return
        await groups.wait_until(_next(replace(waiting, flush_at_ms=flush_at_ms), route))

    async def _tell(self, moment: Moment, group: Group, route: Route, alerts: Sequence[Alert]) -> Group:
        """Tell the receivers of a group what they have to hear; the group as it waits from now on."""
        now_ms, steps = moment.now_ms, route.options.escalate
        heard = hear(moment, route, alerts)
        is_waiting = heard.waiting(now_ms)
        log = await store.log_of(group.org, [group.group_key])
        notified_at_ms = group.notified_at_ms if is_waiting else 0
        escalated = min(group.escalated, len(steps))
        receivers = [route.options.receiver, *(step.receiver for step in steps[:escalated])]
        if group.flush_at_ms > now_ms:
            receivers = []  # only an escalation is due
        while notified_at_ms and escalated < len(steps) and notified_at_ms + steps[escalated].after_ms <= now_ms:
            receivers.append(steps[escalated].receiver)
            escalated += 1
        for name in dict.fromkeys(receivers):
            receiver = moment.routing.receivers[name]
            for told in tell(moment, route, heard, receiver, log.get((group.group_key, name), {})):
                await self._messages.send(group, route, name, told, now_ms)
                if is_waiting and not notified_at_ms:
                    notified_at_ms = now_ms
        return replace(group, notified_at_ms=notified_at_ms, escalated=escalated)


@contextlib.contextmanager
def _apart(event: str, org: int) -> Generator[None]:
    """Whatever fails for one organisation, the others must not wait for it."""
    try:
        yield
    except Exception:  # noqa: BLE001  # whatever it is, it is logged
        _log.exception(event, org=org)


def _next(group: Group, route: Route) -> Group:
    """With the time at which it speaks next, or escalates."""
    wake_at_ms, steps = group.flush_at_ms, route.options.escalate
    if group.notified_at_ms and group.escalated < len(steps):
        wake_at_ms = min(wake_at_ms, group.notified_at_ms + steps[group.escalated].after_ms)
    return replace(group, wake_at_ms=wake_at_ms)


async def clean(now_ms: int) -> None:
    """Forget alerts that are long over and in no group, and what channels were told long ago."""
    await execute(
        "DELETE FROM alerts WHERE ends_at_ms <= {} AND status = 'resolved' "
        "AND NOT EXISTS (SELECT 1 FROM alert_group_members m WHERE m.alert_id = alerts.id)",
        now_ms - KEPT_MS,
    )
    await execute(
        "DELETE FROM notification_log WHERE expires_at_ms <= {} AND NOT EXISTS (SELECT 1 FROM alert_groups g "
        "WHERE g.org = notification_log.org AND g.group_key = notification_log.group_key)",
        now_ms,
    )
