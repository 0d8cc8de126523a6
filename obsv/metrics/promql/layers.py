"""Which steps of a selector are answered from raw samples, and which from roll-ups, and how well.

Exactly: where a window is made of whole buckets, some functions of it are those of its buckets.  That is used also
where there are raw samples, when much less is read so.  Where only roll-ups are left, windows are moved to whole
buckets, and the answer tells by how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from obsv.core.duration import format_duration_ms
from obsv.metrics.promql.fetch import Need
from obsv.metrics.promql.values import Grid
from obsv.metrics.store.rolled import BEGINNING, Kept
from obsv.metrics.store.types import Int64

RAW = 0
RATES = ("last", "count", "first", "drops")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "last_over_time": ("last",), "present_over_time": ("last",), "absent_over_time": ("last",),
    "ts_of_last_over_time": ("last",), "min_over_time": ("min",), "max_over_time": ("max",),
    "sum_over_time": ("sum", "count"), "avg_over_time": ("sum", "count"), "count_over_time": ("count",),
    "rate": RATES, "increase": RATES, "delta": RATES,
}  # fmt: skip
"""What functions of a range need of its buckets; others need every sample."""

NEWEST = frozenset(("last_over_time", "present_over_time", "absent_over_time", "ts_of_last_over_time"))
"""Functions of the newest sample of a window: it does not matter where within a bucket the window begins."""
TOTALS = frozenset(("sum_over_time", "count_over_time", "increase", "delta"))
"""Functions that grow with the length of a window."""
SAMPLES_ONLY = frozenset(("start_timestamp",))
"""Functions of instant vectors that ask for more than values and their times."""
FEW_BUCKETS = 4
"""A window of fewer buckets is read from raw samples, unless a query skips samples between its steps."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Steps first..stop - 1 of a selector's windows, answered from one `resolution` (raw samples: `RAW`)."""

    first: int
    stop: int
    resolution: int
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """What a selector asks for at each step: the windows (T - back, T] of a function, or the newest sample therein."""

    windows: Grid
    back: int
    function: str
    is_range: bool
    is_modified: bool
    """By `anchored` or `smoothed`."""

    @classmethod
    def of(cls, need: Need, lookback_ms: int) -> Asked:
        """Of one need."""
        node = need.node
        return cls(need.windows, node.range_ms or lookback_ms, need.function, bool(node.range_ms), bool(node.modifier))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that tell it; none where only samples do."""
        if self.is_modified:
            return ()
        if self.is_range:
            return COLUMNS.get(self.function, ())
        return () if self.function in SAMPLES_ONLY else ("last",)

    @property
    def is_whole(self) -> bool:
        """Whether both ends of a window matter."""
        return self.is_range and self.function not in NEWEST

    def begins(self, step: int) -> int:
        """Where the window of a step begins."""
        return self.windows.start + step * self.windows.step - self.back

    def first_since(self, since: int) -> int:
        """The first step whose window has no sample from before a time."""
        if self.begins(0) >= since - 1:
            return 0
        if self.windows.count == 1:
            return 1
        return min(self.windows.count, -((self.begins(0) - since + 1) // self.windows.step))

    def fits(self, resolution: int) -> bool:
        """Whether windows are made of whole buckets."""
        windows = self.windows
        ends = windows.start % resolution == 0 and (windows.count == 1 or windows.step % resolution == 0)
        return ends and (not self.is_whole or self.back % resolution == 0)

    def length(self, resolution: int) -> int:
        """Of a window that stands for one asked for: the nearest multiple of a bucket, where both ends matter."""
        if not self.is_whole:
            return self.back
        return max(resolution, (self.back + resolution // 2) // resolution * resolution)

    def drift(self, resolution: int) -> int:
        """How much before a window its stand-in may begin: that must be kept as well."""
        if resolution == RAW or self.fits(resolution):
            return 0
        return resolution // 2 + max(0, self.length(resolution) - self.back)

    def pays(self, resolution: int) -> bool:
        """Whether much less is read by bucket, if they fit."""
        return self.windows.count > 1 or (self.is_range and self.back >= FEW_BUCKETS * resolution)


def split(asked: Asked, kept: Kept, *, use_all: bool) -> list[Piece]:
    """The pieces of a selector's steps, in order.

    Each step is answered from the finest that covers its whole window; `use_all` also takes roll-ups where there are
    raw samples, if they tell the same and are less to read.
    """
    count = asked.windows.count
    if not asked.columns or not kept.rollups:
        return [Piece(0, count, RAW)]
    layers = [*reversed(kept.rollups), (RAW, kept.raw_since)]
    starts = np.array([0, *(asked.first_since(since + asked.drift(width)) for width, since in layers[1:])])
    bounds = [*np.minimum.accumulate(starts[::-1])[::-1].tolist(), count]
    pieces: list[Piece] = []
    for (resolution, _), first, stop in zip(layers, bounds[:-1], bounds[1:], strict=True):
        if first >= stop:
            continue
        piece = _exact(asked, kept, first, stop, resolution, use_all=use_all)
        if pieces and (pieces[-1].resolution, pieces[-1].is_exact) == (piece.resolution, piece.is_exact):
            piece = Piece(pieces.pop().first, stop, piece.resolution, piece.is_exact)
        pieces.append(piece)
    return pieces


def _exact(asked: Asked, kept: Kept, first: int, stop: int, finest: int, *, use_all: bool) -> Piece:
    """Steps that `finest` covers: from the coarsest that tells the same, if there is one that is worth it."""
    begin, end = asked.begins(first), asked.windows.start + (stop - 1) * asked.windows.step
    is_allowed = finest != RAW or (use_all and 2 * (min(end, kept.rolled_until) - begin) >= end - begin)
    for resolution, since in reversed(kept.rollups):
        is_kept = begin >= since - 1 or resolution == finest
        if resolution >= finest and is_kept and is_allowed and asked.fits(resolution) and asked.pays(resolution):
            return Piece(first, stop, resolution)
    return Piece(first, stop, finest, is_exact=finest == RAW or asked.fits(finest))


@dataclass(frozen=True, slots=True)
class Moved:
    """The windows in which a piece is evaluated, made of whole buckets.

    Step i of the piece is step `index[i]` of `windows`; `range_ms` is their length and `scale` what makes up for its
    being another one.
    """

    windows: Grid
    index: Int64
    range_ms: int
    scale: float

    @property
    def start_ms(self) -> int:
        """The first ms of the first window."""
        return self.windows.start - self.range_ms + 1


def moved(asked: Asked, piece: Piece) -> Moved:
    """The windows of a piece that roll-ups answer: ends go to the nearest whole bucket, lengths as well."""
    width, windows = piece.resolution, asked.windows
    ends = windows.start + np.arange(piece.first, piece.stop, dtype=np.int64) * windows.step
    ends = (ends + width // 2) // width * width
    length = asked.length(width)
    scale = asked.back / length if asked.function in TOTALS else 1.0
    if len(ends) == 1 or windows.step % width == 0:
        return Moved(Grid(int(ends[0]), windows.step, len(ends)), np.arange(len(ends)), length, scale)
    grid = Grid(int(ends[0]), width, int(ends[-1] - ends[0]) // width + 1)
    return Moved(grid, (ends - ends[0]) // width, length, scale)


def remarks(asked: Asked, kept: Kept, pieces: Sequence[Piece]) -> tuple[list[str], list[str]]:
    """(warnings, infos) that go with the pieces."""
    if kept.since == kept.raw_since or not asked.windows.count or not kept.rollups:
        return [], []
    if not asked.columns and asked.first_since(kept.raw_since) > 0:
        what = f"{asked.function}()" if asked.function else "a range of samples"
        left_out = f"samples from before {_time(kept.raw_since)} are left out, which are only kept as roll-ups"
        return [f"{what} cannot be told from roll-ups: {left_out}"], []
    return [], [_moved_note(asked, piece) for piece in pieces if not piece.is_exact]


def _moved_note(asked: Asked, piece: Piece) -> str:
    last = asked.windows.start + (piece.stop - 1) * asked.windows.step
    width, length = piece.resolution, moved(asked, piece).range_ms
    text = f"until {_time(last)} from {format_duration_ms(width)} roll-ups"
    text += f", at times that are moved by up to {format_duration_ms(width // 2)}"
    if length != asked.back:
        text += f"; windows are {format_duration_ms(length)} long instead of {format_duration_ms(asked.back)}"
        if asked.function in TOTALS:
            text += ", and the result is scaled to that"
    return text


def guess_note(asked: Asked) -> str:
    """What to say where roll-ups did not tell all."""
    if "first" in asked.columns:
        return "some of the series fall too often for a counter: from the last samples of their buckets alone"
    return "some of the series rise all the time: sums are estimated from the least and the greatest of each bucket"


def _time(ms: int) -> str:
    if ms == BEGINNING:
        return "the beginning"
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
