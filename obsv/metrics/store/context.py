"""What a metric store is given when it is made: where things are, and the bounds of what it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from obsv.core.clock import Clock
from obsv.metrics.store.blocks.rollups import Policy, no_rollups

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def _no_limit(_org: int) -> int:
    return 1_000_000


def _a_month(_org: int) -> int:
    return 30 * DAY_MS


@dataclass(frozen=True)
class StoreContext:
    """`sync_ms` 0 answers writes after the sync.

    `series_limit`, `retention_ms` (of samples) and `rollups` are asked per organisation.
    """

    data_dir: Path
    clock: Clock
    database_url: str = "sqlite"
    sync_ms: int = 200
    late_window_ms: int = HOUR_MS
    future_window_ms: int = 10 * 60_000
    series_limit: Callable[[int], int] = _no_limit
    retention_ms: Callable[[int], int] = _a_month
    rollups: Policy = no_rollups
    max_labels: int = 40
    max_label_name_bytes: int = 256
    max_label_value_bytes: int = 4096
    max_request_bytes: int = 32 << 20
    """Of a remote_write request once unpacked."""
