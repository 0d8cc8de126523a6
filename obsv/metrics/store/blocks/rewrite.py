"""Removes samples for good: whole blocks where possible, else a block is written anew without them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import numpy as np

from obsv.metrics.store.blocks.entries import Mask
from obsv.metrics.store.blocks.reader import Columns, Read
from obsv.metrics.store.blocks.repository import BlockRepository, Change, StoredBlock
from obsv.metrics.store.blocks.rollups import EVER_MS, Rollups, has_part_in
from obsv.metrics.store.blocks.series_map import SLOTS
from obsv.metrics.store.blocks.shelf import MovedError, Shelf, spans_of
from obsv.metrics.store.blocks.writer import GroupWriter, add_columns
from obsv.metrics.store.types import Int64

Doomed = Callable[[Int64, Int64], Mask]
"""(place, time) of samples -> which of them are to go."""

BATCH_SAMPLES = 4_000_000
BATCH_BLOCKS = 1000


class Rewriter:
    """Deletes by series and time, and by age."""

    def __init__(self, repository: BlockRepository, shelf: Shelf, rollups: Rollups) -> None:
        self._repository, self._shelf, self._rollups = repository, shelf, rollups

    async def delete(self, org: int, places: Int64, start_ms: int, end_ms: int) -> int:
        """Remove samples of these places in this time; gives how many there were.

        A damaged block that may hold some goes whole: what cannot be read must not be kept against a wish to erase.
        """
        if not len(places):
            return 0
        spans, wanted = spans_of(places), np.unique(places)

        def doomed(place: Int64, t: Int64) -> Mask:
            at = np.minimum(np.searchsorted(wanted, place), len(wanted) - 1)
            hit: Mask = (wanted[at] == place) & (start_ms <= t) & (t <= end_ms)
            return hit

        removed = await self._rewrite(org, lambda: self._repository.find(org, spans, start_ms, end_ms), doomed)
        while broken := await self._repository.find(org, spans, start_ms, end_ms, damaged=True):
            await self._repository.apply(Change(remove=[block.id for block in broken]))

        def had_part(place: Int64, t: Int64, width_ms: int) -> Mask:
            hit: Mask = np.isin(place, wanted) & has_part_in(t, width_ms, start_ms, end_ms)
            return hit

        await self._rollups.forget(org, spans, (start_ms, end_ms), had_part)
        await self._repository.reclaim()
        return removed

    async def drop_before(self, org: int, cutoff_ms: int) -> int:
        """Remove all samples older than this, and the buckets that they had a part in; gives how many there were."""
        whole = await self.drop_whole(org, cutoff_ms)
        rolled = await self.drop_whole(org, cutoff_ms, resolution=None)

        def straddling() -> Awaitable[list[StoredBlock]]:
            return self._repository.find(org, None, cutoff_ms, cutoff_ms - 1)

        removed = whole + await self._rewrite(org, straddling, lambda _place, t: t < cutoff_ms)
        span = EVER_MS[0], cutoff_ms - 1
        cut = await self._rollups.forget(org, None, span, lambda _place, t, width: has_part_in(t, width, *span))
        if removed or rolled or cut:
            await self._repository.reclaim()
        return removed

    async def drop_whole(self, org: int, cutoff_ms: int, *, resolution: int | None = 0) -> int:
        """Remove the blocks that end before this; gives how many samples there were."""
        removed = 0
        while True:
            found: list[StoredBlock] = []
            for damaged in (False, True):
                found += await self._repository.find(
                    org, None, EVER_MS[0], cutoff_ms - 1, damaged=damaged, resolution=resolution
                )
            old = [block for block in found if block.placement.end_ms < cutoff_ms][:BATCH_BLOCKS]
            if not old:
                return removed
            if await self._repository.apply(Change(remove=[block.id for block in old])):
                removed += sum(block.placement.samples for block in old)

    async def _rewrite(self, org: int, find: Callable[[], Awaitable[list[StoredBlock]]], doomed: Doomed) -> int:
        removed, pending = 0, await find()
        while pending:
            batch = list(_batch(pending))
            try:
                removed += await self._rewrite_batch(org, batch, doomed)
            except MovedError:  # compaction took some of them: look again (what was rewritten has nothing to lose)
                pending = await find()
            else:
                pending = pending[len(batch) :]
        return removed

    async def _rewrite_batch(self, org: int, blocks: list[StoredBlock], doomed: Doomed) -> int:
        writer, replaced, removed = GroupWriter(org), list[int](), 0
        for block in blocks:
            first = block.placement.part * SLOTS
            places = np.arange(first, first + SLOTS, dtype=np.int64)
            reading = await self._shelf.read_blocks(Read(places, *EVER_MS, limit=EVER_MS[1]), org, [block])
            kept, gone = await asyncio.to_thread(_without, reading.columns, places, doomed)
            if gone:
                placement = block.placement
                await asyncio.to_thread(
                    add_columns, writer, places, kept, generation=placement.generation, seq=placement.seq
                )
                replaced.append(block.id)
                removed += gone
        if replaced and not await self._repository.apply(Change(remove=replaced, groups=writer.finish())):
            raise MovedError
        return removed


def _batch(blocks: list[StoredBlock]) -> Iterator[StoredBlock]:
    """The first blocks, up to a bound on samples; at least one."""
    samples = 0
    for block in blocks:
        if samples and samples + block.placement.samples > BATCH_SAMPLES:
            return
        samples += block.placement.samples
        yield block


def _without(columns: Columns, places: Int64, doomed: Doomed) -> tuple[Columns, int]:
    """What is left, and how many samples went."""
    owner = np.repeat(np.arange(len(places)), np.diff(columns.offsets))
    keep = ~doomed(places[owner], columns.t)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(owner[keep], minlength=len(places)))])
    return Columns(offsets, columns.t[keep], columns.v[keep]), int(len(keep) - keep.sum())
