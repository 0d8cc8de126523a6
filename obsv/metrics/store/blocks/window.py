"""The time windows that compaction works in."""

from __future__ import annotations

HOURS_2_MS = 2 * 3600 * 1000
DAY_MS = 24 * 3600 * 1000

WIDE_MS = {300_000: 8 * DAY_MS, 3_600_000: 32 * DAY_MS}
"""The windows in which roll-ups of a resolution are joined."""

SETTLE_MS = 75 * 60 * 1000
"""A window is closed so long after its end: samples may be an hour late, and a flush takes its time."""


def window_of(time_ms: int, width_ms: int) -> tuple[int, int]:
    """First and last ms of the window that holds this time."""
    start = time_ms // width_ms * width_ms
    return start, start + width_ms - 1


def closed_before(now_ms: int, width_ms: int) -> int:
    """Blocks that end before this lie in closed windows."""
    return (now_ms - SETTLE_MS) // width_ms * width_ms
