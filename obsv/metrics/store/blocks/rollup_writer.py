"""From entries to blocks of roll-ups: groups that share one set of times, as samples have them."""

from __future__ import annotations

import numpy as np

from obsv.metrics.store.blocks.entries import COLUMNS, Entries, is_absent, thinned
from obsv.metrics.store.blocks.repository import Group, Placement
from obsv.metrics.store.blocks.rollup_block import encode_rollup
from obsv.metrics.store.blocks.times import TimesWriter
from obsv.metrics.store.blocks.writer import SHARED_VECTORS
from obsv.metrics.store.types import Float64, Int64

BLOCK_ENTRIES = 32 * 1024
"""A block holds about so many entries (some 70 KiB)."""

CHUNK_ENTRIES = 8192
CHUNK_SERIES = 64


class RollupWriter:
    """Encodes entries of one organisation at one resolution."""

    def __init__(self, org: int, resolution: int) -> None:
        self._org, self._resolution = org, resolution
        self._times = TimesWriter()
        self._blocks: list[tuple[Placement, bytes]] = []
        self._groups: list[Group] = []

    def add(self, entries: Entries, *, generation: int, anew: bool) -> None:
        """Encode series, which are named by place; `anew` as for `thinned`."""
        if not len(entries.t):
            return
        kept = thinned(entries, anew=anew)
        starts, stops = entries.offsets[:-1], entries.offsets[1:]
        vectors = self._times.add(entries.t, starts, stops)
        firsts = vectors.copy()
        known = np.flatnonzero(np.logical_not(np.logical_and.reduceat(is_absent(kept["first"]), starts)))
        firsts[known] = self._times.add(entries.first_t, starts[known], stops[known])
        parts = entries.ids.astype(np.int64) >> 8
        bounds = np.flatnonzero(np.diff(parts, prepend=-1, append=-1))
        for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            per_block = max(1, BLOCK_ENTRIES * (b - a) // int(entries.offsets[b] - entries.offsets[a]))
            for at in range(a, b, per_block):
                rows = slice(at, min(b, at + per_block))
                self._block(_rows(entries, kept, rows), (vectors[rows], firsts[rows]), generation)
        if len(self._times) > SHARED_VECTORS:
            self._close_group()

    def _block(self, entries: Entries, vectors: tuple[Int64, Int64], generation: int) -> None:
        places = entries.ids.astype(np.int64)
        placement = Placement(
            org=self._org,
            part=int(places[0] >> 8),
            low=int(places[0] & 0xFF),
            high=int(places[-1] & 0xFF),
            generation=generation,
            seq=0,
            start_ms=int(entries.t[entries.offsets[:-1]].min()),
            end_ms=int(entries.t[entries.offsets[1:] - 1].max()),
            samples=len(entries.t),
            resolution=self._resolution,
        )
        per_chunk = min(CHUNK_SERIES, max(1, CHUNK_ENTRIES * len(places) // len(entries.t)))
        data = encode_rollup(entries, slots=places & 0xFF, vectors=vectors, series_per_chunk=per_chunk)
        self._blocks.append((placement, data))

    def _close_group(self) -> None:
        if self._blocks:
            self._groups.append(Group(self._times.finish(), self._blocks))
        self._times, self._blocks = TimesWriter(), []

    def finish(self) -> list[Group]:
        """The groups made."""
        self._close_group()
        return self._groups


def _rows(entries: Entries, kept: dict[str, Float64], rows: slice) -> Entries:
    """Some series, with columns as they are kept."""
    offsets = entries.offsets[rows.start : rows.stop + 1]
    mine = slice(int(offsets[0]), int(offsets[-1]))
    columns = {name: kept[name][mine] for name in COLUMNS}
    return Entries(entries.ids[rows], offsets - offsets[0], entries.t[mine], entries.first_t[mine], columns)
