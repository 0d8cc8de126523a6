"""The plain twin of `_rollup`: samples summed up by bucket, and rates over such sums.

Bucket k of width w is (k * w, (k + 1) * w], as PromQL's windows are open at the left: one whose ends are multiples of
w is made of whole buckets.  The samples of a bucket become one entry, which stands at the time of the last of them.
Stale markers are no samples, but one that is the newest of its bucket becomes an entry of its own, in which every
column is the stale marker.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from obsv.metrics.kernels.promql_plain import STALE_BITS, kahan_sum

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bytes = NDArray[np.uint8]
Entry = tuple[int, int, tuple[float, ...]]

STALE = float(np.array([STALE_BITS], np.uint64).view(np.float64)[0])


def roll_up(starts: Int64, stops: Int64, t: Int64, v: Float64, width: int) -> tuple[Int64, Int64, Int64, Float64]:
    """Entries of the series `t[starts[i]:stops[i]]`, `v[...]`: (offsets, times, times of first samples, columns).

    The columns float64[7, n] are last, min, max, sum, count, first, and drops: what a counter lost by resets within
    the bucket, the sum of the values that were followed by a lower one.
    """
    if len(starts) != len(stops):
        raise ValueError("starts and stops differ in length")
    if width < 1:
        raise ValueError("a bucket has a width")
    if (starts < 0).any() or (stops < starts).any() or (stops > min(len(t), len(v))).any():
        raise ValueError("range outside the samples")
    made: list[Entry] = []
    offsets = [0]
    stale = np.ascontiguousarray(v).view(np.uint64) == STALE_BITS
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        mine = slice(start, stop)
        samples = zip(t[mine].tolist(), v[mine].tolist(), stale[mine].tolist(), strict=True)
        for _, found in groupby(samples, key=lambda sample: (sample[0] - 1) // width):
            made += _entries(list(found))
        offsets.append(len(made))
    columns = np.array([entry[2] for entry in made], np.float64).reshape(len(made), 7).T.copy()
    # A stale marker does not survive every conversion.
    columns[:, [entry[2][0] is STALE for entry in made]] = np.array([STALE_BITS], np.uint64).view(np.float64)
    times = np.array([entry[:2] for entry in made], np.int64).reshape(len(made), 2)
    return np.array(offsets, np.int64), times[:, 0].copy(), times[:, 1].copy(), columns


def _entries(samples: list[tuple[int, float, bool]]) -> Iterator[Entry]:
    real = [(t, value) for t, value, stale in samples if not stale]
    if real:
        values = [value for _, value in real]
        low = high = values[0]
        for value in values:
            low = value if low != low or value < low else low  # noqa: PLR0124  # NaN
            high = value if high != high or value > high else high  # noqa: PLR0124
        drops = 0.0
        for before, after in pairwise(values):
            if after < before:
                drops += before
        yield real[-1][0], real[0][0], (values[-1], low, high, kahan_sum(values), float(len(values)), values[0], drops)
    if samples[-1][2]:
        yield samples[-1][0], samples[-1][0], (STALE,) * 7


def bucket_rates(
    offsets: Int64,
    t: Int64,
    first_t: Int64,
    last: Float64,
    count: Float64,
    first: Float64,
    drops: Float64,
    start: int,
    step: int,
    range_ms: int,
    is_counter: bool,
    is_rate: bool,
    out: Float64,
    present: Bytes,
) -> None:
    """rate (`is_counter`, `is_rate`), increase or delta of each series of entries, none of them stale.

    The windows are (T - range, T] for T = start + i * step, and are made of whole buckets; then the result is that over
    the samples themselves.  `out` and `present` are [series, steps].
    """
    for row, (low, high) in enumerate(pairwise(offsets.tolist())):
        for at in range(out.shape[1]):
            end = start + at * step
            begin = end - range_ms
            inside = slice(
                low + int(np.searchsorted(t[low:high], begin, "right")),
                low + int(np.searchsorted(t[low:high], end, "right")),
            )
            columns = [column[inside].tolist() for column in (last, count, first, drops)]
            result = _extrapolated(
                t[inside].tolist(), first_t[inside].tolist(), columns, (begin, end), is_counter=is_counter
            )
            if result is not None:
                out[row, at] = result / ((end - begin) / 1000) if is_rate else result
                present[row, at] = 1


def _extrapolated(
    t: list[int], first_t: list[int], columns: list[list[float]], window: tuple[int, int], *, is_counter: bool
) -> float | None:
    last, count, first, drops = columns
    samples = sum(count)
    if samples < 2 or first_t[0] >= t[-1]:
        return None
    result = last[-1] - first[0]
    if is_counter:
        for i, dropped in enumerate(drops):
            if i and first[i] < last[i - 1]:
                result += last[i - 1]
            result += dropped
    to_start, to_end = (first_t[0] - window[0]) / 1000, (window[1] - t[-1]) / 1000
    sampled = (t[-1] - first_t[0]) / 1000
    average = sampled / (samples - 1)
    if to_start >= average * 1.1:
        to_start = average / 2
    if is_counter:
        to_zero = sampled * (first[0] / result) if result > 0 and first[0] >= 0 else to_start
        to_start = min(to_start, to_zero) if to_zero == to_zero else to_start  # noqa: PLR0124  # NaN
    if to_end >= average * 1.1:
        to_end = average / 2
    return result * ((sampled + to_start + to_end) / sampled)
