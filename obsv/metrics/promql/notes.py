"""Warnings and infos beside an answer, in Prometheus' words, each ending in the place it is about."""

from __future__ import annotations

from dataclasses import dataclass, field

from obsv.metrics.promql.ast import Node
from obsv.metrics.promql.text import go_float

COUNTER_SUFFIXES = ("_total", "_sum", "_count", "_bucket")


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
            self.warn(f"quantile value should be between 0 and 1, got {go_float(q)}", node)

    def counter(self, name: str, node: Node) -> None:
        """rate() of what does not look like a counter."""
        if name and not name.endswith(COUNTER_SUFFIXES):
            self.inform(
                f'metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "{name}"', node
            )
