"""A status page as it is at a moment: what the public page, its feeds and the API show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from obsv.core.errors import ObsvError
from obsv.status.components import Component, components_in, components_of
from obsv.status.days import DAY_MS, DAYS, Bar, bars, uptime
from obsv.status.incidents import incidents_where
from obsv.status.maintenances import maintenances_where
from obsv.status.parts import Page, StatusParts
from obsv.status.periods import BY_HAND, Periods, Span
from obsv.status.ports import MonitorDay, Monitors
from obsv.status.states import IMPACTS, SENTENCES, State, of_monitors, worst
from obsv.status.stored import StoredIncident, StoredMaintenance

RECENT_MS: Final = 14 * DAY_MS


@dataclass(frozen=True, slots=True)
class Shown:
    """A component and how it does."""

    component: Component
    state: State
    set_by_hand: State | None
    bars: Sequence[Bar] = ()
    uptime: float | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All of a page; `groups` are its components by group, in the page's order."""

    page: Page
    state: State
    groups: Sequence[tuple[str, Sequence[Shown]]]
    incidents: Sequence[StoredIncident]
    maintenances: Sequence[StoredMaintenance]
    recent: Sequence[StoredIncident]

    @property
    def components(self) -> list[Shown]:
        """All of them."""
        return [shown for _, members in self.groups for shown in members]

    @property
    def sentence(self) -> str:
        """How it does, in words."""
        return SENTENCES[self.state]


class Views:
    """Puts pages together; what monitors do not tell is left out."""

    def __init__(self, parts: StatusParts, periods: Periods, monitors: Monitors) -> None:
        self._parts, self._periods, self._monitors = parts, periods, monitors

    async def snapshot(self, page: Page) -> Snapshot:
        """As it is now, or was a few seconds ago: many look at it when something is down."""
        generation = self._parts.shown.generation
        kept: Snapshot | None = self._parts.shown.get(page.id)
        if kept is not None:
            return kept
        made = await self._snapshot(page)
        self._parts.shown.put(page.id, made, generation=generation)
        return made

    async def states(self, page: Page) -> list[Shown]:
        """Its components as they are now, without their past."""
        now = self._parts.clock.now_ms()
        components, spans = await components_of(page.id), await self._periods.of_page(page.id, now)
        under_way = await maintenances_where("page_id = {} AND state = 'in_progress'", page.id)
        busy = {component_id for one in under_way for component_id in one.components}
        states = await self._monitor_states(page.org, components)
        return [_now(one, [span for span in spans if span.component_id == one.id], states, busy) for one in components]

    async def maintained(self, org: int) -> set[str]:
        """Ids of an organisation's monitors that a component in maintenance follows, by plan or as a person said."""
        under_way = await maintenances_where("org = {} AND state = 'in_progress'", org)
        busy = {component_id for one in under_way for component_id in one.components}
        busy |= await self._periods.said(org, State.MAINTENANCE)
        if not busy:
            return set()
        return {monitor_id for one in await components_in(org) if one.id in busy for monitor_id in one.monitors}

    async def _snapshot(self, page: Page) -> Snapshot:
        now = self._parts.clock.now_ms()
        shown = await self._with_past(page, await self.states(page), now)
        is_open = "page_id = {} AND is_draft = {} AND resolved_at_ms IS NULL"
        incidents = await incidents_where(is_open, page.id, False, limit=100)
        was = "page_id = {} AND is_draft = {} AND resolved_at_ms >= {}"
        maintenances = await maintenances_where(
            "page_id = {} AND state IN ('scheduled', 'in_progress')", page.id, limit=100
        )
        state = worst(one.state for one in shown)
        if state in {State.OPERATIONAL, State.MAINTENANCE}:
            state = worst([state, *(IMPACTS[one.impact] for one in incidents)])
        return Snapshot(
            page=page,
            state=state,
            groups=_grouped(shown),
            incidents=incidents,
            maintenances=maintenances[::-1],
            recent=await incidents_where(was, page.id, False, now - RECENT_MS, limit=100),
        )

    async def _with_past(self, page: Page, shown: Sequence[Shown], now_ms: int) -> list[Shown]:
        since = now_ms - DAYS * DAY_MS
        spans = await self._periods.of_page(page.id, since)
        over = await maintenances_where(
            "page_id = {} AND state IN ('in_progress', 'completed') AND ends_at_ms >= {}", page.id, since
        )
        spans += [
            Span(component_id, "", State.MAINTENANCE, one.starts_at_ms, min(one.ends_at_ms, now_ms))
            for one in over
            for component_id in one.components
        ]
        by_component: dict[str, list[Span]] = {}
        for span in spans:
            by_component.setdefault(span.component_id, []).append(span)
        measured = await self._monitor_days(page.org, [one.component for one in shown])
        found: list[Shown] = []
        for one in shown:
            component = one.component
            days = [measured.get(monitor_id, ()) for monitor_id in component.monitors]
            made = bars(component.created_at_ms, by_component.get(component.id, []), now_ms, days)
            found.append(Shown(component, one.state, one.set_by_hand, made, uptime(made)))
        return found

    async def _monitor_states(self, org: int, components: Sequence[Component]) -> Mapping[str, str]:
        if not any(one.monitors for one in components):
            return {}
        try:
            return await self._monitors.states(org)
        except ObsvError:
            return {}

    async def _monitor_days(self, org: int, components: Sequence[Component]) -> Mapping[str, Sequence[MonitorDay]]:
        ids = sorted({monitor_id for one in components for monitor_id in one.monitors})
        if not ids:
            return {}
        try:
            return await self._monitors.days(org, ids, DAYS)
        except ObsvError:
            return {}


def _now(component: Component, spans: Sequence[Span], monitors: Mapping[str, str], busy: set[str]) -> Shown:
    """Maintenance explains all else; then counts what a person said; then the worst that is known."""
    lasting = [one for one in spans if one.ended_at_ms is None]
    by_hand = next((one.state for one in lasting if one.source == BY_HAND), None)
    if component.id in busy:
        return Shown(component, State.MAINTENANCE, by_hand)
    if by_hand is not None:
        return Shown(component, by_hand, by_hand)
    measured = of_monitors(str(monitors[one]) for one in component.monitors if one in monitors)
    return Shown(component, worst([measured, *(one.state for one in lasting)]), None)


def _grouped(shown: Sequence[Shown]) -> list[tuple[str, Sequence[Shown]]]:
    """By group, where its first component stands; those without a group stay where they are."""
    first: dict[str, int] = {}
    keyed: list[tuple[int, Shown]] = []
    for at, one in enumerate(shown):
        group = one.component.group
        keyed.append((first.setdefault(group, at) if group else at, one))
    keyed.sort(key=lambda pair: pair[0])
    return [
        (group, [one for _, one in members])
        for group, members in groupby(keyed, key=lambda pair: pair[1].component.group)
    ]
