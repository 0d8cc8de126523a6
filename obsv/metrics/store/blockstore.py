"""The built-in metric store: append log, head in memory, column blocks.  Where the log and the blocks are is the
business of what it is made with; the store plugins choose."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar

import cramjam
import numpy as np
import structlog

from obsv.metrics.cardinality import Cardinality, cardinality
from obsv.metrics.explore import Asked, By, Exploration, explore
from obsv.metrics.kernels.ingest import encode_request, merge
from obsv.metrics.kernels.memory import trim, tune_allocator
from obsv.metrics.kernels.wire_plain import skip_runs
from obsv.metrics.store import native
from obsv.metrics.store.base import StoreLimitExceeded, StoreUnavailable
from obsv.metrics.store.blocks.engine import Blocks
from obsv.metrics.store.blocks.shelf import off_loop
from obsv.metrics.store.blocks.types import Ragged, UInt32
from obsv.metrics.store.context import DAY_MS, HOUR_MS, StoreContext
from obsv.metrics.store.head import StoreHead
from obsv.metrics.store.labels import label_keys
from obsv.metrics.store.log_types import Log, LogStats
from obsv.metrics.store.rolled import Buckets, Kept, RolledSet
from obsv.metrics.store.types import Matcher, SeriesSet, StoreStats, WriteBatch, WriteResult
from obsv.metrics.store.verdict import write_result
from obsv.metrics.unread import AskedUnread, Unread, unread

logger = structlog.stdlib.get_logger(__name__)

Item = TypeVar("Item")

COMPACT_EVERY_S = 10
RETRY_S = 5
HISTOGRAMS_AT_ONCE = 200
PART_SAMPLES = 7
"""A part of a native histogram counts as so many samples more: it becomes an object."""
MERGE_INLINE = 20_000
"""Fewer samples than this are merged on the event loop: a thread would take longer."""


class BlockStore:
    """A MetricStore and RemoteWriter over a log, a head and blocks.

    A request is judged, logged, then applied, in one step of the event loop; that makes the log's order the order of
    all decisions, and a replay repeats them.
    """

    def __init__(self, context: StoreContext, blocks: Blocks, log: Log) -> None:
        self._context = context
        self._blocks = blocks
        self._log = log
        self._head = StoreHead(context, blocks.raw_since)
        blocks.leave_out(self._histograms)
        self._flushing = asyncio.Lock()
        self._wake = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._flushed_at = 0.0

    # -- life ---------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Load the series, replay the log, and begin to flush and compact in the background."""
        tune_allocator()
        try:
            await self._blocks.open()
            await self._load()
            await self._log.open(self._blocks.flushed_seq(), self._head.replay, self._behind)
        except BaseException:
            await self._let_go()
            raise
        self._flushed_at = self._context.clock.monotonic()
        self._keeper = asyncio.create_task(self._keep_house(), name="metric-store")

    async def _load(self) -> None:
        self._head.load([part async for part in self._blocks.load_series()])
        self._head.births.load(self._blocks.marks())

    async def close(self) -> None:
        """Flush and let go.  What cannot be flushed stays in the log."""
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None
            with suppress(StoreUnavailable):
                await self.flush()
        await self._let_go()

    async def _let_go(self) -> None:
        await self._log.close()
        await self._blocks.close()

    async def _keep_house(self) -> None:
        compact_at = 0.0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._wake.wait()
            self._wake.clear()
            try:
                if self._is_due():
                    async with self._flushing, self._log.exclusive(wait=False) as mine:
                        await self._flush() if mine else await self._catch_up()
                elif self._context.clock.monotonic() >= compact_at:
                    more = await self._compact()
                    compact_at = self._context.clock.monotonic() + (0 if more else COMPACT_EVERY_S)
            except Exception:
                logger.exception("metrics_store.upkeep_failed")
                await asyncio.sleep(RETRY_S)

    async def _compact(self) -> bool:
        async with self._flushing, self._log.exclusive(wait=False) as mine:
            await self._catch_up()
            return mine and await self._blocks.compact()

    def _is_due(self) -> bool:
        if self._head.frozen or self._head.is_due:
            return True
        old = self._context.clock.monotonic() - self._flushed_at > HOUR_MS / 1000
        return old and not self._head.is_empty

    # -- write --------------------------------------------------------------------------------------------------

    async def write_remote(self, org: int, body: bytes, encoding: str) -> WriteResult:
        """Take a remote_write 1.0 body; `encoding` is snappy, zstd or empty.

        Raises BadRequest (broken), TooLarge (unpacked), StoreUnavailable; then nothing of it is kept.
        """
        return await self._take(org, body, encoding, bounded=True)

    async def write(self, org: int, batch: WriteBatch, *, imported: bool = False) -> WriteResult:
        """Take samples that came another way; those of an import are bounded by retention alone."""
        if not batch.histograms:
            return await self._take(org, _body(batch), "snappy", bounded=not imported)
        floats, histograms = native.split(batch)
        result = await self._take(org, _body(floats), "snappy", bounded=not imported)
        result.skipped = []
        for at in range(0, len(histograms), HISTOGRAMS_AT_ONCE):
            some = histograms[at : at + HISTOGRAMS_AT_ONCE]
            result.add(await self._take_histograms(org, some, bounded=not imported))
        return result

    async def _take_histograms(self, org: int, some: list[native.Sample], *, bounded: bool) -> WriteResult:
        """All at once; where a part of one is refused each by itself, so that each is kept whole or not at all."""
        result = await self._take(org, _body(native.parts(some)), "snappy", bounded=bounded, whole=True)
        if not result.refused:
            return WriteResult(len(some), histograms=len(some))
        if len(some) == 1:
            (reason, *_) = result.refused
            return WriteResult(0, {reason: 1}, result.detail)
        result = WriteResult()
        for one in some:
            result.add(await self._take_histograms(org, [one], bounded=bounded))
        return result

    async def _take(self, org: int, body: bytes, encoding: str, *, bounded: bool, whole: bool = False) -> WriteResult:
        """Judge, log and apply a request; one that is to be taken `whole` is not taken with a refusal."""
        if self._head.is_overloaded:
            self._wake.set()
            raise StoreUnavailable("samples come in faster than they can be stored", retry_after_s=2)
        record, outcome = self._head.prepare(org, body, encoding, bounded=bounded)
        result = write_result(outcome, self._context.series_limit(org))
        result.skipped = skip_runs(record.skips)
        if result.accepted and not (whole and result.refused):
            await self._log.keep(record, self._head)
            if self._head.is_due:
                self._wake.set()
        else:
            self._head.abort()
        return result

    async def flush(self) -> None:
        """Put everything written so far into blocks.  Raises StoreUnavailable; then it stays in log and memory."""
        async with self._flushing, self._log.exclusive(wait=True):
            await self._flush()

    async def settle(self) -> None:
        """Flush, and do all compaction there is to do: what the files are then can be compared."""
        async with self._flushing, self._log.exclusive(wait=True):
            await self._flush()
            while await self._blocks.compact(settle=True):
                pass

    async def _flush(self) -> None:
        await self._catch_up()
        if self._head.frozen:
            await self._finish_flush()
        if self._head.freeze(self._log.mark()):
            await self._finish_flush()
        self._flushed_at = self._context.clock.monotonic()

    async def _catch_up(self) -> None:
        """Take note of what other servers have flushed.  Here there are none; SharedBlockStore has them."""

    async def _behind(self) -> None:
        """The same, asked for by the log."""

    def _flushed(self, seq: int) -> None:
        """All up to this log record was flushed here."""

    async def _finish_flush(self) -> None:
        frozen = self._head.frozen
        if frozen is None:
            return
        flush = await asyncio.to_thread(self._head.flush_of, frozen)
        await self._blocks.flush(flush)
        self._head.release()
        del flush
        await asyncio.to_thread(trim)
        self._flushed(frozen.seq)
        await self._log.drop(frozen.seq)

    # -- read ---------------------------------------------------------------------------------------------------

    async def select(
        self,
        org: int,
        matchers: Sequence[Matcher],
        start_ms: int,
        end_ms: int,
        *,
        limit: int,
        newest: bool = False,
    ) -> SeriesSet:
        """Samples within [start_ms, end_ms] of the series that pass every matcher; the `newest` of each at least."""
        # The head first: what a flush moves in between is then seen twice, never not at all.
        work = self._head.index.work(matchers)
        read_head = partial(self._read_head, limit=limit, newest=newest)
        sids, recent, newest = await off_loop(work, read_head, org, matchers, start_ms, end_ms)
        if not len(sids):
            return SeriesSet.empty()
        stored = await self._blocks.select(org, sids, start_ms, end_ms, limit=limit, newest=newest)
        size = len(stored.t) + len(recent.t)
        if not size:
            return SeriesSet.empty()
        if size <= MERGE_INLINE:
            return self._join(org, stored, recent, limit)
        return await asyncio.to_thread(self._join, org, stored, recent, limit)

    def _read_head(
        self, org: int, matchers: Sequence[Matcher], start_ms: int, end_ms: int, *, limit: int, newest: bool
    ) -> tuple[UInt32, Ragged, bool]:
        sids = self._head.index.find(org, matchers)
        # What histograms are kept as belongs together over several samples.
        newest = newest and not self._head.index.has(org, native.PART)
        recent = self._head.read(sids, start_ms, end_ms, limit=limit, newest=newest)
        if recent is None:
            raise _too_many(limit)
        return sids, recent, newest

    def _join(self, org: int, stored: Ragged, recent: Ragged, limit: int) -> SeriesSet:
        if not len(recent.t):
            sids, offsets, t, v = stored.sids, stored.offsets, stored.t, stored.v
        else:
            sids, offsets, t, v = merge(
                (stored.sids, stored.offsets, stored.t, stored.v), (recent.sids, recent.offsets, recent.t, recent.v)
            )
        is_native = self._head.index.has(org, native.PART)
        parts = self._head.index.carrying(org, native.PART, sids) if is_native else sids[:0]
        counts = np.diff(offsets)[np.isin(sids, parts)] if is_native else offsets[:0]
        if len(t) + PART_SAMPLES * int(counts.sum()) > limit:
            raise _too_many(limit)
        series = SeriesSet(self._head.index.label_sets(sids), offsets, t, v)
        return native.folded(series) if is_native else series

    async def kept(self, org: int) -> Kept:
        """What is kept of an organisation's samples."""
        return await self._blocks.kept(org)

    async def select_rolled(self, org: int, matchers: Sequence[Matcher], buckets: Buckets, *, limit: int) -> RolledSet:
        """Buckets of the series that pass every matcher, whether they are stored or made now."""
        work = self._head.index.work(matchers)
        span = buckets.start_ms, buckets.end_ms
        read_head = partial(self._read_head, limit=limit, newest=False)
        sids, recent, _ = await off_loop(work, read_head, org, matchers, *span)
        entries, is_guess = await self._blocks.select_rolled(org, sids, recent, buckets, limit=limit)
        histograms = self._histograms(org)
        if has_histograms := bool(len(histograms) and np.isin(sids, histograms).any()):
            entries = entries.keep(~np.isin(entries.ids, histograms)[entries.owners])
        if len(entries.t) > limit:
            raise _too_many(limit)
        labels = self._head.index.label_sets(entries.ids)
        return RolledSet(labels, entries.offsets, entries.t, entries.first_t, entries.columns, is_guess, has_histograms)

    def _histograms(self, org: int) -> UInt32:
        """The series that are parts of native histograms."""
        if not self._head.index.has(org, native.PART):
            return np.zeros(0, np.uint32)
        return self._head.index.find(org, [Matcher(native.PART, "!=", "")])

    async def series(
        self, org: int, matcher_sets: Sequence[Sequence[Matcher]], start_ms: int, end_ms: int, *, limit: int
    ) -> Sequence[dict[str, str]]:
        """Label sets of series that pass one of the sets; at most `limit` unless that is 0."""

        def read() -> Sequence[dict[str, str]]:
            found = self._head.index.find_any(org, matcher_sets, start_ms)
            if self._head.index.has(org, native.PART):
                return _cut(native.wholes(self._head.index.labels(found)), limit)
            return self._head.index.label_sets(found[:limit] if limit > 0 else found)

        return await off_loop(self._head.series // 16, read)

    async def label_names(
        self, org: int, matcher_sets: Sequence[Sequence[Matcher]], start_ms: int, end_ms: int, *, limit: int
    ) -> list[str]:
        """Sorted label names of series that pass one of the sets (none given: of all)."""

        def read() -> list[str]:
            names = self._head.index.label_names(self._head.index.find_any(org, matcher_sets, start_ms))
            return _cut([name for name in names if name != native.PART], limit)

        return await off_loop(self._head.series // 16, read)

    async def label_values(
        self, org: int, name: str, matcher_sets: Sequence[Sequence[Matcher]], start_ms: int, end_ms: int, *, limit: int
    ) -> list[str]:
        """Sorted values of a label among series that pass one of the sets (none given: of all)."""

        def read() -> list[str]:
            values = self._head.index.label_values(self._head.index.find_any(org, matcher_sets, start_ms), name)
            return _cut(values, limit)

        return await off_loop(self._head.series // 16, read)

    # -- keep in order ------------------------------------------------------------------------------------------

    async def delete(self, org: int, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> int:
        """Remove samples for good; gives how many.

        Flushes first, so that the log cannot bring them back, and removes all snapshots, which still have them.
        """
        async with self._flushing, self._log.exclusive(wait=True):
            await self._flush()
            sids = await asyncio.to_thread(self._head.index.find, org, matchers)
            removed = await self._blocks.delete(org, sids, start_ms, end_ms)
        await self._blocks.drop_snapshots()
        return removed

    async def drop_before(self, org: int, cutoff_ms: int) -> int:
        """Remove an organisation's samples older than this; gives how many."""
        async with self._flushing, self._log.exclusive(wait=True):
            await self._flush()
            removed = await self._blocks.drop_before(org, cutoff_ms)
        await self._blocks.drop_snapshots(made_before_ms=self._context.clock.now_ms() - DAY_MS)
        return removed

    async def snapshot(self, *, skip_head: bool = False) -> str:
        """Copy the blocks of all organisations to where an admin can fetch them; gives the copy's name.

        `skip_head` leaves out what was not flushed yet.  Copies are there for a day at most.  Raises StoreUnavailable.
        """
        if not skip_head:
            await self.flush()
        return await self._blocks.snapshot()

    async def expire(self, org: int, cutoffs: Mapping[int, int]) -> int:
        """Let go of what is older than its resolution is kept, by whole days; gives how many samples there were."""
        async with self._flushing, self._log.exclusive(wait=True):
            await self._flush()
            removed = await self._blocks.expire(org, cutoffs)
        more = True
        while more:  # a step at a time, so that flushes come between
            async with self._flushing, self._log.exclusive(wait=True):
                more = await self._blocks.trim(org)
        return removed

    async def stats(self, org: int | None = None) -> StoreStats:
        """Sizes and counts of one organisation, or of all."""
        blocks = await self._blocks.stats(org)
        if org is not None:
            series = await asyncio.to_thread(self._head.index.count, org)
            return StoreStats(series, blocks.bytes, blocks.oldest_ms, 0, blocks.damaged)
        return StoreStats(
            series=self._head.series,
            bytes=blocks.bytes + self._log.stats.bytes,
            oldest_ms=blocks.oldest_ms,
            pending_samples=self._head.samples,
            damaged_blocks=blocks.damaged + self._log.stats.damaged,
        )

    async def cardinality(self, org: int, *, limit: int) -> Cardinality:
        """Where the organisation's series come from; active ones have a sample in the last hour."""
        since = self._context.clock.now_ms() - HOUR_MS
        return await asyncio.to_thread(cardinality, self._head.index, org, active_since_ms=since, limit=limit)

    async def explore(self, org: int, matchers: Sequence[Matcher], *, by: By, limit: int) -> Exploration:
        """Which metrics, labels and values make the organisation's series, or its new ones."""
        asked = Asked(org, matchers, by, limit, self._context.clock.now_ms())
        return await asyncio.to_thread(explore, self._head.index, self._head.births, asked)

    async def unread(self, org: int, selectors: Sequence[Sequence[Matcher]], *, limit: int) -> Unread:
        """Which of the organisation's active series none of the selectors takes."""
        asked = AskedUnread(org, selectors, self._context.clock.now_ms() - HOUR_MS, limit)
        return await asyncio.to_thread(unread, self._head.index, asked)

    def active_series(self, org: int) -> int:
        """Series with a sample in this clock hour or the one before: what the plan's limit counts."""
        return self._head.active(org)

    @property
    def log_stats(self) -> LogStats:
        """Counters of the append log."""
        return self._log.stats

    @property
    def head_bytes(self) -> int:
        """Memory that series and unflushed samples take."""
        return self._head.memory


def _body(batch: WriteBatch) -> bytes:
    request = encode_request(label_keys(batch.labels), batch.offsets, batch.t, batch.v)
    return bytes(cramjam.snappy.compress_raw(request))


def _cut(items: list[Item], limit: int) -> list[Item]:
    return items[:limit] if limit > 0 else items


def _too_many(limit: int) -> StoreLimitExceeded:
    return StoreLimitExceeded(f"the query would load more than {limit} samples into memory")
