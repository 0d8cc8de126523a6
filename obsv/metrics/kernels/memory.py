"""Tells the C library's allocator to give large buffers back.

Flushes and queries allocate columns of megabytes for moments, in several threads.  Left to itself, glibc raises the
size from which it maps memory separately up to 32 MiB, keeps an arena per thread, and returns little: measured, a
quarter of the process' memory.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
SETTINGS = ((M_ARENA_MAX, 2), (M_MMAP_THRESHOLD, 256 << 10), (M_TRIM_THRESHOLD, 1 << 20))


def tune_allocator() -> bool:
    """Set it for the whole process; early is best.  False where the C library is another one."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return all(mallopt(name, value) == 1 for name, value in SETTINGS)


def trim() -> None:
    """Give back what is free in between too, where the C library can: after a flush that is some megabytes."""
    if sys.platform.startswith("linux"):
        with suppress(AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
