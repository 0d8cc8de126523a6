"""What the store asks of its append log, whether that is files or a table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from obsv.metrics.store.records import Record


@dataclass
class LogStats:
    """What a log tells of itself."""

    appended_bytes: int = 0
    appends: int = 0
    failures: int = 0
    syncs: int = 0
    sync_seconds: float = 0.0
    damaged: int = 0
    replayed: int = 0
    bytes: int = 0


class Applier(Protocol):
    """What a log does with a request that the head has prepared."""

    def apply(self) -> None: ...

    def abort(self) -> None: ...


class Log(Protocol):
    """Where requests are kept until their samples are in blocks.  Records are numbered by a rising `seq`."""

    stats: LogStats

    async def open(
        self, after_seq: int, replay: Callable[[Record], None], behind: Callable[[], Awaitable[None]]
    ) -> None:
        """Hand every kept record behind `after_seq` to `replay`, in order.

        `behind` is for logs that other processes write to as well: it is called when they went on without this one.
        """
        ...

    async def keep(self, record: Record, head: Applier) -> None:
        """Log the request that `head` has prepared and let it apply it; raises StoreUnavailable, then it is aborted.

        Until its first suspension it runs in the same step of the event loop as the caller.
        """
        ...

    def mark(self) -> int:
        """The number of the last applied record: all up to it go into the flush that begins."""
        ...

    async def drop(self, seq: int) -> None:
        """Records up to `seq` are in blocks."""
        ...

    def exclusive(self, *, wait: bool) -> AbstractAsyncContextManager[bool]:
        """Be the only process that flushes; without `wait` gives whether that is so."""
        ...

    async def close(self) -> None:
        """Make everything durable and let go."""
        ...
