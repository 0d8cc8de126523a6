"""Column blocks of many series and label segments over a small repository: what the store keeps for good.

The head hands over a flush; it is durable, with its new series and the log position it covers, once `flush` returns.
Reading merges blocks; compaction, in the background, makes few large ones of many small.  All work on samples happens
off the event loop.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime

import numpy as np

from obsv.core.clock import Clock
from obsv.metrics.store.blocks.compaction import Compactor
from obsv.metrics.store.blocks.entries import Entries
from obsv.metrics.store.blocks.floors import RAW, Floors
from obsv.metrics.store.blocks.labels import Labels
from obsv.metrics.store.blocks.pieces import Pieces
from obsv.metrics.store.blocks.repository import BlockRepository, Change, Group, NewSegment
from obsv.metrics.store.blocks.rewrite import Rewriter
from obsv.metrics.store.blocks.rollup_reads import Placed, Rolling, RollupReads, estimated
from obsv.metrics.store.blocks.rollup_shelf import RollupShelf
from obsv.metrics.store.blocks.rollups import EVER_MS, Policy, Rollups, no_rollups
from obsv.metrics.store.blocks.segment import Segment, encode_segment
from obsv.metrics.store.blocks.series_map import SLOTS, SeriesMap
from obsv.metrics.store.blocks.shelf import Shelf, off_loop
from obsv.metrics.store.blocks.types import BlockStats, Flush, Ragged, SeriesKeys, UInt32
from obsv.metrics.store.blocks.window import DAY_MS, HOURS_2_MS, closed_before
from obsv.metrics.store.blocks.writer import GroupWriter
from obsv.metrics.store.rolled import BEGINNING, Buckets, Kept
from obsv.metrics.store.types import Int64

FLUSHED = "flushed_seq"
FLUSHES = "flushes"
AT_ONCE = 8 * SLOTS
"""Places whose samples a flush takes at a time: those of some partitions."""


class Blocks:
    """Persistent samples of all organisations.

    One flush at a time; reads, `compact`, `delete` and `drop_before` may run beside it and each other.  A call names
    its organisation, and can reach only that one's rows.
    """

    def __init__(self, repository: BlockRepository, clock: Clock, policy: Policy = no_rollups) -> None:
        self._repository, self.clock = repository, clock
        self._shelf = Shelf(repository)
        self._labels = Labels(repository)
        rollup_shelf = RollupShelf(repository, self._shelf)
        self._rollups = Rollups(repository, rollup_shelf, policy)
        self._rolled = RollupReads(repository, self._shelf, rollup_shelf)
        self._compactor = Compactor(repository, self._shelf, self._labels, self._rollups, self)
        self._rewriter = Rewriter(repository, self._shelf, self._rollups)
        self._left_out: Callable[[int], UInt32] = lambda _org: np.zeros(0, np.uint32)
        self._flushing = asyncio.Lock()
        self._maps: dict[int, SeriesMap] = {}
        self._last_segment = 0
        self._state: dict[str, int] = {}

    # -- life ---------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Create the tables if need be, and learn where each series is."""
        await self._repository.open()
        await self.refresh()

    async def close(self) -> None:
        """Close the repository."""
        self._shelf.close()
        await self._repository.close()

    async def refresh(self) -> None:
        """Learn what another process has flushed (a replica that does not flush itself)."""
        self._state = await self._repository.state()
        found: dict[int, list[Segment]] = {}
        async for row, segment in self._labels.places(self._last_segment):
            self._last_segment = row.id
            found.setdefault(row.org, []).append(segment)
        # Blocks whose segment was lost keep their partitions: a new series must not be taken for theirs.
        last_parts = await self._repository.last_parts()
        for org in found.keys() | last_parts.keys():
            self._maps[org] = self._map(org).with_segments(found.get(org, [])).closed(last_parts.get(org, -1))

    def _map(self, org: int) -> SeriesMap:
        return self._maps.get(org) or SeriesMap()

    async def load_series(self) -> AsyncIterator[SeriesKeys]:
        """All persisted series, some thousands at a time, sids ascending within each."""
        async for part in self._labels.series():
            yield part

    def flushed_seq(self) -> int:
        """The highest log number that a durable flush covers; 0 before the first."""
        return self._state.get(FLUSHED, 0)

    def marks(self) -> dict[str, int]:
        """The numbers that flushes brought to be kept, newest of each name."""
        return self._state

    # -- write --------------------------------------------------------------------------------------------------

    async def flush(self, flush: Flush) -> None:
        """Keep all of it, in one transaction that is durable on return.

        Raises StoreUnavailable (nothing was kept) and ValueError on samples of a series that was never named.  A caller
        that is cancelled does not end a flush: what is on its way to the disk must be known here when it arrives.
        """
        await asyncio.shield(asyncio.ensure_future(self._flush(flush)))

    async def _flush(self, flush: Flush) -> None:
        async with self._flushing:
            state = flush.marks | {
                FLUSHED: max(flush.log_seq, self.flushed_seq()),
                FLUSHES: self._state.get(FLUSHES, 0) + 1,
            }
            change, maps = await asyncio.to_thread(self._encode, flush, state)
            await self._repository.apply(change)
            self._maps.update(maps)
            self._state = self._state | state

    def _encode(self, flush: Flush, state: dict[str, int]) -> tuple[Change, dict[int, SeriesMap]]:
        maps: dict[int, SeriesMap] = {}
        segments: list[NewSegment] = []
        new = flush.new_series
        for org in np.unique(new.orgs).tolist():
            mine = np.flatnonzero(new.orgs == org)
            mine = mine[self._map(org).find(new.sids[mine]) < 0]  # a flush that is done again brings nothing new
            made = self._map(org).place(new.sids[mine], [new.keys[i] for i in mine.tolist()])
            maps[org] = self._map(org).with_segments([segment for segment, _ in made])
            segments += [NewSegment(org, len(keys), encode_segment(segment, keys)) for segment, keys in made]
        groups: list[Group] = []
        for org in np.unique(flush.orgs).tolist():
            writers: dict[int, GroupWriter] = {}
            for pieces in _pieces(flush, org, maps.get(org) or self._map(org)):
                for start, window in pieces.windows(HOURS_2_MS):
                    writer = writers.setdefault(start, GroupWriter(org))
                    writer.add(window, generation=0, seq=state[FLUSHES])
            for start in sorted(writers):
                groups += writers[start].finish()
        return Change(groups=groups, segments=segments, state=state), maps

    # -- read ---------------------------------------------------------------------------------------------------

    async def select(
        self, org: int, sids: UInt32, start_ms: int, end_ms: int, *, limit: int, newest: bool = False
    ) -> Ragged:
        """The samples of these series (ascending) in this time, both ends included; series without any are left out.

        With `newest` it is enough that each has its newest one.  Raises StoreLimitExceeded when that would be more than
        `limit` samples.
        """
        known, places = await off_loop(len(sids), self._known, org, sids)
        if not len(known):
            return Ragged.empty()
        columns = await self._shelf.read(org, places, start_ms, end_ms, limit=limit, newest=newest)
        some = np.flatnonzero(columns.offsets[1:] != columns.offsets[:-1])
        if len(some) == len(known):
            return Ragged(known, columns.offsets, columns.t, columns.v)
        return Ragged(known[some], np.append(columns.offsets[:1], columns.offsets[some + 1]), columns.t, columns.v)

    def _known(self, org: int, sids: UInt32) -> tuple[UInt32, Int64]:
        """Those of the series that have been flushed, and their places."""
        places = self._map(org).find(sids)
        known = places >= 0
        return sids[known], places[known]

    # -- roll-ups -----------------------------------------------------------------------------------------------

    def leave_out(self, series: Callable[[int], UInt32]) -> None:
        """Say which series of an organisation are not rolled up, because their samples are no plain numbers."""
        self._left_out = series

    def left_out(self, org: int) -> Int64:
        """Places of series that are not rolled up, ascending."""
        _, places = self._known(org, np.sort(self._left_out(org)))
        return np.sort(places)

    def orgs(self) -> Iterable[int]:
        """The organisations that have series."""
        return list(self._maps)

    def raw_since(self, org: int) -> int:
        """From when on there are raw samples, where there are roll-ups from before; else the beginning of time."""
        return Floors.of(self._state, org).raw

    async def kept(self, org: int) -> Kept:
        """What is kept of an organisation's samples."""
        floors = Floors.of(self._state, org)
        wanted = await self._rollups.wanted(org)
        closed = closed_before(self.clock.now_ms(), DAY_MS)
        since = floors.rolled if floors.raw != BEGINNING else dict.fromkeys(floors.rolled, BEGINNING)
        return Kept(floors.raw, tuple((width, since[width]) for width in wanted), closed)

    async def select_rolled(
        self, org: int, sids: UInt32, recent: Ragged, buckets: Buckets, *, limit: int
    ) -> tuple[Entries, bool]:
        """What the samples of these series (ascending), of which `recent` ones are not here yet, come to by bucket.

        And whether some of it had to be guessed.  Raises StoreLimitExceeded.
        """
        places = await off_loop(len(sids), self._map(org).find, sids)
        floor = self.raw_since(org)
        start, columns = buckets.start_ms, buckets.columns
        if start < floor:  # what is not known may have to be guessed, for which more is needed
            start -= buckets.resolution if "first" in columns else 0
            columns = (*columns, *(name for name in ("min", "max") if "sum" in columns and name not in columns))
        rolling = Rolling(org, buckets.resolution, start, buckets.end_ms, columns, limit, floor)
        entries = await self._rolled.select(rolling, Placed(sids, places), recent)
        return await off_loop(len(entries.t), estimated, entries, buckets.resolution)

    async def expire(self, org: int, cutoffs: Mapping[int, int]) -> int:
        """Let go of whole days before times by resolution (0: raw samples); gives how many raw samples there were.

        Raw samples that are still to be rolled up stay until they are.  Blocks of days of which some stay are left to
        `trim`.
        """
        before = Floors.of(self._state, org)
        oldest, until = await self._rollups.waiting(org, before.raw, cutoffs[RAW])
        wanted = await self._rollups.wanted(org)
        floors = before.moved(until, oldest, {width: cutoffs.get(width, until) for width in wanted})
        await self._note(floors.marks(org))
        removed = await self._rewriter.drop_whole(org, floors.raw)
        rolled = [
            await self._rewriter.drop_whole(org, since, resolution=width) for width, since in floors.rolled.items()
        ]
        if removed or any(rolled):
            await self._repository.reclaim()
        return removed

    async def _note(self, marks: dict[str, int]) -> None:
        """Keep numbers, before what they speak of is done."""
        if marks.items() - self._state.items():
            await self._repository.apply(Change(state=marks))
            self._state = self._state | marks

    async def trim(self, org: int) -> bool:
        """One bounded step of what is left to do of an `expire`; whether there is more."""
        for width, since in Floors.of(self._state, org).rolled.items():
            if await self._rollups.trim(org, width, since):
                return True
        return False

    # -- keep in order ------------------------------------------------------------------------------------------

    async def delete(self, org: int, sids: UInt32, start_ms: int, end_ms: int) -> int:
        """Remove samples of these series in this time, both ends included, for good; gives how many there were."""
        _, places = self._known(org, sids)
        return await self._rewriter.delete(org, places, start_ms, end_ms)

    async def forget(self, org: int, sids: UInt32) -> int:
        """Remove these series with all their samples and labels; gives how many samples there were.

        The caller must have let go of them: a later flush of one has to name it as new.
        """
        removed = await self.delete(org, sids, *EVER_MS)
        async with self._flushing:
            await self._labels.forget(org, sids)
            self._maps[org] = self._map(org).without(sids)
        await self._repository.reclaim()
        return removed

    async def drop_before(self, org: int, cutoff_ms: int) -> int:
        """Remove all samples older than this; gives how many there were."""
        return await self._rewriter.drop_before(org, cutoff_ms)

    async def compact(self, *, settle: bool = False) -> bool:
        """One bounded step of background work; whether there is more to do.

        `settle` also merges what is still being added to, so that sizes can be compared.
        """
        return await self._compactor.step(settle=settle)

    async def snapshot(self) -> str:
        """Make a copy of what was flushed, of all organisations, where the repository can; gives its name."""
        name = _snapshot_name(self.clock.now_ms()) + secrets.token_hex(8)
        await self._repository.snapshot(name)
        return name

    async def drop_snapshots(self, *, made_before_ms: int | None = None) -> None:
        """Remove all snapshots, or the old ones."""
        await self._repository.drop_snapshots("~" if made_before_ms is None else _snapshot_name(made_before_ms))

    async def stats(self, org: int | None = None) -> BlockStats:
        """Sizes and counts of one organisation, or of all."""
        return await self._repository.stats(org)


def _snapshot_name(time_ms: int) -> str:
    """How the names of that second begin."""
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y%m%dT%H%M%SZ}-"


def _pieces(flush: Flush, org: int, series: SeriesMap) -> Iterator[Pieces]:
    """The samples of one organisation by place, some whole partitions at a time."""
    rows = np.flatnonzero(flush.orgs == org)
    places = series.find(flush.sids[rows])
    if (places < 0).any():
        raise ValueError("samples of a series without labels")
    order = np.argsort(places)
    for some in np.split(order, np.flatnonzero(np.diff(places[order] // AT_ONCE)) + 1):
        offsets, t, v = flush.samples(rows[some])
        yield Pieces.at(places[some], offsets[:-1], offsets[1:], t, v)
