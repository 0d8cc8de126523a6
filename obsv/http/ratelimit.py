"""How often something may be asked where nobody signs in: counted in this process, and forgotten with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from obsv.core.clock import Clock
from obsv.core.errors import TooMany

SIZE: Final = 20_000
"""Keys that are remembered; beyond it the one that was used longest ago is forgotten."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` at once, and as many again in every `window_s` seconds."""

    calls: int
    window_s: float


class RateLimit:
    """A bucket of calls for each key, which fills up evenly."""

    def __init__(self, clock: Clock, rate: Rate) -> None:
        self._clock, self._rate = clock, rate
        self._buckets: dict[str, tuple[float, float]] = {}  # left, as of when

    def take(self, key: str) -> None:
        """Count a call; raises `TooMany`, with the time to wait, when there were too many."""
        now, rate = self._clock.monotonic(), self._rate
        left, when = self._buckets.pop(key, (float(rate.calls), now))
        left = min(left + (now - when) * rate.calls / rate.window_s, float(rate.calls))
        self._buckets[key] = (left - 1 if left >= 1 else left), now
        if len(self._buckets) > SIZE:
            del self._buckets[next(iter(self._buckets))]
        if left < 1:
            wait_s = (1 - left) * rate.window_s / rate.calls
            raise TooMany("Too many requests: wait a moment.", code="too_many_requests", retry_after_s=wait_s)
