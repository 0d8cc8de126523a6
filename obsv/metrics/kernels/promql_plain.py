"""The plain twin of `_promql`: same functions, same results, slower.  Shapes are those of its signatures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bytes = NDArray[np.uint8]

STALE_BITS = 0x7FF0000000000002


class _Kahan:
    """Compensated summation (Neumaier), as Prometheus sums."""

    def __init__(self) -> None:
        self.sum = self.c = 0.0

    def add(self, x: float) -> None:
        total = self.sum + x
        if math.isinf(total):
            self.c = 0.0
        elif abs(self.sum) >= abs(x):
            self.c += (self.sum - total) + x
        else:
            self.c += (x - total) + self.sum
        self.sum = total

    @property
    def value(self) -> float:
        return self.sum if math.isinf(self.sum) else self.sum + self.c


def kahan_sum(values: Sequence[float]) -> float:
    """The compensated sum."""
    kahan = _Kahan()
    for x in values:
        kahan.add(x)
    return kahan.value


def _average(values: Sequence[float]) -> float:
    kahan = _Kahan()
    for x in values:
        kahan.add(x)
    if not math.isinf(kahan.sum):
        return kahan.sum / len(values) + kahan.c / len(values)
    mean = c = 0.0
    for count, x in enumerate(values, 1):
        if math.isinf(mean) and (
            (math.isinf(x) and (mean > 0) == (x > 0)) or (not math.isinf(x) and not math.isnan(x))
        ):
            continue
        shrink = (count - 1) / count
        y, kept = x / count, mean * shrink
        c *= shrink
        total = kept + y
        if math.isinf(total):
            c = 0.0
        elif abs(kept) >= abs(y):
            c += (kept - total) + y
        else:
            c += (y - total) + kept
        mean = total
    return mean + c


def _variance(values: Sequence[float]) -> float:
    mean, aux = _Kahan(), _Kahan()
    for count, x in enumerate(values, 1):
        difference = x - (mean.sum + mean.c)
        mean.add(difference / count)
        aux.add(difference * (x - (mean.sum + mean.c)))
    return (aux.sum + aux.c) / len(values)


def _quantile(q: float, values: Sequence[float]) -> float:
    if not len(values) or math.isnan(q):
        return math.nan
    if q < 0 or q > 1:
        return -math.inf if q < 0 else math.inf
    ranked = sorted(values, key=lambda x: (not math.isnan(x), 0.0 if math.isnan(x) else x))
    rank = q * (len(ranked) - 1)
    lower = max(0, math.floor(rank))
    upper = min(len(ranked) - 1, lower + 1)
    weight = rank - math.floor(rank)
    return ranked[lower] * (1 - weight) + ranked[upper] * weight


def _divide(a: float, b: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.float64(a) / np.float64(b))


def _extrapolated(t: Int64, v: list[float], begin: int, end: int, *, counter: bool, rate: bool) -> float:
    result = v[-1] - v[0]
    if counter:
        for before, after in pairwise(v):
            if after < before:
                result += before
    to_start, to_end = (int(t[0]) - begin) / 1000, (end - int(t[-1])) / 1000
    sampled = (int(t[-1]) - int(t[0])) / 1000
    average = sampled / (len(v) - 1)
    if to_start >= average * 1.1:
        to_start = average / 2
    if counter:
        to_zero = sampled * (v[0] / result) if result > 0 and v[0] >= 0 else to_start
        to_start = min(to_start, to_zero) if to_zero == to_zero else to_start  # noqa: PLR0124  # NaN
    if to_end >= average * 1.1:
        to_end = average / 2
    factor = (sampled + to_start + to_end) / sampled
    return result * (factor / ((end - begin) / 1000) if rate else factor)


def _instant_delta(t: Int64, v: list[float], *, rate: bool) -> float | None:
    ms = int(t[-1]) - int(t[-2])
    result = v[-1] if rate and v[-1] < v[-2] else v[-1] - v[-2]
    if ms == 0:
        return None
    return result / (ms / 1000) if rate else result


def _regression(t: Int64, v: list[float], origin: int) -> tuple[float, float]:
    if all(x == v[0] for x in v):
        return (math.nan, math.nan) if math.isinf(v[0]) else (0.0, v[0])
    x_sum, y_sum, xy_sum, xx_sum = _Kahan(), _Kahan(), _Kahan(), _Kahan()
    for at, y in zip(t, v, strict=True):
        x = (int(at) - origin) / 1000
        for total, term in ((x_sum, x), (y_sum, y), (xy_sum, x * y), (xx_sum, x * x)):
            total.add(term)
    n, sx, sy = len(v), x_sum.sum + x_sum.c, y_sum.sum + y_sum.c
    slope = _divide(xy_sum.sum + xy_sum.c - sx * sy / n, xx_sum.sum + xx_sum.c - sx * sx / n)
    return slope, sy / n - slope * sx / n


def _smooth(v: list[float], sf: float, tf: float) -> float:
    s0, s1, trend = 0.0, v[0], v[1] - v[0]
    for i, x in enumerate(v[1:], 1):
        if i > 1:
            trend = tf * (s1 - s0) + (1 - tf) * trend
        s0, s1 = s1, sf * x + (1 - sf) * (s1 + trend)
    return s1


def _extreme(v: list[float], *, low: bool, last: bool) -> int:
    best = 0
    for i, x in enumerate(v[1:], 1):
        y = v[best]
        if math.isnan(y) or (x < y if low else x > y) or (last and x == y):
            best = i
    return best


def _mad(v: list[float]) -> float:
    if any(math.isnan(x) for x in v):
        return math.nan
    median = _quantile(0.5, v)
    return _quantile(0.5, [abs(x - median) for x in v])


def _changes(v: list[float]) -> float:
    return float(sum(b != a and not (math.isnan(a) and math.isnan(b)) for a, b in pairwise(v)))


def _is_stale(value: float) -> bool:
    return int(np.float64(value).view(np.uint64)) == STALE_BITS


def _predict(t: Int64, v: list[float], end: int, ahead: float) -> float:
    slope, intercept = _regression(t, v, end)
    return slope * ahead + intercept


Window = Callable[[Int64, list[float], int, int, float, float], float | None]


def _at_least_two(function: Window) -> Window:
    return lambda t, v, b, e, p, q: function(t, v, b, e, p, q) if len(v) > 1 else None


_WINDOWS: tuple[Window, ...] = (
    _at_least_two(lambda t, v, b, e, p, q: _extrapolated(t, v, b, e, counter=True, rate=True)),
    _at_least_two(lambda t, v, b, e, p, q: _extrapolated(t, v, b, e, counter=True, rate=False)),
    _at_least_two(lambda t, v, b, e, p, q: _extrapolated(t, v, b, e, counter=False, rate=False)),
    _at_least_two(lambda t, v, b, e, p, q: _instant_delta(t, v, rate=True)),
    _at_least_two(lambda t, v, b, e, p, q: _instant_delta(t, v, rate=False)),
    lambda t, v, b, e, p, q: kahan_sum(v),
    lambda t, v, b, e, p, q: _average(v),
    lambda t, v, b, e, p, q: v[_extreme(v, low=True, last=False)],
    lambda t, v, b, e, p, q: v[_extreme(v, low=False, last=False)],
    lambda t, v, b, e, p, q: float(len(v)),
    lambda t, v, b, e, p, q: v[-1],
    lambda t, v, b, e, p, q: v[0],
    lambda t, v, b, e, p, q: 1.0,
    lambda t, v, b, e, p, q: float(np.sqrt(_variance(v))),
    lambda t, v, b, e, p, q: _variance(v),
    lambda t, v, b, e, p, q: _quantile(p, v),
    lambda t, v, b, e, p, q: _mad(v),
    lambda t, v, b, e, p, q: _changes(v),
    lambda t, v, b, e, p, q: float(sum(after < before for before, after in pairwise(v))),
    _at_least_two(lambda t, v, b, e, p, q: _regression(t, v, int(t[0]))[0]),
    _at_least_two(lambda t, v, b, e, p, q: _predict(t, v, e + int(q), p)),
    _at_least_two(lambda t, v, b, e, p, q: _smooth(v, p, q)),
    lambda t, v, b, e, p, q: int(t[_extreme(v, low=True, last=True)]) / 1000,
    lambda t, v, b, e, p, q: int(t[_extreme(v, low=False, last=True)]) / 1000,
    lambda t, v, b, e, p, q: int(t[0]) / 1000,
    lambda t, v, b, e, p, q: int(t[-1]) / 1000,
    lambda t, v, b, e, p, q: None if _is_stale(v[-1]) else v[-1],
    lambda t, v, b, e, p, q: None if _is_stale(v[-1]) else int(t[-1]) / 1000,
)


def range_function(
    function: int, offsets: Int64, t: Int64, v: Float64, start: int, step: int, range_ms: int, p0: Float64, p1: Float64,
    out: Float64, present: Bytes,
) -> None:  # fmt: skip
    """Window function `function` over (T - range, T] of every series, T = start + i * step, into out[k, steps].

    `offsets` int64[k+1], `t` int64[n] ms, `v` float64[n] without stale markers, but for the newest sample alone, which
    is none if it is one; `p0`, `p1` float64[steps] are the function's parameters.
    """
    steps = out.shape[1]
    ends = start + np.arange(steps, dtype=np.int64) * step
    for k in range(len(offsets) - 1):
        times, values = t[offsets[k] : offsets[k + 1]], v[offsets[k] : offsets[k + 1]]
        lows = np.searchsorted(times, ends - range_ms, side="right")
        highs = np.searchsorted(times, ends, side="right")
        for s in np.flatnonzero(highs > lows):
            lo, hi, end = lows[s], highs[s], int(ends[s])
            value = _WINDOWS[function](
                times[lo:hi], values[lo:hi].tolist(), end - range_ms, end, float(p0[s]), float(p1[s])
            )
            if value is not None:
                out[k, s], present[k, s] = value, 1


def _reduce(reduction: int, values: list[float]) -> float:
    match reduction:
        case 0:
            return kahan_sum(values)
        case 1:
            return _average(values)
        case 2 | 3:
            return values[_extreme(values, low=reduction == 2, last=False)]
        case 4:
            return float(len(values))
        case 5:
            return 1.0
        case 6:
            return float(np.sqrt(_variance(values)))
        case _:
            return _variance(values)


def reduce_groups(
    reduction: int, values: Float64, present: Bytes, bounds: Int64, rows: Int64, out: Float64, has: Bytes
) -> None:
    """Rows `rows[bounds[g]:bounds[g+1]]` of values[k, steps] reduced to out[g, steps], where any of them is present."""
    for g in range(len(bounds) - 1):
        group = rows[bounds[g] : bounds[g + 1]]
        for s in np.flatnonzero(present[group].any(axis=0)):
            column = values[group, s][present[group, s] != 0]
            out[g, s], has[g, s] = _reduce(reduction, column.tolist()), 1


def reduce_windows(
    function: int, reduction: int, offsets: Int64, t: Int64, v: Float64, start: int, step: int, range_ms: int,
    p0: Float64, p1: Float64, bounds: Int64, rows: Int64, out: Float64, has: Bytes,
) -> bool:  # fmt: skip
    """`range_function`, and its rows reduced as by `reduce_groups` (sum to group), without a matrix in between.

    False where that does not do, because the sum behind an average is beyond a double.
    """
    shape = (len(offsets) - 1, out.shape[1])
    values, present = np.zeros(shape), np.zeros(shape, np.uint8)
    range_function(function, offsets, t, v, start, step, range_ms, p0, p1, values, present)
    reduce_groups(reduction, values, present, bounds, rows, out, has)
    return reduction != 1 or not _is_beyond(values, present, bounds, rows)


def _is_beyond(values: Float64, present: Bytes, bounds: Int64, rows: Int64) -> bool:
    """Whether the values of a group add up to an infinity at some step."""
    for g in range(len(bounds) - 1):
        group = rows[bounds[g] : bounds[g + 1]]
        columns = (values[group, s][present[group, s] != 0] for s in range(values.shape[1]))
        if any(math.isinf(kahan_sum(column.tolist())) for column in columns):
            return True
    return False


# Relative differences smaller than this between buckets are rounding, not a histogram that falls.
ROUNDING = 1e-12


def _classic_quantile(q: float, buckets: list[tuple[float, float]]) -> tuple[float, bool]:
    """(value, whether falling counts were forced up) of (upper bound, cumulative count) by rising bound.

    Source: Prometheus documentation of histogram_quantile.
    """
    if math.isnan(q):
        return math.nan, False
    if q < 0 or q > 1:
        return (-math.inf if q < 0 else math.inf), False
    bounds = [bound for bound, _ in buckets]
    if not math.isinf(bounds[-1]) or len(bounds) < 2:
        return math.nan, False
    given = np.array([count for _, count in buckets])
    raised = np.fmax.accumulate(given)
    forced = bool(((raised - given) > ROUNDING * (np.abs(raised) + np.abs(given))).any())
    counts: list[float] = raised.tolist()
    if counts[-1] == 0 or math.isnan(counts[-1]):
        return math.nan, forced
    rank = q * counts[-1]
    at = next((i for i, count in enumerate(counts[:-1]) if count >= rank), len(counts) - 1)
    if at == len(bounds) - 1:
        return bounds[-2], forced
    if at == 0 and bounds[0] <= 0:
        return bounds[0], forced
    begin, count = 0.0, counts[at]
    if at > 0:
        begin, count, rank = bounds[at - 1], count - counts[at - 1], rank - counts[at - 1]
    return begin + (bounds[at] - begin) * _divide(rank, count), forced


def classic_quantiles(
    q: Float64, at: Int64, bounds: Float64, rows: Int64, values: Float64, present: Bytes, out: Float64, has: Bytes
) -> list[int]:
    """The quantile `q[steps]` of classic histograms at every step into out[g, steps]; gives those that fell.

    The buckets of histogram g are the rows `rows[at[g]:at[g + 1]]` of values[k, steps], by rising `bounds`; counts of
    one bound add up.
    """
    fell: list[int] = []
    for g in range(len(at) - 1):
        own = slice(int(at[g]), int(at[g + 1]))
        forced = False
        for s in np.flatnonzero(present[rows[own]].any(axis=0)):
            merged: dict[float, float] = {}
            for bound, row in zip(bounds[own].tolist(), rows[own].tolist(), strict=True):
                if present[row, s]:
                    merged[bound] = merged[bound] + float(values[row, s]) if bound in merged else float(values[row, s])
            out[g, s], is_forced = _classic_quantile(float(q[s]), list(merged.items()))
            has[g, s] = 1
            forced = forced or is_forced
        if forced:
            fell.append(g)
    return fell


def format_value(value: float) -> str:
    """A sample value as the Prometheus API writes it: shortest, plain digits from 1e-6 up to 1e21, else an exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    size = abs(value)
    if size != 0 and (size < 1e-6 or size >= 1e21):
        mantissa, exponent = np.format_float_scientific(value, trim="-", exp_digits=2).split("e")
        return f"{mantissa}e{exponent}"
    return np.format_float_positional(value, trim="-")


def format_time(ms: int) -> str:
    """A time in seconds as the API writes it: three decimals only where the milliseconds are not zero."""
    sign, size = "-" if ms < 0 else "", abs(ms)
    return f"{sign}{size // 1000}" + (f".{size % 1000:03d}" if size % 1000 else "")


def matrix_json(metrics: list[bytes], values: Float64, present: Bytes, start: int, step: int) -> bytes:
    """`[{"metric":…,"values":[…]},…]` of the rows that have a point; `metrics` are encoded label objects."""
    out: list[bytes] = []
    for k, metric in enumerate(metrics):
        points = [
            f'[{format_time(start + int(s) * step)},"{format_value(float(values[k, s]))}"]'
            for s in np.flatnonzero(present[k])
        ]
        if points:
            out.append(b'{"metric":' + metric + b',"values":[' + ",".join(points).encode() + b"]}")
    return b"[" + b",".join(out) + b"]"


def vector_json(metrics: list[bytes], values: Float64, at: int) -> bytes:
    """`[{"metric":…,"value":[t,"v"]},…]`; `metrics` are encoded label objects."""
    time = format_time(at)
    rows = [
        b'{"metric":' + metric + f',"value":[{time},"{format_value(value)}"]}}'.encode()
        for metric, value in zip(metrics, values.tolist(), strict=True)
    ]
    return b"[" + b",".join(rows) + b"]"


def samples_json(metrics: list[bytes], offsets: Int64, t: Int64, v: Float64) -> bytes:
    """The same for raw samples of a range vector."""
    out: list[bytes] = []
    for k, metric in enumerate(metrics):
        lo, hi = int(offsets[k]), int(offsets[k + 1])
        points = ",".join(f'[{format_time(int(t[i]))},"{format_value(float(v[i]))}"]' for i in range(lo, hi))
        out.append(b'{"metric":' + metric + b',"values":[' + points.encode() + b"]}")
    return b"[" + b",".join(out) + b"]"
