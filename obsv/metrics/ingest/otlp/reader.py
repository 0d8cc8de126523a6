"""Reads an ExportMetricsServiceRequest: resources, their scopes, their metrics, and the points of these.

Source: the OpenTelemetry Protocol, `opentelemetry/proto/collector/metrics/v1/metrics_service.proto`.
"""

from __future__ import annotations

from collections.abc import Callable

from obsv.core.errors import BadRequest, TooLarge
from obsv.metrics.ingest.otlp.histograms import read_exponentials, read_histograms, read_summaries
from obsv.metrics.ingest.otlp.numbers import read_numbers
from obsv.metrics.ingest.otlp.points import Place
from obsv.metrics.ingest.otlp.reading import NS_PER_MS, Reading
from obsv.metrics.ingest.otlp.series import (
    EXPONENTIAL,
    GAUGE,
    HISTOGRAM,
    SUM,
    SUMMARY,
    Cache,
    Family,
    Options,
    Scope,
)
from obsv.metrics.kernels import otlp as kernel
from obsv.metrics.kernels.wire_plain import MOST_FIELDS, BrokenError, CrowdedError

MESSAGE = "opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest"
MOST_POINTS = 500_000
MOST_SAMPLES = 2_000_000
"""That the points of a request become: a sample takes some thirty bytes of memory."""
MOST_INFO = 1000
"""Samples of target_info between the first and the last time of a resource."""

_POINTS: dict[int, Callable[[bytes, Place, Family, Reading], None]] = {
    GAUGE: read_numbers,
    SUM: read_numbers,
    HISTOGRAM: read_histograms,
    EXPONENTIAL: read_exponentials,
    SUMMARY: read_summaries,
}


class Reader:
    """Reads requests, and remembers what they have in common.  Threads may use it at once."""

    def __init__(self, options: Options) -> None:
        self._cache = Cache(options)
        self._info_every_ns = options.lookback_ms * NS_PER_MS // 2

    def read(self, org: int, body: bytes) -> Reading:
        """What an organisation's request brings.  Raises BadRequest where it is no such message, TooLarge."""
        reading = Reading()
        try:
            for data in _messages(body, 0, len(body), 1):
                self._read_resource(body, *data, org, reading)
        except CrowdedError:
            raise TooLarge(
                f"a message within the request has more than {MOST_FIELDS} fields; send it in parts"
            ) from None
        except BrokenError:
            raise BadRequest(f"protobuf: the message is no {MESSAGE}") from None
        return reading

    def _read_resource(self, body: bytes, start: int, end: int, org: int, reading: Reading) -> None:
        resource = self._cache.resource(org, _last(body, start, end, 1))
        before = len(reading.floats), len(reading.natives), len(reading.deltas)
        for inner in _messages(body, start, end, 2):
            scope = resource.scope(_last(body, *inner, 1), _last(body, *inner, 3))
            for metric in _messages(body, *inner, 2):
                _read_metric(body, metric, scope, reading)
        if resource.info:
            self._tell_target(resource.info, reading, *before)

    def _tell_target(self, info: bytes, reading: Reading, floats: int, natives: int, deltas: int) -> None:
        """Samples of target_info at the first and the last time of a resource's points, and often enough between."""
        spans = (
            reading.floats.times[floats:],
            reading.natives.times[natives:],
            [delta.t for delta in reading.deltas[deltas:]],
        )
        if not any(spans):
            return
        last = max(max(span) for span in spans if span)
        first = max(min(min(span) for span in spans if span), last - MOST_INFO * self._info_every_ns)
        reading.infos += ((info, t) for t in (*range(first, last, self._info_every_ns), last))


def _read_metric(body: bytes, place: Place, scope: Scope, reading: Reading) -> None:
    kind, start, stop, header, points, temporality, is_monotonic = kernel.metric(body, *place)
    if not points:
        return
    reading.points += points
    if reading.points > MOST_POINTS:
        raise TooLarge(f"the request has more than {MOST_POINTS} data points; send it in parts")
    family = scope.family(header, kind, temporality, is_monotonic=is_monotonic)
    if family.fault:
        reading.refuse(points, family.fault)
        return
    reading.metadata[family.name] = family.metadata
    _POINTS[kind](body, (start, stop), family, reading)
    if len(reading.floats.keys) > MOST_SAMPLES:
        raise TooLarge(f"the request's histograms have more than {MOST_SAMPLES} buckets; send it in parts")


def _messages(body: bytes, at: int, end: int, wanted: int) -> list[Place]:
    """Where the messages of a field are."""
    return [
        (start, stop) for number, wire, start, stop in kernel.fields(body, at, end) if number == wanted and wire == 2
    ]


def _last(body: bytes, at: int, end: int, wanted: int) -> bytes:
    """What a field says that comes once."""
    found = _messages(body, at, end, wanted)
    return body[slice(*found[-1])] if found else b""
