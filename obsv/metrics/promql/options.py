"""Limits and switches of the query engine."""

from __future__ import annotations

from dataclasses import dataclass

MAX_POINTS = 11_000


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """`lookback_ms`: how old a sample may be and still count; times in ms and s.

    Of one query, `max_samples` is the most samples loaded, `max_series` the most series looked at, `max_memory` the
    most bytes held at a time.

    `late_names` drops metric names when the evaluation ends (Prometheus' promql-delayed-name-removal), so that a label
    function can still see them.
    """

    lookback_ms: int = 300_000
    timeout_s: float = 120.0
    max_samples: int = 50_000_000
    max_series: int = 1_000_000
    max_memory: int = 1 << 30
    subquery_step_ms: int = 60_000
    threads: int = 4
    queue: int = 64
    late_names: bool = False
