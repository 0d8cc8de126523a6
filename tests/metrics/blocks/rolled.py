"""What roll-ups must be, by the plainest of means; and a way to read them bucket by bucket."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from obsv.metrics.store.blocks import Blocks, Ragged
from obsv.metrics.store.blocks.entries import COLUMNS
from obsv.metrics.store.rolled import Buckets
from obsv.metrics.store.types import STALE, STALE_BITS
from tests.metrics.blocks.support import Model, bits, from_bits

MINUTES_5, HOUR = 300_000, 3_600_000
RESOLUTIONS = (MINUTES_5, HOUR)


SHAPES = ("counter", "gauge", "flat", "slow", "odd")


def shaped(shape: str, start_ms: int, step_ms: int, count: int, seed: int) -> list[tuple[int, float]]:
    """Samples of one series as there are: counters that are reset, gauges, flags; some with what is no number."""
    random = np.random.default_rng(seed)
    times = start_ms + np.arange(count) * step_ms
    match shape:
        case "counter":
            values = np.round(np.cumsum(random.integers(0, 900, count)) / 100 + 1000, 2)
            if seed % 3 == 0:
                values[count // 2 :] -= values[count // 2 - 1]
        case "gauge":
            values = np.round(random.normal(20, 5, count), 1 + seed % 3)
        case "flat":
            values = np.full(count, float(seed))
        case "slow":
            values = (random.random(count) > 0.03).astype(np.float64)
        case _:
            values = random.choice(np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 2.0**60, 0.1, -7.25]), count)
    if seed % 4 == 0:
        values[random.integers(0, count)] = STALE
        values[-1] = STALE
    return list(zip(times.tolist(), values.tolist(), strict=True))


async def both(_org: int) -> Sequence[int]:
    """The policy of who wants all roll-ups."""
    return RESOLUTIONS


@dataclass(frozen=True)
class Bucket:
    """What is known of a bucket; floats as bits, the sum as it is.  Without samples only the stale marker's time."""

    count: int
    first: tuple[int, int] | None
    last: tuple[int, int] | None
    low: int | None
    high: int | None
    drops: float
    total: float
    scale: float
    stale: int | None


def expected(points: Iterable[tuple[int, int]], width: int) -> dict[int, Bucket]:
    """Buckets of samples (time, bits of the value), which are in order."""
    found: dict[int, list[tuple[int, int]]] = {}
    for t, pattern in points:
        found.setdefault(-(-t // width) - 1, []).append((t, pattern))
    return {number: _bucket(samples) for number, samples in found.items()}


def _bucket(samples: list[tuple[int, int]]) -> Bucket:
    real = [(t, pattern) for t, pattern in samples if pattern != STALE_BITS]
    stale = samples[-1][0] if samples[-1][1] == STALE_BITS else None
    if not real:
        return Bucket(0, None, None, None, None, 0.0, 0.0, 0.0, stale)
    values = [from_bits(pattern) for _, pattern in real]
    ordered = [x for x in values if not math.isnan(x)] or values[-1:]
    low = next(x for x in ordered if not any(y < x for y in ordered))
    high = next(x for x in ordered if not any(y > x for y in ordered))
    drops = sum(a for a, b in pairwise(values) if b < a)
    total, scale = _total(values), math.fsum(abs(x) for x in values if math.isfinite(x))
    return Bucket(len(real), real[0], real[-1], bits(low), bits(high), drops, total, scale, stale)


def _total(values: list[float]) -> float:
    if all(map(math.isfinite, values)):
        return math.fsum(values)
    return sum(values)


async def read_rolled(
    blocks: Blocks, org: int, sids: Iterable[int], width: int, span: tuple[int, int]
) -> dict[int, dict[int, Bucket]]:
    """What the blocks say of each series, bucket by bucket; parts of one bucket are put together."""
    wanted = np.array(sorted(sids), dtype=np.uint32)
    buckets = Buckets(width, *span, COLUMNS)
    entries, is_guess = await blocks.select_rolled(org, wanted, Ragged.empty(), buckets, limit=10**9)
    assert not is_guess
    out: dict[int, dict[int, Bucket]] = {}
    for row, sid in enumerate(entries.ids.tolist()):
        mine = slice(int(entries.offsets[row]), int(entries.offsets[row + 1]))
        columns = {name: entries.columns[name][mine] for name in COLUMNS}
        times = list(zip(entries.t[mine].tolist(), entries.first_t[mine].tolist(), strict=True))
        assert times
        for i, (t, first_t) in enumerate(times):
            one = {name: (float(column[i]), int(column.view(np.uint64)[i])) for name, column in columns.items()}
            number = -(-t // width) - 1
            before = out.setdefault(sid, {}).get(number)
            out[sid][number] = _with(before, t, first_t, one)
    return out


def _with(before: Bucket | None, t: int, first_t: int, one: dict[str, tuple[float, int]]) -> Bucket:
    if one["count"][1] == STALE_BITS:
        assert {one[name][1] for name in ("last", "min", "max")} == {STALE_BITS}
        base = before or Bucket(0, None, None, None, None, 0.0, 0.0, 0.0, None)
        return Bucket(**{**vars(base), "stale": t})
    count, total, drops = int(one["count"][0]), one["sum"][0], one["drops"][0]
    first, last = (first_t, one["first"][1]), (t, one["last"][1])
    low, high = one["min"][1], one["max"][1]
    if before is None or not before.count:
        return Bucket(count, first, last, low, high, drops, total, 0.0, None)
    assert before.first
    assert before.last
    assert before.low is not None
    assert before.high is not None
    fell = from_bits(before.last[1])
    drops += before.drops + (fell if from_bits(first[1]) < fell else 0.0)
    old_low, old_high = from_bits(before.low), from_bits(before.high)
    low = low if math.isnan(old_low) or from_bits(low) < old_low else before.low
    high = high if math.isnan(old_high) or from_bits(high) > old_high else before.high
    return Bucket(before.count + count, before.first, last, low, high, drops, before.total + total, 0.0, None)


def agrees(found: Bucket, wanted: Bucket) -> bool:
    """Whether it is so: sums to within their rounding, all else exactly."""
    same = (found.count, found.first, found.last, found.low, found.high, found.stale) == (
        wanted.count,
        wanted.first,
        wanted.last,
        wanted.low,
        wanted.high,
        wanted.stale,
    )
    return same and all(
        a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-12 * wanted.scale
        for a, b in ((found.total, wanted.total), (found.drops, wanted.drops))
    )


async def check_rolled(blocks: Blocks, model: Model, org: int, sids: Iterable[int], span: tuple[int, int]) -> None:
    """The roll-ups within a time are what the model's samples come to."""
    listed = list(sids)
    for width in RESOLUTIONS:
        start, end = span[0] // width * width + 1, -(-span[1] // width) * width
        found = await read_rolled(blocks, org, listed, width, (start, end))
        wanted = {
            sid: expected(points, width) for sid, points in model.expected(org, listed, start, end).items() if points
        }
        assert found.keys() == wanted.keys()
        for sid, buckets in wanted.items():
            assert found[sid].keys() == buckets.keys()
            for number, bucket in buckets.items():
                assert agrees(found[sid][number], bucket), (sid, number, found[sid][number], bucket)
