"""Times that were read lately, within a budget of memory: the blocks of a window all need the same few."""

from __future__ import annotations

from collections import OrderedDict

from obsv.metrics.store.blocks.times import TimesReader


class TimesCache:
    """Least recently used first out.  Row numbers are never used again, so an entry cannot go stale."""

    def __init__(self, budget_bytes: int = 8 << 20) -> None:
        self._budget = budget_bytes
        self._held = 0
        self._readers: OrderedDict[tuple[int, int], TimesReader] = OrderedDict()

    def get(self, org: int, times_id: int) -> TimesReader | None:
        """The reader, if it is still held."""
        reader = self._readers.get((org, times_id))
        if reader is not None:
            self._readers.move_to_end((org, times_id))
        return reader

    def put(self, org: int, times_id: int, reader: TimesReader) -> None:
        """Hold a reader, and let others go to stay within the budget."""
        self._readers[org, times_id] = reader
        self._held += reader.held_bytes
        while self._held > self._budget and len(self._readers) > 1:
            _, gone = self._readers.popitem(last=False)
            self._held -= gone.held_bytes

    def forget(self, org: int, times_id: int) -> None:
        """Let one go."""
        gone = self._readers.pop((org, times_id), None)
        if gone is not None:
            self._held -= gone.held_bytes
