"""Sums, differences and multiples of histograms, and whether a counter began anew between two of them.

Two histograms are brought to one layout first: the coarser schema, the wider zero bucket, the bounds they share.
Source: Prometheus documentation, "Native histograms", on operations and counter resets.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from obsv.metrics.histograms import buckets
from obsv.metrics.histograms.model import Hint, Histogram

Counts = dict[int, float]


class IncompatibleError(ValueError):
    """One of the histograms has listed bounds, the other has not."""


@dataclass(slots=True)
class Remarks:
    """What adding up had to pass over: `collision` of a reset with a non-reset, `reconciled` bounds that differed."""

    collision: bool = False
    reconciled: bool = False


def compact(histogram: Histogram) -> Histogram:
    """The same without empty buckets (in place)."""
    histogram.positive = {i: count for i, count in histogram.positive.items() if count != 0}
    histogram.negative = {i: count for i, count in histogram.negative.items() if count != 0}
    return histogram


def coarser(histogram: Histogram, schema: int) -> Histogram:
    """A copy with the resolution of a smaller or equal schema."""
    out = histogram.copy()
    if not out.is_custom and schema < out.schema:
        shift = out.schema - schema
        out.positive, out.negative = _joined(out.positive, shift), _joined(out.negative, shift)
        out.schema = schema
    return out


def _joined(counts: Counts, shift: int) -> Counts:
    out: Counts = {}
    for index, count in counts.items():
        target = ((index - 1) >> shift) + 1
        out[target] = out.get(target, 0.0) + count
    return out


def scale(histogram: Histogram, factor: float) -> Histogram:
    """Every count and the sum times a factor (in place)."""
    histogram.count *= factor
    histogram.sum *= factor
    histogram.zero_count *= factor
    for counts in (histogram.positive, histogram.negative):
        for index in counts:
            counts[index] *= factor
    if factor < 0:
        histogram.hint = Hint.GAUGE
    return histogram


def divide(histogram: Histogram, by: float) -> Histogram:
    """Every count and the sum divided (in place); a division by zero leaves no buckets."""
    histogram.count = ieee_divide(histogram.count, by)
    histogram.sum = ieee_divide(histogram.sum, by)
    histogram.zero_count = ieee_divide(histogram.zero_count, by)
    if by == 0:
        histogram.positive, histogram.negative = {}, {}
    for counts in (histogram.positive, histogram.negative):
        for index in counts:
            counts[index] = ieee_divide(counts[index], by)
    if math.copysign(1.0, by) < 0:
        histogram.hint = Hint.GAUGE
    return histogram


def ieee_divide(a: float, b: float) -> float:
    """a / b with infinities and NaN instead of an exception."""
    if b != 0:
        return a / b
    if a == 0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def add(left: Histogram, right: Histogram, sign: int = 1) -> tuple[Histogram, Remarks]:
    """left + right, or with `sign` -1 left - right.  Raises IncompatibleError."""
    if left.is_custom != right.is_custom:
        raise IncompatibleError
    remarks = Remarks()
    out, hint = left.copy(), _joint_hint(left.hint, right.hint, remarks)
    if left.is_custom:
        right = _with_same_bounds(out, right, remarks)
    else:
        out, right = with_same_layout(out, right)
        out.zero_count += sign * right.zero_count
    out.count += sign * right.count
    out.sum += sign * right.sum
    _accumulate(out.positive, right.positive, sign)
    _accumulate(out.negative, right.negative, sign)
    out.hint = hint
    return out, remarks


def _accumulate(counts: Counts, more: Counts, sign: int) -> None:
    for index, count in more.items():
        counts[index] = counts.get(index, 0.0) + sign * count


def _joint_hint(left: Hint, right: Hint, remarks: Remarks) -> Hint:
    if left == right:
        return left
    if Hint.GAUGE in (left, right):
        return Hint.GAUGE
    if Hint.UNKNOWN not in (left, right):
        remarks.collision = True
    return Hint.UNKNOWN


def _with_same_bounds(out: Histogram, right: Histogram, remarks: Remarks) -> Histogram:
    """Bring `out` (in place) and a copy of `right` to the bounds that both have."""
    if out.bounds == right.bounds:
        return right
    remarks.reconciled = True
    shared = shared_bounds(out.bounds, right.bounds)
    right = right.copy()
    for one in (out, right):
        one.positive = rebound(one, shared)
        one.bounds = shared
    return right


def shared_bounds(left: Iterable[float], right: Iterable[float]) -> tuple[float, ...]:
    """The bounds that both lists have, rising."""
    return tuple(sorted(set(left) & set(right)))


def rebound(histogram: Histogram, bounds: tuple[float, ...]) -> Counts:
    """The counts of listed buckets by fewer bounds."""
    out: Counts = {}
    for index, count in histogram.positive.items():
        upper = histogram.bounds[index] if index < len(histogram.bounds) else math.inf
        target = next((i for i, bound in enumerate(bounds) if bound >= upper), len(bounds))
        out[target] = out.get(target, 0.0) + count
    return out


def with_same_layout(left: Histogram, right: Histogram) -> tuple[Histogram, Histogram]:
    """Copies of two exponential histograms with one schema and one zero threshold."""
    left, right = left.copy(), right.copy()
    while left.zero_threshold != right.zero_threshold:
        narrow = right if left.zero_threshold > right.zero_threshold else left
        widen_zero(narrow, max(left.zero_threshold, right.zero_threshold))
    schema = min(left.schema, right.schema)
    return coarser(left, schema), coarser(right, schema)


def widen_zero(histogram: Histogram, threshold: float) -> None:
    """Let the zero bucket reach at least `threshold`; further where that lies within a bucket (in place)."""
    histogram.zero_count, histogram.zero_threshold = zero_count_for(histogram, threshold)
    for counts, found in ((histogram.positive, buckets.positive), (histogram.negative, buckets.negative)):
        for index, bucket in zip(sorted(counts), found(histogram), strict=True):
            if min(abs(bucket.lower), abs(bucket.upper)) < histogram.zero_threshold:
                del counts[index]


def zero_count_for(histogram: Histogram, threshold: float) -> tuple[float, float]:
    """(zero count, threshold) as they are with a zero bucket that reaches at least `threshold`."""
    while True:
        count, reached = histogram.zero_count, threshold
        for bucket in (*buckets.positive(histogram), *buckets.negative(histogram)):
            begin, end = sorted((abs(bucket.lower), abs(bucket.upper)))
            if begin >= threshold:
                continue
            count += bucket.count
            if end > threshold and bucket.count != 0:
                reached = max(reached, end)
        if reached == threshold:
            return count, threshold
        threshold = reached


def is_reset(current: Histogram, before: Histogram) -> bool:
    """Whether the counter began anew between `before` and `current`."""
    if current.hint in (Hint.RESET, Hint.NOT_RESET):
        return current.hint is Hint.RESET
    if current.count < before.count or current.is_custom != before.is_custom:
        return True
    if current.is_custom:
        shared = shared_bounds(current.bounds, before.bounds)
        return _has_fallen(rebound(current, shared), rebound(before, shared))
    if current.schema > before.schema or current.zero_threshold < before.zero_threshold:
        return True
    wide = before.copy()
    widen_zero(wide, current.zero_threshold)
    if wide.zero_threshold != current.zero_threshold or current.zero_count < wide.zero_count:
        return True
    coarse = coarser(wide, current.schema)
    return _has_fallen(current.positive, coarse.positive) or _has_fallen(current.negative, coarse.negative)


def _has_fallen(current: Counts, before: Counts) -> bool:
    return any(count > current.get(index, 0.0) for index, count in before.items())


def same(left: Histogram, right: Histogram) -> bool:
    """Whether two histograms are equal bit by bit, empty buckets and hints aside."""

    def shape(one: Histogram) -> tuple[object, ...]:
        one = compact(one.copy())
        numbers = (one.count, one.sum, one.zero_threshold, one.zero_count)
        return (
            one.schema,
            one.bounds,
            tuple("nan" if math.isnan(number) else number for number in numbers),
            one.positive,
            one.negative,
        )

    return shape(left) == shape(right)
