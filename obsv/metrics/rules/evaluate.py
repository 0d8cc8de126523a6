"""One evaluation of one rule, and what of its series ended.  Source: Prometheus' rules/recording.go, rules/group.go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from obsv.metrics.histograms import is_token, place_of
from obsv.metrics.ingest.batch import BatchBuilder, Key
from obsv.metrics.promql import Grid, Query, Result, Scalar, Vector, settled_tree
from obsv.metrics.promql.ast import Node
from obsv.metrics.rules.model import RecordingRule
from obsv.metrics.store.types import STALE, STALE_BITS, SeriesSet

Series = dict[Key, dict[str, str]]


class RuleQuery:
    """A rule's expression, which is read once."""

    def __init__(self, text: str) -> None:
        self._text, self._is_read = text, False
        self._tree: Node | None = None

    def at(self, org: int, at_ms: int) -> Query:
        """The query as of a time."""
        if not self._is_read:
            self._tree, self._is_read = settled_tree(self._text), True
        return Query(org, self._text, Grid(at_ms, 1, 1), is_range=False, tree=self._tree)


class RuleFailed(Exception):
    """The result of a rule cannot be stored; nothing of it is."""


def add_result(rule: RecordingRule, result: Result, at_ms: int, limit: int, builder: BatchBuilder) -> Series:
    """Put a rule's samples into the batch; the series they belong to.  Raises RuleFailed."""
    found: Series = {}
    for labels, value in rows_of(result):
        # A label that a rule makes empty goes.
        named = {name: text for name, text in {**labels, **rule.labels, "__name__": rule.name}.items() if text}
        key = tuple(sorted(named.items()))
        if key in found:
            raise RuleFailed("vector contains metrics with the same labelset after applying rule labels")
        found[key] = named
        sample = result.histograms[place_of(value)] if is_token(np.array([value]))[0] else float(value)
        builder.add(builder.series(named), at_ms, sample)
    if 0 < limit < len(found):
        raise RuleFailed(f"exceeded limit of {limit} with {len(found)} series")
    return found


def add_ends(
    before: Mapping[Key, dict[str, str]], now: Mapping[Key, object], at_ms: int, builder: BatchBuilder
) -> None:
    """Put stale markers for the series that are there no more."""
    for key, labels in before.items():
        if key not in now:
            builder.add(builder.series(labels), at_ms, STALE)


def live_series(found: SeriesSet) -> Series:
    """The series of a selection that have not ended."""
    last = [int(end) - 1 for end in found.offsets[1:]]
    bits = found.v.view(np.uint64)
    alive = [labels for labels, i in zip(found.labels, last, strict=True) if i >= 0 and bits[i] != STALE_BITS]
    return {tuple(sorted(labels.items())): dict(labels) for labels in alive}


def rows_of(result: Result) -> Iterator[tuple[dict[str, str], np.float64]]:
    """Labels and value of each row of an instant query.  Raises RuleFailed for what is no vector and no number."""
    match result.value:
        case Scalar(values=values):
            yield {}, values[0]
        case Vector(labels=labels, values=values, present=present):
            for i, one in enumerate(labels):
                if present[i, 0]:
                    yield one, values[i, 0]
        case _:
            raise RuleFailed("rule result is not a vector or scalar")
