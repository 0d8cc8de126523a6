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


def in_shares(rows: int, points: int, work: Callable[[slice], None]) -> None:
    """Call `work` for stretches of the rows, which come to `points` in all.  It must write to its own rows alone."""
    if points < LONG or rows < SHARES:
        work(slice(0, rows))
        return
    half = rows // SHARES
    other = _helpers().submit(work, slice(half, rows))
    work(slice(0, half))
    other.result()
