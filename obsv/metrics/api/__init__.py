"""The Prometheus HTTP API under /api/v1 as Prometheus 3 answers it, and the admin's own."""

from obsv.metrics.api.admin import metrics_admin_router, snapshot_router
from obsv.metrics.api.beside import beside_handlers
from obsv.metrics.api.cardinality import cardinality_router
from obsv.metrics.api.deletion import deletion_router
from obsv.metrics.api.features import features_handler
from obsv.metrics.api.federate import federation_router
from obsv.metrics.api.router import prometheus_router
from obsv.metrics.api.shared_series import shared_series_handler
from obsv.metrics.api.status import status_handlers
from obsv.metrics.api.syntax import parse_handler

__all__ = [
    "beside_handlers",
    "cardinality_router",
    "deletion_router",
    "features_handler",
    "federation_router",
    "metrics_admin_router",
    "parse_handler",
    "prometheus_router",
    "shared_series_handler",
    "snapshot_router",
    "status_handlers",
]
