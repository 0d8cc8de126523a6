"""Which queries are under way, and how those before them ended."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from obsv.metrics.promql.errors import ExecutionError, ParseError, QueryCanceled, QueryTimeout, WrongType

T = TypeVar("T")


class Running:
    """Counts of one engine: `asked` are all that have not ended, `evaluating` those that a thread works for.

    `ended` counts how they ended, in the words of the API (success, or a type of error).
    A thread may still be at work for a query that has ended, until it looks whether it shall go on.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.evaluating = 0
        self.ended: Counter[str] = Counter()
        self.seconds = 0.0
        self._lock = threading.Lock()

    def begin(self) -> float:
        """Count a query; gives when that was."""
        self.asked += 1
        return time.monotonic()

    def end(self, begun: float, error: BaseException | None = None) -> None:
        """Count how it ended."""
        self.asked -= 1
        self.ended["success" if error is None else _outcome(error)] += 1
        self.seconds += time.monotonic() - begun

    def evaluated(self, work: Callable[[], T]) -> Callable[[], T]:
        """The work, counted while a thread does it."""

        def counted() -> T:
            with self._lock:
                self.evaluating += 1
            try:
                return work()
            finally:
                with self._lock:
                    self.evaluating -= 1

        return counted


def _outcome(error: BaseException) -> str:
    match error:
        case ParseError() | WrongType():
            return "bad_data"
        case ExecutionError():
            return "execution"
        case QueryTimeout():
            return "timeout"
        case QueryCanceled() | asyncio.CancelledError():
            return "canceled"
        case _:
            return "internal"
