"""How often something was tried, counted in the database, so that several replicas share one limit.

What is counted (a person, an address) is kept as a keyed hash alone, and for a day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.core.errors import TooMany
from obsv.db import execute, fetch, fetch_value
from obsv.keys import KeyStore

# A window that has ended begins anew with this attempt.
_COUNT: Final = """
INSERT INTO attempts (key_hash, tries, ends_at_ms, erase_on) VALUES ({}, 1, {}, {})
ON CONFLICT (key_hash) DO UPDATE SET
    tries = CASE WHEN attempts.ends_at_ms <= {} THEN 1 ELSE attempts.tries + 1 END,
    ends_at_ms = CASE WHEN attempts.ends_at_ms <= {} THEN excluded.ends_at_ms ELSE attempts.ends_at_ms END,
    erase_on = CASE WHEN attempts.ends_at_ms <= {} THEN excluded.erase_on ELSE attempts.erase_on END
RETURNING tries, ends_at_ms
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `tries` in `window_s` seconds, counted from the first."""

    name: str
    tries: int
    window_s: int


class Attempts:
    """The only writer of attempts. Count outside of a transaction: what is undone was tried all the same."""

    def __init__(self, clock: Clock, keys: KeyStore) -> None:
        self._clock = clock
        self._keys = keys

    async def count(self, limit: Limit, key: str) -> int:
        """Count one and say how many there are now; raises `TooMany` beyond the limit."""
        now = self._clock.now_ms()
        ends = now + limit.window_s * 1000
        rows = await fetch(_COUNT, self._hash(limit, key), ends, erase_on(ends), now, now, now)
        if rows[0]["tries"] > limit.tries:
            raise too_many((rows[0]["ends_at_ms"] - now) / 1000)
        return int(rows[0]["tries"])

    async def ends_in(self, limit: Limit, key: str) -> float:
        """Seconds until the window that is open now ends, 0 without one."""
        now = self._clock.now_ms()
        ends = await fetch_value("SELECT ends_at_ms FROM attempts WHERE key_hash = {}", self._hash(limit, key))
        return max(0.0, (int(ends) - now) / 1000) if ends is not None else 0.0

    async def left(self, limit: Limit, key: str) -> int:
        """How many more are allowed now."""
        rows = await fetch(
            "SELECT tries FROM attempts WHERE key_hash = {} AND ends_at_ms > {}",
            *(self._hash(limit, key), self._clock.now_ms()),
        )
        return max(0, limit.tries - rows[0]["tries"]) if rows else limit.tries

    async def clear(self, limit: Limit, key: str) -> None:
        """Begin anew: it went well."""
        await execute("DELETE FROM attempts WHERE key_hash = {}", self._hash(limit, key))

    def _hash(self, limit: Limit, key: str) -> str:
        return self._keys.blind_index(f"attempts:{limit.name}:{key}")


def too_many(wait_s: float) -> TooMany:
    """What somebody is told who tries too often."""
    seconds = max(1, math.ceil(wait_s))
    minutes = math.ceil(seconds / 60)
    wait = f"{seconds} seconds" if seconds < 90 else f"{minutes} minutes"
    return TooMany(f"Too many attempts. Try again in {wait}.", code="too_many_attempts", retry_after_s=seconds)
