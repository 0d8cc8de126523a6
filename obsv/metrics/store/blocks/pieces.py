"""Samples of series by their place, the form in which blocks are made and remade."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from obsv.metrics.kernels.codec import first_not_before
from obsv.metrics.store.types import Float64, Int64


@dataclass
class Pieces:
    """Piece i belongs to slot `slots[i]` of partition `parts[i]`: `t[starts[i]:stops[i]]` and the same of `v`.

    Ordered by place, one piece a place, none empty; `t` strictly increasing within a piece.
    """

    parts: Int64
    slots: Int64
    starts: Int64
    stops: Int64
    t: Int64
    v: Float64

    @classmethod
    def at(cls, places: Int64, starts: Int64, stops: Int64, t: Int64, v: Float64) -> Pieces:
        """Pieces in any order, at `partition << 8 | slot` each; empty ones are left out."""
        order = np.argsort(places, kind="stable")
        order = order[starts[order] < stops[order]]
        places = places[order]
        return cls(places >> 8, places & 0xFF, starts[order], stops[order], t, v)

    def windows(self, width_ms: int) -> list[tuple[int, Pieces]]:
        """(first ms, pieces) of each window that has samples; windows start at multiples of their width."""
        if not len(self.parts):
            return []
        first, last = self.t[self.starts] // width_ms, self.t[self.stops - 1] // width_ms
        long = np.flatnonzero(last - first > 1)
        inside = [self.t[a:b] // width_ms for a, b in zip(self.starts[long], self.stops[long], strict=True)]
        windows = np.unique(np.concatenate([first, last, *inside])).tolist()
        return [(window * width_ms, self._within(window * width_ms, width_ms, first, last)) for window in windows]

    def _within(self, start_ms: int, width_ms: int, first: Int64, last: Int64) -> Pieces:
        """The part of each piece that lies in one window; `first` and `last` number the windows of their ends."""
        window = start_ms // width_ms
        mine = np.flatnonzero((first <= window) & (last >= window))
        starts, stops = self.starts[mine].copy(), self.stops[mine].copy()
        cut = np.flatnonzero((first[mine] < window) | (last[mine] > window))
        stops[cut] = first_not_before(self.t, starts[cut], stops[cut], start_ms + width_ms)
        starts[cut] = first_not_before(self.t, starts[cut], stops[cut], start_ms)
        some = starts < stops
        mine = mine[some]
        return Pieces(self.parts[mine], self.slots[mine], starts[some], stops[some], self.t, self.v)
