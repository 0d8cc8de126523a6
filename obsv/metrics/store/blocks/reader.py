"""From blocks back to samples: which parts of which series a read needs, then decoding straight into place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from obsv.metrics.kernels import codec
from obsv.metrics.store.base import StoreLimitExceeded
from obsv.metrics.store.blocks.block import BlockReader
from obsv.metrics.store.blocks.envelope import DamagedError
from obsv.metrics.store.blocks.repository import StoredBlock
from obsv.metrics.store.blocks.times import TimesReader
from obsv.metrics.store.types import Float64, Int64

SHARES = 2
SHARED_SAMPLES = 200_000
"""A read that decodes so many samples is shared by two threads (the kernels let go of the GIL)."""


@dataclass
class Columns:
    """Samples by wanted place: those of place i are `t[offsets[i]:offsets[i+1]]` and the same of `v`."""

    offsets: Int64
    t: Int64
    v: Float64


@dataclass
class _Part:
    """What one block gives: series `rows` of it for the wanted places `positions`, samples first..stop of each."""

    id: int
    block: BlockReader
    seq: int
    rows: Int64
    positions: Int64
    counts: Int64  # samples of every series of the block
    first: Int64
    stop: Int64
    times: Int64
    times_at: Int64  # where in `times` each read range starts

    @property
    def lengths(self) -> Int64:
        """Samples read of each series."""
        return self.stop - self.first


Run = Callable[[Callable[[int], list[_Part]], Iterable[int]], Iterable[list[_Part]]]


class Read:
    """One read of some places (`partition << 8 | slot`, any order) over a time.

    Add blocks in any order, then `finish`.  Damaged ones give no samples; `damaged` lists their ids.
    """

    def __init__(self, places: Int64, start_ms: int, end_ms: int, *, limit: int) -> None:
        self._order = np.argsort(places, kind="stable")
        self._places = places[self._order]
        self._start_ms, self._end_ms, self._limit = start_ms, end_ms, limit
        self._parts: list[_Part] = []
        self.samples = 0
        self._work = 0  # samples to decode: those before a read range too
        self.damaged: list[int] = []

    def add(self, stored: StoredBlock, block: BlockReader, times: TimesReader) -> None:
        """Plan to read a block.  Raises StoreLimitExceeded when that would be too many samples."""
        try:
            self._add(stored, block, times)
        except DamagedError:
            self.damaged.append(stored.id)

    def _add(self, stored: StoredBlock, block: BlockReader, times: TimesReader) -> None:
        places = block.slots | stored.placement.part << 8
        at = np.minimum(np.searchsorted(self._places, places), len(self._places) - 1)
        rows = np.flatnonzero(self._places[at] == places)
        if not len(rows):
            return
        if block.vectors.max() >= len(times.counts) or block.vectors.min() < 0:
            raise DamagedError("block refers to times that are not there")
        vectors = block.vectors[rows]
        pool, starts = times.pool(vectors)
        first, stop = self._clip(pool, starts, times.counts[vectors], stored)
        positions, counts = self._order[at[rows]], times.counts[block.vectors]
        part = _Part(stored.id, block, stored.placement.seq, rows, positions, counts, first, stop, pool, starts + first)
        self.samples += int(part.lengths.sum())
        self._work += int(part.stop.sum())
        if self.samples > self._limit:
            raise StoreLimitExceeded(f"the query would read more than {self._limit} samples")
        self._parts.append(part)

    def _clip(self, pool: Int64, starts: Int64, counts: Int64, stored: StoredBlock) -> tuple[Int64, Int64]:
        """The samples first..stop of each series that lie in the time of the read."""
        placement = stored.placement
        if self._start_ms <= placement.start_ms and placement.end_ms <= self._end_ms:
            return np.zeros(len(starts), np.int64), counts
        ends = starts + counts
        first = codec.first_not_before(pool, starts, ends, self._start_ms)
        return first - starts, codec.first_not_before(pool, first, ends, self._end_ms + 1) - starts

    def finish(self, run: Run) -> Columns:
        """Decode and merge; `run` does a function for several shares of the work, at the same time if it can."""
        shares = SHARES if self._work >= SHARED_SAMPLES else 1
        while True:
            layout = _Layout(self._parts, len(self._places))
            broken = {part.id for found in run(partial(layout.decode, of=shares), range(shares)) for part in found}
            if not broken:
                return layout.columns()
            self.damaged += sorted(broken)
            self._parts = [part for part in self._parts if part.id not in broken]


class _Layout:
    """Where each range of each block goes in the answer: by place, then by first time."""

    def __init__(self, parts: Sequence[_Part], places: int) -> None:
        self._parts, self._places = parts, places
        empty = [np.zeros(0, np.int64)]
        positions = np.concatenate([part.positions for part in parts] or empty)
        counts = np.concatenate([part.lengths for part in parts] or empty)
        seqs = np.concatenate([np.full(len(part.rows), part.seq) for part in parts] or empty)
        heads = np.concatenate([_take(part.times, part.times_at, part.lengths) for part in parts] or empty)
        order = np.lexsort((seqs, heads, positions))
        self._at = np.empty(len(order), np.int64)
        self._at[order] = np.cumsum(counts[order]) - counts[order]
        self._positions, self._counts, self._seqs = positions[order], counts[order], seqs[order]
        total = int(counts.sum())
        self._t, self._v = np.empty(total, np.int64), np.empty(total, np.float64)

    def decode(self, share: int, *, of: int) -> list[_Part]:
        """Fill in times and values of every `of`th block; gives those that cannot be read."""
        bases = np.cumsum([0, *(len(part.rows) for part in self._parts)]).tolist()
        broken: list[_Part] = []
        for part, base in list(zip(self._parts, bases, strict=False))[share::of]:
            at = self._at[base : base + len(part.rows)]
            codec.copy_ranges(part.times, part.times_at, part.lengths, at, self._t)
            some = part.lengths > 0
            try:
                values, starts = part.block.values(part.counts, part.rows[some])
            except DamagedError:
                broken.append(part)
                continue
            begin, length = (starts[part.rows] + part.first)[some], part.lengths[some]
            codec.copy_ranges(values.view(np.int64), begin, length, at[some], self._v.view(np.int64))
        return broken

    def columns(self) -> Columns:
        """The samples by place, strictly increasing in time."""
        sizes = np.bincount(self._positions, weights=self._counts, minlength=self._places).astype(np.int64)
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        tangled = self._tangled()
        if not tangled.any():
            return Columns(offsets, self._t, self._v)
        owner = np.repeat(self._positions, self._counts)
        mine = np.flatnonzero(tangled[owner])  # whole series, so sorting them leaves each in its own stretch
        order = mine[np.lexsort((np.repeat(self._seqs, self._counts)[mine], self._t[mine], owner[mine]))]
        self._t[mine], self._v[mine] = self._t[order], self._v[order]
        keep = np.ones(len(owner), np.bool_)
        keep[1:] = (owner[1:] != owner[:-1]) | (self._t[1:] != self._t[:-1])
        sizes = np.bincount(owner[keep], minlength=self._places)
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        return Columns(offsets, self._t[keep], self._v[keep])

    def _tangled(self) -> NDArray[np.bool_]:
        """Which places have a range that begins before the one before it ends (late samples)."""
        some = self._counts > 0
        positions, ends = self._positions[some], np.cumsum(self._counts[some])
        starts = ends - self._counts[some]
        same = positions[1:] == positions[:-1]
        late = same & (self._t[starts[1:]] <= self._t[ends[:-1] - 1])
        tangled = np.zeros(self._places, np.bool_)
        tangled[positions[1:][late]] = True
        return tangled


def _take(times: Int64, at: Int64, counts: Int64) -> Int64:
    """The time at each place; of an empty range it does not matter."""
    return times[np.minimum(at, len(times) - 1)] if len(times) else np.zeros(len(counts), np.int64)
