"""When series began, to some minutes.

Series get their ids in order of appearance, so it is enough to remember the first new id of every step of time.
"""

from __future__ import annotations

STEP_MS = 5 * 60_000
KEPT = 300
"""Steps that are remembered: twenty-five hours."""
_PREFIX = "births_"


class Births:
    """Counts by when a request came, not by the times of its samples: imported history is new as well."""

    def __init__(self) -> None:
        self._first: dict[int, int] = {}  # step -> the first id that it brought

    def note(self, at_ms: int, first: int) -> None:
        """A request at this time brought new series, of which `first` is the lowest id."""
        step = at_ms // STEP_MS
        if step in self._first:
            return
        self._first[step] = first
        if len(self._first) > KEPT:
            del self._first[min(self._first)]

    def first_since(self, since_ms: int, series: int) -> int:
        """The lowest id that began in the step of this time or later; `series` (how many there are) if none did."""
        oldest = since_ms // STEP_MS
        return min((first for step, first in self._first.items() if step >= oldest), default=series)

    def marks(self) -> dict[str, int]:
        """What to keep over a restart, by names that are used again once a step is forgotten."""
        return {f"{_PREFIX}{step % KEPT}": step << 32 | first for step, first in self._first.items()}

    def load(self, marks: dict[str, int]) -> None:
        """Take in what was kept; other names are passed over."""
        for name, mark in sorted(marks.items(), key=lambda item: item[1]):
            if name.startswith(_PREFIX):
                self.note((mark >> 32) * STEP_MS, mark & 0xFFFFFFFF)
