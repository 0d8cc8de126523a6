"""The points of gauges and sums.

Source: `NumberDataPoint` in `opentelemetry/proto/metrics/v1/metrics.proto`.
"""

from __future__ import annotations

import math
import struct

from obsv.metrics.ingest.otlp.exemplars import read_exemplars
from obsv.metrics.ingest.otlp.fields import Fields, scan
from obsv.metrics.ingest.otlp.points import AT_ONCE, START, TIME, BadPoint, Place, is_recorded, places, refusing
from obsv.metrics.ingest.otlp.reading import Begun, Delta, Reading
from obsv.metrics.ingest.otlp.series import Family, Series
from obsv.metrics.kernels import otlp as kernel
from obsv.metrics.store.types import STALE

DOUBLE, EXEMPLARS, INT, ATTRIBUTES, FLAGS = 4, 5, 6, 7, 8
_INT = struct.Struct("<q")


def read_numbers(data: bytes, place: Place, family: Family, reading: Reading) -> None:
    """Points as samples, or as what is to be added up."""
    if family.is_delta:
        _read_each(data, places(data, place), family, reading)
        return
    at, end = place
    floats, is_counter = reading.floats, family.kind == "counter"
    while at < end:
        before = len(floats.keys)
        at, rest, begun = kernel.numbers(data, at, end, family.series, floats, is_counter, AT_ONCE)
        reading.runs.append((len(floats.keys) - before, 1))
        if begun:
            reading.begun += (Begun(series, start, row, row + 1) for series, start, row in begun)
        _read_each(data, rest, family, reading)


def _read_each(data: bytes, some: list[Place], family: Family, reading: Reading) -> None:
    for start, stop in some:
        with refusing(family, reading):
            _read_number(scan(data, start, stop, ATTRIBUTES, EXEMPLARS), family, reading)


def _read_number(found: Fields, family: Family, reading: Reading) -> None:
    series = family.series.get(found.attributes)
    if series is None:
        series = family.keep(found.attributes, Series(family.make(found.attributes, ATTRIBUTES, (("", {}),))))
    t, began, row = found.whole(TIME), found.whole(START), len(reading.floats)
    if not is_recorded(found, FLAGS):
        reading.add(series, t, [STALE])
        return
    value = _value(found)
    exemplars = list(read_exemplars(found.messages, 0 if family.is_delta else row, t)) if family.is_sum else []
    if family.is_delta:
        reading.deltas.append(Delta(family, series, began, t, value, exemplars))
        return
    # Other bits of a NaN have meanings in the store.
    reading.add(series, t, [math.nan if math.isnan(value) else value])
    reading.floats.exemplars += exemplars
    if family.kind == "counter" and began != series.began and 0 < began < t:
        reading.begun.append(Begun(series, began, row, row + 1))


def _value(found: Fields) -> float:
    value = found.double(DOUBLE)
    if value is not None:
        return value
    if INT not in found.chunks:
        raise BadPoint("it has no value")
    (whole,) = _INT.unpack(found.chunks[INT][-8:])
    return float(whole)
