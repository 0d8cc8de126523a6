"""histogram_quantile, histogram_quantiles and histogram_fraction, over classic buckets and native histograms."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.histograms import Histogram
from obsv.metrics.histograms import quantile as native
from obsv.metrics.kernels import promql as kernel
from obsv.metrics.promql.ast import Call, Node
from obsv.metrics.promql.functions.base import Function
from obsv.metrics.promql.text import openmetrics_float
from obsv.metrics.promql.values import Grid, Mask, Vector, label_key
from obsv.metrics.store.types import Float64, Labels

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator


def _bound(text: str) -> float | None:
    try:
        return float(text) if text.strip() == text and "_" not in text else None
    except ValueError:
        return None


@dataclass(slots=True)
class _Classic:
    """The rows of one classic histogram: (upper bound, row number), by rising bound."""

    labels: Labels
    row: int
    buckets: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])


@dataclass(slots=True)
class _Sorted:
    """A vector's rows by what they are; `tokens` marks native cells that no classic buckets stand beside."""

    vector: Vector
    classic: list[_Classic]
    floats: Mask
    tokens: Mask


def _sort(ev: Evaluator, vector: Vector, node: Node) -> _Sorted:
    tokens = ev.tokens(vector)
    tokens = np.zeros_like(vector.present) if tokens is None else tokens.copy()
    floats = vector.present & ~tokens
    groups: dict[tuple[tuple[str, str], ...], _Classic] = {}
    for row in np.flatnonzero(floats.any(axis=1)).tolist():
        labels = vector.labels[row]
        bound = _bound(labels.get("le", ""))
        if bound is None:
            ev.notes.bad_bucket(labels.get("__name__", ""), labels.get("le", ""), node)
            continue
        rest = {name: value for name, value in labels.items() if name != "le"}
        groups.setdefault(label_key(rest), _Classic(rest, row)).buckets.append((bound, row))
    for row in np.flatnonzero(tokens.any(axis=1)).tolist():
        labels = vector.labels[row]
        group = groups.get(label_key({name: value for name, value in labels.items() if name != "le"}))
        if group is None:
            continue
        beside = tokens[row] & floats[[at for _, at in group.buckets]].any(axis=0)
        if beside.any():
            ev.notes.mixed_kinds(labels.get("__name__", ""), node)
            tokens[row] &= ~beside
            for _, at in group.buckets:
                floats[at] &= ~beside
    for group in groups.values():
        group.buckets.sort()
    return _Sorted(vector, list(groups.values()), floats, tokens)


OfNative = Callable[[int, Histogram, str], float]
"""(step, histogram, metric name) -> value."""
OfClassic = Callable[[int, Float64, Float64], float]
"""(step, upper bounds, cumulative counts) -> value."""


def _evaluate(ev: Evaluator, found: _Sorted, of_native: OfNative, classic: Vector) -> Vector:
    """Native histograms by a function, before the classic ones that were evaluated already."""
    vector, steps = found.vector, found.vector.present.shape[1]
    rows = np.flatnonzero(found.tokens.any(axis=1)).tolist()
    values, present = np.zeros((len(rows), steps)), np.zeros((len(rows), steps), np.bool_)
    for place, row in enumerate(rows):
        ev.check_time()
        present[place] = found.tokens[row]
        for step in np.flatnonzero(found.tokens[row]).tolist():
            one = ev.histogram(vector.values[row, step])
            values[place, step] = of_native(step, one, vector.labels[row].get("__name__", ""))
    order = np.array([*rows, *(group.row for group in found.classic)], np.int64)
    unnamed = None if vector.unnamed is None else vector.unnamed[order]
    labels = [*(vector.labels[row] for row in rows), *classic.labels]
    joined = np.vstack([values, classic.values]), np.vstack([present, classic.present])
    return Vector(labels, *joined, unnamed=unnamed)


def _step_by_step(ev: Evaluator, found: _Sorted, of_classic: OfClassic) -> Vector:
    """Classic histograms by a function."""
    shape = (len(found.classic), found.vector.present.shape[1])
    values, present = np.zeros(shape), np.zeros(shape, np.bool_)
    for place, group in enumerate(found.classic):
        ev.check_time()
        bounds, rows = np.array([bound for bound, _ in group.buckets]), [row for _, row in group.buckets]
        counts, there = found.vector.values[rows], found.floats[rows]
        for step in np.flatnonzero(there.any(axis=0)).tolist():
            mask = there[:, step]
            merged_bounds, first = np.unique(bounds[mask], return_index=True)
            values[place, step] = of_classic(step, merged_bounds, np.add.reduceat(counts[mask, step], first))
            present[place, step] = True
    return Vector([group.labels for group in found.classic], values, present)


def classic_fraction(lower: float, upper: float, bounds: Float64, counts: Float64) -> float:
    """The share of a classic histogram's observations between two bounds."""
    total = float(counts[-1])
    if not math.isinf(bounds[-1]) or total == 0 or math.isnan(lower) or math.isnan(upper):
        return math.nan
    if lower >= upper:
        return 0.0

    def rank_of(value: float) -> float:
        rank, begin = 0.0, -math.inf
        for i, (end, count) in enumerate(zip(bounds.tolist(), counts.tolist(), strict=True)):
            if begin >= value:
                break
            if begin < value < end:
                start = 0.0 if i == 0 and end > 0 else begin
                return float(min(rank + (count - rank) * (value - start) / (end - start), total))
            rank, begin = count, end
        return min(rank, total)

    return (rank_of(upper) - rank_of(lower)) / total


def _quantile(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    q = ev.scalar(node.args[0], grid).values
    for one in np.unique(q):
        ev.notes.quantile(float(one), node.args[0])
    found = _sort(ev, ev.vector(node.args[1], grid), node.args[1])
    return ev.computed(_quantile_of(ev, found, q, node.args[1]))


def _quantile_of(ev: Evaluator, found: _Sorted, q: Float64, node: Node) -> Vector:
    """One quantile; notes point to `node`."""

    def of_native(step: int, histogram: Histogram, name: str) -> float:
        value = native.quantile(float(q[step]), histogram)
        if math.isnan(histogram.sum) and histogram.count and 0 <= q[step] <= 1:
            ev.notes.nan_quantile(name, node, is_nan=math.isnan(value))
        return value

    return _evaluate(ev, found, of_native, _classic_quantiles(ev, found, q, node))


def _classic_quantiles(ev: Evaluator, found: _Sorted, q: Float64, node: Node) -> Vector:
    shape = (len(found.classic), found.vector.present.shape[1])
    values, present = np.zeros(shape), np.zeros(shape, np.uint8)
    buckets = [bucket for group in found.classic for bucket in group.buckets]
    at = np.concatenate(([0], np.cumsum([len(group.buckets) for group in found.classic]))).astype(np.int64)
    bounds, rows = np.array([bound for bound, _ in buckets]), np.array([row for _, row in buckets], np.int64)
    counts, there = np.ascontiguousarray(found.vector.values), np.ascontiguousarray(found.floats).view(np.uint8)
    for fell in kernel.classic_quantiles(q, at, bounds, rows, counts, there, values, present):
        name = found.classic[fell].labels.get("__name__", "")
        ev.notes.forced_monotonic(name if ev.options.late_names else "", node)
    return Vector([group.labels for group in found.classic], values, present.view(np.bool_))


def _quantiles(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    label = ev.string(node.args[1], grid)
    found = _sort(ev, ev.vector(node.args[0], grid), node.args[0])
    parts: list[Vector] = []
    for arg in node.args[2:]:
        q = ev.scalar(arg, grid).values
        for one in np.unique(q):
            ev.notes.quantile(float(one), arg)
        part = _quantile_of(ev, found, q, node.args[0])
        for one in np.unique(q):
            labels = [{**labels, label: openmetrics_float(float(one))} for labels in part.labels]
            parts.append(Vector(labels, part.values, part.present & (q == one), unnamed=part.unnamed))
    marks = [part.unnamed for part in parts if part.unnamed is not None]
    joined = Vector(
        [labels for part in parts for labels in part.labels],
        np.vstack([part.values for part in parts]),
        np.vstack([part.present for part in parts]),
        unnamed=np.concatenate(marks) if len(marks) == len(parts) else None,
    )
    return ev.computed(joined.take(np.flatnonzero(joined.present.any(axis=1))))


def _fraction(ev: Evaluator, node: Call, grid: Grid) -> Vector:
    lower, upper = (ev.scalar(arg, grid).values for arg in node.args[:2])
    found = _sort(ev, ev.vector(node.args[2], grid), node.args[2])

    def of_native(step: int, histogram: Histogram, name: str) -> float:
        if math.isnan(histogram.sum):
            ev.notes.nan_fraction(name, node.args[2])
        return native.fraction(float(lower[step]), float(upper[step]), histogram)

    def of_classic(step: int, bounds: Float64, counts: Float64) -> float:
        return classic_fraction(float(lower[step]), float(upper[step]), bounds, counts)

    return ev.computed(_evaluate(ev, found, of_native, _step_by_step(ev, found, of_classic)))


FUNCTIONS: dict[str, Function] = {
    "histogram_fraction": _fraction,
    "histogram_quantile": _quantile,
    "histogram_quantiles": _quantiles,
}
