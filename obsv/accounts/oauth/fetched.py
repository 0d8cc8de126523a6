"""A document that is fetched when it is needed and kept for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from obsv.core.clock import Clock
from obsv.core.errors import ObsvError

RETRY_S: Final = 2.0

T = TypeVar("T")


class Fetched(Generic[T]):
    """Keeps what `fetch` returned for `keep_s` seconds; who asks meanwhile waits for the same call.

    A failure is kept too, for `RETRY_S`: who waited for a call that timed out does not wait for another of their own.
    """

    def __init__(self, clock: Clock, keep_s: float, fetch: Callable[[], Awaitable[T]]) -> None:
        self._clock = clock
        self._keep_s = keep_s
        self._fetch = fetch
        self._kept: tuple[float, T] | None = None
        self._failed: tuple[float, ObsvError] | None = None
        self._turn = asyncio.Lock()

    async def get(self, *, other_than: T | None = None) -> T:
        """The document; one that is not `other_than` itself, which the caller found to be out of date."""
        async with self._turn:
            now = self._clock.monotonic()
            if self._kept is not None and now < self._kept[0] and self._kept[1] is not other_than:
                return self._kept[1]
            if self._failed is not None and now < self._failed[0]:
                raise self._failed[1].with_traceback(None)
            try:
                fresh = await self._fetch()
            except ObsvError as error:
                self._failed = (self._clock.monotonic() + RETRY_S, error)
                raise
            self._kept = (self._clock.monotonic() + self._keep_s, fresh)
            return fresh
