"""Windows that the kernel does not know: native histograms, counters with start times, `anchored` and `smoothed`.

Source: Prometheus documentation, "Querying: functions"; metric by metric and window by window, in plain Python.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from obsv.metrics.histograms import Histogram
from obsv.metrics.histograms.arithmetic import IncompatibleError, add, coarser, compact, divide, is_reset, same, scale
from obsv.metrics.histograms.model import Hint
from obsv.metrics.histograms.total import average, total
from obsv.metrics.kernels.promql import RangeFunction
from obsv.metrics.promql.ast import Node
from obsv.metrics.promql.native_aggregate import combine
from obsv.metrics.promql.values import Matrix, Vector
from obsv.metrics.store.types import Int64, SeriesSet

if TYPE_CHECKING:
    from obsv.metrics.promql.evaluate import Evaluator

Value = float | Histogram


@dataclass(slots=True)
class Window:
    """The samples of one series that lie within (begin, end], all times in ms; `starts` are 0 where not known."""

    ev: Evaluator
    node: Node
    name: str
    begin: int
    end: int
    t: list[int]
    v: list[Value]
    starts: list[int]

    @property
    def kinds(self) -> tuple[bool, bool]:
        """(whether there are floats, whether there are histograms)."""
        has_histograms = any(isinstance(value, Histogram) for value in self.v)
        return not all(isinstance(value, Histogram) for value in self.v), has_histograms

    def began_anew(self, i: int) -> bool:
        """Whether the counter's start time says that it began between samples i - 1 and i."""
        start, before = self.starts[i], self.t[i - 1]
        if not self.is_start_known(i) or start < before:
            return False
        return start > before or self.is_start_known(i - 1)

    def is_start_known(self, i: int) -> bool:
        """Whether a start time says more than that it is not known (0, or the sample's own time) or wrong."""
        return self.starts[i] != 0 and self.starts[i] < self.t[i]

    def overlaps(self, i: int) -> bool:
        """Whether the counter of sample i is said to have begun before sample i - 1, though not with it."""
        return self.starts[i] != 0 and self.starts[i] < self.t[i - 1] and self.starts[i] != self.starts[i - 1]

    @property
    def starts_inside(self) -> bool:
        """Whether the counter of the first sample began at 0 within the window."""
        return bool(self.t) and self.is_start_known(0) and self.starts[0] > self.begin


Compute = Callable[[Window], Value | None]


def _is_mixed(window: Window) -> bool:
    if all(window.kinds):
        window.ev.notes.mixed(window.name, window.node)
        return True
    return False


# -- rate, increase, delta ----------------------------------------------------------------------------------------


def _extrapolated(window: Window, *, is_counter: bool, is_rate: bool) -> Value | None:
    from_zero = is_counter and window.starts_inside
    if len(window.v) < (1 if from_zero else 2) or _is_mixed(window):
        return None
    if is_counter and any(map(window.overlaps, range(1, len(window.t)))):
        window.ev.notes.overlapping_start(window.name, window.node)
    first = window.v[0]
    result = _histogram_rise(window, is_counter=is_counter) if isinstance(first, Histogram) else None
    if isinstance(first, Histogram) and result is None:
        return None
    rise = _float_rise(window, is_counter=is_counter) if result is None else 0.0
    sampled = (window.t[-1] - window.t[0]) / 1000
    average_gap = sampled / max(len(window.t) - 1, 1)
    to_start, to_end = (window.t[0] - window.begin) / 1000, (window.end - window.t[-1]) / 1000
    if to_start >= average_gap * 1.1:
        to_start = average_gap / 2
    if from_zero:
        sampled, to_start = (window.t[-1] - window.starts[0]) / 1000, 0.0
    elif is_counter:
        begun, risen = (first.count, result.count) if isinstance(first, Histogram) and result else (first, rise)
        assert isinstance(begun, float)
        if risen > 0 and begun >= 0:
            to_start = min(to_start, sampled * (begun / risen))
    if to_end >= average_gap * 1.1:
        to_end = average_gap / 2
    factor = (sampled + to_start + to_end) / sampled
    if is_rate:
        factor /= (window.end - window.begin) / 1000
    return rise * factor if result is None else scale(result, factor)


def _float_rise(window: Window, *, is_counter: bool) -> float:
    values = [value for value in window.v if isinstance(value, float)]
    rise = values[-1] - values[0]
    if is_counter:
        rise += values[0] if window.starts_inside else 0.0
        for i, (before, after) in enumerate(pairwise(values), 1):
            if after < before or window.began_anew(i):
                rise += before
    return rise


def _histogram_rise(window: Window, *, is_counter: bool) -> Histogram | None:
    found = [value for value in window.v if isinstance(value, Histogram)]
    notes, node, name = window.ev.notes, window.node, window.name
    first, last = found[0], found[-1]
    if is_counter and any(one.hint is Hint.GAUGE for one in found):
        notes.not_counter(name, node)
    before = first
    if is_counter and window.starts_inside:
        before = Histogram(first.schema, bounds=first.bounds)
        found.insert(0, before)
    elif is_counter and (window.began_anew(1) or is_reset(found[1], first)):
        # The layout of the first one does not matter then.
        before = Histogram(found[1].schema, bounds=found[1].bounds)
    relevant = (before, *found[1:]) if is_counter else (before, last)
    if len({one.is_custom for one in relevant}) > 1:
        notes.mixed_schemas(name, node)
        return None
    result = coarser(last, min(one.schema for one in relevant))
    try:
        result, remarks = add(result, before, -1)
        if remarks.reconciled:
            notes.reconciled("subtraction", node)
        if is_counter:
            result = _with_resets(window, result, (before, *found[1:]), 0 if window.starts_inside else 1)
    except IncompatibleError:
        notes.mixed_schemas(name, node)
        return None
    if not is_counter and (first.hint is not Hint.GAUGE or last.hint is not Hint.GAUGE):
        notes.not_gauge(name, node)
    result.hint = Hint.GAUGE
    return compact(result)


def _with_resets(window: Window, result: Histogram, found: tuple[Histogram, ...], first: int) -> Histogram:
    """`first` is the place in the window of the second one that was found."""
    for i, (before, current) in enumerate(pairwise(found), first):
        if (i > 0 and window.began_anew(i)) or is_reset(current, before):
            result, remarks = add(result, before)
            if remarks.reconciled:
                window.ev.notes.reconciled("addition", window.node)
    return result


# -- the last two -------------------------------------------------------------------------------------------------


def _instant(window: Window, *, is_rate: bool) -> Value | None:
    if len(window.v) < 2:
        return None
    before, last = window.v[-2], window.v[-1]
    gap = (window.t[-1] - window.t[-2]) / 1000
    anew = is_rate and window.began_anew(len(window.v) - 1)
    if isinstance(before, Histogram) and isinstance(last, Histogram):
        difference = _histogram_step(window, before, last, is_rate=is_rate, anew=anew)
        return divide(difference, gap) if is_rate and difference else difference
    if isinstance(before, Histogram) or isinstance(last, Histogram):
        window.ev.notes.mixed(window.name, window.node)
        return None
    value = last if is_rate and (last < before or anew) else last - before
    return value / gap if is_rate else value


def _histogram_step(
    window: Window, before: Histogram, last: Histogram, *, is_rate: bool, anew: bool
) -> Histogram | None:
    notes, hints = window.ev.notes, (before.hint, last.hint)
    if is_rate and Hint.GAUGE in hints:
        notes.not_counter(window.name, window.node)
    if not is_rate and set(hints) != {Hint.GAUGE}:
        notes.not_gauge(window.name, window.node)
    result = last.copy()
    if not is_rate or not (anew or is_reset(last, before)):
        try:
            result, remarks = add(last, before, -1)
        except IncompatibleError:
            notes.mixed_schemas(window.name, window.node)
            return None
        if remarks.reconciled:
            notes.reconciled("subtraction", window.node)
    result.hint = Hint.GAUGE
    return compact(result)


# -- over time ----------------------------------------------------------------------------------------------------


def _sum(window: Window, *, is_average: bool) -> Value | None:
    if not window.v or _is_mixed(window):
        return None
    found = [value for value in window.v if isinstance(value, Histogram)]
    return combine(window.ev, window.node, window.name, found, average if is_average else total)


def _resets(window: Window) -> float | None:
    pairs = enumerate(pairwise(window.v), 1)
    return float(sum(_fell(*pair) or window.began_anew(i) for i, pair in pairs)) if window.v else None


def _count_pairs(window: Window, differs: Callable[[Value, Value], bool]) -> float | None:
    return float(sum(differs(before, after) for before, after in pairwise(window.v))) if window.v else None


def _changed(before: Value, after: Value) -> bool:
    if isinstance(before, Histogram) and isinstance(after, Histogram):
        return not same(before, after)
    if isinstance(before, Histogram) or isinstance(after, Histogram):
        return True
    return after != before and not (np.isnan(before) and np.isnan(after))


def _fell(before: Value, after: Value) -> bool:
    if isinstance(before, Histogram) and isinstance(after, Histogram):
        return is_reset(after, before)
    if isinstance(before, Histogram) or isinstance(after, Histogram):
        return True
    return after < before


COMPUTE: dict[RangeFunction, Compute] = {
    RangeFunction.RATE: lambda w: _extrapolated(w, is_counter=True, is_rate=True),
    RangeFunction.INCREASE: lambda w: _extrapolated(w, is_counter=True, is_rate=False),
    RangeFunction.DELTA: lambda w: _extrapolated(w, is_counter=False, is_rate=False),
    RangeFunction.IRATE: lambda w: _instant(w, is_rate=True),
    RangeFunction.IDELTA: lambda w: _instant(w, is_rate=False),
    RangeFunction.SUM: lambda w: _sum(w, is_average=False),
    RangeFunction.AVG: lambda w: _sum(w, is_average=True),
    RangeFunction.CHANGES: lambda w: _count_pairs(w, _changed),
    RangeFunction.RESETS: _resets,
}
STARTED = frozenset((RangeFunction.RATE, RangeFunction.INCREASE, RangeFunction.IRATE, RangeFunction.RESETS))
"""Functions that look at start times."""


# -- anchored and smoothed ----------------------------------------------------------------------------------------


def _extended(window: Window, *, is_counter: bool, is_rate: bool, is_smoothed: bool) -> float | None:
    """Rise between the window's very edges: from the sample before it, or interpolated at both."""
    values = [value for value in window.v if isinstance(value, float)]
    if not values:
        return None
    last = len(values) - 1
    first = max(0, bisect_right(window.t, window.begin, 0, last) - 1)
    if is_smoothed:
        last = bisect_left(window.t, window.end, 0, last)
    if window.t[last] <= window.begin:
        return None
    left, right = values[first], values[last]
    if is_smoothed and window.t[first] < window.begin:
        left = _between(window.t, values, first, window.begin, is_counter=is_counter)
    if is_smoothed and last > 0 and window.t[last] > window.end:
        right = _between(window.t, values, last - 1, window.end, is_counter=is_counter)
    rise = right - left
    if is_counter:
        first += window.t[first] <= window.begin
        last -= window.t[last] >= window.end
        rise += sum(before for before, after in pairwise((left, *values[first : last + 1], right)) if after < before)
    return rise / ((window.end - window.begin) / 1000) if is_rate else rise


def _between(t: list[int], values: list[float], i: int, at: int, *, is_counter: bool) -> float:
    before, after = values[i], values[i + 1]
    if is_counter and after < before:
        before = 0.0
    return before + (after - before) * (at - t[i]) / (t[i + 1] - t[i])


def _anchored_pairs(window: Window, differs: Callable[[Value, Value], bool]) -> float | None:
    if not window.v or window.t[-1] <= window.begin:
        return None
    first = max(0, bisect_right(window.t, window.begin, 0, len(window.t) - 1) - 1)
    return float(sum(differs(before, after) for before, after in pairwise(window.v[first:])))


def extended(function: RangeFunction, modifier: str) -> Compute:
    """What computes a function of an `anchored` or `smoothed` range."""
    if function in (RangeFunction.CHANGES, RangeFunction.RESETS):
        differs = _changed if function is RangeFunction.CHANGES else _fell
        return lambda w: _anchored_pairs(w, differs)
    is_counter, is_rate = function is not RangeFunction.DELTA, function is RangeFunction.RATE
    return lambda w: _extended(w, is_counter=is_counter, is_rate=is_rate, is_smoothed=modifier == "smoothed")


# -- all windows of some series -----------------------------------------------------------------------------------


def fill(
    ev: Evaluator, node: Node, compute: Compute, matrix: Matrix, into: Vector, *, margins: tuple[int, int] = (0, 0)
) -> None:
    """Compute a window function into a vector that has a row for each series and nothing in it.

    With `margins` (before, after; ms) a window also holds samples beyond its edges.
    """
    series, grid = matrix.series, matrix.grid
    for row, labels in enumerate(series.labels):
        low, high = series.offsets[row : row + 2].tolist()
        times = series.t[low:high].tolist()
        samples = [ev.value(value) for value in series.v[low:high]]
        starts = [0] * len(times) if series.starts is None else series.starts[low:high].tolist()
        name = labels.get("__name__", "")
        for step in range(grid.count):
            ev.check_time()
            end = grid.start + step * grid.step
            begin = end - matrix.range_ms
            i, j = bisect_right(times, begin - margins[0]), bisect_right(times, end + margins[1])
            result = compute(Window(ev, node, name, begin, end, times[i:j], samples[i:j], starts[i:j]))
            if result is not None:
                into.present[row, step] = True
                into.values[row, step] = ev.token(result) if isinstance(result, Histogram) else result


def rows_of(series: SeriesSet, rows: Int64) -> SeriesSet:
    """Some series of a set, with their samples."""
    counts = np.diff(series.offsets)[rows]
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    picked = np.repeat(series.offsets[rows] - offsets[:-1], counts) + np.arange(offsets[-1])
    starts = None if series.starts is None else series.starts[picked]
    labels = [series.labels[row] for row in rows.tolist()]
    return SeriesSet(labels, offsets, series.t[picked], series.v[picked], series.histograms, starts)
