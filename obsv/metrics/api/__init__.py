"""The Prometheus HTTP API under /api/v1 as Prometheus 3 answers it, and the admin's own."""

from obsv.metrics.api.admin import metrics_admin_router
from obsv.metrics.api.router import prometheus_router
from obsv.metrics.api.shared_series import shared_series_handler

__all__ = ["metrics_admin_router", "prometheus_router", "shared_series_handler"]
