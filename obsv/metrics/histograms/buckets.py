"""Where buckets begin and end.  Source: Prometheus documentation, "Native histograms"."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from obsv.metrics.histograms.model import Histogram


@dataclass(frozen=True, slots=True)
class Bucket:
    """The observations from `lower` to `upper`."""

    lower: float
    upper: float
    count: float
    lower_inclusive: bool
    upper_inclusive: bool


# Prometheus has its bounds from a table whose last digit is not always right.  A digit less one is how far it is too
# low, in units of 2**-53, at 2**(i / 256 - 1); with it bounds (and what is interpolated between them) are the same.
_TOO_LOW = (
    "1111112111211111112311222222222211211121122211221122102211221122"
    "1111112222332132112111211112111111121011213311221222112121332222"
    "2121223322322122222222323233323311221121223321332233212232332232"
    "2243223233433343333333444455435422322333324422333243223333543344"
)
_FRACTIONS = [math.pow(2.0, i / 256 - 1) - (int(low) - 1) * 2.0**-53 for i, low in enumerate(_TOO_LOW)]


def upper_bound(schema: int, index: int) -> float:
    """Where a positive bucket of an exponential schema ends."""
    exponent, part = (index >> schema, index & (1 << schema) - 1) if schema > 0 else (index << -schema, 0)
    if exponent < 1024:
        return math.ldexp(_FRACTIONS[part << 8 - schema] if part else 0.5, exponent + 1) if exponent > -1080 else 0.0
    # The bucket of the largest numbers ends at the largest one; what lies beyond is infinite.
    return sys.float_info.max if (exponent, part) == (1024, 0) else math.inf


def _bounds(histogram: Histogram, index: int) -> tuple[float, float]:
    if not histogram.is_custom:
        return upper_bound(histogram.schema, index - 1), upper_bound(histogram.schema, index)
    bounds = histogram.bounds
    lower = -math.inf if index <= 0 else bounds[min(index, len(bounds)) - 1] if bounds else -math.inf
    return lower, bounds[index] if index < len(bounds) else math.inf


def positive(histogram: Histogram) -> list[Bucket]:
    """The positive buckets (all of them with listed bounds), from zero up."""
    out: list[Bucket] = []
    for index, count in sorted(histogram.positive.items()):
        lower, upper = _bounds(histogram, index)
        starts_closed = index == 0 if histogram.is_custom else False
        out.append(Bucket(lower, upper, count, starts_closed, upper_inclusive=True))
    return out


def negative(histogram: Histogram) -> list[Bucket]:
    """The negative buckets, from zero down."""
    out: list[Bucket] = []
    for index, count in sorted(histogram.negative.items()):
        lower, upper = _bounds(histogram, index)
        out.append(Bucket(-upper, -lower, count, lower_inclusive=True, upper_inclusive=False))
    return out


def zero(histogram: Histogram) -> Bucket:
    """The zero bucket."""
    threshold = histogram.zero_threshold
    return Bucket(-threshold, threshold, histogram.zero_count, lower_inclusive=True, upper_inclusive=True)


def ascending(histogram: Histogram) -> Iterator[Bucket]:
    """All buckets by rising value; where the zero bucket reaches into another, that one begins behind it."""
    threshold = histogram.zero_threshold
    for bucket in reversed(negative(histogram)):
        yield _clipped(bucket, threshold)
    if histogram.zero_count > 0:
        yield zero(histogram)
    for bucket in positive(histogram):
        yield bucket if histogram.is_custom else _clipped(bucket, threshold)


def _clipped(bucket: Bucket, threshold: float) -> Bucket:
    lower, upper = bucket.lower, bucket.upper
    if -threshold < upper < 0:
        upper = -threshold
    elif 0 < lower < threshold:
        lower = threshold
    else:
        return bucket
    return Bucket(lower, upper, bucket.count, bucket.lower_inclusive, bucket.upper_inclusive)
