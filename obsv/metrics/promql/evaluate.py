"""Walks the tree once for the whole step grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from obsv.metrics.histograms import Histogram, is_token, place_of, token, tokens
from obsv.metrics.histograms.arithmetic import scale
from obsv.metrics.histograms.model import Hint
from obsv.metrics.kernels.promql import RangeFunction
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
from obsv.metrics.promql.buckets import Parts
from obsv.metrics.promql.budget import HISTOGRAM, Budget, samples_size
from obsv.metrics.promql.compute import compute
from obsv.metrics.promql.counts import Counts
from obsv.metrics.promql.errors import ExecutionError
from obsv.metrics.promql.fetch import inner_grid, moved
from obsv.metrics.promql.hints import hinted, told_resets
from obsv.metrics.promql.notes import Notes
from obsv.metrics.promql.options import EngineOptions
from obsv.metrics.promql.samples import as_series, is_stale, without_stale
from obsv.metrics.promql.smooth import smoothed
from obsv.metrics.promql.stop import Stop
from obsv.metrics.promql.values import (
    SAME_LABELS,
    Grid,
    Mask,
    Matrix,
    Scalar,
    String,
    Vector,
    drop_marked_names,
    drop_names,
    label_key,
    without_name,
)
from obsv.metrics.store.types import SeriesSet

Value = Scalar | String | Vector | Matrix


class Evaluator:
    """One evaluation: the fetched samples, the histograms that tokens stand for, the limits, the notes.

    `budget` holds the samples already; `counts`, where they are asked for, are the samples looked at a step.
    """

    def __init__(
        self,
        node: Node,
        data: Mapping[int, SeriesSet],
        top: Grid,
        *,
        parts: Mapping[int, Parts],
        lookback_ms: int,
        options: EngineOptions,
        stop: Stop,
        text: str,
        budget: Budget,
        counts: Counts | None = None,
    ) -> None:
        self.histograms: list[Histogram] = []
        is_native = any(series.histograms for series in data.values())
        told = {id(selector) for selector in told_resets(node)} if is_native else set[int]()
        self.data = {key: self._adopted(series, told=key in told) for key, series in data.items()}
        self.parts = {key: some.with_samples(partial(self._adopted, told=key in told)) for key, some in parts.items()}
        self.node: Node = node
        self.top: Grid = top
        self.lookback_ms, self.options = lookback_ms, options
        self.stop, self.notes, self.budget, self.counts = stop, Notes(text), budget, counts

    def _adopted(self, series: SeriesSet, *, told: bool) -> SeriesSet:
        """The series with tokens of this evaluation's table."""
        if not series.histograms:
            return series
        found = is_token(series.v)
        values = series.v.copy()
        values[found] = tokens(np.arange(found.sum(), dtype=np.int64) + len(self.histograms))
        self.histograms += hinted(series, told=told)
        return replace(series, v=values)

    # -- histograms -----------------------------------------------------------------------------------------------

    def token(self, histogram: Histogram) -> float:
        """The value that stands for a histogram from now on."""
        self.budget.hold(HISTOGRAM)
        self.histograms.append(histogram)
        return token(len(self.histograms) - 1)

    def histogram(self, value: np.float64) -> Histogram:
        """The histogram that a token stands for; it must not be changed."""
        return self.histograms[place_of(value)]

    def value(self, value: np.float64) -> float | Histogram:
        """A number, or the histogram that stands there."""
        if self.histograms and np.isnan(value) and is_token(np.array([value]))[0]:
            return self.histogram(value)
        return float(value)

    def tokens(self, vector: Vector) -> Mask | None:
        """Where the vector has histograms; None when nowhere."""
        if not self.histograms:
            return None
        found: Mask = is_token(vector.values) & vector.present
        return found if found.any() else None

    def floats(self, vector: Vector) -> Vector:
        """The vector less its histograms."""
        found = self.tokens(vector)
        if found is None:
            return vector
        present = vector.present & ~found
        return vector.like(vector.values, present).take(np.flatnonzero(present.any(axis=1)))

    # -- names ----------------------------------------------------------------------------------------------------

    def computed(self, vector: Vector) -> Vector:
        """A vector that a function made: it has no metric names, or loses them when the evaluation ends."""
        if not self.options.late_names:
            return drop_names(vector)
        return replace(vector, unnamed=np.ones(len(vector.labels), np.bool_))

    def finish(self) -> Value:
        """The value of the whole tree."""
        value = self.evaluate(self.node, self.top)
        return drop_marked_names(value) if isinstance(value, Vector) else value

    def check_time(self) -> None:
        """Raise QueryTimeout or QueryCanceled where the evaluation has to end."""
        self.stop.check()

    def evaluate(self, node: Node, grid: Grid) -> Value:
        """The value of a node over a grid.  Raises ExecutionError, QueryTimeout, QueryCanceled."""
        self.stop.check()
        before = self.budget.held
        value = self._evaluate(node, grid)
        if not isinstance(value, Matrix):  # samples are counted where they come from
            self.budget.keep(before, value)
        return value

    def _evaluate(self, node: Node, grid: Grid) -> Value:
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
        if node.modifier:
            return smoothed(self, node, grid)
        function = RangeFunction.INSTANT_TIME if want_time else RangeFunction.INSTANT
        parts = self.parts.get(id(node))
        if parts is not None:
            vector, windows = parts.instant(self, function), parts.asked.windows
        else:
            current = self.current(node, grid)
            vector, windows = compute(self, function, current), current.grid
        if self.counts:
            self.counts.add_vector(vector, self.histograms)
        return self.spread(vector, windows, grid)

    def current(self, node: Selector, grid: Grid) -> Matrix:
        """What a selector's current samples are among, stale markers included."""
        return Matrix(self.data[id(node)], moved(grid, node.at, node.offset_ms, self.top), self.lookback_ms)

    def instant_starts(self, node: Selector, grid: Grid) -> Vector:
        """When the counters of a selector's current samples began, in seconds."""
        series = self.data[id(node)]
        starts = np.zeros(len(series.t), np.int64) if series.starts is None else series.starts
        kept = self.data[id(node)]
        self.data[id(node)] = replace(kept, v=np.where(is_stale(kept.v), kept.v, starts / 1000), histograms=[])
        try:
            return self.instant(node, grid)
        finally:
            self.data[id(node)] = kept

    def spread(self, vector: Vector, windows: Grid, grid: Grid) -> Vector:
        """The rows that have anything; what was looked at once, because of `@`, at every step."""
        seen = vector.present[:, 0] if windows.count == 1 else vector.present.any(axis=1)
        if not seen.all():
            vector = vector.take(np.flatnonzero(seen))
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
        inner = inner_grid(node, windows, self.options.subquery_step_ms)
        if inner.count == 0:
            return Matrix(SeriesSet.empty(), windows, node.range_ms)
        value = self._inner(node.expr, inner)
        if isinstance(value, Scalar):
            value = Vector([{}], value.values[np.newaxis, :], np.ones((1, inner.count), np.bool_))
        assert isinstance(value, Vector)
        value = self._unrelated(value)
        series = as_series(value, inner)
        self.budget.hold(samples_size(series))
        return Matrix(series, windows, node.range_ms, value.unnamed)

    def _inner(self, node: Node, grid: Grid) -> Value:
        """The value of what a subquery is about; Prometheus counts what its windows hold, not what that came from."""
        counts, self.counts = self.counts, None
        try:
            return self.evaluate(node, grid)
        finally:
            self.counts = counts

    def _unrelated(self, vector: Vector) -> Vector:
        """The vector, its histograms without what they say of resets: a subquery leaves out what was in between."""
        found = self.tokens(vector)
        if found is None:
            return vector
        values = vector.values.copy()
        for i in np.flatnonzero(found).tolist():
            one = self.histogram(values.flat[i])
            if one.hint in (Hint.RESET, Hint.NOT_RESET):
                values.flat[i] = self.token(replace(one, hint=Hint.UNKNOWN))
        return vector.like(values)

    def unary(self, node: Unary, grid: Grid) -> Value:
        """`-x`; `+x` is x itself."""
        value = self.evaluate(node.expr, grid)
        if node.op == "+":
            return value
        if isinstance(value, Scalar):
            return Scalar(-value.values)
        assert isinstance(value, Vector)
        values, found = -value.values, self.tokens(value)
        for i in [] if found is None else np.flatnonzero(found).tolist():
            values.flat[i] = self.token(scale(self.histogram(value.values.flat[i]).copy(), -1.0))
        if not self.options.late_names and len({label_key(without_name(one)) for one in value.labels}) < len(values):
            raise ExecutionError(SAME_LABELS)  # also for rows that never meet at a step, as in Prometheus
        return self.computed(value.like(values))
