"""The points of histograms and summaries: several samples each."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import replace
from itertools import accumulate, pairwise

from obsv.metrics.ingest.otlp import exponential
from obsv.metrics.ingest.otlp.attributes import bound_text
from obsv.metrics.ingest.otlp.exemplars import read_exemplars
from obsv.metrics.ingest.otlp.fields import Fields, scan, unpack_doubles
from obsv.metrics.ingest.otlp.points import AT_ONCE, START, TIME, BadPoint, Place, is_recorded, places, refusing
from obsv.metrics.ingest.otlp.reading import Begun, ClassicAmount, Delta, Reading
from obsv.metrics.ingest.otlp.series import Family, Series
from obsv.metrics.kernels import otlp as kernel
from obsv.metrics.store.types import STALE, Exemplar

COUNT, SUM = 4, 5
BUCKETS, BOUNDS, EXEMPLARS, ATTRIBUTES, FLAGS = 6, 7, 8, 9, 10
"""Fields of a histogram with listed bounds."""
QUANTILES, SUMMARY_ATTRIBUTES, SUMMARY_FLAGS = 6, 7, 8
MOST_BUCKETS = 1000
"""Of a histogram, and quantiles of a summary."""


def read_histograms(data: bytes, place: Place, family: Family, reading: Reading) -> None:
    """Points with listed bounds, as `_bucket`, `_count` and `_sum`, or as what is to be added up."""
    if family.is_delta:
        _read_each(data, places(data, place), family, reading)
        return
    at, end = place
    while at < end:
        at, rest, begun, sizes = kernel.histograms(data, at, end, family.series, reading.floats, AT_ONCE)
        reading.runs += ((1, size) for size in sizes)
        reading.begun += (Begun(series, start, row, row + len(series.keys)) for series, start, row in begun)
        _read_each(data, rest, family, reading)


def _read_each(data: bytes, some: list[Place], family: Family, reading: Reading) -> None:
    for start, stop in some:
        with refusing(family, reading):
            _read_classic(scan(data, start, stop, ATTRIBUTES, EXEMPLARS), family, reading)


def read_exponentials(data: bytes, place: Place, family: Family, reading: Reading) -> None:
    """Points with exponential buckets, as native histograms, or as what is to be added up."""
    for start, stop in places(data, place):
        with refusing(family, reading):
            _read_native(scan(data, start, stop, exponential.ATTRIBUTES, exponential.EXEMPLARS), family, reading)


def read_summaries(data: bytes, place: Place, family: Family, reading: Reading) -> None:
    """Points with quantiles, as a sample for each, `_count` and `_sum`."""
    for start, stop in places(data, place):
        with refusing(family, reading):
            _read_summary(scan(data, start, stop, SUMMARY_ATTRIBUTES, QUANTILES), family, reading)


def _read_classic(found: Fields, family: Family, reading: Reading) -> None:
    buckets = found.wholes(BUCKETS)
    layout = found.chunks.get(BOUNDS, b"") if buckets else b""
    series = family.series.get(found.attributes)
    if series is None or series.layout != layout:
        series = family.keep(found.attributes, _classic_series(found.attributes, layout, family))
    if buckets and len(buckets) != len(series.bounds) + 1:
        raise BadPoint(f"{len(buckets)} buckets do not fit {len(series.bounds)} bounds")
    t, began, row = found.whole(TIME), found.whole(START), len(reading.floats)
    amount = ClassicAmount(series.bounds, buckets, found.whole(COUNT), found.double(SUM))
    exemplars = [
        Exemplar(bisect_left(series.bounds, one.value), one.labels, one.value, one.t)
        for one in read_exemplars(found.messages, 0, t)
    ]
    if not is_recorded(found, FLAGS):
        reading.add(series, t, [STALE] * len(series.keys))
        return
    if family.is_delta:
        reading.deltas.append(Delta(family, series, began, t, amount, exemplars))
        return
    reading.add(series, t, classic_values(amount))
    reading.floats.exemplars += (replace(one, row=row + one.row) for one in exemplars)
    if began != series.began and 0 < began < t:
        reading.begun.append(Begun(series, began, row, len(reading.floats)))


def classic_values(amount: ClassicAmount) -> list[float]:
    """The values of a histogram's samples in the order of its series' keys; without the sum where it is not known."""
    values: list[float] = [*accumulate(amount.buckets[:-1]), amount.count, amount.count]
    if amount.sum is not None:
        values.append(math.nan if math.isnan(amount.sum) else amount.sum)
    return values


def _classic_series(attributes: bytes, layout: bytes, family: Family) -> Series:
    bounds = unpack_doubles(layout)
    if len(bounds) >= MOST_BUCKETS:
        raise BadPoint(f"it has more than {MOST_BUCKETS} buckets")
    if not all(map(math.isfinite, bounds)) or any(a >= b for a, b in pairwise(bounds)):
        raise BadPoint("the bounds of its buckets are no rising numbers")
    samples = [("_bucket", {"le": bound_text(bound)}) for bound in (*bounds, math.inf)]
    return Series(family.make(attributes, ATTRIBUTES, [*samples, ("_count", {}), ("_sum", {})]), layout, bounds)


def _read_native(found: Fields, family: Family, reading: Reading) -> None:
    series = family.series.get(found.attributes)
    if series is None:
        made = family.make(found.attributes, exponential.ATTRIBUTES, (("", {}),))
        series = family.keep(found.attributes, Series(made))
    t, began, row = found.whole(TIME), found.whole(START), len(reading.natives)
    if not is_recorded(found, FLAGS):
        reading.natives.add(series.key, t, STALE)
        return
    histogram = exponential.read_histogram(found)
    exemplars = list(read_exemplars(found.messages, 0 if family.is_delta else row, t))
    if family.is_delta:
        reading.deltas.append(Delta(family, series, began, t, histogram, exemplars))
        return
    reading.natives.add(series.key, t, histogram)
    reading.natives.exemplars += exemplars
    if began != series.began and 0 < began < t:
        reading.begun.append(Begun(series, began, row, row + 1, is_native=True))


def _read_summary(found: Fields, family: Family, reading: Reading) -> None:
    quantiles = [_quantile(message) for message in found.messages]
    layout = b"".join(quantile for quantile, _ in quantiles)
    series = family.series.get(found.attributes)
    if series is None or series.layout != layout:
        series = family.keep(found.attributes, _summary_series(found.attributes, layout, family))
    t, began, row = found.whole(TIME), found.whole(START), len(reading.floats)
    values = [value for _, value in quantiles] + [float(found.whole(COUNT)), found.double(SUM) or 0.0]
    if not is_recorded(found, SUMMARY_FLAGS):
        reading.add(series, t, [STALE] * len(values))
        return
    reading.add(series, t, [math.nan if math.isnan(value) else value for value in values])
    if began != series.began and 0 < began < t:
        reading.begun.append(Begun(series, began, row + len(quantiles), len(reading.floats)))


def _summary_series(attributes: bytes, layout: bytes, family: Family) -> Series:
    quantiles = unpack_doubles(layout)
    if len(quantiles) > MOST_BUCKETS:
        raise BadPoint(f"it has more than {MOST_BUCKETS} quantiles")
    samples = [("", {"quantile": bound_text(quantile)}) for quantile in quantiles]
    return Series(family.make(attributes, SUMMARY_ATTRIBUTES, [*samples, ("_count", {}), ("_sum", {})]), layout)


def _quantile(message: bytes) -> tuple[bytes, float]:
    """(which quantile, as its bytes; its value)."""
    found = scan(message, 0, len(message), 0)
    return found.chunks.get(1, bytes(8))[-8:], found.double(2) or 0.0
