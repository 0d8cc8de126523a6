"""What points of all kinds have in common."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from obsv.metrics.histograms.wire import BadHistogram
from obsv.metrics.ingest.otlp.fields import Fields
from obsv.metrics.ingest.otlp.reading import Reading
from obsv.metrics.ingest.otlp.series import Family, Unusable
from obsv.metrics.kernels import otlp as kernel

START, TIME = 2, 3
NOT_RECORDED = 1
"""The flag of a point that says that there is no value, as of a series that ended."""

AT_ONCE = 4096
"""Points that are read before others have a turn."""

Place = tuple[int, int]
"""Where a message begins and ends."""


class BadPoint(ValueError):
    """A data point that makes no sense; the text says why."""


def places(data: bytes, place: Place) -> list[Place]:
    """Where the points of a metric's data are.  Raises BrokenError."""
    return [(start, stop) for number, wire, start, stop in kernel.fields(data, *place) if number == 1 and wire == 2]


def is_recorded(found: Fields, flags: int) -> bool:
    """Whether a point has a value; `flags` is the field that says so."""
    return not found.numbers.get(flags, 0) & NOT_RECORDED


@contextmanager
def refusing(family: Family, reading: Reading) -> Generator[None]:
    """Count a point as refused that cannot be read."""
    try:
        yield
    except (BadPoint, BadHistogram, *Unusable) as bad:
        reading.refuse(1, f"{family.name}: {bad}")
