"""Work of a kernel that lets go of the GIL, done in two halves at a time where it is long."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

SHARES = 2
LONG = 100_000
"""Points; fewer are done before another thread has begun."""


@cache
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(SHARES, thread_name_prefix="promql-share")


def in_shares(rows: int, points: int, work: Callable[[slice], None], *, parts: int = 1) -> None:
    """Call `work` for stretches of the rows, which come to `points` in all; for at least `parts` stretches if it can.

    It must write to its own rows alone.
    """
    if points < LONG and parts == 1:
        work(slice(0, rows))
        return
    at_once = max(1, rows // parts)
    if points < LONG or rows < SHARES:
        _in_parts(0, rows, at_once, work)
        return
    half = rows // SHARES
    other = _helpers().submit(_in_parts, half, rows, at_once, work)
    _in_parts(0, half, at_once, work)
    other.result()


def _in_parts(start: int, stop: int, at_once: int, work: Callable[[slice], None]) -> None:
    for begin in range(start, stop, at_once):
        work(slice(begin, min(begin + at_once, stop)))
