"""When recurring work on metrics is due: at times that are whole intervals apart, spread by a hash over the interval.

As in Prometheus: two servers with one configuration work at the same moments, and no two pieces of work of many do.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

from obsv.core.clock import Clock


def spread(key: str, every_ms: int) -> int:
    """Where in the interval the work named `key` has its place: 0 to `every_ms` - 1."""
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8).digest()) % every_ms


def next_tick(after_ms: int, every_ms: int, offset_ms: int) -> int:
    """The first time later than `after_ms` that is `offset_ms` past a whole interval."""
    return (after_ms - offset_ms) // every_ms * every_ms + every_ms + offset_ms


async def ticks(clock: Clock, every_ms: int, offset_ms: int) -> AsyncIterator[int]:
    """The time in ms of each tick, as it comes; one that is missed by an interval or more is left out."""
    last = 0
    while True:
        now = clock.now_ms()
        # A timer may fire a little early: that tick is done all the same.
        tick = next_tick(last if 0 <= last - now < every_ms else now, every_ms, offset_ms)
        await asyncio.sleep((tick - now) / 1000)
        if clock.now_ms() - tick < every_ms:
            last = tick
            yield tick
