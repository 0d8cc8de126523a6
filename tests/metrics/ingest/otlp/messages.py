"""Requests as OpenTelemetry's own protobuf classes make them, and the same in JSON."""

from __future__ import annotations

import base64
import json
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    DataPointFlags,
    Exemplar,
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    SummaryDataPoint,
)

from obsv.metrics.histograms import is_token
from obsv.metrics.ingest.otlp import Options, Reader
from obsv.metrics.ingest.otlp.reading import Reading
from tests.metrics.store.made import NOW

NS = 1_000_000
T, START = NOW * NS, (NOW - 60_000) * NS
DELTA, CUMULATIVE = AggregationTemporality.Value("AGGREGATION_TEMPORALITY_DELTA"), 2
GONE = DataPointFlags.Value("DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK")
PROTOBUF, JSON = "application/x-protobuf", "application/json"
SERVICE = {"service.name": "shop", "service.instance.id": "i1"}

__all__ = ["Exemplar", "ExportMetricsServiceResponse"]


def any_value(value: Any) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case str():
            return AnyValue(string_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case bytes():
            return AnyValue(bytes_value=value)
        case list():
            made = AnyValue()
            made.array_value.values.extend(map(any_value, value))
            made.array_value.SetInParent()
            return made
        case dict():
            made = AnyValue()
            made.kvlist_value.values.extend(pairs(value))
            made.kvlist_value.SetInParent()
            return made
    return AnyValue()


def pairs(attributes: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def number(value: float | None, t: int = T, start: int = START, flags: int = 0, exemplars=(), **attributes: Any) -> NumberDataPoint:  # fmt: skip
    point = NumberDataPoint(
        time_unix_nano=t, start_time_unix_nano=start, flags=flags, attributes=pairs(attributes), exemplars=exemplars
    )
    if isinstance(value, int):
        point.as_int = value
    elif value is not None:
        point.as_double = value
    return point


def histogram(counts, bounds, total: float | None = 1.0, t: int = T, start: int = START, **given: Any) -> HistogramDataPoint:  # fmt: skip
    attributes = given.pop("attributes", {})
    point = HistogramDataPoint(
        time_unix_nano=t, start_time_unix_nano=start, count=sum(counts), bucket_counts=counts, explicit_bounds=bounds,
        attributes=pairs(attributes), **given,
    )  # fmt: skip
    if total is not None:
        point.sum = total
    return point


def exponential(scale: int, offset: int, counts, zero: int = 0, t: int = T, start: int = START, **given: Any) -> ExponentialHistogramDataPoint:  # fmt: skip
    given.setdefault("count", sum(counts) + zero)
    attributes = given.pop("attributes", {})
    return ExponentialHistogramDataPoint(
        time_unix_nano=t, start_time_unix_nano=start, scale=scale, zero_count=zero, sum=2.5,
        positive={"offset": offset, "bucket_counts": counts}, attributes=pairs(attributes), **given,
    )  # fmt: skip


def summary(quantiles: dict[float, float], count: int, total: float, **given: Any) -> SummaryDataPoint:
    attributes = given.pop("attributes", {})
    return SummaryDataPoint(
        time_unix_nano=T, start_time_unix_nano=START, count=count, sum=total, attributes=pairs(attributes),
        quantile_values=[{"quantile": q, "value": v} for q, v in quantiles.items()], **given,
    )  # fmt: skip


def metric(kind: str, name: str, *points: Any, unit: str = "", description: str = "", temporality: int = CUMULATIVE, monotonic: bool = True) -> Metric:  # fmt: skip
    made = Metric(name=name, unit=unit, description=description)
    data = getattr(made, kind)
    data.data_points.extend(points)
    data.SetInParent()
    if kind not in ("gauge", "summary"):
        data.aggregation_temporality = temporality
    if kind == "sum":
        data.is_monotonic = monotonic
    return made


def resource(*metrics: Metric, attributes: dict[str, Any] = SERVICE, scope: dict[str, Any] | None = None) -> ResourceMetrics:  # fmt: skip
    inner = ScopeMetrics(metrics=metrics)
    if scope is not None:
        given = dict(scope)
        inner.schema_url = given.pop("schema_url", "")
        inner.scope.attributes.extend(pairs(given.pop("attributes", {})))
        inner.scope.name, inner.scope.version = given.get("name", ""), given.get("version", "")
    made = ResourceMetrics(scope_metrics=[inner])
    made.resource.attributes.extend(pairs(attributes))
    return made


def request(*content: Metric | ResourceMetrics, **given: Any) -> ExportMetricsServiceRequest:
    """Of resources, or of metrics of one resource."""
    resources = [one for one in content if isinstance(one, ResourceMetrics)]
    metrics = [one for one in content if isinstance(one, Metric)]
    return ExportMetricsServiceRequest(
        resource_metrics=[*resources, *([resource(*metrics, **given)] if metrics else [])]
    )


def as_json(message: ExportMetricsServiceRequest) -> bytes:
    """The request as OTLP has it in JSON: ids in hexadecimal, enums as numbers."""
    return json.dumps(_hexed(MessageToDict(message, use_integers_for_enums=True))).encode()


def _hexed(value: Any) -> Any:
    if isinstance(value, list):
        return [_hexed(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: base64.b64decode(one).hex() if name in ("traceId", "spanId") else _hexed(one)
        for name, one in value.items()
    }


def read(message: ExportMetricsServiceRequest, **options: Any) -> Reading:
    """What a reader makes of a request; twice, since the second time it remembers."""
    reader = Reader(Options(**options))
    first, second = (reader.read(1, message.SerializeToString()) for _ in range(2))
    assert told(first) == told(second)
    return second


def told(reading: Reading) -> dict[str, Any]:
    """All that a reading says, comparable."""
    rows = {}
    for name in ("floats", "natives"):
        batch = getattr(reading, name).batch([])
        made = iter(batch.histograms)
        bits = batch.v.view("uint64").tolist()
        values = [next(made) if one else bits[row] for row, one in enumerate(is_token(batch.v))]
        keys = [json.dumps(labels, sort_keys=True) for labels in batch.labels]
        rows[name] = sorted(zip(keys, batch.t.tolist(), map(repr, values), strict=True))
        rows[f"{name} exemplars"] = sorted(
            (keys[one.row], repr(one.labels), one.value, one.t) for one in batch.exemplars
        )
    deltas = sorted((one.family.name, one.series.key, one.start, one.t, repr(one.amount), repr(one.exemplars)) for one in reading.deltas)  # fmt: skip
    begun = sorted((one.series.key, one.start, one.is_native) for one in reading.begun)
    return rows | {
        "deltas": deltas,
        "begun": begun,
        "infos": reading.infos,
        "metadata": reading.metadata,
        "refused": (reading.points, reading.refused, reading.fault),
    }
