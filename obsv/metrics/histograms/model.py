"""A native histogram, and how one stands among floats: as a NaN whose payload is its place in a table.

So every part of the store and of the query engine that only moves values (late samples, duplicates, blocks, filters,
sorting, matching) treats histograms and floats alike; only what computes with a value has to look.
Source: Prometheus documentation, "Native histograms".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

CUSTOM = -53
"""The schema of histograms whose bucket bounds are listed."""

_TAG = np.uint64(0x7FFC_0000_0000_0000)
_TAG_MASK = np.uint64(0xFFFF_0000_0000_0000)
_PLACE = np.uint64(0x0000_FFFF_FFFF_FFFF)


class Hint(IntEnum):
    """What is known of the counter behind a histogram, numbered as on the wire."""

    UNKNOWN = 0
    RESET = 1
    NOT_RESET = 2
    GAUGE = 3


@dataclass(slots=True)
class Histogram:
    """Counts by bucket.

    `positive` and `negative` map a bucket's index to its count; one that is not there is empty.  Bucket i of schema
    s ends at 2**(i * 2**-s); with the schema `CUSTOM` it ends at `bounds[i]`, the last at +Inf, and there is no zero
    bucket.  The zero bucket reaches `zero_threshold` to both sides.
    """

    schema: int = 0
    count: float = 0.0
    sum: float = 0.0
    zero_threshold: float = 0.0
    zero_count: float = 0.0
    positive: dict[int, float] = field(default_factory=dict[int, float])
    negative: dict[int, float] = field(default_factory=dict[int, float])
    bounds: tuple[float, ...] = ()
    hint: Hint = Hint.UNKNOWN

    @property
    def is_custom(self) -> bool:
        """Whether the bounds are listed."""
        return self.schema == CUSTOM

    def copy(self) -> Histogram:
        """One whose buckets can be changed."""
        return Histogram(
            self.schema, self.count, self.sum, self.zero_threshold, self.zero_count,
            dict(self.positive), dict(self.negative), self.bounds, self.hint,
        )  # fmt: skip


def token(place: int) -> float:
    """The value that stands for the histogram at a place of a table."""
    return float(np.array([int(_TAG) | place], np.uint64).view(np.float64)[0])


def tokens(places: NDArray[np.int64]) -> NDArray[np.float64]:
    """The same for many."""
    return (places.astype(np.uint64) | _TAG).view(np.float64)


def is_token(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the values stand for histograms."""
    found: NDArray[np.bool_] = (np.ascontiguousarray(values).view(np.uint64) & _TAG_MASK) == _TAG
    return found


def places(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """The places that tokens name."""
    return (np.ascontiguousarray(values).view(np.uint64) & _PLACE).astype(np.int64)


def place_of(value: np.float64) -> int:
    """The place that one token names."""
    return int(places(np.array([value], np.float64))[0])


Table = Sequence[Histogram]
