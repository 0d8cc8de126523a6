"""Makes few large blocks of many small ones, a bounded step at a time, beside everything else.

Flushes leave generation 0, cut at windows of 2 h.  When such a window is closed its blocks become generation 1; when a
day is closed all of its blocks become generation 2.  A step reads partition by partition and replaces what it read in
one transaction, which fails (and is tried again) if something else has replaced it meanwhile.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np

from obsv.core.clock import Clock
from obsv.metrics.store.blocks.labels import Labels
from obsv.metrics.store.blocks.reader import Read
from obsv.metrics.store.blocks.repository import BlockRepository, Change, Span, StoredBlock
from obsv.metrics.store.blocks.series_map import SLOTS
from obsv.metrics.store.blocks.shelf import MovedError, Shelf
from obsv.metrics.store.blocks.window import DAY_MS, HOURS_2_MS, closed_before, window_of
from obsv.metrics.store.blocks.writer import GroupWriter, add_columns

STEP_SAMPLES = 8_000_000
"""A step takes no further partition after so many samples (some hundred ms of work)."""

MERGE_SAMPLES = 4_000_000
"""A partition with more samples in a window keeps the blocks it has: they are large, and memory is bounded."""

STEP_PARTS = 256
FOREVER_MS = 1 << 62


@dataclass(frozen=True, slots=True)
class _Task:
    """Bring the blocks of one organisation in one window to a generation."""

    org: int
    source: int
    target: int
    start_ms: int
    end_ms: int


class Compactor:
    """Finds work and does it."""

    def __init__(self, repository: BlockRepository, shelf: Shelf, labels: Labels, clock: Clock) -> None:
        self._repository, self._shelf, self._labels, self._clock = repository, shelf, labels, clock
        self._busy = asyncio.Lock()
        self._freed = False

    async def step(self, *, settle: bool) -> bool:
        """Do one piece of work; whether there may be more."""
        async with self._busy:
            task = await self._next(settle=settle)
            if task is not None:
                self._freed = True
                await self._merge(task)
                return True
            if await self._labels.join():
                return True
            if self._freed or settle:
                await self._repository.reclaim()
                self._freed = False
            return False

    async def _next(self, *, settle: bool) -> _Task | None:
        now = self._clock.now_ms()
        day_closed = FOREVER_MS if settle else closed_before(now, DAY_MS)
        hours_closed = FOREVER_MS if settle else closed_before(now, HOURS_2_MS)
        for source, before in ((0, hours_closed), (1, day_closed)):
            block = await self._repository.oldest(source, before)
            if block is None:
                continue
            target = 2 if block.placement.end_ms < day_closed else 1
            window = window_of(block.placement.start_ms, DAY_MS if target == 2 else HOURS_2_MS)
            return _Task(block.placement.org, source, target, *window)
        return None

    async def _merge(self, task: _Task) -> None:
        parts = await self._repository.parts(task.org, task.source, task.start_ms, task.end_ms, limit=STEP_PARTS)
        spans = [Span(part, 0, SLOTS - 1) for part in parts]
        blocks = await self._repository.find(task.org, spans, task.start_ms, task.end_ms)
        by_part: dict[int, list[StoredBlock]] = {}
        for block in blocks:
            if block.placement.generation <= task.target:
                by_part.setdefault(block.placement.part, []).append(block)
        writer = GroupWriter(task.org)
        remove, promote, samples = list[int](), list[int](), 0
        for part, mine in sorted(by_part.items()):
            if samples >= STEP_SAMPLES:
                break
            size = sum(block.placement.samples for block in mine)
            if len(mine) == 1 or size > MERGE_SAMPLES:
                promote += [block.id for block in mine]
                continue
            samples += size
            try:
                remove += await self._merge_part(task, part, mine, writer)
            except MovedError:
                return
        groups = await asyncio.to_thread(writer.finish)
        await self._repository.apply(Change(remove=remove, promote=promote, promote_to=task.target, groups=groups))

    async def _merge_part(self, task: _Task, part: int, blocks: list[StoredBlock], writer: GroupWriter) -> list[int]:
        """Write one partition's blocks anew; gives those that were replaced."""
        places = np.arange(part * SLOTS, (part + 1) * SLOTS, dtype=np.int64)
        read = Read(places, task.start_ms, task.end_ms, limit=FOREVER_MS)
        reading = await self._shelf.read_blocks(read, task.org, blocks)
        readable = [block for block in blocks if block.id not in reading.unreadable]
        if readable:
            seq = max(block.placement.seq for block in readable)
            await asyncio.to_thread(add_columns, writer, places, reading.columns, generation=task.target, seq=seq)
        return [block.id for block in readable]
