"""Alerts that set a component's state, and open an incident where that is wanted.

Called in the transaction that stores the alerts' change, so that neither is without the other.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import structlog

from obsv.alertmanager import Alert, AlertChange
from obsv.audit import SYSTEM
from obsv.core.errors import Invalid
from obsv.metrics.store.types import Matcher
from obsv.status.components import Component, watching_alerts
from obsv.status.incidents import Incidents
from obsv.status.parts import StatusParts
from obsv.status.periods import ALERT, Periods
from obsv.status.states import State
from obsv.status.text import clean_line
from obsv.status.types import Affected, Impact, IncidentWish, UpdateWish

IMPACT_OF: Final[Mapping[State, Impact]] = {
    State.OPERATIONAL: "none",
    State.DEGRADED: "minor",
    State.PARTIAL_OUTAGE: "major",
    State.MAJOR_OUTAGE: "critical",
}
_AFFECTED: Final[Mapping[State, Affected]] = {
    State.OPERATIONAL: "operational",
    State.DEGRADED: "degraded",
    State.PARTIAL_OUTAGE: "partial_outage",
    State.MAJOR_OUTAGE: "major_outage",
}
_log = structlog.get_logger("obsv.status")


class AlertWatch:
    """Follows the alerts of every organisation."""

    def __init__(self, parts: StatusParts, periods: Periods, incidents: Incidents) -> None:
        self._parts, self._periods, self._incidents = parts, periods, incidents

    async def changed(self, org: int, changes: Sequence[AlertChange]) -> None:
        """Do what the organisation's components say about these."""
        watching = await watching_alerts(org)
        for change in changes:
            for component, matchers in watching:
                if not _selects(matchers, change.alert.labels):
                    continue
                if change.status == "firing":
                    await self._fires(component, change.alert)
                else:
                    await self._resolved(component, change.alert)

    async def _fires(self, component: Component, alert: Alert) -> None:
        source = _source(alert)
        if not await self._periods.begin(component.org, component.id, source, component.alert_state):
            return
        self._parts.changed()
        if component.alert_action == "state" or await self._incidents.of_alert(component) is not None:
            return
        said = (clean_line(alert.annotations.get(name, "")) for name in ("summary", "description"))
        title = next(filter(None, said), "") or f"{component.name}: {alert.labels.get('alertname', 'alert')}"
        wish = IncidentWish(
            page_id=component.page_id,
            title=title[:200],
            text="An alert fires; we are looking into it.",
            impact=IMPACT_OF[component.alert_state],
            components={component.id: _AFFECTED[component.alert_state]},
            is_draft=component.alert_action == "draft",
        )
        with _on_with_it(component):
            await self._incidents.open(component.org, wish, by=SYSTEM, alert_component=component.id)

    async def _resolved(self, component: Component, alert: Alert) -> None:
        if not await self._periods.end(component.id, _source(alert)):
            return
        self._parts.changed()
        if await self._periods.firing(component.id):
            return
        incident = await self._incidents.of_alert(component)
        # Once a person took it in hand, a person says when it is over.
        if incident is not None and not incident.is_touched:
            wish = UpdateWish("resolved", "The alert does not fire any more.")
            with _on_with_it(component):
                await self._incidents.update(component.org, incident.id, wish, by=SYSTEM)


@contextmanager
def _on_with_it(component: Component) -> Generator[None]:
    """An incident that cannot be told (there are as many as may be) must not keep the alert from being stored."""
    try:
        yield
    except Invalid as refused:
        _log.warning("status.incident_refused", component=component.id, reason=refused.code)


def _source(alert: Alert) -> str:
    return f"{ALERT}{alert.fingerprint}"[:80]


def _selects(matchers: Sequence[Matcher], labels: Mapping[str, str]) -> bool:
    return all(one.matches(labels.get(one.name, "")) for one in matchers)
