"""Native histograms with custom buckets from classic ones (`_bucket`, `_count`, `_sum`)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from obsv.metrics.histograms.model import CUSTOM, Histogram

Labels = dict[str, str]
Samples = dict[int, float]


@dataclass
class _Parts:
    labels: Labels
    buckets: dict[float, Samples] = field(default_factory=dict[float, Samples])
    count: Samples = field(default_factory=dict[int, float])
    sum: Samples = field(default_factory=dict[int, float])


def from_classic(series: Iterable[tuple[Labels, Samples]]) -> Iterator[tuple[Labels, dict[int, Histogram]]]:
    """(labels with the base name, histogram by time) of each classic histogram among the series."""
    found: dict[tuple[tuple[str, str], ...], _Parts] = {}
    for labels, samples in series:
        name, le = labels.get("__name__", ""), labels.get("le")
        for suffix in ("_bucket", "_count", "_sum"):
            if not name.endswith(suffix) or (suffix == "_bucket") != (le is not None):
                continue
            base = {key: value for key, value in labels.items() if key != "le"} | {"__name__": name[: -len(suffix)]}
            parts = found.setdefault(tuple(sorted(base.items())), _Parts(base))
            if suffix == "_bucket":
                parts.buckets[float(le or "nan")] = samples
            else:
                getattr(parts, suffix[1:]).update(samples)
    for parts in found.values():
        if parts.buckets:
            yield parts.labels, _histograms(parts)


def _histograms(parts: _Parts) -> dict[int, Histogram]:
    times = sorted({t for samples in parts.buckets.values() for t in samples})
    bounds = tuple(sorted(bound for bound in parts.buckets if not math.isinf(bound)))
    out: dict[int, Histogram] = {}
    for t in times:
        cumulative = [parts.buckets[bound].get(t, math.nan) for bound in bounds]
        total = parts.buckets.get(math.inf, {}).get(t, parts.count.get(t, math.nan))
        counts, before = {}, 0.0
        for i, value in enumerate([*cumulative, total]):
            if not math.isnan(value) and value != before:
                counts[i] = value - before
                before = value
        out[t] = Histogram(CUSTOM, before, parts.sum.get(t, math.nan), positive=counts, bounds=bounds)
    return out
