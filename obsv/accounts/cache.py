"""What was read a moment ago, so that each request need not ask the database who is asking.

Revoking forgets at once in this process; other processes forget within `KEEP_S`.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from obsv.core.clock import Clock

KEEP_S: Final = 5.0
SIZE: Final = 10_000

T = TypeVar("T")


class Remembered(Generic[T]):
    """Values by key for `keep_s` seconds, the oldest dropped first when there are too many."""

    def __init__(self, clock: Clock, keep_s: float = KEEP_S) -> None:
        self._clock, self._keep_s = clock, keep_s
        self._values: dict[str, tuple[float, T]] = {}
        self._forgotten = 0

    @property
    def generation(self) -> int:
        """Grows with each `forget`: what was read before it must not be put after it."""
        return self._forgotten

    def get(self, key: str) -> T | None:
        """The value, if it is still fresh."""
        kept = self._values.get(key)
        if kept is None:
            return None
        if self._clock.monotonic() >= kept[0]:
            del self._values[key]
            return None
        return kept[1]

    def put(self, key: str, value: T, *, generation: int) -> None:
        """Keep a value that was read when `generation` was current."""
        if generation != self._forgotten:
            return
        self._values.pop(key, None)
        self._values[key] = (self._clock.monotonic() + self._keep_s, value)
        if len(self._values) > SIZE:
            del self._values[next(iter(self._values))]

    def forget(self, key: str) -> None:
        """Read it anew next time."""
        self._forgotten += 1
        self._values.pop(key, None)

    def clear(self) -> None:
        """Read everything anew."""
        self._forgotten += 1
        self._values.clear()
