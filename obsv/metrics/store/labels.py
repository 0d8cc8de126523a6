"""Many label sets: dicts for who looks at one, whole columns or label bytes for what is done to all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from obsv.metrics.kernels.ingest import encode_labels
from obsv.metrics.kernels.labelindex import LabelIndex
from obsv.metrics.kernels.wire_plain import parse_labels
from obsv.metrics.store.types import Int64, Labels, UInt32


class LabelSets(Sequence[Labels]):
    """Label sets of series of an index.  The dicts are made when somebody looks, and must not be changed.

    Unnamed ones go without `__name__`, `__type__` and `__unit__`.
    """

    __slots__ = ("_index", "_made", "_named", "_sids")

    def __init__(self, index: LabelIndex, sids: UInt32, *, named: bool = True) -> None:
        self._index, self._sids, self._named = index, sids, named
        self._made: list[Labels] | None = None

    def __len__(self) -> int:
        return len(self._sids)

    @overload
    def __getitem__(self, at: int) -> Labels: ...

    @overload
    def __getitem__(self, at: slice) -> LabelSets: ...

    def __getitem__(self, at: int | slice) -> Labels | LabelSets:
        if isinstance(at, slice):
            return LabelSets(self._index, self._sids[at], named=self._named)
        if self._made is not None:
            return self._made[at]
        if at < 0:
            at += len(self)
        return self._index.labels(self._sids[at : at + 1], self._named)[0]

    def __iter__(self) -> Iterator[Labels]:
        if self._made is None:
            self._made = self._index.labels(self._sids, self._named)
        return iter(self._made)

    @property
    def are_made(self) -> bool:
        """Whether there are dicts of them by now."""
        return self._made is not None

    def take(self, rows: Int64 | list[int]) -> LabelSets:
        """Some of them, in that order."""
        return LabelSets(self._index, np.ascontiguousarray(self._sids[rows]), named=self._named)

    def unnamed(self) -> LabelSets | None:
        """All of them without what says what a metric is; None where some may be the same then."""
        if self._named and not self._index.one_name(self._sids):
            return None
        return LabelSets(self._index, self._sids, named=False)

    def group(self, names: Sequence[str], *, without: bool) -> tuple[Int64, Int64]:
        """(group of each row, first row of each group), by or `without` labels of these names."""
        return self._index.group(self._sids, names, without, self._named)

    def order(self) -> Int64:
        """Rows in the order of their labels."""
        return self._index.order(self._sids, self._named)

    def json(self) -> list[bytes]:
        """Each as a JSON object."""
        return self._index.json(self._sids, self._named)


class EncodedLabels(Sequence[Labels]):
    """Label sets whose label bytes (`keys`) are there already; a dict is made for who looks at one."""

    __slots__ = ("keys",)

    def __init__(self, keys: list[bytes]) -> None:
        self.keys = keys

    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, at: int) -> Labels: ...

    @overload
    def __getitem__(self, at: slice) -> EncodedLabels: ...

    def __getitem__(self, at: int | slice) -> Labels | EncodedLabels:
        if isinstance(at, slice):
            return EncodedLabels(self.keys[at])
        return {name.decode(): value.decode() for name, value in parse_labels(self.keys[at])}


def label_keys(labels: Sequence[Labels]) -> list[bytes]:
    """The label bytes of many label sets."""
    return labels.keys if isinstance(labels, EncodedLabels) else [encode_labels(one) for one in labels]


def take(labels: Sequence[Labels], rows: Int64 | list[int]) -> Sequence[Labels]:
    """Some label sets, in that order."""
    if isinstance(labels, LabelSets):
        return labels.take(rows)
    return [labels[row] for row in (rows if isinstance(rows, list) else rows.tolist())]
