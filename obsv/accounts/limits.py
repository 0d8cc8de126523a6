"""How often one may try to sign in: per account and per address, in this process' memory.

The account's key is its blind index, known or not, so being refused tells nothing about whether the account exists. A
lock is soft: it ends by itself after 15 minutes at most, so nobody can be locked out for good.
"""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass
from typing import Final

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from obsv.accounts.attempts import too_many
from obsv.core.clock import Clock

PER_ACCOUNT: Final[tuple[RateLimitItem, ...]] = (RateLimitItemPerMinute(5), RateLimitItemPerHour(20))
PER_ADDRESS: Final[RateLimitItem] = RateLimitItemPerMinute(30)
FREE_FAILURES: Final = 5
LOCK_S: Final = (60, 120, 240, 480, 900)
REMEMBERED: Final = 10_000


@dataclass(slots=True)
class _Failures:
    count: int = 0
    locked_until: float = 0.0


class SignInLimits:
    """Counts attempts; a good sign-in clears the account's count."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows = MovingWindowRateLimiter(MemoryStorage())
        self._failures: dict[str, _Failures] = {}

    async def attempt(self, account: str, address: str) -> None:
        """Count an attempt; raises `TooMany` when there were too many."""
        failures = self._failures.get(account)
        wait_s = failures.locked_until - self._clock.monotonic() if failures else 0.0
        if wait_s > 0:
            raise too_many(wait_s)
        await self._hit(PER_ADDRESS, "address", network_of(address))
        for limit in PER_ACCOUNT:
            await self._hit(limit, "account", account)

    def failed(self, account: str) -> bool:
        """Count a failure; whether the account is locked for a while now."""
        failures = self._failures.pop(account, _Failures())
        failures.count += 1
        self._failures[account] = failures  # newest last
        if len(self._failures) > REMEMBERED:
            del self._failures[next(iter(self._failures))]
        if failures.count < FREE_FAILURES:
            return False
        step = min(failures.count - FREE_FAILURES, len(LOCK_S) - 1)
        failures.locked_until = self._clock.monotonic() + LOCK_S[step]
        return True

    async def succeeded(self, account: str) -> None:
        """Forget the account's failures."""
        self._failures.pop(account, None)
        for limit in PER_ACCOUNT:
            await self._windows.clear(limit, "account", account)

    async def _hit(self, limit: RateLimitItem, kind: str, key: str) -> None:
        if not await self._windows.hit(limit, kind, key):
            window = await self._windows.get_window_stats(limit, kind, key)
            raise too_many(window.reset_time - time.time())  # the windows keep their own time


def network_of(address: str) -> str:
    """An IPv6 customer has a /64, so that counts as one address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)
