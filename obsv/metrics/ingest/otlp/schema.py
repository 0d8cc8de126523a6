"""The messages of OTLP's metrics, as far as they are read: what the fields are called in JSON, and their numbers.

Source: `opentelemetry/proto` (collector/metrics/v1, metrics/v1, resource/v1, common/v1) of the OpenTelemetry Protocol
1.x, and "JSON Protobuf Encoding" there: names in lowerCamelCase, ids in hexadecimal, enums as numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto


class Kind(Enum):
    """How the value of a field is written, in JSON and on the wire."""

    TEXT = auto()
    BOOL = auto()
    DOUBLE = auto()
    UNSIGNED = auto()  # fixed64
    SIGNED = auto()  # sfixed64
    INT = auto()  # a varint: int64, uint64, uint32
    ZIGZAG = auto()  # sint32
    TEMPORALITY = auto()
    HEX = auto()
    BASE64 = auto()


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its fields by their names in JSON."""

    fields: dict[str, Field] = field(default_factory=dict[str, "Field"])


@dataclass(frozen=True, slots=True)
class Field:
    """Its number, what it holds, and whether it may come several times."""

    number: int
    holds: Kind | Message
    is_list: bool = False


TEMPORALITIES = (
    "AGGREGATION_TEMPORALITY_UNSPECIFIED",
    "AGGREGATION_TEMPORALITY_DELTA",
    "AGGREGATION_TEMPORALITY_CUMULATIVE",
)
"""Names that some senders write in place of the number."""

_VALUE = Message()
_PAIR = Message({"key": Field(1, Kind.TEXT), "value": Field(2, _VALUE)})
_VALUE.fields.update(
    stringValue=Field(1, Kind.TEXT),
    boolValue=Field(2, Kind.BOOL),
    intValue=Field(3, Kind.INT),
    doubleValue=Field(4, Kind.DOUBLE),
    arrayValue=Field(5, Message({"values": Field(1, _VALUE, is_list=True)})),
    kvlistValue=Field(6, Message({"values": Field(1, _PAIR, is_list=True)})),
    bytesValue=Field(7, Kind.BASE64),
)


def _attributes(number: int) -> Field:
    return Field(number, _PAIR, is_list=True)


_EXEMPLAR = Message(
    {
        "timeUnixNano": Field(2, Kind.UNSIGNED),
        "asDouble": Field(3, Kind.DOUBLE),
        "spanId": Field(4, Kind.HEX),
        "traceId": Field(5, Kind.HEX),
        "asInt": Field(6, Kind.SIGNED),
        "filteredAttributes": _attributes(7),
    }
)
_TIMES = {"startTimeUnixNano": Field(2, Kind.UNSIGNED), "timeUnixNano": Field(3, Kind.UNSIGNED)}
_NUMBER = Message(
    {
        **_TIMES,
        "asDouble": Field(4, Kind.DOUBLE),
        "exemplars": Field(5, _EXEMPLAR, is_list=True),
        "asInt": Field(6, Kind.SIGNED),
        "attributes": _attributes(7),
        "flags": Field(8, Kind.INT),
    }
)
_HISTOGRAM = Message(
    {
        **_TIMES,
        "count": Field(4, Kind.UNSIGNED),
        "sum": Field(5, Kind.DOUBLE),
        "bucketCounts": Field(6, Kind.UNSIGNED, is_list=True),
        "explicitBounds": Field(7, Kind.DOUBLE, is_list=True),
        "exemplars": Field(8, _EXEMPLAR, is_list=True),
        "attributes": _attributes(9),
        "flags": Field(10, Kind.INT),
    }
)
_BUCKETS = Message({"offset": Field(1, Kind.ZIGZAG), "bucketCounts": Field(2, Kind.INT, is_list=True)})
_EXPONENTIAL = Message(
    {
        "attributes": _attributes(1),
        **_TIMES,
        "count": Field(4, Kind.UNSIGNED),
        "sum": Field(5, Kind.DOUBLE),
        "scale": Field(6, Kind.ZIGZAG),
        "zeroCount": Field(7, Kind.UNSIGNED),
        "positive": Field(8, _BUCKETS),
        "negative": Field(9, _BUCKETS),
        "flags": Field(10, Kind.INT),
        "exemplars": Field(11, _EXEMPLAR, is_list=True),
        "zeroThreshold": Field(14, Kind.DOUBLE),
    }
)
_QUANTILE = Message({"quantile": Field(1, Kind.DOUBLE), "value": Field(2, Kind.DOUBLE)})
_SUMMARY = Message(
    {
        **_TIMES,
        "count": Field(4, Kind.UNSIGNED),
        "sum": Field(5, Kind.DOUBLE),
        "quantileValues": Field(6, _QUANTILE, is_list=True),
        "attributes": _attributes(7),
        "flags": Field(8, Kind.INT),
    }
)


def _data(point: Message) -> Message:
    """What holds a metric's points; a gauge and a summary leave out what they do not have."""
    return Message(
        {
            "dataPoints": Field(1, point, is_list=True),
            "aggregationTemporality": Field(2, Kind.TEMPORALITY),
            "isMonotonic": Field(3, Kind.BOOL),
        }
    )


_METRIC = Message(
    {
        "name": Field(1, Kind.TEXT),
        "description": Field(2, Kind.TEXT),
        "unit": Field(3, Kind.TEXT),
        "gauge": Field(5, _data(_NUMBER)),
        "sum": Field(7, _data(_NUMBER)),
        "histogram": Field(9, _data(_HISTOGRAM)),
        "exponentialHistogram": Field(10, _data(_EXPONENTIAL)),
        "summary": Field(11, _data(_SUMMARY)),
    }
)
_SCOPE = Message({"name": Field(1, Kind.TEXT), "version": Field(2, Kind.TEXT), "attributes": _attributes(3)})
_SCOPE_METRICS = Message(
    {"scope": Field(1, _SCOPE), "metrics": Field(2, _METRIC, is_list=True), "schemaUrl": Field(3, Kind.TEXT)}
)
_RESOURCE_METRICS = Message(
    {
        "resource": Field(1, Message({"attributes": _attributes(1)})),
        "scopeMetrics": Field(2, _SCOPE_METRICS, is_list=True),
        "schemaUrl": Field(3, Kind.TEXT),
    }
)
REQUEST = Message({"resourceMetrics": Field(1, _RESOURCE_METRICS, is_list=True)})
"""ExportMetricsServiceRequest."""
