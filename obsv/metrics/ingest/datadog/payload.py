"""Datadog's requests in their three forms: JSON of version 1 and 2, and the protobuf of version 2 that its agent sends.

Source: Datadog's API reference (metrics), and `agent_payload.proto` of DataDog/agent-payload.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from typing import Annotated, TypeVar

import msgspec

from obsv.core.errors import BadRequest
from obsv.metrics.kernels.wire_plain import BrokenError, fields, read_varint

LAST_S = 2**33
Seconds = Annotated[float, msgspec.Meta(ge=0, le=LAST_S)]
VARINT, FIXED64, BYTES = 0, 1, 2

T = TypeVar("T")


class SeriesV1(msgspec.Struct):
    """A series of version 1."""

    metric: str
    points: list[tuple[Seconds, float]] = []
    host: str | None = None
    device: str | None = None
    tags: list[str] | None = None


class PayloadV1(msgspec.Struct):
    """A request of version 1."""

    series: list[SeriesV1] = []


class Resource(msgspec.Struct):
    """What a series of version 2 is about, such as a host."""

    name: str = ""
    type: str = ""


class Point(msgspec.Struct):
    """A sample of version 2."""

    timestamp: Seconds
    value: float


class SeriesV2(msgspec.Struct):
    """A series of version 2."""

    metric: str
    points: list[Point] = []
    resources: list[Resource] = []
    tags: list[str] | None = None
    unit: str = ""


class PayloadV2(msgspec.Struct):
    """A request of version 2."""

    series: list[SeriesV2] = []


_v1 = msgspec.json.Decoder(PayloadV1)
_v2 = msgspec.json.Decoder(PayloadV2)


def decode_v1(body: bytes) -> PayloadV1:
    """A JSON request of version 1.  Raises BadRequest."""
    return _told(_v1.decode, body)


def decode_v2(body: bytes) -> PayloadV2:
    """A JSON request of version 2.  Raises BadRequest."""
    return _told(_v2.decode, body)


def decode_protobuf(body: bytes) -> PayloadV2:
    """The agent's request of version 2.  Raises BadRequest."""
    return _told(_payload, body)


def _told(decode: Callable[[bytes], T], body: bytes) -> T:
    try:
        return decode(body)
    except BrokenError:
        raise BadRequest("this is no protobuf of Datadog's series") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"these are no series of Datadog: {error}") from None


def _payload(data: bytes) -> PayloadV2:
    return PayloadV2([_series(one) for number, one in _messages(data) if number == 1])


def _series(data: bytes) -> SeriesV2:
    made = SeriesV2("", tags=[])
    for number, content in _messages(data):
        match number:
            case 1:
                texts = {kind: text.decode() for kind, text in _messages(content)}
                made.resources.append(Resource(type=texts.get(1, ""), name=texts.get(2, "")))
            case 2:
                made.metric = content.decode()
            case 3 if made.tags is not None:
                made.tags.append(content.decode())
            case 4:
                made.points.append(_point(content))
            case 6:
                made.unit = content.decode()
            case _:
                pass
    return made


def _point(data: bytes) -> Point:
    point = Point(0, 0)
    for number, wire, start, end in fields(data, 0, len(data)):
        if number == 1 and wire == FIXED64:
            (value,) = struct.unpack_from("<d", data, start)
            # Other bits of a NaN have meanings in the store.
            point.value = math.nan if math.isnan(value) else value
        elif number == 2 and wire == VARINT:
            point.timestamp, _ = read_varint(data, start, end)
    if point.timestamp > LAST_S:
        raise BrokenError
    return point


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, content) of the fields that have a length."""
    for number, wire, start, end in fields(data, 0, len(data)):
        if wire == BYTES:
            yield number, data[start:end]
