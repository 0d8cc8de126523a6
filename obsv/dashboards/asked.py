"""Asks an organisation's metrics: a panel's queries, and the values of a variable."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from obsv.core.errors import Invalid, Unavailable
from obsv.metrics.promql import (
    Engine,
    Grid,
    PromqlError,
    Query,
    QueryTimeout,
    Result,
    Vector,
    parse,
    parse_matchers,
    print_expr,
)
from obsv.metrics.promql.ast import Selector, descendants
from obsv.metrics.promql.text import go_float
from obsv.metrics.store.base import MetricStore
from obsv.metrics.store.types import Labels

MOST: Final = 10_000
"""Names, values or series that are looked at for a variable."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """The store and the engine of the process."""

    store: Callable[[], MetricStore]
    engine: Callable[[], Engine]

    async def run(self, query: Query) -> Result:
        """A query's result.  Raises `Invalid` with what is wrong with it, `Unavailable`."""
        if self.engine().is_full:
            raise Unavailable("Too many queries are waiting; try again in a moment.", retry_after_s=1)
        try:
            return await self.engine().run(self.store(), query)
        except QueryTimeout as late:
            raise Unavailable(str(late), retry_after_s=10) from None
        except PromqlError as wrong:
            raise Invalid(str(wrong), code="bad_query") from None


@dataclass(frozen=True, slots=True)
class OrgMetrics:
    """The metrics of one organisation, as variables ask for them."""

    metrics: Metrics
    org: int

    async def values(self, kind: str, text: str, label: str, start_ms: int, end_ms: int) -> list[str]:
        """Values as they come; none where the question cannot be asked."""
        try:
            match kind:
                case "label_values":
                    return await self._label_values(label, text, start_ms, end_ms)
                case "metrics":
                    named = f"{{__name__=~{json.dumps(f'.*(?:{text}).*', ensure_ascii=False)}}}"
                    return await self._label_values("__name__", named, start_ms, end_ms)
                case "label_names":
                    return await self.metrics.store().label_names(self.org, [], start_ms, end_ms, limit=MOST)
                case "query_result":
                    return await self._results(text, end_ms)
                case _:
                    sets = [parse_matchers(text)]
                    found = await self.metrics.store().series(self.org, sets, start_ms, end_ms, limit=MOST)
                    return [series_text(one) for one in found]
        except (PromqlError, Invalid):
            return []

    async def _label_values(self, label: str, selector: str, start_ms: int, end_ms: int) -> list[str]:
        sets = [parse_matchers(selector)] if selector else []
        return await self.metrics.store().label_values(self.org, label, sets, start_ms, end_ms, limit=MOST)

    async def _results(self, text: str, end_ms: int) -> list[str]:
        """Each result as Grafana writes it: series, value, time in milliseconds."""
        found = (await self.metrics.run(Query(self.org, text, Grid(end_ms, 1, 1), is_range=False))).value
        if not isinstance(found, Vector):
            return []
        rows = zip(found.labels, found.values[:, 0], found.present[:, 0], strict=True)
        return [
            f"{series_text(labels)} {go_float(float(value))} {end_ms}" for labels, value, is_there in rows if is_there
        ]


def series_text(labels: Labels) -> str:
    """A series as it would be selected."""
    pairs = [
        f"{name}={json.dumps(value, ensure_ascii=False)}"
        for name, value in sorted(labels.items())
        if name != "__name__"
    ]
    return labels.get("__name__", "") + ("{" + ",".join(pairs) + "}" if pairs else "")


def filtered(expr: str, filters: Sequence[str]) -> str:
    """An expression all of whose selectors take these matchers on.  Raises `Invalid`."""
    if not filters:
        return expr
    try:
        matchers = parse_matchers("{" + ",".join(filters) + "}")
        tree = parse(expr)
    except PromqlError as wrong:
        raise Invalid(str(wrong), code="bad_query") from None
    for node in descendants(tree):
        if isinstance(node, Selector):
            node.matchers = [*node.matchers, *matchers]
    return print_expr(tree)
