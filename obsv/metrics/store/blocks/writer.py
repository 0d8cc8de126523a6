"""From samples to blocks: groups of partitions that share one set of times."""

from __future__ import annotations

import numpy as np

from obsv.metrics.store.blocks.block import encode_block
from obsv.metrics.store.blocks.pieces import Pieces
from obsv.metrics.store.blocks.reader import Columns
from obsv.metrics.store.blocks.repository import Group, Placement
from obsv.metrics.store.blocks.times import TimesWriter
from obsv.metrics.store.types import Int64

BLOCK_SAMPLES = 96 * 1024
"""A block holds about so many samples (some 50 KiB)."""

CHUNK_SAMPLES = (4096, 8192, 8192)
"""A chunk holds about so many samples, by generation: few series where there are many samples of each, since each has
a distribution of its own that entropy coding can learn."""

CHUNK_SERIES = 64

SHARED_VECTORS = 4096
"""Past so many distinct time vectors a new set is begun: little is shared then, and sets should stay small."""


class GroupWriter:
    """Encodes pieces of one organisation, partition by partition; `rolled` is noted with them."""

    def __init__(self, org: int, *, rolled: int = 0) -> None:
        self._org, self._rolled = org, rolled
        self._times = TimesWriter()
        self._blocks: list[tuple[Placement, bytes]] = []
        self._groups: list[Group] = []

    def add(self, pieces: Pieces, *, generation: int, seq: int) -> None:
        """Encode series, which are ordered by place and not empty."""
        bounds = np.flatnonzero(np.diff(pieces.parts, prepend=-1, append=-1))
        vectors = self._times.add(pieces.t, pieces.starts, pieces.stops)
        for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            self._partition(pieces, vectors, slice(a, b), generation=generation, seq=seq)
        if len(self._times) > SHARED_VECTORS:
            self._close_group()

    def _partition(self, pieces: Pieces, vectors: Int64, part: slice, *, generation: int, seq: int) -> None:
        """Blocks of some series, all of one partition."""
        series = part.stop - part.start
        mean = int((pieces.stops[part] - pieces.starts[part]).sum()) // series
        per_block = max(1, BLOCK_SAMPLES // mean)
        per_chunk = min(CHUNK_SERIES, max(1, CHUNK_SAMPLES[generation] // mean))
        for at in range(part.start, part.stop, per_block):
            mine = slice(at, min(part.stop, at + per_block))
            starts, stops, slots = pieces.starts[mine], pieces.stops[mine], pieces.slots[mine]
            placement = Placement(
                org=self._org,
                part=int(pieces.parts[at]),
                low=int(slots[0]),
                high=int(slots[-1]),
                generation=generation,
                seq=seq,
                start_ms=int(pieces.t[starts].min()),
                end_ms=int(pieces.t[stops - 1].max()),
                samples=int((stops - starts).sum()),
                rolled=self._rolled,
            )
            data = encode_block(pieces.v, starts, stops, slots=slots, vectors=vectors[mine], series_per_chunk=per_chunk)
            self._blocks.append((placement, data))

    def _close_group(self) -> None:
        if self._blocks:
            self._groups.append(Group(self._times.finish(), self._blocks))
        self._times, self._blocks = TimesWriter(), []

    def finish(self) -> list[Group]:
        """The groups made."""
        self._close_group()
        return self._groups


def add_columns(writer: GroupWriter, places: Int64, columns: Columns, *, generation: int, seq: int) -> None:
    """Give a writer what was read of these places."""
    pieces = Pieces.at(places, columns.offsets[:-1], columns.offsets[1:], columns.t, columns.v)
    if len(pieces.parts):
        writer.add(pieces, generation=generation, seq=seq)
