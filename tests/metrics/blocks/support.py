"""What the tests of the blocks share: samples to flush, a model that says what a read must give, fresh repositories."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from obsv.core.clock import ManualClock
from obsv.metrics.store.blocks import BlockRepository, Blocks, Flush, SeriesKeys
from obsv.metrics.store.blocks.rollups import Policy, no_rollups

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_800_000_000_000 // DAY * DAY
EVER = (-(1 << 60), 1 << 60)

Series = tuple[int, int]
Samples = Mapping[Series, Iterable[tuple[int, float]]]


def bits(value: float) -> int:
    return struct.unpack("<Q", struct.pack("<d", value))[0]


def from_bits(pattern: int) -> float:
    return struct.unpack("<d", struct.pack("<Q", pattern))[0]


def varint(n: int) -> bytes:
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)


def label_key(labels: Mapping[str, str]) -> bytes:
    out = b""
    for name, text in sorted(labels.items()):
        body = b"".join(tag + varint(len(x)) + x for tag, x in ((b"\x0a", name.encode()), (b"\x12", text.encode())))
        out += b"\x0a" + varint(len(body)) + body
    return out


def key_of(series: Series) -> bytes:
    org, sid = series
    return label_key({"__name__": f"metric_{sid % 3}", "instance": f"host-{sid}", "org": str(org)})


@dataclass
class Model:
    """What blocks must hold: of two samples with one time the first written stays."""

    samples: dict[Series, dict[int, int]] = field(default_factory=dict)
    flushed: int = 0

    def flush(self, given: Samples) -> Flush:
        """Take samples, and give them as a flush."""
        new = [series for series in given if series not in self.samples]
        for series, points in given.items():
            kept = self.samples.setdefault(series, {})
            for t, v in points:
                kept.setdefault(t, bits(v))
        self.flushed += 10
        return Flush(self.flushed, keys(new), *columns(given))

    def delete(self, org: int, sids: Iterable[int], start_ms: int, end_ms: int) -> int:
        gone = 0
        for sid in sids:
            kept = self.samples.get((org, sid), {})
            for t in [t for t in kept if start_ms <= t <= end_ms]:
                del kept[t]
                gone += 1
        return gone

    def forget(self, org: int, sids: Iterable[int]) -> int:
        return sum(len(self.samples.pop((org, sid), {})) for sid in sids)

    def drop_before(self, org: int, cutoff_ms: int) -> int:
        return self.delete(org, [sid for o, sid in self.samples if o == org], EVER[0], cutoff_ms - 1)

    def expected(self, org: int, sids: Iterable[int], start_ms: int, end_ms: int) -> dict[int, list[tuple[int, int]]]:
        found = {}
        for sid in sids:
            points = sorted((t, v) for t, v in self.samples.get((org, sid), {}).items() if start_ms <= t <= end_ms)
            if points:
                found[sid] = points
        return found


def keys(series: Iterable[Series]) -> SeriesKeys:
    listed = list(series)
    return SeriesKeys(
        np.array([org for org, _ in listed], dtype=np.int64),
        np.array([sid for _, sid in listed], dtype=np.uint32),
        [key_of(one) for one in listed],
    )


def columns(given: Samples) -> tuple[np.ndarray, np.ndarray, Callable[[np.ndarray], tuple[np.ndarray, ...]]]:
    """Organisations, ids, and what gives the samples of some rows, as a flush has them."""
    rows = [sorted(points, key=lambda point: point[0]) for points in given.values()]

    def samples(of: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        some = [rows[row] for row in of.tolist()]
        raw = b"".join(struct.pack("<d", v) for points in some for _, v in points)
        return (
            np.cumsum([0, *map(len, some)], dtype=np.int64),
            np.array([t for points in some for t, _ in points], dtype=np.int64),
            np.frombuffer(raw, dtype=np.float64),
        )

    return (
        np.array([org for org, _ in given], dtype=np.int64),
        np.array([sid for _, sid in given], dtype=np.uint32),
        samples,
    )


async def read(
    blocks: Blocks, org: int, sids: Iterable[int], start_ms: int = EVER[0], end_ms: int = EVER[1]
) -> dict[int, list[tuple[int, int]]]:
    """A select as {sid: [(time, bits of the value)]}."""
    wanted = np.array(sorted(sids), dtype=np.uint32)
    found = await blocks.select(org, wanted, start_ms, end_ms, limit=10**9)
    assert len(found.offsets) == len(found.sids) + 1
    patterns = found.v.view(np.uint64)
    return {
        sid: list(zip(found.t[a:b].tolist(), patterns[a:b].tolist(), strict=True))
        for sid, a, b in zip(found.sids.tolist(), found.offsets[:-1], found.offsets[1:], strict=True)
    }


async def opened(repository: BlockRepository, clock: ManualClock | None = None, policy: Policy = no_rollups) -> Blocks:
    blocks = Blocks(repository, clock or ManualClock(START + 30 * DAY), policy)
    await blocks.open()
    return blocks


async def settle(blocks: Blocks) -> None:
    """Compact until nothing is left to do."""
    for _ in range(1000):
        if not await blocks.compact(settle=True):
            return
    raise AssertionError("compaction does not end")
