"""Writes what a Graphite port takes, in batches; who sends too fast waits, since the protocol cannot refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

import structlog

from obsv.config.model import Graphite
from obsv.core.clock import Clock
from obsv.core.errors import NotFound, ObsvError, TooMany, Unavailable
from obsv.core.telemetry import REGISTRY
from obsv.metrics.ingest.door import Door
from obsv.metrics.ingest.graphite.lines import BadLine, Lines
from obsv.metrics.store.types import WriteBatch, WriteResult

MOST_SAMPLES = 5000
"""So many make a batch."""
FLUSH_S = 1.0
"""No sample waits longer for its batch to be full."""

BAD_LINES = REGISTRY.counter("obsv_graphite_bad_lines_total", "Lines that are not Graphite's, or too long.")
LOST = REGISTRY.counter("obsv_graphite_lost_samples_total", "Samples that could not be stored at all.")

_log = structlog.get_logger("obsv.graphite")

Organisation = Callable[[str], Awaitable[int | None]]
"""The id of a slug, None where there is none."""


class BatchWriter:
    """The samples of one port on their way into the store."""

    def __init__(self, options: Graphite, door: Door, clock: Clock, organisation: Organisation) -> None:
        self._options, self._door, self._clock, self._organisation = options, door, clock, organisation
        self._lines = self._no_lines()
        self._is_due, self._has_room, self._stopping = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._has_room.set()
        self._told = ("", "")

    async def take(self, lines: Iterable[bytes]) -> None:
        """Take lines in; returns when there is room for more."""
        now = self._clock.now_ms()
        for line in lines:
            try:
                self._lines.add(line, now)
            except BadLine:
                BAD_LINES.add()
        if self._lines.samples >= MOST_SAMPLES:
            self._is_due.set()
            self._has_room.clear()
        await self._has_room.wait()

    async def run(self) -> None:
        """Write batch after batch until stopped, and then what is left."""
        while self._lines.samples or not self._stopping.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_S):
                    await self._is_due.wait()
            if not self._stopping.is_set():
                self._is_due.clear()
            lines, self._lines = self._lines, self._no_lines()
            self._has_room.set()
            if lines.samples:
                await self._write(lines.build())

    def stop(self) -> None:
        """Let `run` come to its end."""
        self._stopping.set()
        self._is_due.set()

    def _no_lines(self) -> Lines:
        return Lines(prometheus_names=self._options.prometheus_names)

    async def _write(self, batch: WriteBatch) -> None:
        """Store a batch; wait and try again while the rate is spent or the store away, once more when stopping."""
        is_last = False
        while not is_last:
            is_last = self._stopping.is_set()
            try:
                result = await self._store(batch)
            except (TooMany, Unavailable) as busy:
                self._tell("graphite.waiting", str(busy))
                await self._pause(busy.retry_after_s)
            except Exception as error:  # noqa: BLE001  # one batch must not end the port
                self._tell("graphite.not_stored", str(error) or type(error).__name__)
                break
            else:
                self._tell("graphite.refused", ", ".join(result.refused), first=result.detail)
                return
        LOST.add(len(batch.t))

    async def _store(self, batch: WriteBatch) -> WriteResult:
        try:
            org = await self._organisation(self._options.org)
            if org is None:
                raise NotFound(f"there is no organisation {self._options.org!r}")
            limits = await self._door.limits(org)
        except ObsvError:
            raise
        except Exception as error:
            raise Unavailable(f"the database is away: {error}") from error
        self._door.rates.check(org, limits.samples_per_s)
        return await self._door.write(org, batch)

    def _tell(self, event: str, why: str, **more: str) -> None:
        """Log what has not been said about the batch before; senders cannot be told."""
        if why and (event, why) != self._told:
            _log.warning(event, port=self._options.listen, why=why, **more)
        self._told = (event, why)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
