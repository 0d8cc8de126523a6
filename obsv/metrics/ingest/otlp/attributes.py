"""Attributes as text: what OpenTelemetry's values come to in a label.

Source: `opentelemetry/proto/common/v1/common.proto`, and "Prometheus and OpenMetrics Compatibility" of the
OpenTelemetry specification: what is no text is written as JSON.
"""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Iterator

import numpy as np

from obsv.metrics.kernels.otlp import fields
from obsv.metrics.kernels.wire_plain import read_varint, signed

MOST_ATTRIBUTES = 128
"""In one set; the limit of OpenTelemetry's SDKs."""
MOST_DEPTH = 16
"""Lists and maps within each other."""

_DOUBLE = struct.Struct("<d")
_ESCAPED = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"})

Value = str | bool | int | float | bytes | list["Value"] | dict[str, "Value"] | None
Pairs = list[tuple[str, str]]


class BadAttributes(ValueError):
    """Attributes that cannot be read; the text says why."""


def read_attributes(data: bytes, number: int) -> Pairs:
    """(key, value as text) of the KeyValue messages under a field, in their order.

    Raises BadAttributes, UnicodeDecodeError, BrokenError.
    """
    pairs: Pairs = []
    for found, wire, start, end in fields(data, 0, len(data)):
        if found == number and wire == 2:
            key, value = _pair(data, start, end, 0)
            pairs.append((key, _text(value)))
    if len(pairs) > MOST_ATTRIBUTES:
        raise BadAttributes(f"{len(pairs)} attributes in one set; the limit is {MOST_ATTRIBUTES}")
    return pairs


def _pair(data: bytes, at: int, end: int, depth: int) -> tuple[str, Value]:
    key, value = "", None
    for number, wire, start, stop in fields(data, at, end):
        if wire == 2 and number == 1:
            key = data[start:stop].decode()
        elif wire == 2 and number == 2:
            value = _value(data, start, stop, depth)
    return key, value


def _value(data: bytes, at: int, end: int, depth: int) -> Value:
    if depth > MOST_DEPTH:
        raise BadAttributes(f"a value has more than {MOST_DEPTH} lists within each other")
    value: Value = None
    for number, wire, start, stop in fields(data, at, end):
        match number, wire:
            case 1, 2:
                value = data[start:stop].decode()
            case 2, 0:
                value = read_varint(data, start, stop)[0] != 0
            case 3, 0:
                value = signed(read_varint(data, start, stop)[0])
            case 4, 1:
                (value,) = _DOUBLE.unpack_from(data, start)
            case 5, 2:
                value = [_value(data, *place, depth + 1) for place in _inner(data, start, stop)]
            case 6, 2:
                value = dict(_pair(data, *place, depth + 1) for place in _inner(data, start, stop))
            case 7, 2:
                value = data[start:stop]
            case _:
                pass
    return value


def _inner(data: bytes, at: int, end: int) -> Iterator[tuple[int, int]]:
    return ((start, stop) for number, wire, start, stop in fields(data, at, end) if number == 1 and wire == 2)


def _text(value: Value) -> str:
    return "" if value is None else value if isinstance(value, str) else _json(value, quoted=False)


def _json(value: Value, *, quoted: bool = True) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return number_text(value)
        case str():
            return json.dumps(value, ensure_ascii=False).translate(_ESCAPED)
        case bytes():
            text = base64.b64encode(value).decode()
            return f'"{text}"' if quoted else text
        case list():
            return f"[{','.join(map(_json, value))}]"
        case dict():
            return "{" + ",".join(f"{_json(key)}:{_json(value[key])}" for key in sorted(value)) + "}"


def number_text(value: float) -> str:
    """The shortest text of a number, as JSON has it: plain digits unless it is very small or large."""
    if not math.isfinite(value):
        return bound_text(value)
    if value and not 1e-6 <= abs(value) < 1e21:
        return np.format_float_scientific(value, trim="-", exp_digits=1)
    return np.format_float_positional(value, trim="-")


def bound_text(value: float) -> str:
    """The text of a bucket's bound or a quantile: plain digits always."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return np.format_float_positional(value, trim="-")
