"""Exemplars: what leads from a point to a trace."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

from obsv.metrics.ingest.otlp.attributes import read_attributes
from obsv.metrics.ingest.otlp.fields import scan
from obsv.metrics.store.types import Exemplar, Labels

TIME, DOUBLE, SPAN, TRACE, INT, ATTRIBUTES = 2, 3, 4, 5, 6, 7
MOST_LABELS = 128
"""Characters of the names and values together; the attributes are left out where they would be more.

Source: OpenMetrics 1.0.
"""
_INT = struct.Struct("<q")
NS_PER_MS = 1_000_000


def read_exemplars(messages: list[bytes], row: int, t: int) -> Iterator[Exemplar]:
    """Exemplars of a series (`row`); one without a time has the point's, `t` (Unix ns).

    Raises one of `Unusable`, BrokenError.
    """
    for data in messages:
        found = scan(data, 0, len(data), ATTRIBUTES)
        ids = {"trace_id": found.chunks.get(TRACE, b"").hex(), "span_id": found.chunks.get(SPAN, b"").hex()}
        labels: Labels = {name: value for name, value in ids.items() if value.strip("0")}
        more = dict(read_attributes(found.attributes, ATTRIBUTES))
        if sum(len(name) + len(value) for name, value in (labels | more).items()) <= MOST_LABELS:
            labels = more | labels
        value = found.double(DOUBLE)
        if value is None and INT in found.chunks:
            (value,) = _INT.unpack(found.chunks[INT][-8:])
        if value is not None and not math.isnan(value):
            yield Exemplar(row, labels, float(value), (found.whole(TIME) or t) // NS_PER_MS)
