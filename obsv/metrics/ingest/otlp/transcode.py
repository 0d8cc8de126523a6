"""A request in JSON as the same request in protobuf, so that there is one reader for both.

Source: "JSON Protobuf Encoding" of the OpenTelemetry Protocol, and ProtoJSON: 64-bit numbers may be texts, numbers that
JSON lacks are words, what is null is not there, fields that nobody knows are passed over.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import struct

import msgspec

from obsv.core.errors import BadRequest
from obsv.metrics.ingest.otlp.schema import REQUEST, TEMPORALITIES, Field, Kind, Message
from obsv.metrics.kernels.wire_plain import U64, put_varint

MOST_DEPTH = 100
_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_FIXED = {Kind.DOUBLE: struct.Struct("<d"), Kind.UNSIGNED: struct.Struct("<Q"), Kind.SIGNED: struct.Struct("<q")}
_is_number = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII).fullmatch
_TEXTS = {Kind.TEXT: "a text", Kind.HEX: "a text of hexadecimal digits", Kind.BASE64: "a text in base64"}
_PACKED = (Kind.DOUBLE, Kind.UNSIGNED, Kind.INT)
"""Kinds that stand in lists without tags."""


class _BadValueError(ValueError):
    """A value that its field does not take; `path` leads to it, from the inside out."""

    def __init__(self, expected: str, value: object) -> None:
        super().__init__(f"expected {expected}, got {_shown(value)}")
        self.path: list[str] = []


def to_protobuf(body: bytes) -> bytes:
    """The message of a JSON body.  Raises BadRequest, which names the place of what is wrong."""
    try:
        content: object = msgspec.json.decode(body)
        return bytes(_message(content, REQUEST, 0))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BadRequest(f"the body is no JSON: {error}") from None
    except _BadValueError as bad:
        place = "".join(reversed(bad.path)).removeprefix(".") or "the body"
        raise BadRequest(f"{place}: {bad}") from None


def _message(content: object, message: Message, depth: int) -> bytearray:
    if not isinstance(content, dict) or depth > MOST_DEPTH:
        raise _BadValueError("an object" if depth <= MOST_DEPTH else "fewer objects within each other", content)
    out = bytearray()
    for name, field in message.fields.items():
        value = content.get(name)
        if value is not None:
            try:
                _put(out, field, value, depth)
            except _BadValueError as bad:
                bad.path.append(f".{name}")
                raise
    return out


def _put(out: bytearray, field: Field, value: object, depth: int) -> None:
    if not field.is_list:
        _put_one(out, field, value, depth)
        return
    if not isinstance(value, list):
        raise _BadValueError("a list", value)
    packed = bytearray()
    for place, one in enumerate(value):
        try:
            if field.holds in _PACKED:
                packed += _scalar(field.holds, one)
            else:
                _put_one(out, field, one, depth)
        except _BadValueError as bad:
            bad.path.append(f"[{place}]")
            raise
    if packed:
        _put_chunk(out, field.number, packed)


def _put_one(out: bytearray, field: Field, value: object, depth: int) -> None:
    holds = field.holds
    if isinstance(holds, Message):
        _put_chunk(out, field.number, _message(value, holds, depth + 1))
    elif holds in (Kind.TEXT, Kind.HEX, Kind.BASE64):
        _put_chunk(out, field.number, _scalar(holds, value))
    else:
        put_varint(out, field.number << 3 | (1 if holds in _FIXED else 0))
        out += _scalar(holds, value)


def _put_chunk(out: bytearray, number: int, content: bytes | bytearray) -> None:
    put_varint(out, number << 3 | 2)
    put_varint(out, len(content))
    out += content


def _scalar(kind: Kind, value: object) -> bytes:
    match kind:
        case Kind.TEXT | Kind.HEX | Kind.BASE64:
            return _bytes(kind, value)
        case Kind.DOUBLE:
            return _FIXED[kind].pack(_double(value))
        case Kind.UNSIGNED:
            return _FIXED[kind].pack(_whole(value, 0, U64))
        case Kind.SIGNED:
            return _FIXED[kind].pack(_whole(value, -(1 << 63), (1 << 63) - 1))
        case Kind.BOOL:
            if not isinstance(value, bool):
                raise _BadValueError("true or false", value)
            number = int(value)
        case Kind.TEMPORALITY:
            number = TEMPORALITIES.index(value) if value in TEMPORALITIES else _whole(value, 0, 1 << 31)
        case Kind.ZIGZAG:
            whole = _whole(value, -(1 << 31), (1 << 31) - 1)
            number = whole << 1 if whole >= 0 else (-whole << 1) - 1
        case Kind.INT:
            number = _whole(value, -(1 << 63), U64) & U64
    out = bytearray()
    put_varint(out, number)
    return bytes(out)


def _bytes(kind: Kind, value: object) -> bytes:
    if not isinstance(value, str):
        raise _BadValueError(_TEXTS[kind], value)
    try:
        if kind is Kind.HEX:
            return bytes.fromhex(value)
        if kind is Kind.BASE64:
            return base64.b64decode(value.translate(str.maketrans("-_", "+/")) + "==", validate=False)
        return value.encode()
    except (ValueError, binascii.Error):
        raise _BadValueError(_TEXTS[kind], value) from None


def _double(value: object) -> float:
    if isinstance(value, str) and value in _WORDS:
        return _WORDS[value]
    try:
        return float(_number(value))
    except (ValueError, OverflowError):
        raise _BadValueError("a number", value) from None


def _whole(value: object, low: int, high: int) -> int:
    """A whole number, as such or as a text; exponents are allowed as long as it is whole."""
    try:
        number = _number(value)
        if number == int(number) and low <= number <= high:
            return int(number)
    except (ValueError, OverflowError):
        pass
    raise _BadValueError(f"a whole number from {low} to {high}", value)


def _number(value: object) -> int | float:
    """Raises ValueError, OverflowError."""
    if isinstance(value, str) and _is_number(value):
        return int(value) if value.lstrip("-").isdigit() else float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    raise ValueError


def _shown(value: object) -> str:
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)[:100]
