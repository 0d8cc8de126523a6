"""The message of remote_write 1.0, less its float samples: histograms, exemplars and metadata, which few requests have.

The store reads the samples itself, from the body as it came.
Source: the Prometheus remote write specification 1.0, `prometheus.WriteRequest`.
"""

from __future__ import annotations

import struct

from obsv.core.errors import BadRequest
from obsv.metrics.histograms.wire import BadHistogram
from obsv.metrics.histograms.wire import decode as decode_histogram
from obsv.metrics.ingest.batch import BatchBuilder
from obsv.metrics.ingest.request import TYPES, Request
from obsv.metrics.kernels.wire_plain import BrokenError, fields, parse_label, read_varint, signed
from obsv.metrics.store.types import Metadata

MESSAGE = "prometheus.WriteRequest"
SERIES, METADATA = 1, 3
LABELS, EXEMPLARS, HISTOGRAMS = 1, 3, 4
_DOUBLE = struct.Struct("<d")


def decode(body: bytes) -> Request:
    """Read what is beside the samples.  Raises BadRequest where it is no such message."""
    request = Request(BatchBuilder().build())
    batch = BatchBuilder()
    try:
        for number, wire, start, end in fields(body, 0, len(body)):
            if number == SERIES and wire == 2:
                _read_series(body, start, end, batch, request)
            elif number == METADATA and wire == 2:
                batch.describe(_metadata(body, start, end))
    except BrokenError:
        raise BadRequest(f"protobuf: the message is no {MESSAGE}") from None
    except UnicodeDecodeError:
        raise BadRequest("a label is not UTF-8") from None
    request.batch = batch.build()
    return request


def _read_series(body: bytes, start: int, end: int, batch: BatchBuilder, request: Request) -> None:
    found = list(fields(body, start, end))
    if not any(number in (EXEMPLARS, HISTOGRAMS) for number, *_ in found):
        return
    row = batch.series(_labels(body, [(first, last) for number, _, first, last in found if number == LABELS]))
    for number, _, first, last in found:
        if number == HISTOGRAMS:
            try:
                t, histogram, _ = decode_histogram(body, first, last)
            except BadHistogram as bad:
                request.bad += 1
                request.fault = request.fault or str(bad)
            else:
                batch.add(row, t, histogram)
        elif number == EXEMPLARS:
            batch.exemplar(row, *_exemplar(body, first, last))


def _labels(body: bytes, places: list[tuple[int, int]]) -> dict[str, str]:
    pairs = (parse_label(body, start, end) for start, end in places)
    return {name.decode(): value.decode() for name, value in pairs}


def _exemplar(body: bytes, start: int, end: int) -> tuple[dict[str, str], float, int]:
    places: list[tuple[int, int]] = []
    value, t = 0.0, 0
    for number, wire, first, last in fields(body, start, end):
        if number == 1 and wire == 2:
            places.append((first, last))
        elif number == 2 and wire == 1:
            value = _DOUBLE.unpack_from(body, first)[0]
        elif number == 3 and wire == 0:
            t = signed(read_varint(body, first, last)[0])
    return _labels(body, places), value, t


def _metadata(body: bytes, start: int, end: int) -> Metadata:
    kind, text = 0, dict.fromkeys((2, 4, 5), "")
    for number, wire, first, last in fields(body, start, end):
        if number == 1 and wire == 0:
            kind = read_varint(body, first, last)[0]
        elif number in text and wire == 2:
            text[number] = body[first:last].decode()
    return Metadata(text[2], TYPES[kind] if kind < len(TYPES) else TYPES[0], text[4], text[5])
