"""What a visitor with a shared link sees: the dashboard without its questions, and the answers to them.

Only queries that stand in the document are run, over the time that the link leaves open, with variables at what it lets
a visitor choose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from obsv.core.clock import Clock
from obsv.core.duration import parse_duration_ms
from obsv.core.errors import Invalid, NotFound
from obsv.dashboards.asked import Metrics, OrgMetrics, filtered
from obsv.dashboards.links import Links, Visit
from obsv.dashboards.model import AlertList, Dashboard, Panel, Placeholder, Query, Variable
from obsv.dashboards.offers import Choosing, Offer, Period, needed, offers, standing
from obsv.dashboards.times import resolve
from obsv.dashboards.types import SharedQuery, SharedVariable, SharedVariables, SharedView
from obsv.dashboards.variables import Unsafe, builtins, interpolate
from obsv.metrics.promql import Grid, Result
from obsv.metrics.promql import Query as Evaluation

MAX_POINTS: Final = 11_000
SLACK_MS: Final = 120_000
"""How much later than the visitor's page the server may find that it is now."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The time that a link leaves open, Unix milliseconds."""

    start_ms: int = 0
    end_ms: int = 2**53


class Shared:
    """Answers visitors; writes nothing but the day on which a link was opened last."""

    def __init__(self, clock: Clock, links: Links, metrics: Metrics) -> None:
        self._clock, self._links, self._metrics = clock, links, metrics

    async def view(self, token: str) -> SharedView:
        """What the page draws.  Raises `NotFound`."""
        visit = await self._links.visit(token)
        await self._links.note_use(token, visit)
        return SharedView(
            title=visit.title,
            dashboard=without_questions(visit.dashboard),
            start=visit.start,
            end=visit.end,
            variables=sorted(visit.variables),
            expires_at_ms=visit.expires_at_ms,
            now_ms=self._clock.now_ms(),
        )

    async def variables(self, token: str, ask: SharedVariables) -> list[SharedVariable]:
        """What each variable offers and stands for.  Raises `NotFound`, `Invalid`."""
        visit = await self._links.visit(token)
        period = _within(self._bounds(visit), ask.start_ms, ask.end_ms, 1)
        found = await self._offers(visit, visit.dashboard.variables, ask.variables, period, 1)
        return [
            SharedVariable(
                name=name,
                choices=list(one.choices) if name in visit.variables else [],
                values=list(one.chosen.values),
                is_all=one.chosen.is_all,
            )
            for name, one in found.items()
        ]

    async def query(self, token: str, ask: SharedQuery) -> Result:
        """The answer to one query of one panel.  Raises `NotFound`, `Invalid`, `Unavailable`."""
        visit = await self._links.visit(token)
        panel, query = _asked(visit.dashboard, ask)
        period = _within(self._bounds(visit, panel), ask.start_ms, ask.end_ms, ask.step_ms)
        count = (period.end_ms - period.start_ms) // ask.step_ms + 1 if ask.at == "range" else 1
        if count > MAX_POINTS:
            raise Invalid(f"A series has {MAX_POINTS} points at most: ask with a larger step.", code="too_many_points")
        expr = await self._expression(visit, query, ask, period)
        first = period.start_ms if ask.at == "range" else period.end_ms
        grid = Grid(first, ask.step_ms if ask.at == "range" else 1, count)
        return await self._metrics.run(Evaluation(visit.org, expr, grid, is_range=ask.at == "range"))

    async def _expression(self, visit: Visit, query: Query, ask: SharedQuery, period: Period) -> str:
        variables = visit.dashboard.variables
        wanted = needed(variables, [query.expr])
        found = await self._offers(visit, wanted, ask.variables, period, ask.step_ms)
        known = builtins(period.start_ms, period.end_ms, ask.step_ms)
        chosen = {one.name: standing(one, found[one.name].chosen, known) for one in wanted if one.name in found}
        filters = [
            value for one in variables if one.kind == "filters" for value in visit.chosen.get(one.name, one.value)
        ]
        try:
            return filtered(interpolate(query.expr, {**known, **chosen}), filters)
        except Unsafe as wrong:
            raise Invalid(str(wrong), code="bad_variable") from None

    async def _offers(
        self,
        visit: Visit,
        variables: Sequence[Variable],
        visitor: Mapping[str, Sequence[str]],
        period: Period,
        step_ms: int,
    ) -> dict[str, Offer]:
        known = builtins(period.start_ms, period.end_ms, step_ms)
        choosing = Choosing(visit.chosen, visitor, visit.variables)
        return await offers(variables, choosing, known, OrgMetrics(self._metrics, visit.org), period)

    def _bounds(self, visit: Visit, panel: Panel | None = None) -> Bounds:
        if not visit.start:
            return Bounds()
        now, zone = self._clock.now_ms(), visit.dashboard.zone
        start_ms = resolve(visit.start, now, zone=zone) - SLACK_MS
        end_ms = resolve(visit.end, now, zone=zone, is_end=True)
        if panel is not None:
            # A panel may show another time than the dashboard, as its author wanted.
            start_ms = end_ms - _duration(panel.last) - SLACK_MS if panel.last else start_ms
            start_ms, end_ms = (moment - _duration(panel.shift) for moment in (start_ms, end_ms))
        return Bounds(start_ms, end_ms)


def without_questions(dashboard: Dashboard) -> Dashboard:
    """The document without expressions and what else the page has no use for."""
    return msgspec.structs.replace(
        dashboard,
        annotations=(),
        variables=tuple(_plain_variable(one) for one in dashboard.variables if one.kind != "filters"),
        panels=tuple(_plain_panel(panel) for panel in dashboard.panels),
    )


def _plain_variable(variable: Variable) -> Variable:
    return msgspec.structs.replace(variable, query="", regex="", options=(), value=(), all_value="")


def _plain_panel(panel: Panel) -> Panel:
    view = panel.view
    if isinstance(view, Placeholder):
        view = msgspec.structs.replace(view, source="")
    if isinstance(view, AlertList):
        view = msgspec.structs.replace(view, matchers=())
    return msgspec.structs.replace(panel, view=view, queries=tuple(_plain_queries(panel.queries)))


def _plain_queries(queries: Iterable[Query]) -> Iterable[Query]:
    return (msgspec.structs.replace(one, expr="") for one in queries if one.expr and not one.hidden)


def _asked(dashboard: Dashboard, ask: SharedQuery) -> tuple[Panel, Query]:
    for panel in dashboard.panels:
        for query in panel.queries if panel.id == ask.panel else ():
            if query.ref == ask.ref and query.expr and not query.hidden:
                return panel, query
    raise NotFound("The dashboard has no such query.", code="no_query")


def _within(bounds: Bounds, start_ms: int, end_ms: int, step_ms: int) -> Period:
    """The part of a time that lies within bounds, on the same grid of steps."""
    late = max(0, bounds.start_ms - start_ms)
    start_ms += -(-late // step_ms) * step_ms
    end_ms = min(end_ms, bounds.end_ms)
    if end_ms < start_ms:
        raise Invalid("This link shows another time.", code="bad_range")
    return Period(start_ms, end_ms)


def _duration(text: str) -> int:
    try:
        return parse_duration_ms(text) if text else 0
    except ValueError:
        return 0
