"""When to take samples."""

from __future__ import annotations

import time
import zlib
from typing import Callable, Iterator

__all__ = ["EARLY_S", "ticks"]

EARLY_S = 2.0
_EARLY_SAMPLES = 3


def ticks(interval: float, name: str, now: Callable[[], float] = time.time) -> Iterator[float]:
    """Yield the times of samples, endlessly, each when asked for.

    The first three come close together, so that rates have points at once.  From then on they keep a phase that
    follows from the name: the samples of many hosts are spread over the interval, and a restart does not move them.
    """
    phase = zlib.crc32(name.encode()) / 2**32 * interval
    early = min(EARLY_S, interval)
    first = now()
    for number in range(_EARLY_SAMPLES):
        yield first + number * early
    while True:
        yield (now() - phase) // interval * interval + interval + phase
