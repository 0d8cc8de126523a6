"""The message of remote_write 2.0: label names and values once a request, series by numbers of theirs.

Source: the Prometheus remote write specification 2.0, `io.prometheus.write.v2.Request`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

from obsv.core.errors import BadRequest
from obsv.metrics.histograms import Histogram, token
from obsv.metrics.histograms.wire import BadHistogram
from obsv.metrics.histograms.wire import decode as decode_histogram
from obsv.metrics.ingest.request import TYPES, Began, Request
from obsv.metrics.kernels.wire_plain import BrokenError, fields, read_varint, signed
from obsv.metrics.store.types import Exemplar, Metadata, WriteBatch

MESSAGE = "io.prometheus.write.v2.Request"
SYMBOLS, SERIES = 4, 5
LABEL_REFS, SAMPLES, HISTOGRAMS, EXEMPLARS, METADATA = 1, 2, 3, 4, 5
SUFFIXES = {
    "histogram": ("_bucket", "_sum", "_count"),
    "gaugehistogram": ("_bucket", "_gsum", "_gcount"),
    "summary": ("_sum", "_count"),
}
"""Of the series of a family, by its type."""
_DOUBLE = struct.Struct("<d")


@dataclass
class _Columns:
    labels: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    counts: list[int] = field(default_factory=list[int])
    t: list[int] = field(default_factory=list[int])
    v: list[float] = field(default_factory=list[float])
    histograms: list[Histogram] = field(default_factory=list[Histogram])
    exemplars: list[Exemplar] = field(default_factory=list[Exemplar])
    metadata: dict[str, Metadata] = field(default_factory=dict[str, Metadata])
    began: list[Began] = field(default_factory=list[Began])
    bad: int = 0
    fault: str = ""


def decode(body: bytes) -> Request:
    """Read a request.  Raises BadRequest where it is no such message, or a reference leads nowhere."""
    try:
        return _decode(body)
    except BrokenError:
        raise BadRequest(f"protobuf: the message is no {MESSAGE}") from None
    except UnicodeDecodeError:
        raise BadRequest("a symbol is not UTF-8") from None


def _decode(body: bytes) -> Request:
    symbols: list[str] = []
    series: list[tuple[int, int]] = []
    for number, wire, start, end in fields(body, 0, len(body)):
        if wire != 2:
            continue
        if number == SYMBOLS:
            symbols.append(body[start:end].decode())
        elif number == SERIES:
            series.append((start, end))
    if series and (not symbols or symbols[0]):
        raise BadRequest("the first symbol must be the empty text")
    columns = _Columns()
    for start, end in series:
        _read_series(body, start, end, symbols, columns)
    offsets = np.concatenate(([0], np.cumsum(columns.counts))).astype(np.int64)
    values = np.array(columns.v, np.float64)
    batch = WriteBatch(
        columns.labels,
        offsets,
        np.array(columns.t, np.int64),
        values,
        columns.histograms,
        columns.exemplars,
        list(columns.metadata.values()),
    )
    return Request(batch, columns.began, columns.bad, columns.fault)


def _read_series(body: bytes, start: int, end: int, symbols: list[str], columns: _Columns) -> None:
    refs: list[int] = []
    exemplars: list[tuple[int, int]] = []
    metadata: tuple[int, int] | None = None
    samples = histograms = 0
    before = len(columns.t)
    for number, wire, first, last in fields(body, start, end):
        if number == LABEL_REFS:
            refs += _refs(body, first, last, wire)
        elif number == SAMPLES and wire == 2:
            _read_sample(body, first, last, columns)
            samples += 1
        elif number == HISTOGRAMS and wire == 2:
            _read_histogram(body, first, last, columns)
            histograms += 1
        elif number == EXEMPLARS and wire == 2:
            exemplars.append((first, last))
        elif number == METADATA and wire == 2:
            metadata = first, last
    if samples and histograms:
        raise BadRequest("a series has samples or histograms, not both")
    labels = _labels(refs, symbols)
    for first, last in exemplars:
        columns.exemplars.append(_exemplar(body, first, last, symbols, len(columns.labels)))
    if metadata:
        told = _metadata(body, *metadata, symbols, labels.get("__name__", ""))
        if told.family and told != Metadata(told.family):
            columns.metadata[told.family] = told
    columns.labels.append(labels)
    columns.counts.append(len(columns.t) - before)


def _refs(body: bytes, at: int, end: int, wire: int) -> list[int]:
    """Packed, or one by one."""
    if wire not in (0, 2):
        raise BrokenError
    refs: list[int] = []
    while at < end:
        ref, at = read_varint(body, at, end)
        refs.append(ref)
    return refs


def _labels(refs: list[int], symbols: list[str]) -> dict[str, str]:
    if len(refs) % 2:
        raise BadRequest("label references come in pairs")
    if refs and max(refs) >= len(symbols):
        raise BadRequest(f"label reference {max(refs)} leads beyond the {len(symbols)} symbols")
    labels = {symbols[name]: symbols[value] for name, value in zip(refs[::2], refs[1::2], strict=True)}
    if len(labels) < len(refs) // 2:
        raise BadRequest("a label name twice in one series")
    return labels


def _read_sample(body: bytes, start: int, end: int, columns: _Columns) -> None:
    value, t, began = 0.0, 0, 0
    for number, wire, first, last in fields(body, start, end):
        if number == 1 and wire == 1:
            value = _DOUBLE.unpack_from(body, first)[0]
        elif number == 2 and wire == 0:
            t = signed(read_varint(body, first, last)[0])
        elif number == 3 and wire == 0:
            began = signed(read_varint(body, first, last)[0])
    columns.v.append(value)
    columns.t.append(t)
    if 0 < began < t:
        columns.began.append(Began(len(columns.labels), began, is_histogram=False))


def _read_histogram(body: bytes, start: int, end: int, columns: _Columns) -> None:
    try:
        t, histogram, began = decode_histogram(body, start, end)
    except BadHistogram as bad:
        columns.bad += 1
        columns.fault = columns.fault or str(bad)
        return
    columns.v.append(token(len(columns.histograms)))
    columns.t.append(t)
    columns.histograms.append(histogram)
    if 0 < began < t:
        columns.began.append(Began(len(columns.labels), began, is_histogram=True))


def _exemplar(body: bytes, start: int, end: int, symbols: list[str], row: int) -> Exemplar:
    refs: list[int] = []
    value, t = 0.0, 0
    for number, wire, first, last in fields(body, start, end):
        if number == 1:
            refs += _refs(body, first, last, wire)
        elif number == 2 and wire == 1:
            value = _DOUBLE.unpack_from(body, first)[0]
        elif number == 3 and wire == 0:
            t = signed(read_varint(body, first, last)[0])
    return Exemplar(row, _labels(refs, symbols), value, t)


def _metadata(body: bytes, start: int, end: int, symbols: list[str], name: str) -> Metadata:
    found = {1: 0, 3: 0, 4: 0}
    for number, wire, first, last in fields(body, start, end):
        if wire == 0:
            found[number] = read_varint(body, first, last)[0]
    if max(found[3], found[4]) >= len(symbols):
        raise BadRequest(f"metadata leads beyond the {len(symbols)} symbols")
    kind = TYPES[found[1]] if found[1] < len(TYPES) else TYPES[0]
    return Metadata(_family(name, kind), kind, symbols[found[3]], symbols[found[4]])


def _family(name: str, kind: str) -> str:
    for suffix in SUFFIXES.get(kind, ()):
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name
