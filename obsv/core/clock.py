"""The one clock; it is injected, so that tests neither sleep nor patch."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time.  `now` is aware and UTC, `now_ms` Unix milliseconds, `monotonic` seconds that never go back."""

    def now(self) -> datetime: ...

    def now_ms(self) -> int: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start_ms: int = 1_800_000_000_000) -> None:
        self._ms = float(start_ms)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._ms / 1000, UTC)

    def now_ms(self) -> int:
        return int(self._ms)

    def monotonic(self) -> float:
        return self._ms / 1000

    def advance(self, seconds: float) -> None:
        """Move on (or, with a negative number, back)."""
        self._ms += seconds * 1000
