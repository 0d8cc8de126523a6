"""What collectors and scrapes hand on: one value of one series."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["NO_LABELS", "Sample"]

NO_LABELS: tuple[tuple[str, str], ...] = ()


class Sample(NamedTuple):
    """One value; `None` ends the series (a stale marker).  `at_ms` of 0 means the time of its batch."""

    name: str
    labels: tuple[tuple[str, str], ...]
    value: float | None
    at_ms: int = 0
