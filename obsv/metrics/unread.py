"""Which series nothing reads: no dashboard draws them, and no rule is about them.

Whoever pays for series by number drops those first.  A series counts as read where a selector of any expression takes
it.  What cannot be known counts as read too: a matcher that a dashboard's variable fills takes every value, and of an
expression that cannot be parsed every metric whose name stands in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from obsv.metrics.store.index import SeriesIndex
from obsv.metrics.store.types import Matcher

ANY: Final = "obsv_any_value"
"""Stands in an expression for what a variable holds."""


class UnreadMetric(msgspec.Struct, frozen=True):
    """A metric with series that nothing reads; `last_at_ms`: the newest sample among them, unix ms."""

    name: str
    series: int
    last_at_ms: int


class Unread(msgspec.Struct, frozen=True):
    """Of the `active` series (a sample in the last hour) `series` are read by nothing; the largest metrics first."""

    active: int
    series: int
    metric_names: int
    metrics: list[UnreadMetric]


@dataclass(frozen=True)
class AskedUnread:
    """What to look for: series of an organisation with a sample since `since_ms` that no selector takes."""

    org: int
    selectors: Sequence[Sequence[Matcher]]
    since_ms: int
    limit: int


def unread(index: SeriesIndex, asked: AskedUnread) -> Unread:
    """Look.  It takes as long as to find what all selectors take: not for the event loop."""
    found = index.find(asked.org, [])
    newest = index.newest(found)
    active = newest >= asked.since_ms
    left, times = found[active], newest[active]
    for matchers in asked.selectors:
        keeps = ~np.isin(left, index.find(asked.org, matchers), assume_unique=True)
        left, times = left[keeps], times[keeps]
    groups, firsts = index.group(left, "__name__")
    counts = np.bincount(groups, minlength=len(firsts))
    last = np.full(len(firsts), asked.since_ms, np.int64)
    np.maximum.at(last, groups, times)
    order = np.argsort(-counts, kind="stable")[: asked.limit]
    labels = index.labels(np.ascontiguousarray(left[firsts][order]))
    metrics = [
        UnreadMetric(one.get("__name__", ""), int(counts[place]), int(last[place]))
        for place, one in zip(order.tolist(), labels, strict=True)
    ]
    return Unread(int(active.sum()), len(left), len(firsts), metrics)
