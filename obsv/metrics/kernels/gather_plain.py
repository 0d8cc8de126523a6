"""Which series of a block a read wants, which of their samples, and those of all blocks put together by series."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Ranges = tuple[Int64, Int64, Int64, Int64, Float64, Int64]
"""(place of each, its length, times, where in them it begins, values, where in them it begins)."""


def wanted_rows(places: Int64, first_place: int, slots: Int64) -> tuple[Int64, Int64]:
    """(i, j) of all `first_place + slots[i] == places[j]`; places and slots are ascending."""
    _, at, rows = np.intersect1d(places, first_place + slots, assume_unique=True, return_indices=True)
    return rows.astype(np.int64), at.astype(np.int64)


def clip(pool: Int64, starts: Int64, counts: Int64, start_ms: int, end_ms: int, newest: bool) -> tuple[Int64, Int64]:
    """(first, stop) of the samples of each `pool[starts[i]:starts[i] + counts[i]]` that lie within [start_ms, end_ms].

    With `newest` that is the last of them alone.  Raises ValueError on ranges outside of the pool.
    """
    firsts, stops = np.zeros(len(starts), np.int64), np.zeros(len(starts), np.int64)
    for i, (start, count) in enumerate(zip(starts.tolist(), counts.tolist(), strict=True)):
        if count < 0 or start < 0 or start + count > len(pool):
            raise ValueError("range outside the times")
        times = pool[start : start + count]
        stop = int(np.searchsorted(times, end_ms, side="right"))
        first = min(int(np.searchsorted(times, start_ms)), stop)
        firsts[i], stops[i] = max(first, stop - 1) if newest else first, stop
    return firsts, stops


def gather(ranges: list[Ranges], places: int) -> tuple[Int64, Int64, Float64]:
    """(offsets int64[places + 1], times, values): the samples of each place, times rising.

    Ranges come in the order in which they were written: of several samples at one time the first stays, bit for bit.
    Raises ValueError on ranges outside of their samples.
    """
    found: list[dict[int, int]] = [{} for _ in range(places)]
    for positions, lengths, t, t_at, v, v_at in ranges:
        bits = v.view(np.uint64)
        for place, n, at, of in zip(positions.tolist(), lengths.tolist(), t_at.tolist(), v_at.tolist(), strict=True):
            if n < 0 or at < 0 or of < 0 or at + n > len(t) or of + n > len(v):
                raise ValueError("range outside the samples")
            if not 0 <= place < places:
                raise ValueError("no such place")
            for time, value in zip(t[at : at + n].tolist(), bits[of : of + n].tolist(), strict=True):
                found[place].setdefault(time, value)
    offsets = np.zeros(places + 1, np.int64)
    np.cumsum([len(one) for one in found], out=offsets[1:])
    samples = [sample for one in found for sample in sorted(one.items())]
    times = np.array([time for time, _ in samples], np.int64)
    return offsets, times, np.array([value for _, value in samples], np.uint64).view(np.float64)
