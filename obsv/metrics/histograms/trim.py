"""Cutting a histogram at a value (`</` and `>/`): counts within the cut bucket are interpolated, the sum is estimated.

Source: Prometheus documentation, "Querying: operators", on trimming native histograms.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from obsv.metrics.histograms import buckets
from obsv.metrics.histograms.arithmetic import compact
from obsv.metrics.histograms.buckets import Bucket
from obsv.metrics.histograms.model import Histogram

Kept = tuple[float, float]
"""How many observations of a bucket stay, and the value they are taken at."""


def trim(histogram: Histogram, at: float, *, below: bool) -> Histogram:
    """The observations below (or above) a value."""
    out = histogram.copy()
    is_changed = False
    count = total = 0.0
    sides: tuple[tuple[dict[int, float], Callable[[Histogram], list[Bucket]], bool], ...] = (
        (out.positive, buckets.positive, True),
        (out.negative, buckets.negative, False),
    )
    for counts, found, is_positive in sides:
        for index, bucket in zip(sorted(counts), found(histogram), strict=True):
            if bucket.count == 0:
                continue
            kept, middle = _kept(bucket, at, below=below, positive=is_positive, linear=out.is_custom)
            count += kept
            total += middle * kept if kept else 0.0
            if kept != bucket.count:
                counts[index] = kept
                is_changed = True
    if out.zero_count > 0:
        kept, middle = _kept_of_zero(histogram, at, below=below)
        is_changed |= kept != out.zero_count
        out.zero_count = kept
        count += kept
        total += middle * kept
    if not is_changed:
        return out
    out.count, out.sum = count, total
    return compact(out)


def _kept(bucket: Bucket, at: float, *, below: bool, positive: bool, linear: bool) -> Kept:
    if (bucket.upper <= at) if below else (bucket.lower >= at):
        return bucket.count, _middle(bucket.lower, bucket.upper, positive=positive, linear=linear)
    if (bucket.lower >= at) if below else (bucket.upper <= at):
        return 0.0, 0.0
    if math.isinf(bucket.lower) or math.isinf(bucket.upper):
        return _kept_of_infinite(bucket, at, below=below)
    under = bucket.count * _share(bucket, at, positive=positive, linear=linear)
    if below:
        return under, _middle(bucket.lower, at, positive=positive, linear=linear)
    return bucket.count - under, _middle(at, bucket.upper, positive=positive, linear=linear)


def _share(bucket: Bucket, at: float, *, positive: bool, linear: bool) -> float:
    if linear:
        return (at - bucket.lower) / (bucket.upper - bucket.lower)
    low, high = (_log2(abs(bound)) for bound in (bucket.lower, bucket.upper))
    value = _log2(abs(at))
    return (value - low) / (high - low) if positive else 1 - (value - high) / (low - high)


def _log2(value: float) -> float:
    return math.log2(value) if value > 0 else -math.inf


def _kept_of_infinite(bucket: Bucket, at: float, *, below: bool) -> Kept:
    """How observations spread in a bucket without an end is not known: unless it can begin at 0, it goes whole."""
    if bucket.lower == -math.inf:
        reaches = 0 < bucket.upper < math.inf
        if below:
            if at > 0 and reaches:
                return bucket.count * at / bucket.upper, at / 2
            return (bucket.count, at) if bucket.upper <= 0 else (0.0, 0.0)
        if at >= 0 and reaches and bucket.upper > at:
            return bucket.count * (1 - at / bucket.upper), (at + bucket.upper) / 2
        return 0.0, 0.0
    return (0.0, 0.0) if below else (bucket.count, at)


def _kept_of_zero(histogram: Histogram, at: float, *, below: bool) -> Kept:
    has_negative = any(histogram.negative.values())
    has_positive = any(histogram.positive.values())
    lower = 0.0 if has_positive and not has_negative else -histogram.zero_threshold
    upper = 0.0 if has_negative and not has_positive else histogram.zero_threshold
    if at <= lower:
        return (0.0, 0.0) if below else (histogram.zero_count, (lower + upper) / 2)
    if at >= upper:
        return (histogram.zero_count, (lower + upper) / 2) if below else (0.0, 0.0)
    share = (at - lower) if below else (upper - at)
    return histogram.zero_count * share / (upper - lower), (lower + at) / 2 if below else (at + upper) / 2


def _middle(lower: float, upper: float, *, positive: bool, linear: bool) -> float:
    if math.isinf(lower):
        return 0.0 if math.isinf(upper) else upper / 2 if upper > 0 else upper
    if math.isinf(upper):
        return lower
    if linear:
        return (lower + upper) / 2
    mean = math.sqrt(abs(lower * upper))
    return mean if positive else -mean
