"""From matchers to series: the label index, grown when it is asked and not when samples come in."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from obsv.metrics.kernels.ingest import Head
from obsv.metrics.kernels.labelindex import LabelIndex, combine
from obsv.metrics.store.labels import LabelSets
from obsv.metrics.store.types import Int64, Matcher

UInt32 = NDArray[np.uint32]

BATCH = 4096
CACHED_PATTERNS = 512
NEVER = int(np.iinfo(np.int64).min)


class SeriesIndex:
    """Answers for one head; may be asked from several threads."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._index = LabelIndex()
        self._lock = threading.Lock()
        self._patterns: dict[tuple[int, Matcher], tuple[int, list[int]]] = {}

    def work(self, matchers: Sequence[Matcher]) -> int:
        """How long `find` will take, about, in series looked at: those that are new, and all for a regex."""
        is_plain = all(one.op == "=" for one in matchers)
        return self._head.series - self._index.size + (0 if is_plain else self._index.size // 4)

    def find(self, org: int, matchers: Sequence[Matcher]) -> UInt32:
        """Ids, rising, of the organisation's series that pass every matcher."""
        with self._lock:
            self._grow()
            return self._find(org, matchers)

    def find_any(self, org: int, matcher_sets: Sequence[Sequence[Matcher]], start_ms: int) -> UInt32:
        """Series that pass one of the sets (none given: all) and are not known to have ended before `start_ms`."""
        with self._lock:
            self._grow()
            if not matcher_sets:
                found = self._index.all(org)
            else:
                found = self._find(org, matcher_sets[0])
                for matchers in matcher_sets[1:]:
                    found = np.union1d(found, self._find(org, matchers))
        newest = self._head.newest(found)
        alive: UInt32 = found[(newest >= start_ms) | (newest == NEVER)]
        return alive

    def labels(self, sids: UInt32) -> list[dict[str, str]]:
        """Label sets of series that `find` gave."""
        with self._lock:
            return self._index.labels(sids)

    def label_sets(self, sids: UInt32) -> LabelSets:
        """The same, made when somebody looks."""
        return LabelSets(self._index, sids)

    def label_names(self, sids: UInt32) -> list[str]:
        """Sorted label names of the series."""
        with self._lock:
            return sorted(self._index.names_of(sids))

    def label_values(self, sids: UInt32, name: str) -> list[str]:
        """Sorted values of one label among the series."""
        with self._lock:
            return sorted(self._index.values_of(sids, name))

    def newest(self, sids: UInt32) -> NDArray[np.int64]:
        """Time of each one's newest sample since the start, unix ms; the smallest int64 where none came."""
        return self._head.newest(sids)

    def postings(self, org: int, name: str) -> Iterator[tuple[str, UInt32]]:
        """Each value of a label with the series that have it."""
        with self._lock:
            values = self._index.values(org, name, 0)
        for place, value in enumerate(values):
            with self._lock:
                found = self._index.having(org, name, np.array([place], np.uint32))
            if len(found):
                yield value, found

    def carrying(self, org: int, name: str, among: UInt32) -> UInt32:
        """Those of the series, by rising id, that have a label of this name."""
        with self._lock:
            places = np.arange(len(self._index.values(org, name, 0)), dtype=np.uint32)
            return combine(among, self._index.having(org, name, places), True)

    def group(self, sids: UInt32, name: str) -> tuple[Int64, Int64]:
        """(group of each series by its value of this label, first row of each group)."""
        with self._lock:
            return self._index.group(sids, [name], False, True)

    def has(self, org: int, name: str) -> bool:
        """Whether any series ever had a label of this name."""
        with self._lock:
            self._grow()
            return bool(self._index.values(org, name, 0))

    @property
    def total(self) -> int:
        """How many series there are over all organisations."""
        return self._head.series

    def count(self, org: int) -> int:
        """How many series an organisation has."""
        with self._lock:
            self._grow()
            return len(self._index.all(org))

    def _grow(self) -> None:
        while self._index.size < self._head.series:
            self._index.extend(*self._head.keys(self._index.size, self._index.size + BATCH))

    def _find(self, org: int, matchers: Sequence[Matcher]) -> UInt32:
        found: UInt32 | None = None
        without: list[UInt32] = []
        for matcher in sorted(matchers, key=lambda one: one.op != "="):
            if matcher.matches(""):
                # A series without the label passes, so look for those that fail.
                without.append(self._having(org, matcher, passing=False))
                continue
            some = self._having(org, matcher, passing=True)
            found = some if found is None else combine(found, some, True)
            if not len(found):
                return found
        if found is None:
            found = self._index.all(org)
        for some in without:
            found = combine(found, some, False)
        return found

    def _having(self, org: int, matcher: Matcher, *, passing: bool) -> UInt32:
        """Series whose value of the label passes, or fails, the matcher; those without the label are neither."""
        if matcher.op in ("=", "!=") and passing == (matcher.op == "="):
            place = self._index.place(org, matcher.name, matcher.value)
            places = [place] if place >= 0 else []
        else:
            places = self._places(org, matcher, passing=passing)
        return self._index.having(org, matcher.name, np.array(places, np.uint32))

    def _places(self, org: int, matcher: Matcher, *, passing: bool) -> list[int]:
        """The same as places of values; what a matcher said of a value is kept, only new ones are asked about."""
        seen, places = self._patterns.get((org, matcher), (0, []))
        fresh = self._index.values(org, matcher.name, seen)
        if fresh:
            if len(self._patterns) >= CACHED_PATTERNS:
                self._patterns.clear()
            new = [seen + i for i, value in enumerate(fresh) if matcher.matches(value) == passing]
            seen, places = seen + len(fresh), places + new
            self._patterns[org, matcher] = seen, places
        return places
