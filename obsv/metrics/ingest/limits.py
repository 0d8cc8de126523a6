"""What an organisation may send: active series, and samples a second."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from obsv.core.clock import Clock
from obsv.core.errors import TooMany

BURST_S = 10
"""How many seconds' worth may come at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a plan."""

    series: int = 1_000_000
    samples_per_s: int = 1_000_000


class OrgLimits:
    """Asks for an organisation's limits, and remembers the answer for those who cannot wait for one (the store)."""

    def __init__(self, ask: Callable[[int], Awaitable[Limits]]) -> None:
        self._ask = ask
        self._known: dict[int, Limits] = {}

    async def of(self, org: int) -> Limits:
        """The limits that hold now."""
        limits = await self._ask(org)
        self._known[org] = limits
        return limits

    def series(self, org: int) -> int:
        """The series limit as last heard."""
        return self._known.get(org, Limits()).series


class SampleRates:
    """A bucket of samples per organisation.  A request is known by its size only afterwards, so a bucket may go below
    empty; the next one then waits until it is paid back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[int, tuple[float, float]] = {}  # left, as of when

    def check(self, org: int, rate: int) -> None:
        """Raises TooMany, with the time to wait, while the organisation has sent more than its rate."""
        left = self._fill(org, rate)
        if left < 0:
            wait = -left / max(rate, 1)
            raise TooMany(f"more than {rate} samples a second", retry_after_s=max(1.0, wait))

    def spend(self, org: int, samples: int) -> None:
        """Count samples that have come."""
        left, when = self._buckets[org]
        self._buckets[org] = left - samples, when

    def _fill(self, org: int, rate: int) -> float:
        now = self._clock.monotonic()
        left, when = self._buckets.get(org, (float(rate * BURST_S), now))
        left = min(left + (now - when) * rate, float(rate * BURST_S))
        self._buckets[org] = left, now
        return left
