"""Which blocks there are, day by day, for the days that were looked at lately: most reads ask for the same ones."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from obsv.metrics.store.blocks.repository import Span, StoredBlock
from obsv.metrics.store.blocks.window import DAY_MS

ROWS = 40_000
"""Rows held at most (some 400 bytes each); a longer list is never kept."""
DAYS = 40
"""Reads of more days than this are not worth the room."""

Listed = dict[int, list[StoredBlock]]
"""The samples' blocks of one organisation that begin on one day, by partition.  None goes beyond its day."""


class Catalog:
    """Holds lists of readable blocks for whoever is the only one to change them.

    A list is asked for while something else may be written: note the `version` before, and `put` it with that.
    """

    def __init__(self) -> None:
        self.version = 0
        self._rows = 0
        self._days: OrderedDict[tuple[int, int], Listed] = OrderedDict()

    def forget(self) -> None:
        """Something was written."""
        self.version += 1
        self._rows = 0
        self._days.clear()

    def put(self, org: int, day: int, blocks: Iterable[StoredBlock], version: int) -> Listed:
        """Keep a list, unless something was written since it was asked for; gives it by partition."""
        listed: Listed = {}
        rows = 0
        for block in blocks:
            listed.setdefault(block.placement.part, []).append(block)
            rows += 1
        if version == self.version and rows <= ROWS and (org, day) not in self._days:
            self._days[org, day] = listed
            self._rows += rows + 1
            while self._rows > ROWS and len(self._days) > 1:
                _, gone = self._days.popitem(last=False)
                self._rows -= sum(map(len, gone.values())) + 1
        return listed

    def get(self, org: int, day: int) -> Listed | None:
        """A list, if it is held."""
        listed = self._days.get((org, day))
        if listed is not None:
            self._days.move_to_end((org, day))
        return listed


def days_of(start_ms: int, end_ms: int) -> range:
    """The days of a time, both ends included."""
    return range(start_ms // DAY_MS, end_ms // DAY_MS + 1)


def found_in(listed: Listed, spans: Sequence[Span], start_ms: int, end_ms: int) -> list[StoredBlock]:
    """The blocks with samples of these spans in this time."""
    return [
        block
        for span in spans
        for block in listed.get(span.part, ())
        if block.placement.end_ms >= start_ms
        and block.placement.start_ms <= end_ms
        and block.placement.high >= span.low
        and block.placement.low <= span.high
    ]
