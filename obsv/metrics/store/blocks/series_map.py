"""Which partition and slot each series of an organisation has: 12 bytes a series in memory.

Immutable: a flush makes an extended one and puts it in place only after its transaction has gone through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from obsv.metrics.store.blocks.segment import Segment, storage_order
from obsv.metrics.store.blocks.types import UInt32
from obsv.metrics.store.types import Int64

SLOTS = 256
SEGMENT_SERIES = 8192


@dataclass(frozen=True)
class SeriesMap:
    """The series of one organisation, by sid.  A place is `partition << 8 | slot`."""

    sids: UInt32 = field(default_factory=lambda: np.zeros(0, np.uint32))  # ascending
    places: Int64 = field(default_factory=lambda: np.zeros(0, np.int64))
    free: int = 0  # this place and all after it were never given out

    def find(self, sids: UInt32) -> Int64:
        """The place of each sid, -1 for one not known here."""
        if not len(self.sids):
            return np.full(len(sids), -1, np.int64)
        at = np.minimum(np.searchsorted(self.sids, sids), len(self.sids) - 1)
        return np.where(self.sids[at] == sids, self.places[at], np.int64(-1))

    def with_segments(self, segments: Sequence[Segment]) -> SeriesMap:
        """This map and the series of these segments; a later place of a sid takes the earlier one's."""
        sids = np.concatenate([self.sids, *(segment.sids for segment in segments)])
        places = np.concatenate([self.places, *(segment.places for segment in segments)])
        if not len(sids):
            return self
        order = np.argsort(sids, kind="stable")
        sids, places = sids[order], places[order]
        last = np.append(sids[1:] != sids[:-1], True)
        return SeriesMap(sids[last], places[last], max(self.free, int(places.max()) + 1))

    def without(self, gone: UInt32) -> SeriesMap:
        """This map without some series; their places are not given out again."""
        keep = ~np.isin(self.sids, gone)
        return SeriesMap(self.sids[keep], self.places[keep], self.free)

    def closed(self, last_part: int) -> SeriesMap:
        """The same, but new series go to partitions that were never used, `last_part` being the last that was.

        What was used is only surely known as long as no segment was lost, so a start never fills a partition up.
        """
        used = max(-(-self.free // SLOTS), last_part + 1)
        return SeriesMap(self.sids, self.places, used * SLOTS)

    def place(self, sids: UInt32, keys: list[bytes]) -> list[tuple[Segment, list[bytes]]]:
        """Give new series their places: segments in storage order with their keys."""
        order, free = storage_order(keys), self.free
        if len(order) > -free % SLOTS:  # they don't fit into what is left of a partition: begin with a new one
            free += -free % SLOTS
        made: list[tuple[Segment, list[bytes]]] = []
        for at in range(0, len(order), SEGMENT_SERIES):
            mine = order[at : at + SEGMENT_SERIES]
            places = np.arange(free + at, free + at + len(mine), dtype=np.int64)
            made.append((Segment.at(sids[mine], places), [keys[i] for i in mine]))
        return made
