"""How often one may try to sign in: per account and per address, counted in the database for all replicas.

The account's key is its blind index, known or not, so being refused tells nothing about whether the account exists. A
lock is soft: it ends by itself after 15 minutes at most, so nobody can be locked out for good; and it is for passwords
of unknown devices alone: a passkey still opens, and who has a session of the account goes by a limit of its own.
"""

from __future__ import annotations

import ipaddress
from typing import Final

from obsv.accounts.attempts import Attempts, Limit, too_many
from obsv.core.clock import Clock
from obsv.keys import KeyStore

DAY_S: Final = 86_400
PER_ACCOUNT: Final = (Limit("sign-in-minute", 5, 60), Limit("sign-in-hour", 20, 3600))
PER_ADDRESS: Final = Limit("sign-in-address", 30, 60)
PER_DEVICE: Final = Limit("sign-in-device", 10, 3600)
FAILURES: Final = Limit("sign-in-failures", 1_000_000, DAY_S)
FREE_FAILURES: Final = 5
LOCKS: Final = tuple(Limit("sign-in-lock", 1, seconds) for seconds in (60, 120, 240, 480, 900))


class SignInLimits:
    """Counts attempts; a good sign-in clears the account's count."""

    def __init__(self, clock: Clock, keys: KeyStore) -> None:
        self._attempts = Attempts(clock, keys)

    async def attempt(self, account: str, address: str) -> None:
        """Count an attempt; raises `TooMany` when there were too many."""
        wait_s = await self._attempts.ends_in(LOCKS[0], account)
        if wait_s > 0:
            raise too_many(wait_s)
        await self._attempts.count(PER_ADDRESS, network_of(address))
        for limit in PER_ACCOUNT:
            await self._attempts.count(limit, account)

    async def attempt_of(self, session_id: str) -> None:
        """The same for a browser that has a session of the account: strangers who guess cannot lock it out."""
        await self._attempts.count(PER_DEVICE, session_id)

    async def succeeded_of(self, session_id: str) -> None:
        """Forget that session's attempts."""
        await self._attempts.clear(PER_DEVICE, session_id)

    async def failed(self, account: str) -> bool:
        """Count a failure; whether the account is locked for a while now."""
        failures = await self._attempts.count(FAILURES, account)
        if failures < FREE_FAILURES:
            return False
        await self._attempts.count(LOCKS[min(failures - FREE_FAILURES, len(LOCKS) - 1)], account)
        return True

    async def succeeded(self, account: str) -> None:
        """Forget the account's failures."""
        for limit in (*PER_ACCOUNT, FAILURES):
            await self._attempts.clear(limit, account)


def network_of(address: str) -> str:
    """An IPv6 customer has a /64, so that counts as one address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)
