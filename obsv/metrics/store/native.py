"""Native histograms in a store of floats: every part of one (its count, its sum, each bucket) is a series of its own.

So parts are logged, compressed, compacted, deleted and kept as long as all else, and a bucket that moves little costs
as little as a counter.  The parts bear the labels of their histogram and, in `PART`, which one they are.  With listed
bounds (schema CUSTOM) every bucket is kept, named by where it ends, which also tells the bounds; otherwise empty
buckets, and zeros of what is mostly zero, are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from obsv.metrics.histograms import CUSTOM, Hint, Histogram, is_token, places, tokens
from obsv.metrics.store.types import STALE, STALE_BITS, Float64, Int64, SeriesSet, WriteBatch

PART = "__native_histogram__"
NEEDED = frozenset(("count", "sum", "schema"))
NAMED = NEEDED | {"threshold", "zero", "hint"}

Parts = dict[str, tuple[Int64, Float64]]
"""The samples of each part of one histogram series."""


Sample = tuple[dict[str, str], int, Histogram]
"""Labels, time in Unix ms, and the histogram."""


def split(batch: WriteBatch) -> tuple[WriteBatch, list[Sample]]:
    """The floats of a batch, and its histograms."""
    found = is_token(batch.v)
    rows = np.repeat(np.arange(len(batch.labels)), np.diff(batch.offsets))
    counts = np.concatenate(([0], np.cumsum(~found)))
    floats = WriteBatch(batch.labels, counts[batch.offsets], batch.t[~found], batch.v[~found])
    which = zip(rows[found].tolist(), batch.t[found].tolist(), places(batch.v[found]).tolist(), strict=True)
    return floats, [(batch.labels[row], t, batch.histograms[place]) for row, t, place in which]


def parts(samples: list[Sample]) -> WriteBatch:
    """What histograms are kept as; a stale one is a stale marker."""
    found = [part for sample in samples for part in _parts_of(*sample)]
    return WriteBatch(
        [labels for labels, _, _ in found],
        np.arange(len(found) + 1, dtype=np.int64),
        np.array([t for _, t, _ in found], np.int64),
        np.array([value for _, _, value in found], np.float64),
    )


def wholes(labels: list[dict[str, str]]) -> list[dict[str, str]]:
    """Label sets with those of parts as their histogram's, once each."""
    found = dict.fromkeys(tuple((name, value) for name, value in one.items() if name != PART) for one in labels)
    return [dict(one) for one in found]


def _parts_of(labels: dict[str, str], t: int, histogram: Histogram) -> list[tuple[dict[str, str], int, float]]:
    if np.float64(histogram.sum).view(np.uint64) == STALE_BITS:
        return [(labels, t, STALE)]
    return [({**labels, PART: part}, t, value) for part, value in _parts(histogram)]


def _parts(one: Histogram) -> Iterator[tuple[str, float]]:
    yield "count", one.count
    yield "sum", one.sum
    yield "schema", float(one.schema)
    if one.zero_threshold:
        yield "threshold", one.zero_threshold
    if one.zero_count:
        yield "zero", one.zero_count
    if one.hint in (Hint.RESET, Hint.GAUGE):
        yield "hint", float(one.hint)
    if one.is_custom:
        for index, bound in enumerate((*one.bounds, math.inf)):
            yield f"le{bound!r}", one.positive.get(index, 0.0)
        return
    for sign, buckets in (("+", one.positive), ("-", one.negative)):
        for index, count in buckets.items():
            yield f"{sign}{index}", count


def folded(series: SeriesSet) -> SeriesSet:
    """The same samples with the parts put together to histograms."""
    plain: dict[tuple[tuple[str, str], ...], int] = {}
    parts: dict[tuple[tuple[str, str], ...], Parts] = {}
    for row, labels in enumerate(series.labels):
        mine = slice(int(series.offsets[row]), int(series.offsets[row + 1]))
        part = labels.get(PART)
        if part is None:
            plain[tuple(sorted(labels.items()))] = row
            continue
        whole = tuple(sorted((name, value) for name, value in labels.items() if name != PART))
        parts.setdefault(whole, {})[part] = (series.t[mine], series.v[mine])
    return _joined(series, plain, parts)


def _joined(
    series: SeriesSet, plain: dict[tuple[tuple[str, str], ...], int], parts: dict[tuple[tuple[str, str], ...], Parts]
) -> SeriesSet:
    labels: list[dict[str, str]] = []
    times: list[Int64] = []
    values: list[Float64] = []
    found: list[Histogram] = []
    for key in dict.fromkeys((*plain, *parts)):
        columns: list[tuple[Int64, Float64]] = []
        if key in plain:
            mine = slice(int(series.offsets[plain[key]]), int(series.offsets[plain[key] + 1]))
            columns.append((series.t[mine], series.v[mine]))
        if key in parts:
            t, made = assembled(parts[key])
            columns.append((t, tokens(np.arange(len(found), len(found) + len(made)))))
            found += made
        t, v = _merged(columns)
        if len(t):
            labels.append(dict(key))
            times.append(t)
            values.append(v)
    if not labels:
        return SeriesSet.empty()
    offsets = np.concatenate(([0], np.cumsum([len(t) for t in times]))).astype(np.int64)
    return SeriesSet(labels, offsets, np.concatenate(times), np.concatenate(values), found)


def _merged(columns: list[tuple[Int64, Float64]]) -> tuple[Int64, Float64]:
    """By time; where a float and a histogram have one, the float is kept."""
    if len(columns) == 1:
        return columns[0]
    t = np.concatenate([one for one, _ in columns])
    order = np.argsort(t, kind="stable")
    t, v = t[order], np.concatenate([one for _, one in columns])[order]
    first = np.concatenate(([True], t[1:] != t[:-1]))
    return t[first], v[first]


def assembled(parts: Parts) -> tuple[Int64, list[Histogram]]:
    """The histograms of one series; those whose count, sum or schema is not there (any more) are left out."""
    if not parts.keys() >= NEEDED:
        return np.zeros(0, np.int64), []
    common = parts["count"][0]
    for part in NEEDED - {"count"}:
        common = np.intersect1d(common, parts[part][0])
    made = [Histogram() for _ in common]
    listed: list[list[tuple[float, float]]] = [[] for _ in common]
    known = sorted((what, part) for part in parts if (what := _kind(part)))
    for (kind, number), part in known:
        t, v = parts[part]
        at = np.searchsorted(common, t)
        here = at < len(common)
        here[here] = common[at[here]] == t[here]
        for i, value in zip(at[here].tolist(), v[here].tolist(), strict=True):
            if kind == "le":
                listed[i].append((number, value))
            else:
                _set(made[i], kind, int(number), value)
    for histogram, ends in zip(made, listed, strict=True):
        if histogram.is_custom:
            histogram.bounds = tuple(end for end, _ in ends if end != math.inf)
            histogram.positive = {index: count for index, (_, count) in enumerate(ends) if count}
    return common, made


def _kind(part: str) -> tuple[str, float] | None:
    """What a part is, and the index or the end of a bucket; None for what somebody else has called so."""
    if part in NAMED:
        return part, 0.0
    kind = "le" if part.startswith("le") else part[:1]
    try:
        number = float(part[2:]) if kind == "le" else float(int(part[1:]))
    except (ValueError, OverflowError):
        return None
    return (kind, number) if kind in ("le", "+", "-") and not math.isnan(number) else None


def _set(one: Histogram, kind: str, index: int, value: float) -> None:
    match kind:
        case "count":
            one.count = value
        case "sum":
            one.sum = value
        case "schema":
            one.schema = int(value) if -4 <= value <= 8 else CUSTOM
        case "threshold":
            one.zero_threshold = value
        case "zero":
            one.zero_count = value
        case "hint":
            one.hint = Hint(int(value) & 3) if value in (1, 3) else Hint.UNKNOWN
        case "+":
            one.positive[index] = value
        case _:
            one.negative[index] = value
