"""What a database must do to keep blocks: a handful of calls, each a transaction, each row under its organisation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from obsv.metrics.store.blocks.types import BlockStats


class Piece(StrEnum):
    """A kind of stored row; the value is its table."""

    BLOCK = "metric_blocks"
    TIMES = "metric_times"
    SEGMENT = "metric_segments"


@dataclass(frozen=True, slots=True)
class Placement:
    """What a block holds: slots low..high of a partition, samples start_ms..end_ms.

    `generation` is how far compaction has come (0: as flushed), `seq` numbers the newest flush in it: where two
    blocks have the same time of the same series, the one with the lower seq was there first, and is right.

    A block of roll-ups has entries as its `samples`, buckets of `resolution` ms; of raw samples that is 0, and `rolled`
    tells, as the sum of their bits in `RESOLUTIONS`, at which resolutions what it holds is rolled up.
    """

    org: int
    part: int
    low: int
    high: int
    generation: int
    seq: int
    start_ms: int
    end_ms: int
    samples: int
    resolution: int = 0
    rolled: int = 0


RESOLUTIONS = {300_000: 1, 3_600_000: 2}
"""The widths of buckets in ms, each with its bit; finest first."""


@dataclass(frozen=True, slots=True)
class Group:
    """Blocks to be written that share one set of times."""

    times: bytes
    blocks: Sequence[tuple[Placement, bytes]]


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A block's row without its data."""

    id: int
    times_id: int
    size: int
    placement: Placement


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A segment's row."""

    id: int
    org: int
    series: int
    data: bytes


@dataclass(frozen=True, slots=True)
class NewSegment:
    """A segment to be written."""

    org: int
    series: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Span:
    """Slots low..high of a partition."""

    part: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Change:
    """What one transaction does.

    It goes through only if all blocks and segments that it removes or promotes are still there: whoever made it read
    them before, and somebody else may have replaced them since.
    """

    remove: Sequence[int] = ()
    promote: Sequence[int] = ()
    promote_to: int = 0
    promote_rolled: int = 0
    groups: Sequence[Group] = ()
    remove_segments: Sequence[int] = ()
    segments: Sequence[NewSegment] = ()
    state: dict[str, int] = field(default_factory=dict[str, int])


class BlockRepository(Protocol):
    """Keeps rows of blocks, times and segments.  Raises StoreUnavailable when it cannot.

    `apply` is durable when it returns, against a power cut too.  Rows marked as damaged are never given out, but are
    counted, and go when what they stood for is dropped.
    """

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def state(self) -> dict[str, int]: ...

    def segments(self, after_id: int = 0, *, org: int | None = None) -> AsyncIterator[StoredSegment]:
        """Readable segments in the order they were written, of one organisation or of all."""
        ...

    async def last_parts(self) -> dict[int, int]:
        """The highest partition that has blocks, by organisation."""
        ...

    async def apply(self, change: Change) -> bool: ...

    async def find(
        self,
        org: int,
        spans: Sequence[Span] | None,
        start_ms: int,
        end_ms: int,
        *,
        damaged: bool = False,
        resolution: int | None = 0,
    ) -> list[StoredBlock]:
        """Blocks with samples of these spans (all if None) in this time; `damaged`: the unreadable ones instead.

        With a `resolution` its roll-ups, of all resolutions if None.
        """
        ...

    async def find_rolled(
        self, org: int, spans: Sequence[Span], start_ms: int, end_ms: int, resolution: int
    ) -> list[StoredBlock]:
        """Roll-ups, and the blocks of raw samples that are not in them, as of one moment."""
        ...

    async def load(self, org: int, ids: Sequence[int]) -> dict[int, bytes]: ...

    async def load_times(self, org: int, ids: Sequence[int]) -> dict[int, bytes]: ...

    async def oldest(self, generation: int, before_ms: int, *, resolution: int = 0) -> StoredBlock | None:
        """The block of this generation (0 or 1) that starts first, and ends before this time."""
        ...

    async def unrolled(self, states: Sequence[tuple[int, int]], before_ms: int) -> StoredBlock | None:
        """A block of generation 2 that ends before this time, whose (org, rolled) is one of these."""
        ...

    async def parts(
        self, org: int, start_ms: int, end_ms: int, *, generation: int, resolution: int = 0, rolled: int = 0, limit: int
    ) -> list[int]:
        """Partitions with blocks of this generation within this time, of this `resolution`, and `rolled` so far."""
        ...

    async def crowded(self, segments: int, series: int) -> int | None:
        """An organisation that has at least so many segments of fewer than so many series."""
        ...

    async def quarantine(self, piece: Piece, row_id: int) -> None:
        """Mark a row as damaged, and the blocks that need it as unreadable.

        Of a block of roll-ups it also notes that the raw samples of its time, where there still are some, are not
        rolled up.
        """
        ...

    async def reclaim(self) -> None:
        """Give space that is free back to the file system."""
        ...

    async def snapshot(self, name: str) -> None:
        """Make a copy of all that is committed."""
        ...

    async def drop_snapshots(self, before: str) -> None:
        """Remove those whose names are lower, also one that is being made."""
        ...

    async def stats(self, org: int | None) -> BlockStats: ...
