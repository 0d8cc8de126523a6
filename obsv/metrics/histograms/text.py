"""Histograms as Prometheus writes them: in JSON answers, and as one line of text (a label of `count_values`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from obsv.metrics.histograms import buckets
from obsv.metrics.histograms.buckets import Bucket
from obsv.metrics.histograms.model import Histogram

_RULES = {(False, True): 0, (True, False): 1, (False, False): 2, (True, True): 3}


def _filled(histogram: Histogram) -> Iterator[Bucket]:
    """The buckets that hold something, by rising value, with their bounds as the schema has them."""
    every = [*reversed(buckets.negative(histogram)), buckets.zero(histogram), *buckets.positive(histogram)]
    return (bucket for bucket in every if bucket.count != 0)


def as_json(histogram: Histogram, number: Callable[[float], str]) -> dict[str, object]:
    """The object of the HTTP API; `number` writes a value as that API does."""
    out: dict[str, object] = {"count": number(histogram.count), "sum": number(histogram.sum)}
    rows = [
        [_RULES[b.lower_inclusive, b.upper_inclusive], number(b.lower), number(b.upper), number(b.count)]
        for b in _filled(histogram)
    ]
    return out | {"buckets": rows} if rows else out


def shortest(value: float) -> str:
    """A number as Go's %g prints it: an exponent below 1e-4 and from 1e21 on."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0 or 1e-4 <= abs(value) < 1e21:
        text = repr(value)
        if "e" in text:
            text = f"{value:f}"
        return text.removesuffix(".0")
    mantissa, _, exponent = f"{value:e}".partition("e") if "e" not in repr(value) else repr(value).partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent):+03d}"


def as_text(histogram: Histogram) -> str:
    """`{count:2, sum:3, (1,2]:2}`."""
    parts = [f"count:{shortest(histogram.count)}", f"sum:{shortest(histogram.sum)}"]
    for b in _filled(histogram):
        start, end = "[" if b.lower_inclusive else "(", "]" if b.upper_inclusive else ")"
        parts.append(f"{start}{shortest(b.lower)},{shortest(b.upper)}{end}:{shortest(b.count)}")
    return "{" + ", ".join(parts) + "}"
