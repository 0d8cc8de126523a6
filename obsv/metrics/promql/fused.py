"""Aggregations of what the kernel computes from samples, without a matrix of series by steps in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obsv.metrics.kernels.labelindex_plain import METADATA
from obsv.metrics.kernels.promql import RangeFunction, Reduction
from obsv.metrics.promql.ast import Aggregate, Call, Selector, unwrap
from obsv.metrics.promql.compute import compute_reduced
from obsv.metrics.promql.functions import windows
from obsv.metrics.promql.groups import group
from obsv.metrics.promql.values import Grid, Matrix, Vector
from obsv.metrics.store.labels import LabelSets

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator

FUSED = frozenset((Reduction.SUM, Reduction.AVG, Reduction.MIN, Reduction.MAX, Reduction.COUNT, Reduction.GROUP))
"""What needs no second look at the values."""


def fused(ev: Evaluator, node: Aggregate, reduction: Reduction, grid: Grid) -> Vector | None:
    """The value of an aggregation over a selector, or over a window function of one; None where that needs more.

    Nothing may be lost that the steps one by one would have told or refused: native histograms, start times, rows that
    become the same without their names.
    """
    if reduction not in FUSED or ev.histograms or ev.counts:
        return None
    inner = unwrap(node.expr)
    call = inner if isinstance(inner, Call) and inner.name in windows.PLAIN else None
    selector = unwrap(call.args[0]) if call else inner
    if not isinstance(selector, Selector) or selector.modifier or id(selector) in ev.parts:
        return None
    if call is None:
        matrix, function = ev.current(selector, grid), RangeFunction.INSTANT
    else:
        matrix, function = ev.matrix(selector, grid), windows.NAMES[call.name]
        if not _is_alike(ev, node, call, matrix):
            return None
    groups = group(matrix.series.labels, node.labels, without=node.without)
    result = compute_reduced(ev, function, matrix, reduction, groups)
    if call and result and call.name in windows.COUNTERS and result.present.any():
        windows.note_counter(ev, call.args[0], matrix.series.labels[0])
    return None if result is None else ev.spread(result, matrix.grid, grid)


def _is_alike(ev: Evaluator, node: Aggregate, call: Call, matrix: Matrix) -> bool:
    """Whether it makes no difference that the function's rows are never there by themselves."""
    labels = matrix.series.labels
    if windows.is_slow(matrix.series, windows.NAMES[call.name]) or not isinstance(labels, LabelSets):
        return False
    if not node.without and any(name in METADATA for name in node.labels):
        return False
    return call.name in windows.KEEPS_NAME or ev.options.late_names or labels.unnamed() is not None
