"""Values that cross the package's border, and the alert as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from obsv.alertmanager.labels import Labels


@dataclass(frozen=True, slots=True)
class PostedAlert:
    """An alert as a sender tells of it; its labels are its identity.

    `ends_at_ms` in the past: it is over. 0: not said, it ends unless it is posted again within the resolve timeout.
    `starts_at_ms` 0: now.
    """

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at_ms: int
    ends_at_ms: int
    generator_url: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it is kept.

    `is_timeout`: nobody said when it ends, and `ends_at_ms` is a guess. Who acknowledged it is a person's id, or how.
    """

    labels: Labels
    annotations: Labels
    starts_at_ms: int
    ends_at_ms: int
    updated_at_ms: int
    fingerprint: str
    is_timeout: bool = False
    generator_url: str = ""
    acknowledged_at_ms: int = 0
    acknowledged_by: str = ""

    def is_resolved(self, now_ms: int) -> bool:
        """Whether it is over."""
        return self.ends_at_ms <= now_ms


@dataclass(frozen=True, slots=True)
class AlertChange:
    """An alert began, or it is over."""

    status: Literal["firing", "resolved"]
    alert: Alert


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What a channel was told last about a group: which alerts fire, which are over, and when."""

    firing: frozenset[str] = field(default_factory=frozenset[str])
    resolved: frozenset[str] = field(default_factory=frozenset[str])
    at_ms: int = 0
