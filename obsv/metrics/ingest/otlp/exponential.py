"""Exponential histograms as native ones.

OpenTelemetry's bucket i begins where Prometheus' bucket i begins to count as i + 1; a scale is a schema.
Source: `opentelemetry/proto/metrics/v1/metrics.proto`, and "Exponential Histograms" in "Prometheus and OpenMetrics
Compatibility" of the OpenTelemetry specification.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from obsv.metrics.histograms import Histogram
from obsv.metrics.histograms.wire import BadHistogram, check
from obsv.metrics.ingest.otlp.fields import Fields
from obsv.metrics.kernels.otlp import fields
from obsv.metrics.kernels.wire_plain import read_varint

ATTRIBUTES, EXEMPLARS = 1, 11
COUNT, SUM, SCALE, ZERO_COUNT, POSITIVE, NEGATIVE, ZERO_THRESHOLD = 4, 5, 6, 7, 8, 9, 14
FINEST, COARSEST = 8, -4
"""Schemas that a native histogram has; a finer scale is brought down to one, a coarser one is refused."""
DEFAULT_THRESHOLD = 1e-128
"""How far the zero bucket reaches if it is not said.  Source: Prometheus."""
MOST_BUCKETS = 1000


def read_histogram(found: Fields) -> Histogram:
    """The histogram of a point.  Raises BadHistogram, BrokenError."""
    scale = _zigzag(found.numbers.get(SCALE, 0))
    if scale < COARSEST:
        raise BadHistogram(f"the scale {scale} is coarser than {COARSEST}")
    shift = max(scale - FINEST, 0)
    total, threshold = found.double(SUM) or 0.0, found.double(ZERO_THRESHOLD) or DEFAULT_THRESHOLD
    if not 0 < threshold < math.inf:
        raise BadHistogram(f"the zero threshold is {threshold}")
    made = Histogram(
        schema=scale - shift,
        count=float(found.whole(COUNT)),
        sum=math.nan if math.isnan(total) else total,
        zero_threshold=threshold,
        zero_count=float(found.whole(ZERO_COUNT)),
        positive=_buckets(found.chunks.get(POSITIVE, b""), shift),
        negative=_buckets(found.chunks.get(NEGATIVE, b""), shift),
    )
    check(made)
    return made


def _buckets(data: bytes, shift: int) -> dict[int, float]:
    offset, packed, loose = 0, b"", list[int]()
    for number, wire, start, end in fields(data, 0, len(data)):
        if number == 1 and wire == 0:
            offset = _zigzag(read_varint(data, start, end)[0])
        elif number == 2 and wire == 2:
            packed += data[start:end]
        elif number == 2 and wire == 0:
            loose.append(read_varint(data, start, end)[0])
    counts = loose or _counts(packed)
    if len(counts) > MOST_BUCKETS:
        raise BadHistogram(f"it has more than {MOST_BUCKETS} buckets")
    if abs(offset) > 1 << 31:
        raise BadHistogram("its buckets begin out of range")
    buckets: dict[int, float] = {}
    for index, count in enumerate(counts, offset):
        if count:
            place = (index >> shift) + 1
            buckets[place] = buckets.get(place, 0.0) + count
    return buckets


def _counts(packed: bytes) -> Sequence[int]:
    if not packed or max(packed) < 0x80:
        return packed  # numbers of a byte each are its bytes
    if len(packed) > 10 * MOST_BUCKETS:
        raise BadHistogram(f"it has more than {MOST_BUCKETS} buckets")
    counts: list[int] = []
    at = 0
    while at < len(packed):
        count, at = read_varint(packed, at, len(packed))
        counts.append(count)
    return counts


def _zigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)
