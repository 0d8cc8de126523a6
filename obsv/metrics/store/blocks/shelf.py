"""Fetches blocks with their times for a read, and sets aside what turns out to be damaged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

import numpy as np
import structlog

from obsv.metrics.store.base import StoreUnavailable
from obsv.metrics.store.blocks.block import BlockReader
from obsv.metrics.store.blocks.cache import Cache
from obsv.metrics.store.blocks.envelope import DamagedError
from obsv.metrics.store.blocks.reader import SHARES, Columns, Read
from obsv.metrics.store.blocks.repository import BlockRepository, Piece, Span, StoredBlock
from obsv.metrics.store.blocks.times import TimesReader
from obsv.metrics.store.types import Int64

_log = structlog.get_logger("obsv.metrics.blocks")

P = ParamSpec("P")
T = TypeVar("T")

BATCH = 64
TIMES_BYTES, BLOCKS_BYTES = 8 << 20, 32 << 20
"""Memory for what was read lately: 4 million samples."""
ATTEMPTS = 20
INLINE = 5000
"""Work on fewer series than this is done at once: handing it to a thread would take longer."""
INLINE_BLOCKS, INLINE_SAMPLES = 32, 50_000
"""So is a read of no more than these, all decoded before."""


async def off_loop(size: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do some work in a thread, unless it is small."""
    return await asyncio.to_thread(work, *args, **kwargs) if size > INLINE else work(*args, **kwargs)


class MovedError(Exception):
    """A row was replaced (by compaction, deletion) between finding and loading it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a read gave, and the blocks that gave nothing because they, or their times, are damaged."""

    columns: Columns
    unreadable: frozenset[int]


def spans_of(places: Int64) -> list[Span]:
    """The partitions of these places (`partition << 8 | slot`), each with its lowest and highest slot."""
    ordered = np.sort(places)
    parts = ordered >> 8
    if parts[0] == parts[-1]:
        return [Span(int(parts[0]), int(ordered[0]) & 0xFF, int(ordered[-1]) & 0xFF)]
    cuts = np.flatnonzero(parts[1:] != parts[:-1])
    first, last = np.concatenate(([0], cuts + 1)), np.append(cuts, len(parts) - 1)
    lows, highs = ordered[first] & 0xFF, ordered[last] & 0xFF
    return [Span(*span) for span in zip(parts[first].tolist(), lows.tolist(), highs.tolist(), strict=True)]


class Shelf:
    """Reads blocks of a repository."""

    def __init__(self, repository: BlockRepository) -> None:
        self._repository = repository
        self._kept_times: Cache[TimesReader] = Cache(TIMES_BYTES)
        self._kept_blocks: Cache[BlockReader] = Cache(BLOCKS_BYTES)
        self.decoders = ThreadPoolExecutor(SHARES, thread_name_prefix="obsv-blocks-decode")

    def close(self) -> None:
        """End the threads."""
        self.decoders.shutdown(wait=False)

    async def read(
        self, org: int, places: Int64, start_ms: int, end_ms: int, *, limit: int, newest: bool = False
    ) -> Columns:
        """The samples of these places, merged over all blocks.  Raises StoreLimitExceeded.

        With `newest` it is enough that each place gets its newest one.
        """
        spans = await off_loop(len(places), spans_of, places)
        for _ in range(ATTEMPTS):
            blocks = await self._repository.find(org, spans, start_ms, end_ms)
            make = partial(Read, limit=limit, newest=newest)
            read = await off_loop(len(places), make, places, start_ms, end_ms)
            try:
                return (await self.read_blocks(read, org, blocks, keep=True)).columns
            except MovedError:
                continue
        raise StoreUnavailable("metric blocks changed under every attempt to read them")

    async def read_blocks(self, read: Read, org: int, blocks: Sequence[StoredBlock], *, keep: bool = False) -> Reading:
        """Do a read from these blocks, and `keep` them for the next.  Raises MovedError if one is no longer there.

        Each batch is counted before the next is loaded, so that a read that is too large ends before it is in memory.
        """
        unreadable: list[int] = []
        is_short = len(blocks) <= INLINE_BLOCKS
        for at in range(0, len(blocks), BATCH):
            batch = blocks[at : at + BATCH]
            readers = await self._blocks(org, batch, read, keep=keep)
            times = await self.times(org, sorted({block.times_id for block in batch}))
            unreadable += [block.id for block in batch if block.times_id not in times]
            if is_short:
                _add(read, batch, readers, times)
            else:
                await asyncio.to_thread(_add, read, batch, readers, times)
        if is_short and read.samples <= INLINE_SAMPLES and read.is_decoded:
            columns = read.finish(map)
        else:
            columns = await asyncio.to_thread(read.finish, self.decoders.map)
        await self.quarantine(Piece.BLOCK, org, read.damaged)
        return Reading(columns, frozenset(unreadable + read.damaged))

    async def _blocks(
        self, org: int, blocks: Sequence[StoredBlock], read: Read, *, keep: bool
    ) -> dict[int, BlockReader]:
        """Readers of these blocks; damaged ones are left out, and told to the read."""
        held = ((block.id, self._kept_blocks.get(org, block.id)) for block in blocks)
        readers = {block_id: reader for block_id, reader in held if reader is not None}
        missing = [block for block in blocks if block.id not in readers]
        if not missing:
            return readers
        data = await self._repository.load(org, [block.id for block in missing])
        if len(data) < len(missing):
            raise MovedError
        for block in missing:
            try:
                readers[block.id] = BlockReader(data[block.id], block.placement.samples)
            except DamagedError:
                read.damaged.append(block.id)
                continue
            if keep:
                self._kept_blocks.put(org, block.id, readers[block.id])
        return readers

    async def times(self, org: int, ids: Sequence[int]) -> dict[int, TimesReader]:
        """The times of these ids; damaged ones are left out."""
        readers: dict[int, TimesReader] = {}
        missing: list[int] = []
        for times_id in ids:
            held = self._kept_times.get(org, times_id)
            if held is None:
                missing.append(times_id)
            else:
                readers[times_id] = held
        if missing:
            loaded = await self._repository.load_times(org, missing)
            if len(loaded) < len(missing):
                raise MovedError
            for times_id, data in loaded.items():
                try:
                    readers[times_id] = await off_loop(len(data), TimesReader, data)
                except DamagedError:
                    await self.quarantine(Piece.TIMES, org, [times_id])
                    continue
                self._kept_times.put(org, times_id, readers[times_id])
        return readers

    async def quarantine(self, piece: Piece, org: int, ids: Sequence[int]) -> None:
        """Set rows aside that turned out to be damaged."""
        for row_id in ids:
            _log.error("metrics.block_quarantined", table=piece.value, row=row_id, org=org)
            await self._repository.quarantine(piece, row_id)


def _add(
    read: Read, blocks: Sequence[StoredBlock], readers: dict[int, BlockReader], times: dict[int, TimesReader]
) -> None:
    """Add those blocks to a read that can be read, and whose times can."""
    for block in blocks:
        if block.id in readers and block.times_id in times:
            read.add(block, readers[block.id], times[block.times_id])
