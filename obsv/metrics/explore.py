"""The cardinality explorer: which metrics, labels and values make an organisation's series, and which make new ones.

What is measured: a series is *active* with a sample in the last hour; it is *born* when its first sample came in, to
five minutes (a sample's own time does not count: imported history is born on import).  What is older than the blocks'
record of births (twenty-five hours) is not new.  Series that are neither active nor born in the last day only count
in `kept`.  A native histogram counts as the series that its parts are stored as.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from obsv.metrics.store.births import Births
from obsv.metrics.store.index import SeriesIndex
from obsv.metrics.store.native import PART
from obsv.metrics.store.types import Matcher, UInt32

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

By = Literal["series", "churn"]
"""What ranks: active series, or series born in the last day."""


class Counts(msgspec.Struct, frozen=True):
    """Series of one metric, label or pair: `active` now, `born_hour` and `born_day` in the last hour and day."""

    active: int
    born_hour: int
    born_day: int


class MetricCounts(Counts, frozen=True):
    """A metric."""

    name: str


class LabelCounts(Counts, frozen=True):
    """A label; `values` are the distinct ones among the series that rank."""

    name: str
    values: int


class PairCounts(Counts, frozen=True):
    """A label with one of its values."""

    name: str
    value: str


class Exploration(Counts, frozen=True):
    """Totals, and the largest of each kind, largest first.  `kept` are all series whose labels are still known."""

    kept: int
    label_names: int
    metric_names: int
    metrics: list[MetricCounts]
    labels: list[LabelCounts]
    pairs: list[PairCounts]


@dataclass(frozen=True)
class Asked:
    """What to count, now being `now_ms`."""

    org: int
    matchers: Sequence[Matcher]
    by: By
    limit: int
    now_ms: int


@dataclass(frozen=True)
class _Chosen:
    """Series to count, rising, each with its share of (active, born in the hour, born in the day)."""

    sids: UInt32
    marks: NDArray[np.bool_]
    ranking: int

    def at(self, sids: UInt32) -> NDArray[np.bool_]:
        if len(sids) == len(self.sids):
            return self.marks
        return self.marks[:, np.searchsorted(self.sids, sids)]


def explore(index: SeriesIndex, births: Births, asked: Asked) -> Exploration:
    """Count.  A tenth of a second for a hundred thousand series: not for the event loop."""
    found = index.find(asked.org, asked.matchers)
    every = index.total
    active = index.newest(found) >= asked.now_ms - HOUR_MS
    born = [found >= births.first_since(asked.now_ms - span, every) for span in (HOUR_MS, DAY_MS)]
    some = active | born[1]
    chosen = _Chosen(found[some], np.stack([active, *born])[:, some], 0 if asked.by == "series" else 2)
    metrics, labels, pairs = _tables(index, asked, chosen)
    return Exploration(
        **_sums(chosen.marks),
        kept=len(found),
        label_names=len(labels),
        metric_names=next((one.values for one in labels if one.name == "__name__"), 0),
        metrics=metrics,
        labels=heapq.nlargest(asked.limit, labels, key=lambda one: one.values),
        pairs=pairs,
    )


def _tables(
    index: SeriesIndex, asked: Asked, chosen: _Chosen
) -> tuple[list[MetricCounts], list[LabelCounts], list[PairCounts]]:
    metrics: list[MetricCounts] = []
    labels: list[LabelCounts] = []
    pairs: list[PairCounts] = []
    for name in index.label_names(chosen.sids):
        if name == PART:
            continue
        sids = index.carrying(asked.org, name, chosen.sids)
        marks = chosen.at(sids)
        groups, firsts = index.group(sids, name)
        counts = np.stack([np.bincount(groups[mark], minlength=len(firsts)) for mark in marks])
        values = int(np.count_nonzero(counts[chosen.ranking]))
        if not values:
            continue
        labels.append(LabelCounts(**_sums(marks), name=name, values=values))
        order = np.argsort(-counts[chosen.ranking], kind="stable")[: asked.limit]
        order = order[counts[chosen.ranking][order] > 0]
        examples = index.labels(np.ascontiguousarray(sids[firsts][order]))
        for value, mine in zip([one[name] for one in examples], counts[:, order].T.tolist(), strict=True):
            if name == "__name__":
                metrics.append(MetricCounts(**_named(mine), name=value))
            else:
                pairs.append(PairCounts(**_named(mine), name=name, value=value))
    rank = ("active", "born_hour", "born_day")[chosen.ranking]
    return metrics, labels, heapq.nlargest(asked.limit, pairs, key=lambda one: getattr(one, rank))


def _sums(marks: NDArray[np.bool_]) -> dict[str, int]:
    return _named([int(count) for count in np.count_nonzero(marks, axis=1)])


def _named(counts: list[int]) -> dict[str, int]:
    return dict(zip(Counts.__struct_fields__, counts, strict=True))
