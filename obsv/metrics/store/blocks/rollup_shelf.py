"""Fetches blocks of roll-ups and reads the columns that are asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from obsv.metrics.store.blocks.cache import Cache
from obsv.metrics.store.blocks.entries import BASES, Entries, is_same, resolved
from obsv.metrics.store.blocks.envelope import DamagedError
from obsv.metrics.store.blocks.reader import Columns, Read, Run
from obsv.metrics.store.blocks.repository import BlockRepository, Piece, StoredBlock
from obsv.metrics.store.blocks.rollup_block import RollupReader
from obsv.metrics.store.blocks.shelf import BATCH, INLINE_BLOCKS, MovedError, Shelf
from obsv.metrics.store.blocks.times import TimesReader
from obsv.metrics.store.blocks.types import UInt32
from obsv.metrics.store.types import Float64, Int64

KEPT_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """The series `ids` at `places`, from and to a time (both included), and no more entries than `limit`."""

    ids: UInt32
    places: Int64
    start_ms: int
    end_ms: int
    limit: int


class _BrokenError(Exception):
    """Blocks cannot be read."""

    def __init__(self, ids: list[int]) -> None:
        super().__init__()
        self.ids = ids


class RollupShelf:
    """Reads roll-ups of a repository."""

    def __init__(self, repository: BlockRepository, shelf: Shelf) -> None:
        self._repository, self._shelf = repository, shelf
        self._kept: Cache[RollupReader] = Cache(KEPT_BYTES)

    async def read(
        self, org: int, blocks: Sequence[StoredBlock], wanted: Wanted, columns: Sequence[str], *, keep: bool = False
    ) -> Entries:
        """Entries of these blocks, which must not overlap; those read are kept for the next time with `keep`.

        `first_t` is right only if the column `first` is among those asked for.  Raises StoreLimitExceeded, and
        MovedError where a block is not there, or was set aside because it is damaged.
        """
        readers: dict[int, RollupReader] = {}
        times: dict[int, TimesReader] = {}
        for at in range(0, len(blocks), BATCH):
            batch = blocks[at : at + BATCH]
            readers |= await self._readers(org, batch, keep=keep)
            missing = {block.times_id for block in batch} - times.keys()
            times |= await self._shelf.times(org, sorted(missing))
        if len(times) < len({block.times_id for block in blocks}):
            raise MovedError  # damaged, and set aside with the blocks that need them
        is_small = len(blocks) * len(columns) <= INLINE_BLOCKS
        reading = _Reading(blocks, readers, times, wanted, map if is_small else self._shelf.decoders.map)
        try:
            return reading.entries(columns) if is_small else await asyncio.to_thread(reading.entries, columns)
        except _BrokenError as broken:
            await self._set_aside(org, broken.ids)
            raise MovedError from None

    async def _readers(self, org: int, blocks: Sequence[StoredBlock], *, keep: bool) -> dict[int, RollupReader]:
        held = ((block.id, self._kept.get(org, block.id)) for block in blocks)
        readers = {block_id: reader for block_id, reader in held if reader is not None}
        missing = [block for block in blocks if block.id not in readers]
        if not missing:
            return readers
        data = await self._repository.load(org, [block.id for block in missing])
        if len(data) < len(missing):
            raise MovedError
        for block in missing:
            try:
                readers[block.id] = RollupReader(data[block.id], block.placement.samples)
            except DamagedError:
                await self._set_aside(org, [block.id])
                raise MovedError from None
            if keep:
                self._kept.put(org, block.id, readers[block.id])
        return readers

    async def _set_aside(self, org: int, ids: list[int]) -> None:
        for block_id in ids:
            self._kept.forget(org, block_id)
        await self._shelf.quarantine(Piece.BLOCK, org, ids)


@dataclass
class _Reading:
    """One read of several columns.  Raises _BrokenError."""

    blocks: Sequence[StoredBlock]
    readers: Mapping[int, RollupReader]
    times: Mapping[int, TimesReader]
    wanted: Wanted
    run: Run
    _columns: dict[str, Float64] = field(default_factory=dict[str, Float64])
    _layout: Columns | None = None
    _first_t: Int64 | None = None

    def entries(self, names: Sequence[str]) -> Entries:
        """What the blocks have of these columns."""
        for name in names:
            self._resolve(name)
        layout = self._layout
        assert layout is not None
        first_t = layout.t if self._first_t is None else self._first_t
        columns = {name: self._columns[name] for name in names}
        return Entries(self.wanted.ids, layout.offsets, layout.t, first_t, columns).compact()

    def _resolve(self, name: str) -> None:
        if name in self._columns:
            return
        self._columns[name] = self._read(name)
        if name in BASES and is_same(self._columns[name]).any():
            for base in BASES[name]:
                self._resolve(base)
            self._columns[name] = resolved(name, self._columns)

    def _read(self, name: str) -> Float64:
        wanted = self.wanted
        read = Read(wanted.places, wanted.start_ms, wanted.end_ms, limit=wanted.limit)
        broken: list[int] = []
        for block in self.blocks:
            try:
                read.add(block, self.readers[block.id].column(name), self.times[block.times_id])
            except DamagedError:
                broken.append(block.id)
        found = read.finish(self.run)
        if broken or read.damaged:
            raise _BrokenError(broken + read.damaged)
        if name == "first":
            self._first_t = found.t
        if name != "first" or self._layout is None:
            self._layout = found
        return found.v
