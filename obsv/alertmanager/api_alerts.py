"""Alerts as the cabinet lists them, and what one does about them: `/alerts`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from obsv.accounts import org_of, requires_scope
from obsv.accounts.requests import AnyRequest, author_of
from obsv.alertmanager.api_v2 import READ, WRITE
from obsv.alertmanager.matcher_text import BadMatcher
from obsv.alertmanager.matchers import all_match, parse_matcher
from obsv.alertmanager.people import People, ref_of
from obsv.alertmanager.requests import Manager
from obsv.alertmanager.service import Alertmanager
from obsv.alertmanager.types import Alert
from obsv.alertmanager.views import Shown, Views, show
from obsv.alertmanager.wire import AlertCounts, AlertList, AlertView, Fingerprints, Marked
from obsv.core.errors import Invalid

MOST: Final = 1000
State = Literal["active", "acknowledged", "silenced", "inhibited", "muted"]
States = Annotated[State | None, QueryParameter(name="state")]
Filters = Annotated[list[str] | None, QueryParameter(name="filter", max_items=50)]
Limit = Annotated[int, QueryParameter(ge=1, le=MOST)]


class AlertController(Controller):
    """What fires."""

    path = "/alerts"
    tags = ["Alerts"]

    @get("/", guards=[requires_scope(READ)], summary="List alerts that fire", operation_id="listAlerts")
    async def index(
        self,
        request: AnyRequest,
        manager: Manager,
        *,
        filters: Filters = None,
        wanted: States = None,
        limit: Limit = MOST,
    ) -> AlertList:
        """Those that fulfil every `filter` (a matcher such as `severity="page"`) and are in that state."""
        org = org_of(request)
        try:
            matchers = [parse_matcher(one) for one in filters or ()]
        except BadMatcher as bad:
            raise Invalid(f"The filter cannot be used: {bad}", code="bad_matcher") from None
        found = [
            one
            for one in await Views(manager).firing(org)
            if all_match(matchers, one.alert.labels) and wanted in {None, _state(one)}
        ]
        found.sort(key=lambda one: (-one.alert.starts_at_ms, one.alert.fingerprint))
        return AlertList(await _views(manager, org, found[:limit]), len(found))

    @get("/counts", guards=[requires_scope(READ)], summary="Count alerts", operation_id="countAlerts")
    async def counts(self, request: AnyRequest, manager: Manager) -> AlertCounts:
        """How many fire, and how many of them somebody has to look at."""
        org = org_of(request)
        states = [_state(one) for one in await Views(manager).firing(org)]
        return AlertCounts(
            firing=len(states),
            waiting=states.count("active"),
            acknowledged=states.count("acknowledged"),
            silenced=states.count("silenced"),
            inhibited=states.count("inhibited"),
            silences=len(await manager.silences.holding(org)),
        )

    @get("/{fingerprint:str}", guards=[requires_scope(READ)], summary="Get an alert", operation_id="getAlert")
    async def show(self, request: AnyRequest, manager: Manager, fingerprint: FromPath[str]) -> AlertView:
        """Also one that is over, for half an hour."""
        org = org_of(request)
        return (await alert_views(manager, org, [await manager.get(org, fingerprint)]))[0]

    @post(
        "/acknowledge",
        guards=[requires_scope(WRITE)],
        status_code=200,
        summary="Acknowledge alerts",
        operation_id="acknowledgeAlerts",
    )
    async def acknowledge(self, request: AnyRequest, manager: Manager, data: JSONBody[Fingerprints]) -> Marked:
        """Somebody is at them: no reminders and no escalation until they are over."""
        by = author_of(request)
        return Marked(await manager.acknowledge(org_of(request), data.fingerprints, by=by, ref=ref_of(by)))

    @post(
        "/unacknowledge",
        guards=[requires_scope(WRITE)],
        status_code=200,
        summary="Take an acknowledgement back",
        operation_id="unacknowledgeAlerts",
    )
    async def unacknowledge(self, request: AnyRequest, manager: Manager, data: JSONBody[Fingerprints]) -> Marked:
        """They wait again, and escalate."""
        return Marked(await manager.unacknowledge(org_of(request), data.fingerprints, by=author_of(request)))

    @post(
        "/resolve",
        guards=[requires_scope(WRITE)],
        status_code=200,
        summary="Resolve alerts",
        operation_id="resolveAlerts",
    )
    async def resolve(self, request: AnyRequest, manager: Manager, data: JSONBody[Fingerprints]) -> Marked:
        """They are over; one whose rule still finds it firing begins anew."""
        return Marked(await manager.resolve(org_of(request), data.fingerprints, by=author_of(request)))


async def alert_views(manager: Alertmanager, org: int, alerts: Sequence[Alert]) -> list[AlertView]:
    """Alerts as they are listed."""
    moment = await Views(manager).moment_of(org)
    return await _views(manager, org, [show(moment, alert) for alert in alerts])


async def _views(manager: Alertmanager, org: int, shown: Sequence[Shown]) -> list[AlertView]:
    people, now_ms = People(org), manager.clock.now_ms()
    return [await _view(one, people, now_ms) for one in shown]


def _state(one: Shown) -> State:
    if one.silenced_by:
        return "silenced"
    if one.inhibited_by:
        return "inhibited"
    if one.alert.acknowledged_at_ms:
        return "acknowledged"
    return "muted" if one.muted_by else "active"


async def _view(one: Shown, people: People, now_ms: int) -> AlertView:
    alert: Alert = one.alert
    return AlertView(
        fingerprint=alert.fingerprint,
        labels=dict(alert.labels),
        annotations=dict(alert.annotations),
        status="resolved" if alert.is_resolved(now_ms) else "firing",
        state=_state(one),
        starts_at_ms=alert.starts_at_ms,
        ends_at_ms=alert.ends_at_ms if alert.is_resolved(now_ms) else 0,
        updated_at_ms=alert.updated_at_ms,
        generator_url=alert.generator_url,
        receivers=list(one.receivers),
        silenced_by=list(one.silenced_by),
        inhibited_by=list(one.inhibited_by),
        muted_by=list(one.muted_by),
        acknowledged_at_ms=alert.acknowledged_at_ms,
        acknowledged_by=await people.of(alert.acknowledged_by),
    )
