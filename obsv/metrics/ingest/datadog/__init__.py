"""Datadog's series, as its agent and libraries send them."""

from obsv.metrics.ingest.datadog.router import WRITE_PATHS, Datadog, datadog_handlers
from obsv.metrics.ingest.datadog.series import batch_v1, batch_v2, labels_of

__all__ = ["WRITE_PATHS", "Datadog", "batch_v1", "batch_v2", "datadog_handlers", "labels_of"]
