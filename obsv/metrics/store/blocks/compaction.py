"""Makes few large blocks of many small ones, a bounded step at a time, beside everything else.

Flushes leave generation 0, cut at windows of 2 h.  When such a window is closed its blocks become generation 1; when a
day is closed all of its blocks become generation 2, and are rolled up.  The roll-ups of a day are generation 1, those
of a window of several days, once that is closed, generation 2.  A step reads partition by partition and replaces what
it read in one transaction, which fails (and is tried again) if something else has replaced it meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from obsv.core.clock import Clock
from obsv.metrics.store.blocks.labels import Labels
from obsv.metrics.store.blocks.reader import Read
from obsv.metrics.store.blocks.repository import RESOLUTIONS, BlockRepository, Change, Span, StoredBlock
from obsv.metrics.store.blocks.rollups import Making, Replacement, Rollups
from obsv.metrics.store.blocks.series_map import SLOTS
from obsv.metrics.store.blocks.shelf import MovedError, Shelf
from obsv.metrics.store.blocks.window import DAY_MS, HOURS_2_MS, WIDE_MS, closed_before, window_of
from obsv.metrics.store.blocks.writer import GroupWriter, add_columns
from obsv.metrics.store.types import Int64

STEP_SAMPLES = 8_000_000
"""A step takes no further partition after so many samples (some hundred ms of work)."""

MERGE_SAMPLES = 4_000_000
"""A partition with more samples in a window keeps the blocks it has: they are large, and memory is bounded."""

STEP_PARTS = 256
FOREVER_MS = 1 << 62
NONE: Int64 = np.zeros(0, np.int64)


JOIN_ENTRIES = 1_000_000
"""A step joins no further roll-ups after so many entries."""


@dataclass(frozen=True, slots=True)
class _Task:
    """Bring the blocks of one organisation in one window to a generation, and roll them up to `wanted`."""

    org: int
    source: int
    target: int
    start_ms: int
    end_ms: int
    rolled: int = 0
    wanted: int = 0


@dataclass
class _Step:
    """What a step has come to so far."""

    writer: GroupWriter
    making: Making
    remove: list[int] = field(default_factory=list[int])
    promote: list[int] = field(default_factory=list[int])
    samples: int = 0


class Home(Protocol):
    """What a compactor asks of who has it."""

    @property
    def clock(self) -> Clock: ...

    def orgs(self) -> Iterable[int]: ...

    def raw_since(self, org: int) -> int:
        """From when on an organisation has raw samples."""
        ...

    def left_out(self, org: int) -> Int64:
        """Places of series that are not rolled up, ascending."""
        ...


class Compactor:
    """Finds work and does it."""

    def __init__(self, repository: BlockRepository, shelf: Shelf, labels: Labels, rollups: Rollups, home: Home) -> None:
        self._repository, self._shelf, self._labels, self._rollups = repository, shelf, labels, rollups
        self._home = home
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
            if await self._join(settle=settle):
                self._freed = True
                return True
            if await self._labels.join():
                return True
            if self._freed or settle:
                await self._repository.reclaim()
                self._freed = False
            return False

    def _closed(self, width_ms: int, *, settle: bool) -> int:
        return FOREVER_MS if settle else closed_before(self._home.clock.now_ms(), width_ms)

    async def _next(self, *, settle: bool) -> _Task | None:
        day_closed, hours_closed = self._closed(DAY_MS, settle=settle), self._closed(HOURS_2_MS, settle=settle)
        for source, before in ((0, hours_closed), (1, day_closed)):
            block = await self._repository.oldest(source, before)
            if block is None:
                continue
            org, target = block.placement.org, 2 if block.placement.end_ms < day_closed else 1
            window = window_of(block.placement.start_ms, DAY_MS if target == 2 else HOURS_2_MS)
            return _Task(org, source, target, *window, wanted=await self._rollups.bits(org) if target == 2 else 0)
        block = await self._rollups.not_rolled(self._home.orgs(), day_closed)
        if block is None:
            return None
        org, window = block.placement.org, window_of(block.placement.start_ms, DAY_MS)
        return _Task(org, 2, 2, *window, rolled=block.placement.rolled, wanted=await self._rollups.bits(org))

    async def _merge(self, task: _Task) -> None:
        parts = await self._repository.parts(
            task.org, task.start_ms, task.end_ms, generation=task.source, rolled=task.rolled, limit=STEP_PARTS
        )
        spans = [Span(part, 0, SLOTS - 1) for part in parts]
        blocks = await self._repository.find(task.org, spans, task.start_ms, task.end_ms)
        if task.end_ms < self._home.raw_since(task.org):  # came late, to what only roll-ups are left of
            await self._repository.apply(Change(remove=[block.id for block in blocks]))
            return
        by_part: dict[int, list[StoredBlock]] = {}
        for block in blocks:
            if block.placement.generation <= task.target:
                by_part.setdefault(block.placement.part, []).append(block)
        resolutions = [resolution for resolution, bit in RESOLUTIONS.items() if task.wanted & bit]
        left_out = await asyncio.to_thread(self._home.left_out, task.org) if resolutions else NONE
        step = _Step(GroupWriter(task.org, rolled=task.wanted), Making(task.org, resolutions, left_out))
        try:
            done = await self._merge_parts(task, by_part, step)
            old = await self._rollups.without_day(task.org, done, task.start_ms) if task.target == 2 else Replacement()
        except MovedError:
            return
        groups = await asyncio.to_thread(lambda: step.writer.finish() + step.making.finish())
        await self._repository.apply(
            Change(
                remove=step.remove + old.remove,
                promote=step.promote,
                promote_to=task.target,
                promote_rolled=task.wanted,
                groups=groups + old.groups,
            )
        )

    async def _merge_parts(self, task: _Task, by_part: dict[int, list[StoredBlock]], step: _Step) -> list[int]:
        """As many partitions as a step does; gives which."""
        done: list[int] = []
        for part, mine in sorted(by_part.items()):
            if step.samples >= STEP_SAMPLES:
                break
            done.append(part)
            size = sum(block.placement.samples for block in mine)
            if len(mine) == 1 or size > MERGE_SAMPLES:
                step.promote += [block.id for block in mine]
                if task.wanted:
                    step.samples += size
                    await self._roll_up(task, part, mine, step)
            else:
                step.samples += size
                await self._merge_part(task, part, mine, step)
        return done

    async def _merge_part(self, task: _Task, part: int, blocks: list[StoredBlock], step: _Step) -> None:
        """Write one partition's blocks anew."""
        places = np.arange(part * SLOTS, (part + 1) * SLOTS, dtype=np.int64)
        reading = await self._shelf.read_blocks(
            Read(places, task.start_ms, task.end_ms, limit=FOREVER_MS), task.org, blocks
        )
        readable = [block for block in blocks if block.id not in reading.unreadable]
        if readable:
            seq = max(block.placement.seq for block in readable)
            await asyncio.to_thread(add_columns, step.writer, places, reading.columns, generation=task.target, seq=seq)
            await asyncio.to_thread(step.making.add, places, reading.columns)
        step.remove += [block.id for block in readable]

    async def _roll_up(self, task: _Task, part: int, blocks: list[StoredBlock], step: _Step) -> None:
        """Roll up one partition's blocks as they are, so many series at a time as memory allows."""
        size = sum(block.placement.samples for block in blocks)
        at_once = max(1, SLOTS * MERGE_SAMPLES // max(size, MERGE_SAMPLES))
        for slot in range(0, SLOTS, at_once):
            places = np.arange(part * SLOTS + slot, part * SLOTS + min(SLOTS, slot + at_once), dtype=np.int64)
            read = Read(places, task.start_ms, task.end_ms, limit=FOREVER_MS)
            mine = [block for block in blocks if block.placement.low < slot + at_once and block.placement.high >= slot]
            reading = await self._shelf.read_blocks(read, task.org, mine)
            if reading.unreadable:
                raise MovedError
            await asyncio.to_thread(step.making.add, places, reading.columns)

    async def _join(self, *, settle: bool) -> bool:
        """Join the roll-ups of some partitions in one window; whether there were some."""
        for resolution, width in WIDE_MS.items():
            block = await self._repository.oldest(1, self._closed(width, settle=settle), resolution=resolution)
            if block is None:
                continue
            org, window = block.placement.org, window_of(block.placement.start_ms, width)
            parts = await self._repository.parts(org, *window, generation=1, resolution=resolution, limit=STEP_PARTS)
            entries = 0
            for part in parts:
                if entries >= JOIN_ENTRIES:
                    break
                try:
                    change, size = await self._rollups.join(org, resolution, part, window)
                except MovedError:
                    break
                entries += size
                await self._repository.apply(change)
            return True
        return False
