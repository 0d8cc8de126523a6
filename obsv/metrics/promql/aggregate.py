"""Aggregation operators: rows to groups, groups reduced at every step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.histograms import Histogram
from obsv.metrics.histograms.text import as_text
from obsv.metrics.kernels import promql as kernel
from obsv.metrics.kernels.promql import RangeFunction, Reduction
from obsv.metrics.promql import native_aggregate
from obsv.metrics.promql.ast import Aggregate
from obsv.metrics.promql.budget import CELL, LABELS
from obsv.metrics.promql.errors import ExecutionError
from obsv.metrics.promql.fused import fused
from obsv.metrics.promql.groups import Groups, group
from obsv.metrics.promql.shares import in_shares
from obsv.metrics.promql.text import go_float, has_bad_bytes, quoted_bytes
from obsv.metrics.promql.values import Grid, Vector, label_key, unique
from obsv.metrics.store.types import Float64, Int64, Labels

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator

REDUCTIONS = {reduction.name.lower(): reduction for reduction in Reduction}


def evaluate(ev: Evaluator, node: Aggregate, grid: Grid) -> Vector:
    """The value of an aggregation over a grid."""
    if node.op in REDUCTIONS and (result := fused(ev, node, REDUCTIONS[node.op], grid)) is not None:
        return _seen(result)
    vector = ev.vector(node.expr, grid)
    if node.op == "count_values":
        assert node.param is not None
        return _count_values(ev, node, vector, ev.string(node.param, grid))
    param = ev.scalar(node.param, grid).values if node.param is not None else np.zeros(grid.count)
    vector = native_aggregate.only_floats(ev, node, vector)
    groups = group(vector.labels, node.labels, without=node.without)
    if node.op in REDUCTIONS:
        result = _reduced(REDUCTIONS[node.op], vector, groups, grid)
        if node.op in native_aggregate.SUMMING:
            native_aggregate.sum_histograms(ev, node, vector, groups, result)
        return _seen(_marked(result, vector, node, groups))
    if node.op == "quantile":
        for q in np.unique(param):
            ev.notes.quantile(float(q), node.param or node)
        return _seen(_marked(_quantile(ev, vector, groups, param), vector, node, groups))
    if node.op in ("topk", "bottomk", "limitk"):
        return _top(vector, groups, _counts(param, node.op), node.op)
    for ratio in np.unique(param):
        if np.isnan(ratio):
            raise ExecutionError("Ratio value is NaN")
        if abs(ratio) > 1:
            ev.notes.ratio(float(ratio), float(np.sign(ratio)), node.param or node)
    return _limit_ratio(vector, param)


def _marked(result: Vector, vector: Vector, node: Aggregate, groups: Groups) -> Vector:
    """Groups by metric name lose it later if their rows do."""
    if vector.unnamed is None or node.without or "__name__" not in node.labels:
        return result
    unnamed = vector.unnamed[groups.rows[groups.bounds[:-1]]]
    return Vector(result.labels, result.values, result.present, unnamed=unnamed)


def _seen(vector: Vector) -> Vector:
    rows = np.flatnonzero(vector.present.any(axis=1))
    return vector if len(rows) == len(vector.labels) else vector.take(rows)


def _reduced(reduction: Reduction, vector: Vector, groups: Groups, grid: Grid) -> Vector:
    shape = (len(groups), grid.count)
    out, has = np.zeros(shape), np.zeros(shape, np.uint8)
    values, present = np.ascontiguousarray(vector.values), np.ascontiguousarray(vector.present).view(np.uint8)

    def work(some: slice) -> None:
        own = groups.bounds[some.start : some.stop + 1]
        kernel.reduce_groups(reduction, values, present, own, groups.rows, out[some], has[some])

    in_shares(len(groups), values.size, work)
    return Vector(groups.labels, out, has.view(np.bool_))


def _quantile(ev: Evaluator, vector: Vector, groups: Groups, q: Float64) -> Vector:
    """The window function does the work: a group's values at a step are one window's samples."""
    steps = vector.present.shape[1]
    shape = (len(groups), steps)
    out, has = np.zeros(shape), np.zeros(shape, np.uint8)
    for place, members in enumerate(groups.members()):
        ev.check_time()
        present = vector.present[members].T
        values = vector.values[members].T[present]
        # Sample i of step s gets the time s, so the window (s - 1, s] holds just that step's values.
        times = np.broadcast_to(np.arange(steps, dtype=np.int64)[:, np.newaxis], present.shape)[present]
        offsets = np.array([0, len(values)], np.int64)
        function = RangeFunction.QUANTILE
        kernel.range_function(
            function, offsets, times, values, 0, 1, 1, q, q, out[place : place + 1], has[place : place + 1]
        )
    return Vector(groups.labels, out, has.view(np.bool_))


def _counts(param: Float64, op: str) -> Int64:
    if np.isnan(param).any():
        raise ExecutionError("Parameter value is NaN")
    if (np.abs(param) > 2**62).any():
        raise ExecutionError(f"Scalar value {go_float(float(param[np.abs(param) > 2**62][0]))} overflows int64 ({op})")
    return np.trunc(param).astype(np.int64)


def _top(vector: Vector, groups: Groups, counts: Int64, op: str) -> Vector:
    """Keep the k first rows of each group at each step; NaN ranks last."""
    kept = np.zeros_like(vector.present)
    order: list[int] = []
    for rows in groups.members():
        values, present = vector.values[rows], vector.present[rows]
        if op == "limitk":
            ranks = np.cumsum(present, axis=0) - 1
        else:
            key = np.where(present, -values if op == "topk" else values, np.nan)
            # Present NaNs come after numbers, absent rows after those; equal values keep their order.
            placed = np.lexsort((key, np.isnan(values), ~present), axis=0)
            ranks = np.empty_like(placed)
            np.put_along_axis(ranks, placed, np.arange(len(rows))[:, np.newaxis], axis=0)
            order += rows[placed[:, 0]].tolist()
        kept[rows] = present & (ranks < counts)
    result = vector.like(vector.values, kept)
    rows_left = np.flatnonzero(kept.any(axis=1))
    if kept.shape[1] == 1 and op != "limitk":
        alive = set(rows_left.tolist())
        picked = result.take([row for row in order if row in alive])
        picked.ordered = True
        return picked
    return result.take(rows_left)


def _limit_ratio(vector: Vector, ratio: Float64) -> Vector:
    """A share of the rows, chosen by a hash of their labels, so that it is the same at every step."""
    limit = np.clip(ratio, -1, 1)
    shares = np.array([_share(labels) for labels in vector.labels])[:, np.newaxis]
    chosen = np.where(limit >= 0, shares < limit, shares >= 1 + limit)
    return _seen(vector.like(vector.values, vector.present & chosen))


def _share(labels: Labels) -> float:
    """A number in [0, 1) from the labels (FNV-1a, 64 bits)."""
    digest = 0xCBF29CE484222325
    for name, value in sorted(labels.items()):
        for byte in f"{name}\xff{value}\xff".encode():
            digest = (digest ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return digest / 2**64


def _count_values(ev: Evaluator, node: Aggregate, vector: Vector, label: str) -> Vector:
    if not label or has_bad_bytes(label):
        raise ExecutionError(f"invalid label name {quoted_bytes(label)}")
    names = node.labels
    steps = vector.present.shape[1]
    counts: dict[tuple[tuple[str, str], ...], Float64] = {}
    kept = names if not node.without else (*names, label)
    groups = group(vector.labels, tuple(n for n in kept if n != label or node.without), without=node.without)
    for base, members in zip(groups.labels, groups.members(), strict=True):
        for row in members.tolist():
            ev.check_time()
            for step in np.flatnonzero(vector.present[row]):
                value = ev.value(vector.values[row, step])
                shown = as_text(value) if isinstance(value, Histogram) else go_float(value)
                key = label_key({**base, label: shown})
                if key not in counts:
                    ev.budget.hold(steps * CELL * 2 + LABELS)
                    counts[key] = np.zeros(steps)
                counts[key][step] += 1
    values = np.array(list(counts.values())).reshape(len(counts), steps)
    return unique(Vector([dict(key) for key in counts], values, values > 0))
