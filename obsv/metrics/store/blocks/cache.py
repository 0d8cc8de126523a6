"""What was read lately, within a budget of memory: what people look at is read again every minute."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, Protocol, TypeVar


class Reader(Protocol):
    """Something that reads one row, and knows how much memory it may come to hold."""

    @property
    def held_bytes(self) -> int: ...


R = TypeVar("R", bound=Reader)


class Cache(Generic[R]):
    """Least recently used first out.  Row numbers are never used again, so an entry cannot go stale."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._held = 0
        self._readers: OrderedDict[tuple[int, int], R] = OrderedDict()

    def get(self, org: int, row_id: int) -> R | None:
        """The reader, if it is still held."""
        reader = self._readers.get((org, row_id))
        if reader is not None:
            self._readers.move_to_end((org, row_id))
        return reader

    def put(self, org: int, row_id: int, reader: R) -> None:
        """Hold a reader, and let others go to stay within the budget."""
        self.forget(org, row_id)
        self._readers[org, row_id] = reader
        self._held += reader.held_bytes
        while self._held > self._budget and len(self._readers) > 1:
            _, gone = self._readers.popitem(last=False)
            self._held -= gone.held_bytes

    def forget(self, org: int, row_id: int) -> None:
        """Let one go."""
        gone = self._readers.pop((org, row_id), None)
        if gone is not None:
            self._held -= gone.held_bytes
