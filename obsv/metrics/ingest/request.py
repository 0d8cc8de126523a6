"""What a remote_write request brings, whichever version its message is of."""

from __future__ import annotations

from dataclasses import dataclass, field

from obsv.metrics.store.types import WriteBatch

TYPES = ("unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset")
"""Of a metric family, by its number in both messages."""


@dataclass(frozen=True, slots=True)
class Began:
    """The counter of series `row` of a batch began at `t` (Unix ms): it was zero then."""

    row: int
    t: int
    is_histogram: bool


@dataclass
class Request:
    """Samples and what came with them; `bad` histograms make no sense, the first by its `fault`."""

    batch: WriteBatch
    began: list[Began] = field(default_factory=list[Began])
    bad: int = 0
    fault: str = ""
