"""The message of remote_write 2.0: label names and values once a request, series by numbers of theirs.

Source: the Prometheus remote write specification 2.0, `io.prometheus.write.v2.Request`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

from obsv.core.errors import BadRequest
from obsv.metrics.kernels.wire_plain import BrokenError, fields, read_varint
from obsv.metrics.store.types import WriteBatch

MESSAGE = "io.prometheus.write.v2.Request"
SYMBOLS, SERIES = 4, 5
LABEL_REFS, SAMPLES, HISTOGRAMS = 1, 2, 3
_DOUBLE = struct.Struct("<d")


@dataclass
class Request2:
    """What a request brings: samples, and how many histograms, which are not kept yet."""

    batch: WriteBatch
    histograms: int = 0


@dataclass
class _Columns:
    labels: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    counts: list[int] = field(default_factory=list[int])
    t: list[int] = field(default_factory=list[int])
    v: list[float] = field(default_factory=list[float])
    histograms: int = 0


def decode(body: bytes) -> Request2:
    """Read a request.  Raises BadRequest where it is no such message, or a reference leads nowhere."""
    try:
        return _decode(body)
    except BrokenError:
        raise BadRequest(f"protobuf: the message is no {MESSAGE}") from None
    except UnicodeDecodeError:
        raise BadRequest("a symbol is not UTF-8") from None


def _decode(body: bytes) -> Request2:
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
    batch = WriteBatch(columns.labels, offsets, np.array(columns.t, np.int64), values)
    return Request2(batch, columns.histograms)


def _read_series(body: bytes, start: int, end: int, symbols: list[str], columns: _Columns) -> None:
    refs: list[int] = []
    samples = histograms = 0
    for number, wire, first, last in fields(body, start, end):
        if number == LABEL_REFS:
            refs += _refs(body, first, last, wire)
        elif number == SAMPLES and wire == 2:
            _read_sample(body, first, last, columns)
            samples += 1
        elif number == HISTOGRAMS and wire == 2:
            histograms += 1
    if samples and histograms:
        raise BadRequest("a series has samples or histograms, not both")
    columns.labels.append(_labels(refs, symbols))
    columns.counts.append(samples)
    columns.histograms += histograms


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
    value, t = 0.0, 0
    for number, wire, first, last in fields(body, start, end):
        if number == 1 and wire == 1:
            value = _DOUBLE.unpack_from(body, first)[0]
        elif number == 2 and wire == 0:
            t = read_varint(body, first, last)[0]
    columns.v.append(value)
    columns.t.append(t - (1 << 64) if t >> 63 else t)
