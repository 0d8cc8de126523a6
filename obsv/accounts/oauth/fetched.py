"""A document that is fetched when it is needed and kept for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from obsv.core.clock import Clock

T = TypeVar("T")


class Fetched(Generic[T]):
    """Keeps what `fetch` returned for `keep_s` seconds; who asks meanwhile waits for the same call."""

    def __init__(self, clock: Clock, keep_s: float, fetch: Callable[[], Awaitable[T]]) -> None:
        self._clock = clock
        self._keep_s = keep_s
        self._fetch = fetch
        self._kept: tuple[float, T] | None = None
        self._turn = asyncio.Lock()

    async def get(self, *, other_than: T | None = None) -> T:
        """The document; one that is not `other_than` itself, which the caller found to be out of date."""
        async with self._turn:
            if self._kept is None or self._clock.monotonic() >= self._kept[0] or self._kept[1] is other_than:
                self._kept = (self._clock.monotonic() + self._keep_s, await self._fetch())
            return self._kept[1]
