"""What is known of counter resets between the histograms of a series: from sample to sample, when they are read.

A sample that says itself to be a reset, or a gauge, is believed.  Source: Prometheus documentation,
"Native histograms".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from obsv.metrics.histograms import Histogram, is_token, places
from obsv.metrics.histograms.arithmetic import is_reset
from obsv.metrics.histograms.model import Hint
from obsv.metrics.promql.ast import Call, Node, Selector, children
from obsv.metrics.store.types import SeriesSet

STATISTICS = frozenset(("histogram_count", "histogram_sum", "histogram_avg"))
BUCKETS = frozenset(
    ("histogram_quantile", "histogram_quantiles", "histogram_fraction", "histogram_stddev", "histogram_stdvar")
)


def told_resets(node: Node, *, told: bool = False) -> Iterator[Selector]:
    """The selectors whose resets are told: within functions that look at no bucket, as in Prometheus."""
    if isinstance(node, Selector):
        if told:
            yield node
        return
    if isinstance(node, Call) and node.name in STATISTICS | BUCKETS:
        told = node.name in STATISTICS
    for child in children(node):
        yield from told_resets(child, told=told)


def hinted(series: SeriesSet, *, told: bool) -> list[Histogram]:
    """The histogram of each token in `series.v`, in order, with its hint; a reset that is not `told` is unknown."""
    found, at = is_token(series.v), places(series.v)
    out: list[Histogram] = []
    for begin, end in zip(series.offsets[:-1].tolist(), series.offsets[1:].tolist(), strict=True):
        before: Histogram | None = None
        for i in range(begin, end):
            if not found[i]:
                before = None
                continue
            current = series.histograms[at[i]]
            hint = _hint(current, before)
            if hint is Hint.RESET and not told and current.hint is not Hint.RESET:
                hint = Hint.UNKNOWN
            out.append(current if current.hint is hint else replace(current, hint=hint))
            before = current
    return out


def _hint(current: Histogram, before: Histogram | None) -> Hint:
    if current.hint in (Hint.RESET, Hint.GAUGE):
        return current.hint
    if before is None:
        return current.hint
    if before.hint is Hint.GAUGE:
        return Hint.UNKNOWN
    return Hint.RESET if is_reset(replace(current, hint=Hint.UNKNOWN), before) else Hint.NOT_RESET
