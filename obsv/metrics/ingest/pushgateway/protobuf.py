"""Pages as Go's client pushes them: MetricFamily messages, each behind its length.

Source: `io/prometheus/client/metrics.proto` of prometheus/client_model.  Of histograms the classic buckets are read.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator

import numpy as np

from obsv.metrics.ingest.exposition import BadPage, Exemplar, Family, Sample
from obsv.metrics.kernels.wire_plain import BrokenError, fields, read_varint, signed

TYPE = "application/vnd.google.protobuf"
"""The content type."""
TYPES = ("counter", "gauge", "summary", "unknown", "histogram", "gaugehistogram")
"""By their numbers."""

_VARINT, _FIXED64, _BYTES = 0, 1, 2

Field = tuple[int, int | float | bytes]
Labels = dict[str, str]
Point = tuple[str, Labels, float, Exemplar | None]
"""What a metric's name ends with, labels beside the metric's own, value, exemplar."""


def parse(data: bytes) -> list[Family]:
    """The families of a page.  Raises BadPage."""
    families: dict[str, Family] = {}
    at = 0
    try:
        while at < len(data):
            size, start = read_varint(data, at, len(data))
            at = start + size
            if at > len(data):
                raise BrokenError
            found = _family(data[start:at])
            families.setdefault(found.name, Family(found.name, found.type, found.help, found.unit)).samples.extend(
                found.samples
            )
    except UnicodeDecodeError:
        raise BadPage("a text in the message is not UTF-8") from None
    except BrokenError:
        raise BadPage("the body is no delimited protobuf of io.prometheus.client.MetricFamily") from None
    return list(families.values())


def _family(data: bytes) -> Family:
    family, metrics = Family("", "counter"), list[bytes]()
    for one in _fields(data):
        match one:
            case (1, bytes(name)):
                family.name = name.decode()
            case (2, bytes(text)):
                family.help = text.decode()
            case (3, int(number)) if number < len(TYPES):
                family.type = TYPES[number]
            case (4, bytes(metric)):
                metrics.append(metric)
            case (5, bytes(unit)):
                family.unit = unit.decode()
            case _:
                pass
    if not family.name:
        raise BadPage("a metric family has no name")
    for metric in metrics:
        family.samples += _samples(family.name, metric)
    return family


def _samples(name: str, metric: bytes) -> Iterator[Sample]:
    labels, points, t_ms = Labels(), list[Point](), None
    for number, value in _fields(metric):
        if number == 6 and isinstance(value, int):
            t_ms = signed(value)
        elif isinstance(value, bytes):
            if number == 1:
                labels |= _label(value)
            elif number in _POINTS:
                points += _POINTS[number](value)
    for suffix, own, amount, exemplar in points:
        yield Sample({"__name__": name + suffix, **labels, **own}, amount, t_ms, exemplar)


def _single(data: bytes) -> list[Point]:
    """A counter, gauge or untyped value."""
    value, exemplar = 0.0, None
    for one in _fields(data):
        match one:
            case (1, float(number)):
                value = number
            case (2, bytes(message)):
                exemplar = _exemplar(message)
            case _:
                pass
    return [("", {}, value, exemplar)]


def _summary(data: bytes) -> list[Point]:
    count, total, points = 0.0, 0.0, list[Point]()
    for one in _fields(data):
        match one:
            case (1, int(number)):
                count = float(number)
            case (2, float(number)):
                total = number
            case (3, bytes(message)):
                found = dict(_fields(message))
                points.append(("", {"quantile": _bound(found.get(1))}, _float(found.get(2)), None))
            case _:
                pass
    return [*points, ("_sum", {}, total, None), ("_count", {}, count, None)]


def _histogram(data: bytes) -> list[Point]:
    count, total, points = 0.0, 0.0, list[Point]()
    for one in _fields(data):
        match one:
            case (1, int(number)):
                count = count or float(number)
            case (4, float(number)):
                count = number
            case (2, float(number)):
                total = number
            case (3, bytes(message)):
                points.append(_bucket(message))
            case _:
                pass
    if not any(labels["le"] == "+Inf" for _, labels, _, _ in points):
        points.append(("_bucket", {"le": "+Inf"}, count, None))
    return [*points, ("_sum", {}, total, None), ("_count", {}, count, None)]


def _bucket(data: bytes) -> Point:
    found = dict(_fields(data))
    exemplar = found.get(3)
    count = _float(found.get(4)) or _float(found.get(1))
    return "_bucket", {"le": _bound(found.get(2))}, count, _exemplar(exemplar) if isinstance(exemplar, bytes) else None


_POINTS: dict[int, Callable[[bytes], list[Point]]] = {2: _single, 3: _single, 4: _summary, 5: _single, 7: _histogram}
"""What reads a metric's value, by its field."""


def _exemplar(data: bytes) -> Exemplar:
    labels, value, t_ms = Labels(), 0.0, None
    for one in _fields(data):
        match one:
            case (1, bytes(message)):
                labels |= _label(message)
            case (2, float(number)):
                value = number
            case (3, bytes(message)):
                found = dict(_fields(message))
                t_ms = signed(_whole(found.get(1))) * 1000 + _whole(found.get(2)) // 10**6
            case _:
                pass
    return Exemplar(labels, value, t_ms)


def _label(data: bytes) -> Labels:
    found = {number: value.decode() for number, value in _fields(data) if isinstance(value, bytes)}
    if not found.get(1):
        raise BadPage("a label has no name")
    return {found[1]: found.get(2, "")}


def _fields(data: bytes) -> Iterator[Field]:
    """(number, content) of each field that MetricFamily may have: whole numbers, doubles, texts and messages."""
    for number, wire, start, end in fields(data, 0, len(data)):
        if wire == _VARINT:
            yield number, read_varint(data, start, end)[0]
        elif wire == _FIXED64:
            (value,) = struct.unpack_from("<d", data, start)
            # Other bits of a NaN have meanings in the store.
            yield number, math.nan if math.isnan(value) else value
        elif wire == _BYTES:
            yield number, data[start:end]


def _float(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _bound(value: object) -> str:
    """A bucket's bound or a quantile, as Go's client writes it in text."""
    number = _float(value)
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "+Inf" if number > 0 else "-Inf"
    mantissa, exponent = np.format_float_scientific(number, trim="-", exp_digits=2).split("e")
    if number and not -4 <= int(exponent) < 6:
        return f"{mantissa}e{exponent}"
    return np.format_float_positional(number, trim="-")
