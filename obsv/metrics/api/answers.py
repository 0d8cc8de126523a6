"""Answers and errors in Prometheus' envelope; values are written by the kernel, not by an object a point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from litestar import Response

from obsv.metrics.api.native import rows_json, vector_json
from obsv.metrics.api.params import AnyRequest, BadData
from obsv.metrics.histograms import is_token
from obsv.metrics.kernels import promql as kernel
from obsv.metrics.promql import (
    ExecutionError,
    Matrix,
    ParseError,
    PromqlError,
    QueryTimeout,
    Result,
    Scalar,
    String,
    Vector,
    WrongType,
)
from obsv.metrics.store.base import StoreLimitExceeded
from obsv.metrics.store.labels import LabelSets, take
from obsv.metrics.store.types import Float64, Int64, Labels

MAX_NOTES = 10


def envelope(data: bytes, warnings: list[str] | None = None, infos: list[str] | None = None) -> Response[bytes]:
    """A success, around JSON that is already written."""
    parts = [b'{"status":"success","data":', data]
    for name, notes in (("warnings", warnings), ("infos", infos)):
        if notes:
            parts += [f',"{name}":'.encode(), msgspec.json.encode(_shortened(notes, name))]
    return Response(b"".join((*parts, b"}")), media_type="application/json")


def _shortened(notes: list[str], name: str) -> list[str]:
    if len(notes) <= MAX_NOTES:
        return notes
    word = "warning" if name == "warnings" else "info"
    return [*notes[:MAX_NOTES], f"{len(notes) - MAX_NOTES} more {word} annotations omitted"]


def success(data: object, warnings: list[str] | None = None) -> Response[bytes]:
    """A success with plain data."""
    return envelope(msgspec.json.encode(data), warnings)


def failure(status: int, kind: str, detail: str) -> Response[bytes]:
    """An error in the envelope."""
    return Response(
        msgspec.json.encode({"status": "error", "errorType": kind, "error": detail}),
        media_type="application/json",
        status_code=status,
    )


def _bad_data(_: AnyRequest, error: Exception) -> Response[bytes]:
    text = f'invalid parameter "query": {error}' if isinstance(error, (ParseError, WrongType)) else str(error)
    return failure(400, "bad_data", text)


def _promql(_: AnyRequest, error: Exception) -> Response[bytes]:
    if isinstance(error, QueryTimeout):
        return failure(503, "timeout", str(error))
    return failure(422, "execution", str(error))


def _limit(_: AnyRequest, error: Exception) -> Response[bytes]:
    return failure(422, "execution", str(error))


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    BadData: _bad_data,
    ParseError: _bad_data,
    WrongType: _bad_data,
    ExecutionError: _promql,
    QueryTimeout: _promql,
    PromqlError: _promql,
    StoreLimitExceeded: _limit,
}


def _metrics(labels: Sequence[Labels]) -> list[bytes]:
    if isinstance(labels, LabelSets):
        return labels.json()
    return [msgspec.json.encode(dict(sorted(one.items()))) for one in labels]


def _sorted(vector: Vector) -> Vector:
    return vector.take(_order(vector.labels))


def _order(labels: Sequence[Labels]) -> list[int] | Int64:
    if isinstance(labels, LabelSets):
        return labels.order()
    keys = [sorted(one.items()) for one in labels]
    return sorted(range(len(keys)), key=keys.__getitem__)


def _matrix(vector: Vector, result: Result, limit: int) -> tuple[bytes, bool]:
    seen = vector.take(np.flatnonzero(vector.present.any(axis=1)))
    rows = _sorted(seen)
    is_cut = 0 < limit < len(rows.labels)
    if is_cut:
        rows = rows.take(list(range(limit)))
    grid = result.grid
    if _has_histograms(rows.values, result):
        times = grid.times
        points = ((labels, times[p], v[p]) for labels, v, p in zip(rows.labels, rows.values, rows.present, strict=True))
        return rows_json(points, result.histograms), is_cut
    values, present = np.ascontiguousarray(rows.values), np.ascontiguousarray(rows.present).view(np.uint8)
    return kernel.matrix_json(_metrics(rows.labels), values, present, grid.start, grid.step), is_cut


def _vector(vector: Vector, result: Result, limit: int) -> tuple[bytes, bool]:
    rows = np.flatnonzero(vector.present[:, 0])
    is_cut = 0 < limit < len(rows)
    rows = rows[:limit] if is_cut else rows
    if _has_histograms(vector.values[rows], result):
        points = ((vector.labels[row], vector.values[row, 0]) for row in rows.tolist())
        return vector_json(points, result.grid.start, result.histograms), is_cut
    at = kernel.format_time(result.grid.start)
    column = vector.values[rows, 0].tolist()
    parts = [
        b'{"metric":' + metric + f',"value":[{at},"{kernel.format_value(value)}"]}}'.encode()
        for metric, value in zip(_metrics(take(vector.labels, rows)), column, strict=True)
    ]
    return b"[" + b",".join(parts) + b"]", is_cut


def _has_histograms(values: Float64, result: Result) -> bool:
    return bool(result.histograms) and bool(is_token(values).any())


def _windowed(matrix: Matrix, result: Result, limit: int) -> tuple[bytes, bool]:
    """The samples of the one window of an instant query's range vector."""
    begin, end, series = matrix.grid.start - matrix.range_ms, matrix.grid.start, matrix.series
    inside = (series.t > begin) & (series.t <= end)
    kept = np.concatenate(([0], np.cumsum(inside)))[series.offsets]
    rows = [i for i in range(len(series.labels)) if kept[i + 1] > kept[i]]
    rows.sort(key=lambda row: sorted(series.labels[row].items()))
    is_cut = 0 < limit < len(rows)
    rows = rows[:limit] if is_cut else rows
    t, v = series.t[inside], series.v[inside]
    picked = [np.arange(kept[i], kept[i + 1]) for i in rows]
    if _has_histograms(v, result):
        points = ((series.labels[i], t[own], v[own]) for i, own in zip(rows, picked, strict=True))
        return rows_json(points, result.histograms), is_cut
    order = np.concatenate(picked) if picked else np.zeros(0, np.int64)
    offsets = np.concatenate(([0], np.cumsum([len(one) for one in picked]))).astype(np.int64)
    metrics = _metrics(take(series.labels, rows))
    return kernel.samples_json(metrics, offsets, np.ascontiguousarray(t[order]), np.ascontiguousarray(v[order])), is_cut


def result_json(result: Result, *, is_range: bool, limit: int) -> tuple[bytes, bool]:
    """(the `data` object of a query's answer, whether `limit` cut it)."""
    value = result.value
    if is_range and isinstance(value, Scalar):
        value = Vector([{}], value.values[np.newaxis, :], np.ones((1, result.grid.count), np.bool_))
    if isinstance(value, Scalar | String):
        kind = "scalar" if isinstance(value, Scalar) else "string"
        text = kernel.format_value(float(value.values[0])) if isinstance(value, Scalar) else value.value
        pair = b"[" + kernel.format_time(result.grid.start).encode() + b"," + msgspec.json.encode(text) + b"]"
        return b'{"resultType":"' + kind.encode() + b'","result":' + pair + b"}", False
    if isinstance(value, Matrix):
        body, is_cut = _windowed(value, result, limit)
    else:
        body, is_cut = _matrix(value, result, limit) if is_range else _vector(value, result, limit)
    kind = "vector" if isinstance(value, Vector) and not is_range else "matrix"
    return b'{"resultType":"' + kind.encode() + b'","result":' + body + b"}", is_cut
