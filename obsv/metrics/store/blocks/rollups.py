"""Keeps roll-ups in step with raw samples: made when a day is closed, cut when samples go, joined when many."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from obsv.metrics.store.blocks.entries import COLUMNS, Entries, Mask
from obsv.metrics.store.blocks.reader import Columns
from obsv.metrics.store.blocks.repository import RESOLUTIONS, BlockRepository, Change, Group, Span, StoredBlock
from obsv.metrics.store.blocks.rollup_shelf import RollupShelf, Wanted
from obsv.metrics.store.blocks.rollup_writer import RollupWriter
from obsv.metrics.store.blocks.series_map import SLOTS
from obsv.metrics.store.blocks.shelf import MovedError
from obsv.metrics.store.blocks.types import Ragged
from obsv.metrics.store.blocks.window import DAY_MS, window_of
from obsv.metrics.store.types import Int64

Policy = Callable[[int], Awaitable[Sequence[int]]]
"""The resolutions at which an organisation's samples are rolled up."""

Doomed = Callable[[Int64, Int64, int], Mask]
"""(place, time) of entries, and their resolution -> which of them are to go."""

EVER_MS = (-(1 << 62), 1 << 62)
BATCH_ENTRIES = 1_000_000
JOINED_ENTRIES = 300_000
"""So many are held in memory at a time, of 72 bytes each."""


async def no_rollups(_org: int) -> Sequence[int]:
    """The policy of who wants none."""
    return ()


@dataclass
class Replacement:
    """Rows that go, and what comes in their place."""

    remove: list[int] = field(default_factory=list[int])
    groups: list[Group] = field(default_factory=list[Group])
    days: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    """(partition, day) of what went."""


class Making:
    """The roll-ups of one step of compaction; `left_out` are places of samples that are no plain numbers."""

    def __init__(self, org: int, resolutions: Iterable[int], left_out: Int64) -> None:
        self._writers = {resolution: RollupWriter(org, resolution) for resolution in resolutions}
        self._left_out = left_out

    def add(self, places: Int64, columns: Columns) -> None:
        """Take the samples of some places, which ascend, of one day."""
        samples = Ragged(places.astype(np.uint32), columns.offsets, columns.t, columns.v)
        is_left_out = np.isin(places, self._left_out)
        for resolution, writer in self._writers.items():
            made = Entries.of(samples, resolution)
            if is_left_out.any():
                made = made.keep(~np.isin(made.ids, self._left_out)[made.owners])
            writer.add(made, generation=1, anew=True)

    def finish(self) -> list[Group]:
        """All of them."""
        return [group for writer in self._writers.values() for group in writer.finish()]


class Rollups:
    """The stored roll-ups of all organisations."""

    def __init__(self, repository: BlockRepository, shelf: RollupShelf, policy: Policy) -> None:
        self._repository, self._shelf, self._policy = repository, shelf, policy

    async def wanted(self, org: int) -> Sequence[int]:
        """The resolutions that an organisation's samples are kept at, finest first."""
        return sorted(await self._policy(org))

    async def bits(self, org: int) -> int:
        """The same as the sum of their bits."""
        return sum(RESOLUTIONS[resolution] for resolution in await self._policy(org))

    async def not_rolled(self, orgs: Iterable[int], before_ms: int) -> StoredBlock | None:
        """A merged block of raw samples that lacks a roll-up which its organisation wants."""
        states: list[tuple[int, int]] = []
        for org in orgs:
            wanted = await self.bits(org)
            states += [(org, rolled) for rolled in range(sum(RESOLUTIONS.values()) + 1) if wanted & ~rolled]
        return await self._repository.unrolled(states, before_ms) if states else None

    async def without_day(self, org: int, parts: Sequence[int], day_ms: int) -> Replacement:
        """What it takes for some partitions to have no roll-ups of a day."""
        start_ms, end_ms = window_of(day_ms, DAY_MS)
        spans = [Span(part, 0, SLOTS - 1) for part in parts]
        broken = await self._repository.find(org, spans, start_ms, end_ms, damaged=True, resolution=None)
        found = await self._repository.find(org, spans, start_ms, end_ms, resolution=None)
        within = [start_ms <= one.placement.start_ms and one.placement.end_ms <= end_ms for one in found]
        wider = [block for block, is_within in zip(found, within, strict=True) if not is_within]
        out = await self.cut(org, wider, lambda _place, t, _width: (start_ms <= t) & (t <= end_ms))
        out.remove += [block.id for block, is_within in zip(found, within, strict=True) if is_within]
        out.remove += [block.id for block in broken if start_ms <= block.placement.start_ms]
        return out

    async def cut(self, org: int, blocks: Sequence[StoredBlock], doomed: Doomed) -> Replacement:
        """Blocks without some of their entries.  Raises MovedError."""
        out = Replacement()
        writers: dict[int, RollupWriter] = {}
        for block in blocks:
            place = block.placement
            first = place.part * SLOTS
            entries = await self._entries(org, [block], np.arange(first + place.low, first + place.high + 1))
            gone = doomed(entries.ids.astype(np.int64)[entries.owners], entries.t, place.resolution)
            if not gone.any():
                continue
            out.remove.append(block.id)
            out.days |= {(place.part, day) for day in np.unique(entries.t[gone] // DAY_MS).tolist()}
            writer = writers.setdefault(place.resolution, RollupWriter(org, place.resolution))
            await asyncio.to_thread(writer.add, entries.keep(~gone), generation=place.generation, anew=False)
        out.groups += [group for writer in writers.values() for group in writer.finish()]
        return out

    async def join(self, org: int, resolution: int, part: int, window: tuple[int, int]) -> tuple[Change, int]:
        """Few blocks of the many that a partition has in a wide window, and their entries.  Raises MovedError."""
        blocks = await self._repository.find(org, [Span(part, 0, SLOTS - 1)], *window, resolution=resolution)
        size = sum(block.placement.samples for block in blocks)
        if len(blocks) == 1:
            return Change(promote=[blocks[0].id], promote_to=2), 0
        writer = RollupWriter(org, resolution)
        at_once = max(1, SLOTS * JOINED_ENTRIES // max(size, JOINED_ENTRIES))
        for slot in range(0, SLOTS, at_once):
            places = np.arange(part * SLOTS + slot, part * SLOTS + min(SLOTS, slot + at_once), dtype=np.int64)
            mine = [block for block in blocks if block.placement.low < slot + at_once and block.placement.high >= slot]
            entries = await self._entries(org, mine, places)
            await asyncio.to_thread(writer.add, entries, generation=2, anew=False)
        return Change(remove=[block.id for block in blocks], groups=writer.finish()), size

    async def _entries(self, org: int, blocks: Sequence[StoredBlock], places: Int64) -> Entries:
        """All that blocks hold of some places, which ascend."""
        wanted = Wanted(places.astype(np.uint32), places, *EVER_MS, limit=EVER_MS[1])
        return await self._shelf.read(org, blocks, wanted, COLUMNS)

    # -- what goes ----------------------------------------------------------------------------------------------

    async def forget(self, org: int, spans: Sequence[Span] | None, span_ms: tuple[int, int], doomed: Doomed) -> bool:
        """Let nothing be left of samples that have gone, and tell whether there was some; `doomed` goes by bucket.

        Where there are raw samples of a day the roll-ups are made anew from what is left of them, else the buckets go
        that had a part in it, whole.  A damaged block that may hold some goes as well.
        """
        span_ms = span_ms[0] - max(RESOLUTIONS), span_ms[1] + max(RESOLUTIONS)
        found, pending = await self._readable(org, spans, span_ms)
        while pending:
            batch, pending = _batch(pending)
            try:
                change = await self._forgetting(org, batch, doomed)
                found |= bool(change.remove)
                moved = bool(change.remove) and not await self._repository.apply(change)
            except MovedError:
                moved = True
            if moved:
                broken, pending = await self._readable(org, spans, span_ms)
                found |= broken
        return found

    async def _readable(
        self, org: int, spans: Sequence[Span] | None, span_ms: tuple[int, int]
    ) -> tuple[bool, list[StoredBlock]]:
        """Remove damaged roll-ups; gives whether there were some, and those that are none."""
        found = False
        while broken := await self._repository.find(org, spans, *span_ms, damaged=True, resolution=None):
            found |= await self._repository.apply(Change(remove=[block.id for block in broken]))
        return found, await self._repository.find(org, spans, *span_ms, resolution=None)

    async def _forgetting(self, org: int, blocks: Sequence[StoredBlock], doomed: Doomed) -> Change:
        cut = await self.cut(org, blocks, doomed)
        raw: list[StoredBlock] = []
        for part, day in sorted(cut.days):
            span = [Span(part, 0, SLOTS - 1)]
            raw += await self._repository.find(org, span, day * DAY_MS, (day + 1) * DAY_MS - 1)
        merged = sorted({block.id for block in raw if block.placement.generation == 2})
        return Change(remove=cut.remove, groups=cut.groups, promote=merged, promote_to=2, promote_rolled=0)

    async def waiting(self, org: int, start_ms: int, end_ms: int) -> tuple[int, int]:
        """The first day within a time that has raw samples, and the first that has some which are to be rolled up.

        Where there is none, the end.
        """
        wanted = await self.bits(org)
        found = await self._repository.find(org, None, start_ms, end_ms - 1)
        days = [(window_of(one.placement.start_ms, DAY_MS)[0], wanted & ~one.placement.rolled) for one in found]
        return (
            min([end_ms, *(day for day, _ in days)]),
            min([end_ms, *(day for day, missing in days if missing)]),
        )

    async def trim(self, org: int, resolution: int, cutoff_ms: int) -> bool:
        """Cut some blocks at the beginning of a day; whether there may be more."""
        found = await self._repository.find(org, None, cutoff_ms, cutoff_ms - 1, resolution=resolution)
        if not found:
            return False
        try:
            cut = await self.cut(org, _batch(found)[0], lambda _place, t, _width: t < cutoff_ms)
        except MovedError:
            return True
        await self._repository.apply(Change(remove=cut.remove, groups=cut.groups))
        return True


def _batch(blocks: Sequence[StoredBlock]) -> tuple[list[StoredBlock], list[StoredBlock]]:
    """The first blocks, up to a bound on entries, at least one; and the others."""
    entries = count = 0
    for block in blocks:
        entries += block.placement.samples
        if count and entries > BATCH_ENTRIES:
            break
        count += 1
    return list(blocks[:count]), list(blocks[count:])


def has_part_in(t: Int64, width_ms: int, start_ms: int, end_ms: int) -> Mask:
    """Which buckets, each told by a time within it, have a part in a time (both ends included)."""
    begins = (t - 1) // width_ms * width_ms
    found: Mask = (begins < end_ms) & (begins + width_ms >= start_ms)
    return found
