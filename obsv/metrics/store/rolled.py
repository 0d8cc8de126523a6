"""Roll-ups as they pass between a metric store and the query engine.  Times are int64 unix ms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from obsv.metrics.store.types import Float64, Int64, Labels, Matcher

BEGINNING = -(1 << 62)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of an organisation's samples.

    Raw samples since `raw_since`, which is `BEGINNING` where no roll-ups reach further back; `rollups` are (width of
    a bucket in ms, since when there are some), finest first.  Days before `rolled_until` are rolled up but for what
    came late; later ones are summed up as they are read.
    """

    raw_since: int = BEGINNING
    rollups: tuple[tuple[int, int], ...] = ()
    rolled_until: int = BEGINNING

    @property
    def since(self) -> int:
        """When the oldest of all begins."""
        return min([self.raw_since, *(since for _, since in self.rollups)])


@dataclass(frozen=True, slots=True)
class Buckets:
    """Columns of the buckets of `resolution` ms from and to a time, both included, which is made of whole ones.

    Bucket k is (k * resolution, (k + 1) * resolution].  The columns are of `last`, `min`, `max`, `sum`, `count`,
    `first` and `drops`, see `RolledSet`.
    """

    resolution: int
    start_ms: int
    end_ms: int
    columns: tuple[str, ...]


@dataclass
class RolledSet:
    """Buckets of k series as columns: those of series i are `offsets[i]:offsets[i+1]` of all.

    A bucket without samples is not there, and may be there in two parts.  `t` int64[n], strictly increasing within a
    series, is the time of its last sample, `first_t` that of its first if that was asked for.  Stale markers are no
    samples, but where one is the newest of its bucket it stands there as well, in the columns last, min, max and
    count.  `drops` is what a counter lost by resets: the sum of the values in the bucket that a lower one followed.
    `is_guess`: something in the columns is not known but estimated.  `has_histograms`: among the series are some with
    native histograms, which are not rolled up and left out here.
    """

    labels: Sequence[Labels]
    offsets: Int64
    t: Int64
    first_t: Int64
    columns: Mapping[str, Float64]
    is_guess: bool = False
    has_histograms: bool = False


@runtime_checkable
class RolledStore(Protocol):
    """A store that keeps roll-ups beside its samples."""

    async def kept(self, org: int) -> Kept: ...

    async def select_rolled(
        self, org: int, matchers: Sequence[Matcher], buckets: Buckets, *, limit: int
    ) -> RolledSet: ...

    async def expire(self, org: int, cutoffs: Mapping[int, int]) -> int:
        """Let go of what is older than a time by resolution (0: raw samples); gives how many samples there were."""
        ...
