"""Answers with native histograms: an object a point, where the kernel writes floats by the row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec
import numpy as np

from obsv.metrics.histograms import Histogram, is_token, place_of
from obsv.metrics.histograms.text import as_json
from obsv.metrics.kernels import promql as kernel
from obsv.metrics.store.types import Float64, Int64, Labels

Row = tuple[Labels, Int64, Float64]
"""Labels, times in ms, values."""


def _time(ms: int) -> msgspec.Raw:
    return msgspec.Raw(kernel.format_time(ms).encode())


def rows_json(rows: Iterable[Row], histograms: Sequence[Histogram]) -> bytes:
    """The `result` of a matrix: floats as `values`, histograms as `histograms`."""
    return msgspec.json.encode([_row(*row, histograms) for row in rows])


def vector_json(rows: Iterable[tuple[Labels, np.float64]], at: int, histograms: Sequence[Histogram]) -> bytes:
    """The `result` of an instant vector at `at` ms."""

    def one(labels: Labels, value: np.float64) -> dict[str, object]:
        metric = dict(sorted(labels.items()))
        if is_token(np.array([value]))[0]:
            return {"metric": metric, "histogram": [_time(at), _shown(histograms[place_of(value)])]}
        return {"metric": metric, "value": [_time(at), kernel.format_value(float(value))]}

    return msgspec.json.encode([one(*row) for row in rows])


def _row(labels: Labels, t: Int64, v: Float64, histograms: Sequence[Histogram]) -> dict[str, object]:
    native = is_token(v)
    out: dict[str, object] = {"metric": dict(sorted(labels.items()))}
    if not native.all():
        floats: Callable[[float], str] = kernel.format_value
        out["values"] = [[_time(at), floats(value)] for at, value in zip(t[~native].tolist(), v[~native], strict=True)]
    if native.any():
        found = zip(t[native].tolist(), v[native], strict=True)
        out["histograms"] = [[_time(at), _shown(histograms[place_of(value)])] for at, value in found]
    return out


def _shown(histogram: Histogram) -> dict[str, object]:
    return as_json(histogram, kernel.format_value)
