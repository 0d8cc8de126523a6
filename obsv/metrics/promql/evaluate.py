"""Walks the tree once for the whole step grid."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from obsv.metrics.kernels import promql as kernel
from obsv.metrics.promql import aggregate, binary, functions
from obsv.metrics.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Node,
    Number,
    Paren,
    Selector,
    Subquery,
    Text,
    Unary,
)
from obsv.metrics.promql.errors import ExecutionError, QueryTimeout
from obsv.metrics.promql.fetch import inner_grid, moved
from obsv.metrics.promql.notes import Notes
from obsv.metrics.promql.values import Grid, Matrix, Scalar, String, Vector, drop_names
from obsv.metrics.store.types import STALE_BITS, SeriesSet

Value = Scalar | String | Vector | Matrix


def without_stale(series: SeriesSet) -> SeriesSet:
    """The samples less stale markers: windows skip them."""
    stale = series.v.view(np.uint64) == STALE_BITS
    if not stale.any():
        return series
    kept = np.concatenate(([0], np.cumsum(~stale)))
    return SeriesSet(series.labels, kept[series.offsets], series.t[~stale], series.v[~stale])


def as_series(vector: Vector, grid: Grid) -> SeriesSet:
    """A vector's points as samples (what a subquery gives to its function)."""
    counts = vector.present.sum(axis=1)
    times = np.broadcast_to(grid.times, vector.present.shape)
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return SeriesSet(vector.labels, offsets, times[vector.present], vector.values[vector.present])


class Evaluator:
    """One evaluation: the fetched samples, the limits, the notes."""

    def __init__(
        self,
        data: Mapping[int, SeriesSet],
        top: Grid,
        *,
        lookback_ms: int,
        subquery_step_ms: int,
        deadline: float,
        text: str,
    ) -> None:
        self.data = data
        self.top: Grid = top
        self.lookback_ms, self.subquery_step_ms = lookback_ms, subquery_step_ms
        self.deadline, self.notes = deadline, Notes(text)

    def evaluate(self, node: Node, grid: Grid) -> Value:
        """The value of a node over a grid.  Raises ExecutionError, QueryTimeout."""
        if time.monotonic() > self.deadline:
            raise QueryTimeout
        match node:
            case Number():
                return Scalar(np.full(grid.count, node.value))
            case Text():
                return String(node.value)
            case Paren():
                return self.evaluate(node.expr, grid)
            case Selector():
                return self.matrix(node, grid) if node.range_ms else self.instant(node, grid)
            case Subquery():
                return self.matrix(node, grid)
            case Unary():
                return self.unary(node, grid)
            case Binary():
                return binary.evaluate(self, node, grid)
            case Aggregate():
                return aggregate.evaluate(self, node, grid)
            case Call():
                return functions.call(self, node, grid)
            case _:
                raise ExecutionError(f"cannot evaluate {type(node).__name__}")

    def vector(self, node: Node, grid: Grid) -> Vector:
        """The value of a node that is a vector."""
        value = self.evaluate(node, grid)
        assert isinstance(value, Vector)
        return value

    def scalar(self, node: Node, grid: Grid) -> Scalar:
        """The value of a node that is a scalar."""
        value = self.evaluate(node, grid)
        assert isinstance(value, Scalar)
        return value

    def string(self, node: Node, grid: Grid) -> str:
        """The value of a node that is a string."""
        value = self.evaluate(node, grid)
        assert isinstance(value, String)
        return value.value

    def instant(self, node: Selector, grid: Grid, *, want_time: bool = False) -> Vector:
        """The current samples of a selector, or their times in seconds."""
        series = self.data[id(node)]
        windows = moved(grid, node.at, node.offset_ms, self.top)
        shape = (len(series.labels), windows.count)
        values, present = np.zeros(shape), np.zeros(shape, np.uint8)
        kernel.instant_values(
            series.offsets,
            series.t,
            series.v,
            windows.start,
            windows.step,
            self.lookback_ms,
            want_time,
            values,
            present,
        )
        mask = present.view(np.bool_)
        vector = Vector(list(series.labels), values, mask)
        seen = np.flatnonzero(mask.any(axis=1))
        if len(seen) < shape[0]:
            vector = vector.take(seen)
        return vector if windows.count == grid.count else vector.broadcast(grid.count)

    def matrix(self, node: Node, grid: Grid) -> Matrix:
        """The range vector of a selector or subquery, with the windows to look at."""
        if isinstance(node, Paren):
            return self.matrix(node.expr, grid)
        if isinstance(node, Selector):
            windows = moved(grid, node.at, node.offset_ms, self.top)
            return Matrix(without_stale(self.data[id(node)]), windows, node.range_ms)
        assert isinstance(node, Subquery)
        windows = moved(grid, node.at, node.offset_ms, self.top)
        inner = inner_grid(node, windows, self.subquery_step_ms)
        if inner.count == 0:
            return Matrix(SeriesSet.empty(), windows, node.range_ms)
        value = self.evaluate(node.expr, inner)
        if isinstance(value, Scalar):
            value = Vector([{}], value.values[np.newaxis, :], np.ones((1, inner.count), np.bool_))
        assert isinstance(value, Vector)
        return Matrix(as_series(value, inner), windows, node.range_ms)

    def unary(self, node: Unary, grid: Grid) -> Value:
        """`-x`; `+x` is x itself."""
        value = self.evaluate(node.expr, grid)
        if node.op == "+":
            return value
        if isinstance(value, Scalar):
            return Scalar(-value.values)
        assert isinstance(value, Vector)
        return drop_names(Vector(value.labels, -value.values, value.present))
