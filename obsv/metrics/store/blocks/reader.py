"""From blocks back to samples: which parts of which series a read needs, then decoding, then all of them by series."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from obsv.metrics.kernels import gather as kernel
from obsv.metrics.store.base import StoreLimitExceeded
from obsv.metrics.store.blocks.block import BlockReader
from obsv.metrics.store.blocks.envelope import DamagedError
from obsv.metrics.store.blocks.repository import StoredBlock
from obsv.metrics.store.blocks.times import TimesReader
from obsv.metrics.store.types import Float64, Int64

SHARES = 2


@dataclass
class Columns:
    """Samples by wanted place: those of place i are `t[offsets[i]:offsets[i+1]]` and the same of `v`."""

    offsets: Int64
    t: Int64
    v: Float64


@dataclass(slots=True)
class _Part:
    """What one block gives: `lengths[i]` samples of its series `rows[i]` to the wanted place `positions[i]`.

    They begin at sample `first[i]` of the series, and at `times[times_at[i]]`.
    """

    id: int
    block: BlockReader
    seq: int
    rows: Int64
    positions: Int64
    first: Int64
    lengths: Int64
    times: Int64
    times_at: Int64


Run = Callable[[Callable[[int], list[int]], Iterable[int]], Iterable[list[int]]]


class Read:
    """One read of some places (`partition << 8 | slot`, any order) over a time.

    Add blocks in any order, then `finish`.  Damaged ones give no samples; `damaged` lists their ids.  With `newest` it
    is enough that each place gets its newest sample.
    """

    def __init__(self, places: Int64, start_ms: int, end_ms: int, *, limit: int, newest: bool = False) -> None:
        is_sorted = len(places) < 2 or bool((places[1:] > places[:-1]).all())
        self._order = None if is_sorted else np.argsort(places, kind="stable")
        self._places = places if self._order is None else places[self._order]
        self._start_ms, self._end_ms, self._limit, self._newest = start_ms, end_ms, limit, newest
        self._parts: list[_Part] = []
        self.samples = 0
        self.damaged: list[int] = []

    def add(self, stored: StoredBlock, block: BlockReader, times: TimesReader) -> None:
        """Plan to read a block.  Raises StoreLimitExceeded when that would be too many samples."""
        try:
            self._add(stored, block, times)
        except DamagedError:
            self.damaged.append(stored.id)

    def _add(self, stored: StoredBlock, block: BlockReader, times: TimesReader) -> None:
        rows, positions = kernel.wanted_rows(self._places, stored.placement.part << 8, block.slots)
        if not len(rows):
            return
        block.sized(times.counts)
        vectors = block.vectors[rows]
        pool, starts = times.pool(vectors)
        first, stop = kernel.clip(pool, starts, times.counts[vectors], self._start_ms, self._end_ms, self._newest)
        if self._order is not None:
            positions = self._order[positions]
        seq = stored.placement.seq
        part = _Part(stored.id, block, seq, rows, positions, first, stop - first, pool, starts + first)
        self.samples += int(part.lengths.sum())
        if self.samples > self._limit:
            raise StoreLimitExceeded(f"the query would read more than {self._limit} samples")
        self._parts.append(part)

    @property
    def is_decoded(self) -> bool:
        """Whether all of it was decoded before, so that it is only to be put together."""
        return all(part.block.has(part.rows) for part in self._parts)

    def finish(self, run: Run) -> Columns:
        """Decode and merge; `run` does a function for several shares of the work, at the same time if it can."""
        if not self.is_decoded:
            broken = {row_id for found in run(self._decode, range(SHARES)) for row_id in found}
            self.damaged += sorted(broken)
            self._parts = [part for part in self._parts if part.id not in broken]
        self._parts.sort(key=lambda part: part.seq)
        return Columns(*kernel.gather([_ranges(part) for part in self._parts], len(self._places)))

    def _decode(self, share: int) -> list[int]:
        """Decode every `SHARES`th block; gives those that cannot be read."""
        broken: list[int] = []
        for part in self._parts[share::SHARES]:
            try:
                part.block.decode(part.rows)
            except DamagedError:
                broken.append(part.id)
        return broken


def _ranges(part: _Part) -> tuple[Int64, Int64, Int64, Int64, Float64, Int64]:
    at = part.block.starts[part.rows] + part.first
    return part.positions, part.lengths, part.times, part.times_at, part.block.values, at
