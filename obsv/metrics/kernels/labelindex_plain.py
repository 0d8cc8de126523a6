"""The label index in plain Python: which series have which labels.  Twin of `_labelindex.pyx`.

A value's *place* is its number among its name's values, in order of appearance: results of a regular expression can
be kept and extended by new values alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from obsv.metrics.kernels.ragged_plain import Int64, UInt32, ints
from obsv.metrics.kernels.wire_plain import BrokenError, parse_labels

METADATA = ("__name__", "__type__", "__unit__")
"""Labels that say what a metric is, which a computed value is no more."""


class _Name:
    """One label name within an organisation."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self.values: list[str] = []
        self.postings: list[list[int]] = []

    def add(self, value: str, sid: int) -> None:
        place = self.places.setdefault(value, len(self.values))
        if place == len(self.values):
            self.values.append(value)
            self.postings.append([])
        self.postings[place].append(sid)


class LabelIndex:
    """Grows by series in order of their ids."""

    def __init__(self) -> None:
        self._labels: list[dict[str, str]] = []
        self._names: dict[tuple[int, str], _Name] = {}
        self._orgs: dict[int, list[int]] = {}
        self._gone: set[int] = set()

    def extend(self, orgs: Int64, keys: list[bytes]) -> None:
        """Add series; ids follow on.  Raises ValueError if label bytes are broken."""
        for org, key in zip(ints(orgs), keys, strict=True):
            try:
                labels = {name.decode(): value.decode() for name, value in parse_labels(key)}
            except BrokenError as error:
                raise ValueError("a series' labels are broken") from error
            sid = len(self._labels)
            self._labels.append(labels)
            self._orgs.setdefault(org, []).append(sid)
            for name, value in labels.items():
                self._names.setdefault((org, name), _Name()).add(value, sid)

    def forget(self, sids: UInt32) -> None:
        """These series have no samples any more: no call returns them again."""
        self._gone.update(ints(sids))

    @property
    def size(self) -> int:
        """How many series were added."""
        return len(self._labels)

    def values(self, org: int, name: str, start: int) -> list[str]:
        """A name's values from place `start` on."""
        found = self._names.get((org, name))
        return found.values[start:] if found else []

    def place(self, org: int, name: str, value: str) -> int:
        """Place of a value, -1 if no series has it."""
        found = self._names.get((org, name))
        return found.places.get(value, -1) if found else -1

    def having(self, org: int, name: str, places: UInt32) -> UInt32:
        """Series, by rising id, with one of the values at `places` (no place twice)."""
        found = self._names.get((org, name))
        postings = [sid for place in ints(places) for sid in found.postings[place]] if found else []
        return self._living(sorted(postings))

    def all(self, org: int) -> UInt32:
        """An organisation's series by rising id."""
        return self._living(self._orgs.get(org, []))

    def labels(self, sids: UInt32, named: bool = True) -> list[dict[str, str]]:
        """Label sets of the series; with `named` False without the labels that say what a metric is."""
        return [self._labels[sid] for sid in ints(sids)] if named else self._seen(sids, named=False)

    def _seen(self, sids: UInt32, *, named: bool) -> list[dict[str, str]]:
        dropped = () if named else METADATA
        return [{n: v for n, v in self._labels[sid].items() if n not in dropped} for sid in ints(sids)]

    def group(self, sids: UInt32, names: Sequence[str], without: bool, named: bool) -> tuple[Int64, Int64]:
        """(group of each row, first row of each group), by or `without` labels of these names.

        With `named` False the labels that say what a metric is are not looked at.
        """
        found: dict[tuple[object, ...], int] = {}
        groups: list[int] = []
        firsts: list[int] = []
        for row, labels in enumerate(self._seen(sids, named=named)):
            key: tuple[object, ...] = tuple(labels.get(name) for name in names)
            if without:
                key = tuple((name, value) for name, value in labels.items() if name not in names)
            groups.append(found.setdefault(key, len(firsts)))
            if groups[-1] == len(firsts):
                firsts.append(row)
        return np.array(groups, np.int64), np.array(firsts, np.int64)

    def order(self, sids: UInt32, named: bool) -> Int64:
        """Rows in the order of their labels."""
        labels = [sorted(one.items()) for one in self._seen(sids, named=named)]
        return np.array(sorted(range(len(labels)), key=labels.__getitem__), np.int64)

    def one_name(self, sids: UInt32) -> bool:
        """Whether all have one metric name and no type or unit, so that they stay distinct without it."""
        found = [self._labels[sid] for sid in ints(sids)]
        return len({one.get("__name__") for one in found}) <= 1 and not any(
            name in one for one in found for name in METADATA[1:]
        )

    def json(self, sids: UInt32, named: bool) -> list[bytes]:
        """Each one's labels as a JSON object."""
        return [msgspec.json.encode(labels) for labels in self._seen(sids, named=named)]

    def names_of(self, sids: UInt32) -> list[str]:
        """Distinct label names of the series."""
        return list(dict.fromkeys(name for sid in ints(sids) for name in self._labels[sid]))

    def values_of(self, sids: UInt32, name: str) -> list[str]:
        """Distinct values of one label among the series."""
        return list(dict.fromkeys(self._labels[sid][name] for sid in ints(sids) if name in self._labels[sid]))

    def _living(self, sids: list[int]) -> UInt32:
        return np.array([sid for sid in sids if sid not in self._gone], np.uint32)


def combine(a: UInt32, b: UInt32, common: bool) -> UInt32:
    """What is in both rising lists (`common`), or what is in `a` alone."""
    other = set(ints(b))
    return np.array([sid for sid in ints(a) if (sid in other) == common], np.uint32)
