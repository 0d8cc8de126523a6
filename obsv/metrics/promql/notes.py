"""Warnings and infos beside an answer, in Prometheus' words, each ending in the place it is about."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from obsv.metrics.histograms.text import shortest
from obsv.metrics.promql.ast import Node

COUNTER_SUFFIXES = ("_total", "_sum", "_count", "_bucket")


def _of(name: str) -> str:
    return f" for metric name {_quoted(name)}" if name else ""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


@dataclass
class Notes:
    """Collects each note once."""

    text: str
    warnings: list[str] = field(default_factory=list[str])
    infos: list[str] = field(default_factory=list[str])

    def _place(self, node: Node) -> str:
        line = self.text.count("\n", 0, node.start) + 1
        return f" ({line}:{node.start - (self.text.rfind(chr(10), 0, node.start) + 1) + 1})"

    def _add(self, notes: list[str], note: str) -> None:
        if note not in notes:
            notes.append(note)

    def warn(self, words: str, node: Node) -> None:
        """Something in the answer may be wrong."""
        self._add(self.warnings, f"PromQL warning: {words}{self._place(node)}")

    def inform(self, words: str, node: Node) -> None:
        """Something in the query looks odd."""
        self._add(self.infos, f"PromQL info: {words}{self._place(node)}")

    def quantile(self, q: float, node: Node) -> None:
        """A quantile outside of 0 to 1."""
        if not 0 <= q <= 1:
            self.warn(f"quantile value should be between 0 and 1, got {shortest(q)}", node)

    def ratio(self, ratio: float, to: float, node: Node) -> None:
        """A share outside of -1 to 1."""
        words = "ratio value should be between -1 and 1"
        self.warn(f"{words}, got {shortest(ratio)}, capping to {shortest(to)}", node)

    def counter(self, name: str, type_: str, node: Node) -> None:
        """rate() of what does not look like a counter; `type_` is the label of that name, "" without one."""
        if type_ and type_ not in ("counter", "histogram"):
            words = 'metric might not be a counter, __type__ label is not set to "counter" or "histogram"'
            self.inform(f"{words}, got {_quoted(type_)}: {_quoted(name)}", node)
        elif name and not type_ and not name.endswith(COUNTER_SUFFIXES):
            words = "metric might not be a counter, name does not end in _total/_sum/_count/_bucket"
            self.inform(f"{words}: {_quoted(name)}", node)

    def bad_bucket(self, name: str, le: str, node: Node) -> None:
        """A series without a number in `le`."""
        self.warn(f'bucket label "le" is missing or has a malformed value of {_quoted(le)}{_of(name)}', node)

    def forced_monotonic(self, name: str, node: Node) -> None:
        """Bucket counts that fell."""
        where = "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile"
        words = f"input to histogram_quantile needed to be fixed for monotonicity (see {where})"
        self.inform(f"{words}{_of(name)}", node)

    # -- native histograms --------------------------------------------------------------------------------------

    def mixed(self, name: str, node: Node) -> None:
        """A range with floats and histograms."""
        self.warn(f"encountered a mix of histograms and floats for metric name {_quoted(name)}", node)

    def mixed_aggregation(self, node: Node) -> None:
        """A group with floats and histograms."""
        self.warn("encountered a mix of histograms and floats for aggregation", node)

    def mixed_kinds(self, name: str, node: Node) -> None:
        """Classic buckets and a native histogram for one label set."""
        self.warn(f"vector contains a mix of classic and native histograms{_of(name)}", node)

    def mixed_schemas(self, name: str, node: Node) -> None:
        """Exponential and listed buckets."""
        words = "vector contains a mix of histograms with exponential and custom buckets schemas for metric name"
        self.warn(f"{words} {_quoted(name)}", node)

    def not_counter(self, name: str, node: Node) -> None:
        """A gauge histogram where a counter is wanted."""
        self.warn(f"this native histogram metric is not a counter: {_quoted(name)}", node)

    def not_gauge(self, name: str, node: Node) -> None:
        """A counter histogram where a gauge is wanted."""
        self.warn(f"this native histogram metric is not a gauge: {_quoted(name)}", node)

    def collision(self, operation: str, node: Node) -> None:
        """A counter reset and a non-reset in one `operation` (addition, subtraction, aggregation)."""
        self.warn(f"conflicting counter resets during histogram {operation}", node)

    def reconciled(self, operation: str, node: Node) -> None:
        """Custom bounds that differ were brought together in an `operation`."""
        self.inform(f"mismatched custom buckets were reconciled during {operation}", node)

    def incompatible_layout(self, op: str, node: Node) -> None:
        """A binary operator on exponential and listed buckets."""
        self.warn(f"incompatible bucket layout encountered for binary operator {op}", node)

    def incompatible_types(self, left: str, op: str, right: str, node: Node) -> None:
        """A binary operator that does not go between floats and histograms."""
        words = "incompatible sample types encountered for binary operator"
        self.inform(f'{words} "{op}": {left} {op} {right}', node)

    def ignored_in_aggregation(self, op: str, node: Node) -> None:
        """Histograms in an aggregation that has no use for them."""
        self.inform(f"ignored histogram in {op} aggregation", node)

    def ignored_in_range(self, name: str, node: Node) -> None:
        """Histograms among the floats of a range."""
        words = "ignored histograms in a range containing both floats and histograms for metric name"
        self.inform(f"{words} {_quoted(name)}", node)

    def nan_quantile(self, name: str, node: Node, *, is_nan: bool) -> None:
        """A quantile among NaN observations."""
        result = "result is NaN" if is_nan else "result is skewed higher"
        self.inform(f"input to histogram_quantile has NaN observations, {result}{_of(name)}", node)

    def nan_fraction(self, name: str, node: Node) -> None:
        """A fraction of a histogram with NaN observations."""
        words = "input to histogram_fraction has NaN observations, which are excluded from all fractions"
        self.inform(f"{words}{_of(name)}", node)

    def overlapping_start(self, name: str, node: Node) -> None:
        """A counter that began before its last sample."""
        words = "sample has start time that overlaps with previous sample timestamp for metric"
        self.warn(f"{words} {_quoted(name)}", node)
