"""OpenTelemetry's metrics, as its SDKs and collectors send them over HTTP (OTLP)."""

from obsv.metrics.ingest.otlp.deltas import Deltas
from obsv.metrics.ingest.otlp.names import STRATEGIES
from obsv.metrics.ingest.otlp.reader import Reader
from obsv.metrics.ingest.otlp.router import WRITE_PATHS, Otlp, otlp_handler
from obsv.metrics.ingest.otlp.series import Options

__all__ = ["STRATEGIES", "WRITE_PATHS", "Deltas", "Options", "Otlp", "Reader", "otlp_handler"]
