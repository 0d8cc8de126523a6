"""The access log of one process: a bounded buffer that a task empties into the database every second."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager

from litestar import Litestar

from obsv.access_log.arrivals import Arrivals
from obsv.access_log.calls import Call, Count, CountKey, store
from obsv.access_log.watch import AccessWatch, Answered
from obsv.core.clock import Clock
from obsv.core.telemetry import REGISTRY
from obsv.http import get_logger

FLUSH_S = 1.0
BATCH = 500
"""So many calls are written at once, and wake the writer before its second is over."""
MOST_CALLS = 10_000
"""That wait for the database; what comes on top is lost and counted."""
MOST_COUNTS = 10_000
MOST_TRIES = 30
"""A batch that the database refuses for so many seconds is given up."""
REFUSED_A_MINUTE = 20
"""Ingest calls are counted, each; of the refused ones so many a minute are listed too, by token, route and status."""
MINUTE_MS = 60_000

DROPPED = REGISTRY.counter("obsv_access_log_dropped_total", "Calls that are in no access log: the database was slow.")
WRITTEN = REGISTRY.counter("obsv_access_log_written_total", "Calls written to the access log.")

_log = get_logger("access_log")


class AccessLog:
    """Takes what `AccessWatch` saw.  Nothing waits for the database but the task of `running`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.arrivals = Arrivals(clock)
        self._calls: deque[Call] = deque()
        self._counts: dict[CountKey, Count] = {}
        self._listed: Counter[CountKey] = Counter()
        self._listed_minute = 0
        self._has_batch, self._is_stopping = asyncio.Event(), False
        self._tries = 0
        self._writing = asyncio.Lock()

    def watch(self, app: Litestar, *, ingest: Collection[str]) -> None:
        """Look at every request of an application, from outside its frame; `ingest` are the routes that are counted."""
        app.asgi_handler = AccessWatch(app.asgi_handler, self.note, frozenset(ingest))

    def note(self, answered: Answered) -> None:
        """Take one call in: a microsecond for those that are only counted."""
        now = self._clock.now_ms()
        if answered.is_ingest and answered.actor.org is not None:
            key = CountKey(
                answered.actor.org, now - now % MINUTE_MS, answered.actor.token_id, answered.route, answered.status
            )
            self._count(key, 1, answered.bytes_in, answered.duration_ms)
            if answered.status >= 400:
                self.arrivals.refuse(answered.actor, answered.status, answered.told)
            if answered.status < 400 or not self._may_list(key):
                return
        if len(self._calls) >= MOST_CALLS:
            DROPPED.add()
            return
        self._calls.append(answered.call(now))
        if len(self._calls) >= BATCH:
            self._has_batch.set()

    def _count(self, key: CountKey, calls: int, bytes_in: int, duration_ms: float) -> None:
        count = self._counts.get(key)
        if count is None:
            if len(self._counts) >= MOST_COUNTS:
                DROPPED.add(calls)
                return
            count = self._counts[key] = Count()
        count.add(calls, bytes_in, duration_ms)

    def _may_list(self, key: CountKey) -> bool:
        """A sender that is refused tries again and again: its minute is told, not each attempt."""
        if key.minute_ms != self._listed_minute:
            self._listed.clear()
            self._listed_minute = key.minute_ms
        self._listed[key] += 1
        return self._listed[key] <= REFUSED_A_MINUTE

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Write while inside; what is left is written on leaving."""
        self._is_stopping = False
        task = asyncio.create_task(self._run(), name="access log")
        try:
            yield
        finally:
            self._is_stopping = True
            self._has_batch.set()
            await task

    async def _run(self) -> None:
        while not self._is_stopping:
            try:
                async with asyncio.timeout(FLUSH_S):
                    await self._has_batch.wait()
            except TimeoutError:
                pass
            self._has_batch.clear()
            await self.flush()
        await self.flush()

    async def flush(self) -> None:
        """Write what there is, batch by batch, until it is empty or the database refuses."""
        async with self._writing:
            while (self._calls or self._counts) and await self._write():
                pass

    async def _write(self) -> bool:
        """Write one batch; false where the database did not take it."""
        calls = [self._calls.popleft() for _ in range(min(BATCH, len(self._calls)))]
        counts, self._counts = self._counts, {}
        try:
            await store(calls, counts)
        except Exception as error:  # noqa: BLE001  # whatever the database has, requests are answered all the same
            self._keep(calls, counts, error)
            return False
        self._tries = 0
        WRITTEN.add(len(calls))
        return True

    def _keep(self, calls: list[Call], counts: dict[CountKey, Count], error: Exception) -> None:
        """Try a batch again in a second; after too many tries it is lost, lest it blocks all that follow."""
        self._tries += 1
        if self._tries >= MOST_TRIES or self._is_stopping:
            lost = len(calls) + sum(count.calls for count in counts.values())
            DROPPED.add(lost)
            _log.error("access_log.lost", calls=lost, error=repr(error))
            self._tries = 0
            return
        self._calls.extendleft(reversed(calls))
        for key, count in counts.items():
            self._count(key, count.calls, count.bytes_in, count.duration_ms)
