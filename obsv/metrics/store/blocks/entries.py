"""Roll-ups in memory: what the samples of a bucket come to, and which of it is kept.

`obsv.metrics.kernels.rollup_plain` says what an entry is.  Not every column of every series is worth its room: what
equals another column is not written twice, and a series keeps what its kind is asked for.  One that falls often is no
counter, so it keeps no `first` and no `drops`; one that hardly ever falls but moves all the time is one, and keeps no
`sum`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obsv.metrics.kernels.ingest import merge
from obsv.metrics.kernels.rollup import roll_up
from obsv.metrics.store.blocks.types import Ragged, UInt32
from obsv.metrics.store.types import STALE_BITS, Float64, Int64

COLUMNS = ("last", "min", "max", "sum", "count", "first", "drops")
Mask = NDArray[np.bool_]

_SAME_BITS, _ABSENT_BITS = 0x7FF0000000000B01, 0x7FF0000000000B02
SAME: float = float(np.array([_SAME_BITS], np.uint64).view(np.float64)[0])
"""Stands in a column for what another one says, see `BASES`."""
ABSENT: float = float(np.array([_ABSENT_BITS], np.uint64).view(np.float64)[0])
"""Stands for what is not known of a bucket."""

BASES: Mapping[str, tuple[str, ...]] = {
    "min": ("last",),
    "max": ("last",),
    "first": ("min",),
    "sum": ("count", "min"),
}
"""The columns that tell what `SAME` stands for."""

FALLS, HARDLY_FALLS = 4, 16
"""A series falls often where it does so in more than one of 4 buckets, hardly ever where in no more than one of 16."""
MOVES = 4
"""It moves all the time where it has two values in more than one of so many buckets."""


@dataclass
class Entries:
    """Entries of the series `ids`, which ascend: those of series i are `offsets[i]:offsets[i+1]` of every column.

    Series are named by sid or by place.  `t` is the time of the last sample of each entry, `first_t` of the first;
    `columns` are those that were asked for.
    """

    ids: UInt32
    offsets: Int64
    t: Int64
    first_t: Int64
    columns: dict[str, Float64]

    @classmethod
    def of(cls, samples: Ragged, width_ms: int, columns: Sequence[str] = COLUMNS) -> Entries:
        """What samples come to in buckets of a width."""
        starts, stops = samples.offsets[:-1], samples.offsets[1:]
        offsets, t, first_t, made = roll_up(starts, stops, samples.t, samples.v, width_ms)
        return cls(samples.sids, offsets, t, first_t, {name: made[COLUMNS.index(name)] for name in columns}).compact()

    @property
    def owners(self) -> Int64:
        """The row of each entry's series."""
        return np.repeat(np.arange(len(self.ids)), np.diff(self.offsets))

    def keep(self, mask: Mask) -> Entries:
        """The entries that a mask bool[n] marks, and the series that have some."""
        if mask.all():
            return self
        count = np.concatenate(([0], np.cumsum(mask)))
        columns = {name: column[mask] for name, column in self.columns.items()}
        return Entries(self.ids, count[self.offsets], self.t[mask], self.first_t[mask], columns).compact()

    def compact(self) -> Entries:
        """The same without series that have no entries."""
        some = np.diff(self.offsets) > 0
        if some.all():
            return self
        offsets = np.append(self.offsets[:1], self.offsets[1:][some])
        return Entries(self.ids[some], offsets, self.t, self.first_t, self.columns)

    def joined(self, other: Entries) -> Entries:
        """The entries of both; they have the same columns, and no two of one series at one time."""
        if not len(other.t) or not len(self.t):
            return self if len(self.t) else other
        pairs = [(self.first_t.view(np.float64), other.first_t.view(np.float64))]
        pairs += [(column, other.columns[name]) for name, column in self.columns.items()]
        merged = [
            merge((self.ids, self.offsets, self.t, mine), (other.ids, other.offsets, other.t, theirs))
            for mine, theirs in pairs
        ]
        ids, offsets, t, first_t = merged[0]
        columns = {name: column for name, (_, _, _, column) in zip(self.columns, merged[1:], strict=True)}
        return Entries(ids, offsets, t, first_t.view(np.int64), columns)


def bits(values: Float64) -> NDArray[np.uint64]:
    """The same memory as integers."""
    return np.ascontiguousarray(values).view(np.uint64)


def is_same(values: Float64) -> Mask:
    """Where `SAME` stands."""
    found: Mask = bits(values) == _SAME_BITS
    return found


def is_absent(values: Float64) -> Mask:
    """Where `ABSENT` stands."""
    found: Mask = bits(values) == _ABSENT_BITS
    return found


def is_stale(values: Float64) -> Mask:
    """Where stale markers stand."""
    found: Mask = bits(values) == STALE_BITS
    return found


def resolved(name: str, columns: Mapping[str, Float64]) -> Float64:
    """A column with what `SAME` stands for; `columns` has it, and its bases without any `SAME`."""
    column = columns[name]
    same = is_same(column)
    if not same.any():
        return column
    first, *others = (columns[base] for base in BASES[name])
    with np.errstate(invalid="ignore", over="ignore"):
        told = first * others[0] if others else first
    return np.where(same, told, column)


class _Series:
    """Questions to the entries of each series."""

    def __init__(self, entries: Entries) -> None:
        self._starts, self.counts = entries.offsets[:-1], np.diff(entries.offsets)

    def all(self, mask: Mask) -> Mask:
        found: Mask = np.logical_and.reduceat(mask, self._starts)
        return found

    def few(self, mask: Mask, of: int) -> Mask:
        found: Mask = np.add.reduceat(mask.astype(np.int64), self._starts) <= 1 + self.counts // of
        return found

    def spread(self, mask: Mask) -> Mask:
        """What is said of series, for their entries."""
        return np.repeat(mask, self.counts)


def thinned(entries: Entries, *, anew: bool) -> dict[str, Float64]:
    """The columns as they are kept; every series must have entries.

    `anew` decides what the series is not asked for; else that was done before.
    """
    series, given = _Series(entries), entries.columns
    last, low, high = given["last"], given["min"], given["max"]
    with np.errstate(invalid="ignore", over="ignore"):
        product = given["count"] * low
    is_flat = (bits(low) == bits(high)) & (bits(given["sum"]) == bits(product))
    same = {
        "min": series.all(bits(low) == bits(last)),
        "max": series.all(bits(high) == bits(last)),
        "first": series.all(bits(given["first"]) == bits(low)),
        "sum": series.all(is_flat | is_stale(last)),
    }
    kept = {
        name: np.where(series.spread(same[name]), SAME, given[name]) if name in same else given[name]
        for name in COLUMNS
    }
    if anew:
        falls = _falls(entries)
        moves = ~series.few((bits(low) != bits(high)) & ~is_stale(last), MOVES)
        rises = series.few(falls, HARDLY_FALLS) & moves & ~same["sum"]
        kept["sum"] = np.where(series.spread(rises), ABSENT, kept["sum"])
        for name in ("first", "drops"):
            kept[name] = np.where(series.spread(~series.few(falls, FALLS)), ABSENT, kept[name])
    return kept


def _falls(entries: Entries) -> Mask:
    """Entries within which, or before which, a value is below the one before it (or may be)."""
    given = entries.columns
    before = np.concatenate(([np.nan], given["last"][:-1]))
    before[entries.offsets[:-1]] = np.nan
    with np.errstate(invalid="ignore"):
        fell: Mask = (given["drops"] != 0) & ~is_stale(given["drops"]) | (given["first"] < before)
    return fell
