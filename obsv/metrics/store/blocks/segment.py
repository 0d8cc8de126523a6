"""Label segments: thousands of label sets of one organisation in one blob, and the place each series has.

Series stand in the order that compresses well (metric, own labels, target labels) and are cut into partitions of at
most 256; blocks name a series by partition and slot.  Header integers: number of series, number of runs; a run each of
(partition, first slot, length); sids (differences); key lengths.  Body: the keys in zstd.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from obsv.metrics.kernels import codec
from obsv.metrics.store.blocks.envelope import DamagedError, Kind, compress, expand, seal, unseal
from obsv.metrics.store.blocks.types import UInt32
from obsv.metrics.store.types import Int64

TARGET_LABELS = (
    b"cluster",
    b"datacenter",
    b"dc",
    b"env",
    b"environment",
    b"host",
    b"hostname",
    b"instance",
    b"job",
    b"namespace",
    b"node",
    b"pod",
    b"region",
    b"zone",
)
"""Labels that say where a series comes from rather than what it is: series alike are kept together across targets."""


def storage_order(keys: list[bytes]) -> list[int]:
    """The order of label sets that puts series with alike values side by side."""
    ordered = codec.sort_keys(keys, TARGET_LABELS)
    return sorted(range(len(keys)), key=ordered.__getitem__)


@dataclass
class Segment:
    """Series in storage order: `runs[j]` = (partition, first slot, length) covers the next `length` of them."""

    sids: UInt32
    runs: Int64  # [r, 3]

    @classmethod
    def at(cls, sids: UInt32, places: Int64) -> Segment:
        """Series at these places, in this order."""
        breaks = np.flatnonzero((np.diff(places, prepend=-2) != 1) | (places & 0xFF == 0))
        lengths = np.diff(np.append(breaks, len(places)))
        return cls(sids, np.stack([places[breaks] >> 8, places[breaks] & 0xFF, lengths], axis=1))

    @property
    def places(self) -> Int64:
        """Partition << 8 | slot of each series."""
        parts, first, lengths = self.runs[:, 0], self.runs[:, 1], self.runs[:, 2]
        within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return np.repeat(parts << 8 | first, lengths) + within


def encode_segment(segment: Segment, keys: list[bytes]) -> bytes:
    """The blob of a segment; `keys` in the same order."""
    header: list[Int64] = [
        np.array([len(keys), len(segment.runs)], dtype=np.int64),
        segment.runs.ravel(),
        np.diff(segment.sids.astype(np.int64), prepend=0).astype(np.int64),
        np.fromiter(map(len, keys), np.int64, len(keys)),
    ]
    return seal(Kind.SEGMENT, header, [compress(b"".join(keys), strong=True)])


def _decode(data: bytes) -> tuple[Segment, Int64, memoryview]:
    header, body = unseal(Kind.SEGMENT, data)
    series, runs = int(header[0]), int(header[1])
    if len(header) != 2 + 3 * runs + 2 * series:
        raise DamagedError("segment header")
    at = 2 + 3 * runs
    segment = Segment(np.cumsum(header[at : at + series]).astype(np.uint32), header[2:at].reshape(runs, 3))
    if int(segment.runs[:, 2].sum()) != series:
        raise DamagedError("segment runs")
    return segment, header[at + series :], body


def decode_places(data: bytes) -> Segment:
    """The series of a segment without their labels.  Raises DamagedError."""
    return _decode(data)[0]


def _split(joined: bytes, lengths: Int64) -> list[bytes]:
    ends = np.cumsum(lengths)
    if len(ends) and ends[-1] != len(joined):
        raise DamagedError("segment keys")
    return [joined[a:b] for a, b in zip((ends - lengths).tolist(), ends.tolist(), strict=True)]


def decode_keys(data: bytes) -> tuple[UInt32, list[bytes]]:
    """(sids ascending, their keys).  Raises DamagedError."""
    segment, lengths, body = _decode(data)
    keys = _split(expand(body), lengths)
    order = np.argsort(segment.sids, kind="stable")
    return segment.sids[order], [keys[i] for i in order.tolist()]


def without(data: bytes, gone: UInt32) -> tuple[int, bytes] | None:
    """(number of series, blob) of a segment without some series; None if it has none of them.  Raises DamagedError."""
    segment, lengths, body = _decode(data)
    keep = ~np.isin(segment.sids, gone)
    if keep.all():
        return None
    keys = _split(expand(body), lengths)
    left = Segment.at(segment.sids[keep], segment.places[keep])
    return len(left.sids), encode_segment(left, [keys[i] for i in np.flatnonzero(keep).tolist()])


def join_segments(blobs: list[bytes]) -> bytes:
    """One segment of the series of several.  Raises DamagedError."""
    segments, keys = list[Segment](), list[bytes]()
    for data in blobs:
        segment, lengths, body = _decode(data)
        segments.append(segment)
        keys += _split(expand(body), lengths)
    runs = np.concatenate([segment.runs for segment in segments])
    return encode_segment(Segment(np.concatenate([segment.sids for segment in segments]), runs), keys)
