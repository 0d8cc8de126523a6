"""Values that pass between the head of the store and its blocks.  Times are int64 unix ms, inclusive ranges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from obsv.metrics.store.types import Float64, Int64

UInt32 = NDArray[np.uint32]


@dataclass
class SeriesKeys:
    """Series and what they are called: column i is series `sids[i]` of organisation `orgs[i]`.

    `keys[i]` is its canonical label bytes: concatenated protobuf fields `0x0a len Label`, as in a remote_write
    TimeSeries.  A sid is unique within its organisation.
    """

    orgs: Int64
    sids: UInt32
    keys: list[bytes]

    @classmethod
    def empty(cls) -> SeriesKeys:
        """No series."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.uint32), [])


@dataclass
class Flush:
    """What the head hands over at once.

    Every log record with a number <= `log_seq` is covered by it.  `new_series` are those never flushed before.
    Series `sids[i]` is of `orgs[i]` and appears once.  `samples` gives those of some rows i, in any thread, so that not
    all have to be copied at once: (offsets, t, v), of the k-th row asked for `t[offsets[k]:offsets[k+1]]` and the same
    of `v`; `t` is strictly increasing within a series.  `marks` are numbers by name to keep with it.
    """

    log_seq: int
    new_series: SeriesKeys
    orgs: Int64
    sids: UInt32
    samples: Callable[[Int64], tuple[Int64, Int64, Float64]]
    marks: dict[str, int] = field(default_factory=dict[str, int])


@dataclass
class Ragged:
    """Samples of k series: those of `sids[i]` are `t[offsets[i]:offsets[i+1]]` and the same of `v`; `sids` ascend."""

    sids: UInt32
    offsets: Int64
    t: Int64
    v: Float64

    @classmethod
    def empty(cls) -> Ragged:
        """No series."""
        return cls(np.zeros(0, np.uint32), np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float64))


@dataclass(frozen=True, slots=True)
class BlockStats:
    """What the blocks hold: bytes on disk, oldest sample (0 while empty), quarantined pieces, number of blocks."""

    bytes: int = 0
    oldest_ms: int = 0
    damaged: int = 0
    blocks: int = 0
