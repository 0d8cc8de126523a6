"""What an organisation's dashboards ask: every expression, with a stand-in for what variables hold."""

from __future__ import annotations

from collections.abc import Iterator

from obsv.dashboards import store
from obsv.dashboards.model import Dashboard
from obsv.dashboards.shipped import Shipped
from obsv.dashboards.variable_query import parse_query
from obsv.dashboards.variables import Chosen, builtins, interpolate
from obsv.metrics.unread import ANY

HOUR_MS = 3_600_000
_EXPRESSIONS = {"label_values", "query_result", "series"}


async def expressions(org: int, shipped: Shipped) -> list[str]:
    """Those of its own dashboards, of files, and of the built-in ones that it has a use for."""
    own = [kept.dashboard for kept in await store.every(org)]
    others = [one.dashboard for one in await shipped.listed(org)]
    return [text for dashboard in (*own, *others) for text in expressions_of(dashboard)]


def expressions_of(dashboard: Dashboard) -> Iterator[str]:
    """Of panels, marks, and queries of variables; a variable's place is taken by `ANY`, an interval's by one."""
    held = builtins(0, HOUR_MS, 15_000)
    for variable in dashboard.variables:
        held[variable.name] = Chosen(("5m",) if variable.kind == "interval" else (ANY,))
    asked = [query.expr for panel in dashboard.panels for query in panel.queries]
    asked += [one.expr for one in dashboard.annotations if one.source == "expression"]
    for variable in dashboard.variables:
        if variable.kind == "query" and (query := parse_query(variable.query)).kind in _EXPRESSIONS:
            asked.append(query.text)
    for text in asked:
        if text.strip():
            yield interpolate(text, held)
