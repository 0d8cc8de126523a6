"""Roll-ups of any time, whether they are stored or not: what is not rolled up yet is summed up as it is read.

The samples of a day (of UTC, as compaction has them) are in roll-ups or they are not: a partition's day with raw blocks
that were not rolled up is open, and is read from raw samples alone.  A bucket across midnight is two entries, one of
either day, so nothing is counted twice and nothing is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from obsv.metrics.kernels.ingest import merge
from obsv.metrics.store.base import StoreLimitExceeded, StoreUnavailable
from obsv.metrics.store.blocks.entries import Entries, Mask, is_absent, is_stale
from obsv.metrics.store.blocks.repository import BlockRepository, StoredBlock
from obsv.metrics.store.blocks.rollup_shelf import RollupShelf, Wanted
from obsv.metrics.store.blocks.shelf import ATTEMPTS, MovedError, Shelf, spans_of
from obsv.metrics.store.blocks.types import Ragged, UInt32
from obsv.metrics.store.blocks.window import DAY_MS
from obsv.metrics.store.types import Int64


@dataclass(frozen=True, slots=True)
class Rolling:
    """What is asked for: `columns` in buckets of `resolution` ms, from and to a time, both included.

    The time is made of whole buckets.  Raw samples from before `raw_since` are gone.
    """

    org: int
    resolution: int
    start_ms: int
    end_ms: int
    columns: tuple[str, ...]
    limit: int
    raw_since: int


@dataclass(frozen=True, slots=True)
class Placed:
    """Series and their places, -1 for those that have none yet."""

    sids: UInt32
    places: Int64

    def having(self, mask: Mask) -> Placed:
        """Some of them."""
        return Placed(self.sids[mask], self.places[mask])


class RollupReads:
    """Reads stored roll-ups, and makes those that are missing."""

    def __init__(self, repository: BlockRepository, shelf: Shelf, rollups: RollupShelf) -> None:
        self._repository, self._shelf, self._rollups = repository, shelf, rollups

    async def select(self, asked: Rolling, series: Placed, recent: Ragged) -> Entries:
        """The entries of some series, of which `recent` samples are in no block yet.

        Raises StoreLimitExceeded.
        """
        some = np.diff(recent.offsets) > 0
        recent = Ragged(recent.sids[some], np.append(recent.offsets[:1], recent.offsets[1:][some]), recent.t, recent.v)
        for _ in range(ATTEMPTS):
            try:
                return await self._select(asked, series, recent)
            except MovedError:
                continue
        raise StoreUnavailable("metric blocks changed under every attempt to read them")

    async def _select(self, asked: Rolling, series: Placed, recent: Ragged) -> Entries:
        stored = series.having(series.places >= 0)
        spans = spans_of(stored.places) if len(stored.sids) else []
        span_ms = asked.start_ms, asked.end_ms
        blocks = await self._repository.find_rolled(asked.org, spans, *span_ms, asked.resolution)
        days = _open_days(asked, [block for block in blocks if not block.placement.resolution], series, recent)
        fresh = await self._summed_up(asked, stored, days, recent)
        wanted = Wanted(stored.sids, stored.places, *span_ms, asked.limit)
        rolled = [block for block in blocks if block.placement.resolution]
        old = await self._rollups.read(asked.org, rolled, wanted, asked.columns, keep=True)
        old = old.keep(~_is_open(old, stored, days))
        lacking = _lacking(old, asked)
        if not len(lacking):
            return await asyncio.to_thread(old.joined, fresh)
        return await self._with_raw(asked, stored.having(np.isin(stored.sids, lacking)), recent, (old, fresh))

    async def _summed_up(
        self, asked: Rolling, stored: Placed, days: dict[int, frozenset[int]], recent: Ragged
    ) -> Entries:
        """The entries of what is not rolled up."""
        samples = recent
        for first, last, parts in _runs(days):
            some = stored.having(np.isin(stored.places >> 8, list(parts)))
            start, end = max(asked.start_ms, first * DAY_MS), min(asked.end_ms, (last + 1) * DAY_MS - 1)
            found = await self._raw(asked, some, start, end)
            samples = await asyncio.to_thread(_merged, found, samples)
            if len(samples.t) > asked.limit:
                raise StoreLimitExceeded(f"the query would read more than {asked.limit} samples")
        return await asyncio.to_thread(Entries.of, samples, asked.resolution, asked.columns)

    async def _raw(self, asked: Rolling, series: Placed, start_ms: int, end_ms: int) -> Ragged:
        columns = await self._shelf.read(asked.org, series.places, start_ms, end_ms, limit=asked.limit)
        some = np.diff(columns.offsets) > 0
        offsets = np.append(columns.offsets[:1], columns.offsets[1:][some])
        return Ragged(series.sids[some], offsets, columns.t, columns.v)

    async def _with_raw(
        self, asked: Rolling, lacking: Placed, recent: Ragged, found: tuple[Entries, Entries]
    ) -> Entries:
        """The same, but those series that lack something have it from raw samples, as far as there are some."""
        old, fresh = found
        raw = await self._raw(asked, lacking, max(asked.start_ms, asked.raw_since), asked.end_ms)
        lately = _only(recent, lacking.sids)
        whole = await asyncio.to_thread(lambda: Entries.of(_merged(raw, lately), asked.resolution, asked.columns))
        old = old.keep((old.t < asked.raw_since) | ~np.isin(old.ids, lacking.sids)[old.owners])
        fresh = fresh.keep(~np.isin(fresh.ids, lacking.sids)[fresh.owners])
        return await asyncio.to_thread(lambda: old.joined(fresh).joined(whole))


def _open_days(asked: Rolling, raw: Sequence[StoredBlock], series: Placed, recent: Ragged) -> dict[int, frozenset[int]]:
    """The days of which some partitions are to be read from raw samples, and these partitions."""
    pairs = {
        (block.placement.part, day)
        for block in raw
        for day in range(block.placement.start_ms // DAY_MS, block.placement.end_ms // DAY_MS + 1)
    }
    if len(recent.t):
        at = np.searchsorted(series.sids, recent.sids)
        parts = series.places[at] >> 8
        first, last = recent.t[recent.offsets[:-1]] // DAY_MS, recent.t[recent.offsets[1:] - 1] // DAY_MS
        spans = np.unique(np.stack([parts, first, last]), axis=1).T.tolist()
        pairs |= {(part, day) for part, begin, end in spans if part >= 0 for day in range(begin, end + 1)}
    low, high = max(asked.start_ms, asked.raw_since) // DAY_MS, asked.end_ms // DAY_MS
    days: dict[int, set[int]] = {}
    for part, day in pairs:
        if low <= day <= high:
            days.setdefault(day, set()).add(part)
    return {day: frozenset(parts) for day, parts in sorted(days.items())}


def _runs(days: dict[int, frozenset[int]]) -> list[tuple[int, int, frozenset[int]]]:
    """(first day, last day, partitions) of days in a row that are open for the same ones."""
    runs: list[tuple[int, int, frozenset[int]]] = []
    for day, parts in days.items():
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == parts:
            runs[-1] = (runs[-1][0], day, parts)
        else:
            runs.append((day, day, parts))
    return runs


def _is_open(entries: Entries, series: Placed, days: dict[int, frozenset[int]]) -> Mask:
    """Which entries are of days that are read from raw samples."""
    found = np.zeros(len(entries.t), np.bool_)
    if not days:
        return found
    parts = series.places[np.searchsorted(series.sids, entries.ids)] >> 8
    late = np.flatnonzero(entries.t >= min(days) * DAY_MS)
    keys = parts[entries.owners[late]] << 32 | entries.t[late] // DAY_MS
    found[late] = np.isin(keys, [part << 32 | day for day, those in days.items() for part in those])
    return found


def _lacking(entries: Entries, asked: Rolling) -> UInt32:
    """The series that lack something which raw samples can tell."""
    lacks = np.zeros(len(entries.t), np.bool_)
    for column in entries.columns.values():
        lacks |= is_absent(column)
    lacks &= entries.t >= asked.raw_since
    return entries.ids[np.unique(entries.owners[lacks])] if lacks.any() else np.zeros(0, np.uint32)


def _merged(one: Ragged, other: Ragged) -> Ragged:
    if not len(one.t) or not len(other.t):
        return one if len(one.t) else other
    return Ragged(*merge((one.sids, one.offsets, one.t, one.v), (other.sids, other.offsets, other.t, other.v)))


def _only(samples: Ragged, sids: UInt32) -> Ragged:
    """The samples of some series."""
    keep = np.isin(samples.sids, sids)
    counts = np.diff(samples.offsets)
    mask = np.repeat(keep, counts)
    offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts[keep])))
    return Ragged(samples.sids[keep], offsets, samples.t[mask], samples.v[mask])


def estimated(entries: Entries, resolution: int) -> tuple[Entries, bool]:
    """The entries with a guess in place of what is not known, and whether there was any.

    The sum of a bucket is taken to be that of samples halfway between its least and its greatest; a bucket's first
    sample to be the last one of the bucket before it, if there is one.
    """
    columns = dict(entries.columns)
    unknown = {name: is_absent(columns[name]) for name in ("sum", "first") if name in columns}
    if not any(mask.any() for mask in unknown.values()):
        return entries, False
    first_t = entries.first_t
    if "sum" in unknown:
        with np.errstate(invalid="ignore", over="ignore"):
            middle = columns["min"] / 2 + columns["max"] / 2
            columns["sum"] = np.where(unknown["sum"], columns["count"] * middle, columns["sum"])
    if "first" in unknown:
        last = columns["last"]
        begins = (entries.t - 1) // resolution * resolution
        before_t = np.concatenate((begins[:1], entries.t[:-1]))
        before = np.concatenate((last[:1], last[:-1]))
        near = (before_t > begins - resolution) & ~is_stale(before)
        near[entries.offsets[:-1]] = False
        guess = np.where(near, before, last)
        first_t = np.where(unknown["first"], np.where(near, np.maximum(begins, before_t), entries.t), first_t)
        columns["first"] = np.where(unknown["first"], guess, columns["first"])
        columns["drops"] = np.where(unknown["first"], np.where(last < guess, guess, 0.0), columns["drops"])
    return Entries(entries.ids, entries.offsets, entries.t, first_t, columns), True
