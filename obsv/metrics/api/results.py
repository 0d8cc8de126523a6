"""A query's result as JSON, piece by piece, so that a large one is never in memory as a whole.

Values are written by the kernel, not by an object a point; native histograms by an object each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from obsv.metrics.api import native
from obsv.metrics.histograms import is_token
from obsv.metrics.kernels import promql as kernel
from obsv.metrics.promql import Matrix, Result, Scalar, String, Vector
from obsv.metrics.store.labels import LabelSets, take
from obsv.metrics.store.types import Float64, Int64, Labels

PIECE_POINTS = 10_000
"""Points in a piece, about; some 250 KB."""
PIECE_ROWS = 1000
"""Label sets in a piece."""
_EMPTY_ROW = b'[{"metric":{},"values":['


@dataclass(frozen=True, slots=True)
class Answer:
    """`pieces` are the elements of the array `result` (or all of it) in JSON, commas included.

    `is_cut` says that `limit` left some out; `points` and `rows` how long it will be.
    """

    kind: str
    pieces: Iterable[bytes]
    rows: int = 0
    points: int = 0
    is_cut: bool = False


def answer_of(result: Result, *, is_range: bool, limit: int) -> Answer:
    """The `resultType` and `result` of a query's answer."""
    value = result.value
    if is_range and isinstance(value, Scalar):
        value = Vector([{}], value.values[np.newaxis, :], np.ones((1, result.grid.count), np.bool_))
    match value:
        case Scalar() | String():
            return _single(value, result)
        case Matrix():
            return _windowed(value, result, limit)
        case Vector():
            return _matrix(value, result, limit) if is_range else _vector(value, result, limit)


def metrics_json(labels: Sequence[Labels]) -> list[bytes]:
    """Label sets, each as a JSON object."""
    if isinstance(labels, LabelSets):
        return labels.json()
    return [msgspec.json.encode(dict(sorted(one.items()))) for one in labels]


def _single(value: Scalar | String, result: Result) -> Answer:
    text = kernel.format_value(float(value.values[0])) if isinstance(value, Scalar) else value.value
    pair = b"[" + kernel.format_time(result.grid.start).encode() + b"," + msgspec.json.encode(text) + b"]"
    return Answer("scalar" if isinstance(value, Scalar) else "string", (pair,))


def _order(labels: Sequence[Labels]) -> Int64:
    if isinstance(labels, LabelSets):
        return labels.order()
    keys = [sorted(one.items()) for one in labels]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)


def _cut(rows: Int64, limit: int) -> tuple[Int64, bool]:
    is_cut = 0 < limit < len(rows)
    return (rows[:limit] if is_cut else rows), is_cut


def _in_pieces(rows: Int64, at_once: int, part: Callable[[Int64], bytes]) -> Iterable[bytes]:
    """The elements of an array of JSON, of which `part` makes some with its brackets around them."""
    if len(rows) <= at_once:
        return (part(rows)[1:-1],)
    return (part(some)[1:-1] if i == 0 else b"," + part(some)[1:-1] for i, some in enumerate(_slices(rows, at_once)))


def _has_histograms(values: Float64, result: Result) -> bool:
    return bool(result.histograms) and bool(is_token(values).any())


def _slices(rows: Int64, at_once: int) -> Iterator[Int64]:
    for begin in range(0, len(rows), at_once):
        yield rows[begin : begin + at_once]


# -- a range query ------------------------------------------------------------------------------------------------


def _matrix(vector: Vector, result: Result, limit: int) -> Answer:
    seen = np.flatnonzero(vector.present.any(axis=1))
    order = seen[_order(take(vector.labels, seen))]
    rows, is_cut = _cut(order, limit)
    steps = vector.present.shape[1]

    def part(some: Int64) -> bytes:
        labels, values, present = take(vector.labels, some), vector.values[some], vector.present[some]
        if _has_histograms(values, result):
            times = result.grid.times
            points = ((one, times[p], v[p]) for one, v, p in zip(labels, values, present, strict=True))
            return native.rows_json(points, result.histograms)
        return kernel.matrix_json(
            metrics_json(labels), values, present.view(np.uint8), result.grid.start, result.grid.step
        )

    at_once = max(1, min(PIECE_ROWS, PIECE_POINTS // steps))
    return Answer("matrix", _in_pieces(rows, at_once, part), len(rows), len(rows) * steps, is_cut)


# -- an instant query ---------------------------------------------------------------------------------------------


def _vector(vector: Vector, result: Result, limit: int) -> Answer:
    rows, is_cut = _cut(np.flatnonzero(vector.present[:, 0]), limit)

    def part(some: Int64) -> bytes:
        column, labels = vector.values[some, 0], take(vector.labels, some)
        if _has_histograms(column, result):
            return native.vector_json(zip(labels, column, strict=True), result.grid.start, result.histograms)
        return kernel.vector_json(metrics_json(labels), column, result.grid.start)

    return Answer("vector", _in_pieces(rows, PIECE_ROWS, part), len(rows), len(rows), is_cut)


@dataclass(frozen=True, slots=True)
class _Samples:
    """Samples `first[i]` to `last[i]` of each series i lie in the window."""

    matrix: Matrix
    result: Result
    first: Int64
    last: Int64

    def part(self, rows: Int64) -> bytes:
        """Some series, as an array."""
        series = self.matrix.series
        bounds = zip(self.first[rows].tolist(), self.last[rows].tolist(), strict=True)
        picked = [np.arange(begin, end) for begin, end in bounds]
        order = np.concatenate(picked)
        t, v, labels = series.t[order], series.v[order], take(series.labels, rows)
        offsets = np.concatenate(([0], np.cumsum([len(one) for one in picked]))).astype(np.int64)
        if _has_histograms(v, self.result):
            places = zip(labels, offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
            points = ((one, t[begin:end], v[begin:end]) for one, begin, end in places)
            return native.rows_json(points, self.result.histograms)
        return kernel.samples_json(metrics_json(labels), offsets, t, v)

    def pieces(self, rows: Int64) -> Iterator[bytes]:
        """Series by series, of a long one some samples at a time."""
        comma = b""
        for some in self._groups(rows):
            if len(some) == 1 and self._is_long(some[0]):
                yield comma
                yield from self._long(some)
            else:
                yield comma + self.part(some)[1:-1]
            comma = b","

    def _is_long(self, row: np.int64) -> bool:
        own = slice(self.first[row], self.last[row])
        return bool(self.last[row] - self.first[row] > PIECE_POINTS) and not _has_histograms(
            self.matrix.series.v[own], self.result
        )

    def _groups(self, rows: Int64) -> Iterator[Int64]:
        """Stretches of the rows with about as many samples as a piece shall have."""
        total = np.cumsum(self.last[rows] - self.first[rows]) // PIECE_POINTS
        bounds = np.flatnonzero(np.diff(total)) + 1
        for some in np.split(rows, bounds):
            yield from _slices(some, PIECE_ROWS)

    def _long(self, rows: Int64) -> Iterator[bytes]:
        row, series = int(rows[0]), self.matrix.series
        yield b'{"metric":' + metrics_json(take(series.labels, rows))[0] + b',"values":['
        for begin in range(int(self.first[row]), int(self.last[row]), PIECE_POINTS):
            own = slice(begin, min(begin + PIECE_POINTS, int(self.last[row])))
            t, v = np.ascontiguousarray(series.t[own]), np.ascontiguousarray(series.v[own])
            shown = kernel.samples_json([b"{}"], np.array([0, len(t)], np.int64), t, v)
            yield (b"," if begin > self.first[row] else b"") + shown[len(_EMPTY_ROW) : -3]
        yield b"]}"


def _windowed(matrix: Matrix, result: Result, limit: int) -> Answer:
    """The samples of the one window of an instant query's range vector."""
    series, end = matrix.series, matrix.grid.start
    inside = (series.t > end - matrix.range_ms) & (series.t <= end)
    before = np.concatenate(([0], np.cumsum(inside)))
    counts = np.diff(before[series.offsets])
    # Times rise within a series, so what lies in the window is one stretch of it.
    early = np.concatenate(([0], np.cumsum(series.t <= end - matrix.range_ms)))
    first = series.offsets[:-1] + np.diff(early[series.offsets])
    found = _Samples(matrix, result, first, first + counts)
    seen = np.flatnonzero(counts)
    rows, is_cut = _cut(seen[_order(take(series.labels, seen))], limit)
    return Answer("matrix", found.pieces(rows), len(rows), int(counts[rows].sum()), is_cut)
