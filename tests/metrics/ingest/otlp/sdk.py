"""OpenTelemetry's own SDK and exporter, as an application has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import (
    AlwaysOnExemplarFilter,
    Counter,
    Histogram,
    MeterProvider,
    ObservableCounter,
    ObservableUpDownCounter,
    UpDownCounter,
)
from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader, MetricExportResult
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

TRACE, SPAN = 0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331
DELTAS = dict.fromkeys((Counter, Histogram, ObservableCounter, UpDownCounter, ObservableUpDownCounter), AggregationTemporality.DELTA)  # fmt: skip
ATTRIBUTES = {
    "service.name": "shop",
    "service.namespace": "eu",
    "service.instance.id": "shop-1",
    "host.name": "web",
    "process.command_args": ["a", "b"],
}


@dataclass
class Application:
    """What it measures, in instruments of every kind."""

    reader: InMemoryMetricReader
    provider: MeterProvider

    def work(self, times: int = 1) -> None:
        """Measure something."""
        meter = self.provider.get_meter("shop.lib", "1.2")
        requests = meter.create_counter("http.server.requests", unit="{request}", description="Requests answered")
        busy = meter.create_up_down_counter("pool.busy", description="Connections in use")
        took = meter.create_histogram("http.server.request.duration", unit="s", description="Time to answer")
        size = meter.create_histogram("body.size", unit="By")
        level = meter.create_gauge("tank.level", unit="1")
        span = NonRecordingSpan(SpanContext(TRACE, SPAN, is_remote=False, trace_flags=TraceFlags(1)))
        with trace.use_span(span):
            for i in range(times):
                requests.add(2, {"http.response.status_code": 200, "http.route": "/a"})
                requests.add(0.5, {"http.response.status_code": 500, "error": True})
                busy.add(3 - i, {"pool": "db"})
                took.record(0.004 * (i + 1), {"http.route": "/a"})
                took.record(12.5, {"http.route": "/a"})
                for value in (0, 1, 10, 1000, 123456):
                    size.record(value, {"http.route": "/a"})
                level.set(0.25 + i, {"tank": "left"})

    def watch(self) -> None:
        """Let somebody else be asked at each export."""
        meter = self.provider.get_meter("shop.watch")

        def memory(_: CallbackOptions) -> Iterator[Observation]:
            yield Observation(1 << 40, {"state": "used"})

        meter.create_observable_gauge("process.memory", [memory], unit="By")
        meter.create_observable_counter("process.cpu.time", [memory], unit="s")
        meter.create_observable_up_down_counter("threads", [memory])

    def collect(self) -> Any:
        """What the reader has, and once only where it has deltas."""
        return self.reader.get_metrics_data()


@contextmanager
def application(
    temporality: dict[type, AggregationTemporality] | None = None, **attributes: str
) -> Iterator[Application]:
    """An application that has not measured anything yet; `attributes` are its resource's, with _ for each dot."""
    reader = InMemoryMetricReader(preferred_temporality=temporality)
    provider = MeterProvider(
        metric_readers=[reader],
        resource=Resource(ATTRIBUTES | {name.replace("_", "."): value for name, value in attributes.items()}),
        views=[View(instrument_name="body.size", aggregation=ExponentialBucketHistogramAggregation())],
        exemplar_filter=AlwaysOnExemplarFilter(),
    )
    try:
        yield Application(reader, provider)
    finally:
        provider.shutdown()


def export(data: Any, url: str, headers: dict[str, str], compression: Compression = Compression.NoCompression) -> bool:
    """Send it over HTTP as the SDK does; whether it was taken."""
    exporter = OTLPMetricExporter(endpoint=url, headers=headers, compression=compression, timeout=10)
    try:
        return exporter.export(data) is MetricExportResult.SUCCESS
    finally:
        exporter.shutdown()
