"""What the metric store and its ways in tell of themselves at /metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from obsv.core.telemetry import REGISTRY
from obsv.metrics.ingest import IngestStats
from obsv.metrics.promql import Running

OUTCOMES = ("success", "bad_data", "execution", "timeout", "canceled", "internal")
REASONS = ("too_old", "too_new", "duplicate", "labels", "series_limit", "histogram")


def register(stats: IngestStats, store: Callable[[], Any], queries: Running) -> None:
    """Add the gauges and counters; a store that keeps no log tells nothing of one."""
    _register_queries(queries)
    REGISTRY.asked("obsv_ingest_samples_total", "Samples taken in.", lambda: stats.accepted, "counter")
    REGISTRY.asked("obsv_ingest_bytes_total", "Bytes of request bodies taken in.", lambda: stats.body_bytes, "counter")
    REGISTRY.asked("obsv_ingest_seconds_total", "Time spent on ingest requests.", lambda: stats.seconds, "counter")
    REGISTRY.asked_by(
        "obsv_ingest_refused_samples_total", "Samples refused, by reason.", "reason",
        lambda: {reason: stats.refused[reason] for reason in REASONS}, "counter",
    )  # fmt: skip
    REGISTRY.asked_by(
        "obsv_ingest_requests_total", "Ingest requests, by status.", "status",
        lambda: {str(status): count for status, count in stats.requests.items()}, "counter",
    )  # fmt: skip

    def log(name: str) -> Callable[[], float]:
        return lambda: float(getattr(getattr(store(), "log_stats", None), name, 0))

    REGISTRY.asked("obsv_log_bytes", "Size of the append log.", log("bytes"))
    REGISTRY.asked("obsv_log_syncs_total", "Syncs of the append log.", log("syncs"), "counter")
    REGISTRY.asked(
        "obsv_log_sync_seconds_total", "Time spent on syncs of the append log.", log("sync_seconds"), "counter"
    )
    REGISTRY.asked("obsv_log_damaged_total", "Damaged records found in the append log.", log("damaged"), "counter")
    REGISTRY.asked(
        "obsv_head_bytes", "Memory of the samples not yet in blocks.", lambda: float(getattr(store(), "head_bytes", 0))
    )


def _register_queries(queries: Running) -> None:
    REGISTRY.asked_by(
        "obsv_queries", "Queries that have not ended, and those that a thread evaluates.", "state",
        lambda: {"asked": queries.asked, "evaluating": queries.evaluating},
    )  # fmt: skip
    REGISTRY.asked_by(
        "obsv_queries_total", "Queries by how they ended, in the words of the API.", "outcome",
        lambda: {outcome: queries.ended[outcome] for outcome in OUTCOMES}, "counter",
    )  # fmt: skip
    REGISTRY.asked("obsv_query_seconds_total", "Time that queries took.", lambda: queries.seconds, "counter")
