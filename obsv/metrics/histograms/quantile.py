"""Quantiles, fractions and variance of native histograms.  Source: Prometheus documentation, "Querying: functions"."""

from __future__ import annotations

import math
from dataclasses import replace

from obsv.metrics.histograms.arithmetic import ieee_divide
from obsv.metrics.histograms.buckets import Bucket, ascending
from obsv.metrics.histograms.model import Histogram


def _halved(histogram: Histogram, bucket: Bucket) -> Bucket:
    """The zero bucket cut at zero, where observations lie to one side of it only."""
    if histogram.is_custom or not bucket.lower < 0 < bucket.upper:
        return bucket
    if histogram.positive and not histogram.negative:
        return replace(bucket, lower=0.0)
    if histogram.negative and not histogram.positive:
        return replace(bucket, upper=0.0)
    return bucket


def quantile(q: float, histogram: Histogram) -> float:
    """The value below which the share q of the observations lies.

    -Inf and +Inf for a q outside of 0 to 1, NaN without observations or where NaN observations begin.
    """
    if q < 0 or q > 1:
        return -math.inf if q < 0 else math.inf
    if histogram.count == 0 or math.isnan(q):
        return math.nan
    # NaN observations count but are in no bucket; from the low end they do no harm.
    is_forward = math.isnan(histogram.sum) or q < 0.5
    rank = (q if is_forward else 1 - q) * histogram.count
    found = [bucket for bucket in ascending(histogram) if bucket.count != 0]
    if not found:
        return math.nan
    total, bucket = 0.0, found[0]
    for bucket in found if is_forward else reversed(found):  # the last one looked at is what counts
        total += bucket.count
        if total >= rank:
            break
    total = min(total, histogram.count)
    if total < rank and math.isnan(histogram.sum):
        return math.nan
    if histogram.is_custom:
        if bucket.lower == -math.inf:
            if bucket.upper <= 0:
                return bucket.upper
            bucket = replace(bucket, lower=0.0)
        if bucket.upper == math.inf:
            return bucket.lower
    bucket = _halved(histogram, bucket)
    if total < rank:
        return bucket.upper
    inside = rank - (total - bucket.count) if is_forward else total - rank
    return _within(histogram, bucket, ieee_divide(inside, bucket.count))


def _within(histogram: Histogram, bucket: Bucket, fraction: float) -> float:
    """The value at a fraction of a bucket: exponential buckets are even on a logarithmic scale."""
    if histogram.is_custom or bucket.lower <= 0 <= bucket.upper:
        return bucket.lower + (bucket.upper - bucket.lower) * fraction
    low, high = math.log2(abs(bucket.lower)), math.log2(abs(bucket.upper))
    if bucket.lower > 0:
        return math.pow(2.0, low + (high - low) * fraction)
    return -math.pow(2.0, high + (low - high) * (1 - fraction))


def fraction(lower: float, upper: float, histogram: Histogram) -> float:
    """The share of the observations between two bounds."""
    if histogram.count == 0 or math.isnan(lower) or math.isnan(upper):
        return math.nan
    if lower >= upper:
        return 0.0
    most = histogram.count
    if math.isnan(histogram.sum):
        most = sum(bucket.count for bucket in ascending(histogram))
    return (_rank(upper, histogram, most) - _rank(lower, histogram, most)) / histogram.count


def _rank(value: float, histogram: Histogram, most: float) -> float:
    """How many observations are at most `value`."""
    rank = 0.0
    for each in ascending(histogram):
        bucket = _halved(histogram, each)
        if histogram.is_custom and bucket.lower == -math.inf and bucket.upper > 0 and value > -math.inf:
            bucket = replace(bucket, lower=0.0)
        if bucket.lower >= value:
            return min(rank, most)
        if bucket.lower < value < bucket.upper:
            return min(rank + bucket.count * _share(value, histogram, bucket), most)
        rank += bucket.count
    return most


def _share(value: float, histogram: Histogram, bucket: Bucket) -> float:
    if histogram.is_custom or bucket.lower <= 0 <= bucket.upper:
        return (value - bucket.lower) / (bucket.upper - bucket.lower)
    low, high, at = math.log2(abs(bucket.lower)), math.log2(abs(bucket.upper)), math.log2(abs(value))
    return (at - low) / (high - low) if value > 0 else 1 - (at - high) / (low - high)


def variance(histogram: Histogram) -> float:
    """The variance, each bucket's observations taken at its middle."""
    mean = ieee_divide(histogram.sum, histogram.count)
    total = 0.0
    for bucket in ascending(histogram):
        if bucket.count == 0:
            continue
        if histogram.is_custom:
            middle = (bucket.upper + bucket.lower) / 2
        elif bucket.lower <= 0 <= bucket.upper:
            middle = 0.0
        else:
            middle = math.copysign(math.sqrt(bucket.upper * bucket.lower), bucket.upper)
        total += bucket.count * (middle - mean) * (middle - mean)
    return ieee_divide(total, histogram.count)
