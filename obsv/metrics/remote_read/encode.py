"""Samples of some series as the answers of remote_read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from obsv.metrics.histograms import Histogram, is_token, places
from obsv.metrics.histograms import wire as histogram_wire
from obsv.metrics.kernels.ingest import encode_request
from obsv.metrics.kernels.xor_chunk import chunks as float_chunks
from obsv.metrics.kernels.xor_chunk_plain import put_chunk
from obsv.metrics.remote_read.histogram_chunk import FLOAT_HISTOGRAM, histogram_chunks
from obsv.metrics.remote_read.message import chunk, frame, labels_message
from obsv.metrics.store.labels import LabelSets
from obsv.metrics.store.types import Float64, Int64, SeriesSet

PIECE = 256 << 10
"""Bytes of a piece of a streamed answer, about."""
FRAME_SAMPLES = 10_000_000
"""A series has one frame: Prometheus takes a second one for another series.  It refuses one of more than 50 MB, which
would be more samples than this; of those it then sees several series."""


def in_order(series: SeriesSet) -> Int64:
    """Rows by their labels, as clients that merge several sources need them."""
    if isinstance(series.labels, LabelSets):
        return series.labels.order()
    keys = [sorted(one.items()) for one in series.labels]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)


def query_result(series: SeriesSet) -> bytes:
    """A QueryResult: all samples of all series."""
    return b"".join(_time_series(series, row) for row in in_order(series).tolist())


def _time_series(series: SeriesSet, row: int) -> bytes:
    t, v = _own(series, row)
    labels = labels_message(series.labels[row])
    found = is_token(v)
    if not found.any():
        return bytes(encode_request([labels], np.array([0, len(t)], np.int64), t, v))
    floats = encode_request([labels], np.array([0, (~found).sum()], np.int64), t[~found], v[~found])
    histograms = (chunk(4, histogram_wire.encode(at, one)) for at, one in _histograms(series, t[found], v[found]))
    return chunk(1, _inside(floats) + b"".join(histograms))


def _inside(message: bytes) -> bytes:
    """The one TimeSeries of a request, without what says that it is one."""
    at = 1
    while message[at] > 0x7F:
        at += 1
    return message[at + 1 :]


def streamed_chunks(series: SeriesSet, query: int) -> Iterator[bytes]:
    """Frames, each with the chunks of one series, some of them at a time."""
    piece = bytearray()
    for row in in_order(series).tolist():
        t, v = _own(series, row)
        labels = labels_message(series.labels[row])
        for at in range(0, max(1, len(t)), FRAME_SAMPLES):
            some = slice(at, at + FRAME_SAMPLES)
            piece += frame(query, labels + _chunks(series, t[some], v[some]))
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def _chunks(series: SeriesSet, t: Int64, v: Float64) -> bytes:
    """Floats and histograms by turns, in the order of time."""
    found = is_token(v)
    if not found.any():
        return float_chunks(t, v)
    out = bytearray()
    cuts = np.flatnonzero(np.diff(found)) + 1
    for some in np.split(np.arange(len(t)), cuts):
        if not found[some[0]]:
            out += float_chunks(t[some], v[some])
            continue
        for span, data in histogram_chunks(_histograms(series, t[some], v[some])):
            put_chunk(out, FLOAT_HISTOGRAM, span, data)
    return bytes(out)


def _own(series: SeriesSet, row: int) -> tuple[Int64, Float64]:
    some = slice(int(series.offsets[row]), int(series.offsets[row + 1]))
    return np.ascontiguousarray(series.t[some]), np.ascontiguousarray(series.v[some])


def _histograms(series: SeriesSet, t: Int64, v: Float64) -> list[tuple[int, Histogram]]:
    at = places(v).tolist()
    return [(time, series.histograms[place]) for time, place in zip(t.tolist(), at, strict=True)]
