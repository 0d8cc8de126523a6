"""histogram_quantile over classic buckets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.promql.ast import Call
from obsv.metrics.promql.functions.base import Function
from obsv.metrics.promql.values import Grid, Labels, Mask, Vector, label_key
from obsv.metrics.store.types import Float64

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator

# Relative differences smaller than this between buckets are rounding, not a histogram that falls.
SMALL = 1e-12


def _bound(text: str) -> float | None:
    try:
        return float(text) if text.strip() == text and "_" not in text else None
    except ValueError:
        return None


def _quantile(q: float, bounds: Float64, counts: Float64) -> tuple[float, bool]:
    """(value, whether falling counts were forced up).  Source: Prometheus documentation of histogram_quantile."""
    if math.isnan(q):
        return math.nan, False
    if q < 0 or q > 1:
        return (-math.inf if q < 0 else math.inf), False
    if not math.isinf(bounds[-1]) or len(bounds) < 2:
        return math.nan, False
    raised = np.fmax.accumulate(counts)
    forced = bool(((raised - counts) > SMALL * (np.abs(raised) + np.abs(counts))).any())
    counts = raised
    total = counts[-1]
    if total == 0 or math.isnan(total):
        return math.nan, forced
    rank = q * total
    at = int(np.searchsorted(counts[:-1], rank, side="left"))
    if at == len(bounds) - 1:
        return float(bounds[-2]), forced
    if at == 0 and bounds[0] <= 0:
        return float(bounds[0]), forced
    begin, count = 0.0, counts[at]
    if at > 0:
        begin, count, rank = bounds[at - 1], count - counts[at - 1], rank - counts[at - 1]
    return float(begin + (bounds[at] - begin) * (rank / count)), forced


def _histogram_quantile(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    q = ev.scalar(node.args[0], grid).values
    vector = ev.vector(node.args[1], grid)
    for one in np.unique(q):
        ev.notes.quantile(float(one), node.args[0])
    groups: dict[tuple[tuple[str, str], ...], list[tuple[float, int]]] = {}
    for row, labels in enumerate(vector.labels):
        bound = _bound(labels.get("le", ""))
        if bound is None:
            name = labels.get("__name__", "")
            ev.notes.warn(
                f'bucket label "le" is missing or has a malformed value of "{labels.get("le", "")}" '
                f'for metric name "{name}"',
                node.args[1],
            )
            continue
        rest: Labels = {k: v for k, v in labels.items() if k not in ("le", "__name__")}
        groups.setdefault(label_key(rest), []).append((bound, row))
    values, present = np.zeros((len(groups), grid.count)), np.zeros((len(groups), grid.count), np.bool_)
    for place, buckets in enumerate(groups.values()):
        if _group(sorted(buckets), vector, q, values[place], present[place]):
            ev.notes.inform(
                "input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)",
                node.args[1],
            )
    return Vector([dict(key) for key in groups], values, present)


def _group(buckets: list[tuple[float, int]], vector: Vector, q: Float64, values: Float64, present: Mask) -> bool:
    """One histogram at every step, into its row; whether any step's counts had to be forced up."""
    bounds, rows = np.array([bound for bound, _ in buckets]), [row for _, row in buckets]
    counts, there = vector.values[rows], vector.present[rows]
    forced = False
    for step in np.flatnonzero(there.any(axis=0)):
        mask = there[:, step]
        merged_bounds, first = np.unique(bounds[mask], return_index=True)
        merged = np.add.reduceat(counts[mask, step], first)
        values[step], fixed = _quantile(float(q[step]), merged_bounds, merged)
        present[step] = True
        forced |= fixed
    return forced


FUNCTIONS: dict[str, Function] = {"histogram_quantile": _histogram_quantile}
