"""Rows to groups, by labels or without them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from obsv.metrics.kernels.labelindex_plain import METADATA
from obsv.metrics.promql.values import label_key
from obsv.metrics.store.labels import LabelSets
from obsv.metrics.store.types import Int64, Labels


@dataclass(frozen=True, slots=True)
class Groups:
    """Row numbers group after group: those of group g are `rows[bounds[g]:bounds[g + 1]]`, its labels `labels[g]`.

    Groups come in the order in which their first rows do.
    """

    labels: list[Labels]
    rows: Int64
    bounds: Int64

    def __len__(self) -> int:
        return len(self.labels)

    def members(self) -> Iterator[Int64]:
        """The row numbers of each group."""
        for first, stop in zip(self.bounds[:-1].tolist(), self.bounds[1:].tolist(), strict=True):
            yield self.rows[first:stop]


def group(rows: Sequence[Labels], names: tuple[str, ...], *, without: bool) -> Groups:
    """Group rows by the labels of these names, or by all others but those that say what a metric is."""
    dropped = {*names, *METADATA}
    if isinstance(rows, LabelSets):
        numbers, firsts = rows.group((*dropped,) if without else names, without=without)
        labels = [_kept(one, names, dropped, without=without) for one in rows.take(firsts)]
        return _grouped(labels, numbers)
    found: dict[tuple[object, ...], int] = {}
    labels, numbers = [], np.zeros(len(rows), np.int64)
    for row, one in enumerate(rows):
        if without:
            key: tuple[object, ...] = label_key(_kept(one, names, dropped, without=True))
        else:
            key = tuple(one.get(name, "") for name in names)
        numbers[row] = place = found.setdefault(key, len(labels))
        if place == len(labels):
            labels.append(_kept(one, names, dropped, without=without))
    return _grouped(labels, numbers)


def _kept(one: Labels, names: tuple[str, ...], dropped: set[str], *, without: bool) -> Labels:
    if without:
        return {name: value for name, value in one.items() if name not in dropped}
    return {name: one[name] for name in names if one.get(name)}


def _grouped(labels: list[Labels], numbers: Int64) -> Groups:
    bounds = np.zeros(len(labels) + 1, np.int64)
    np.cumsum(np.bincount(numbers, minlength=len(labels)), out=bounds[1:])
    return Groups(labels, np.argsort(numbers, kind="stable"), bounds)
