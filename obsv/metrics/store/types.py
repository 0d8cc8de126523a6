"""Value types that pass between ingest, a metric store and the query engine.  Times are int64 unix ms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol, cast

import numpy as np
import re2
from numpy.typing import NDArray

from obsv.metrics.histograms import Histogram

STALE_BITS = 0x7FF0000000000002
"""The one NaN that means "this series ended" (Prometheus' staleness marker); compare by bits, never by value."""

STALE: float = float(np.array([STALE_BITS], dtype=np.uint64).view(np.float64)[0])

Labels = dict[str, str]
UInt8 = NDArray[np.uint8]
UInt32 = NDArray[np.uint32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


class Match(Protocol):
    """Where a pattern matched."""

    def group(self, number: int) -> str | None: ...

    def groups(self) -> tuple[str | None, ...]: ...

    def groupdict(self, default: str) -> dict[str, str]: ...


class Pattern(Protocol):
    """A compiled regular expression; RE2's Python package brings no types."""

    def fullmatch(self, text: str) -> Match | None: ...


class BadPattern(ValueError):
    """A regular expression that RE2 does not take; the text is RE2's reason."""


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> Pattern:
    """A regular expression as Prometheus 3 reads it: RE2 (linear time), anchored by fullmatch, `.` matches newline.

    Raises BadPattern.
    """
    options = re2.Options()
    options.dot_nl = True
    options.log_errors = False
    try:
        return cast("Pattern", re2.compile(pattern, options))
    except re2.error as bad:
        reason = bad.args[0]
        raise BadPattern(_as_go_says(reason.decode() if isinstance(reason, bytes) else str(reason))) from None


_GO_WORDS = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid repetition size": "invalid repeat count",
    "trailing \\": "trailing backslash at end of expression",
    "invalid perl operator": "invalid or unsupported Perl syntax",
}


def _as_go_says(reason: str) -> str:
    """RE2's reason in the words of Go's regexp, which people know from Prometheus."""
    what, separator, part = reason.partition(": ")
    return _GO_WORDS.get(what, what) + (f": `{part}`" if separator else "")


@dataclass(frozen=True)
class Matcher:
    """One label matcher; regular expressions are fully anchored."""

    name: str
    op: str  # one of = != =~ !~
    value: str

    def matches(self, value: str) -> bool:
        """Whether a label value passes; an absent label is the empty string."""
        if self.op == "=":
            return value == self.value
        if self.op == "!=":
            return value != self.value
        return (compile_pattern(self.value).fullmatch(value) is not None) == (self.op == "=~")


@dataclass
class SeriesSet:
    """Samples of k series as columns: those of series i are `t[offsets[i]:offsets[i+1]]` and the same of `v`.

    `labels[i]` includes `__name__` and must not be changed by the reader (stores share them); `offsets` is int64[k+1],
    `t` int64[n] strictly increasing within a series, `v` float64[n] with stale markers kept bit for bit and tokens
    where a sample is one of `histograms`.  `starts` int64[n], where a store knows them, is when each sample's counter
    began (0: not known).
    """

    labels: Sequence[Labels]
    offsets: Int64
    t: Int64
    v: Float64
    histograms: list[Histogram] = field(default_factory=list[Histogram])
    starts: Int64 | None = None

    @classmethod
    def empty(cls) -> SeriesSet:
        """No series at all."""
        return cls([], np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float64))


@dataclass(frozen=True, slots=True)
class Exemplar:
    """One observation that stands for many, of series `row` of its batch; `labels` lead to it (`trace_id`)."""

    row: int
    labels: dict[str, str]
    value: float
    t: int


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of a metric family; `type` is OpenMetrics' word (counter, gauge, histogram, summary, ...)."""

    family: str
    type: str = "unknown"
    help: str = ""
    unit: str = ""


@dataclass
class WriteBatch:
    """Samples of many series, for ways in other than raw remote_write: same columns as `SeriesSet`.

    A series may come twice.  `histograms` are those that tokens in `v` stand for.
    """

    labels: Sequence[Labels]
    offsets: Int64
    t: Int64
    v: Float64
    histograms: list[Histogram] = field(default_factory=list[Histogram])
    exemplars: list[Exemplar] = field(default_factory=list[Exemplar])
    metadata: list[Metadata] = field(default_factory=list[Metadata])


@dataclass
class WriteResult:
    """What became of a write.  `refused` counts samples by reason; `detail` names the first refusal in words.

    Reasons: too_old, too_new, duplicate (same time, other value), labels (bad or over a limit), series_limit, histogram
    (none that makes sense).  `skipped` are the places of refused samples in a batch without histograms, rising, where
    the store tells them.  Of the accepted, `histograms` are such.  `beside` counts what came in a remote_write 1.0
    body that is no float sample: histograms, exemplars, metadata; whoever sent the body on may read them from it.
    """

    accepted: int = 0
    refused: dict[str, int] = field(default_factory=dict[str, int])
    detail: str = ""
    beside: int = 0
    histograms: int = 0
    skipped: list[range] = field(default_factory=list[range])

    def refuse(self, reason: str, count: int, detail: str) -> None:
        """Count refusals; the first one's detail stays."""
        self.refused[reason] = self.refused.get(reason, 0) + count
        self.detail = self.detail or detail

    def add(self, other: WriteResult) -> None:
        """Add what became of another part of the same write."""
        self.accepted += other.accepted
        self.histograms += other.histograms
        for reason, count in other.refused.items():
            self.refuse(reason, count, other.detail)


@dataclass
class StoreStats:
    """What a store tells of itself.  `oldest_ms` is 0 while it is empty."""

    series: int = 0
    bytes: int = 0
    oldest_ms: int = 0
    pending_samples: int = 0
    damaged_blocks: int = 0
