"""What is known of targets, for /api/v1/targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from obsv.metrics.scrape.relabel import Labels
from obsv.metrics.store.types import Metadata

Health = Literal["unknown", "up", "down"]


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """One target of an organisation.  A dropped one has only `discovered` labels; `last_scrape_ms` 0 is never."""

    org: int
    pool: str
    discovered: Labels
    is_dropped: bool = False
    labels: Labels | None = None
    url: str = ""
    health: Health = "unknown"
    last_error: str = ""
    last_scrape_ms: int = 0
    last_duration_s: float = 0.0
    interval_ms: int = 0
    timeout_ms: int = 0
    metadata: tuple[Metadata, ...] = ()
