"""Names as Prometheus has always taken them, made of what other senders call things."""

from __future__ import annotations

import re
from functools import lru_cache

_NOT_IN_METRICS = re.compile(r"[^a-zA-Z0-9_:]")
_NOT_IN_LABELS = re.compile(r"[^a-zA-Z0-9_]")
REMEMBERED = 10_000


@lru_cache(REMEMBERED)
def metric_name(text: str) -> str:
    """`cpu.load-1` as `cpu_load_1`; a digit in front gets a `_` before it."""
    return _not_a_digit_first(_NOT_IN_METRICS.sub("_", text))


@lru_cache(REMEMBERED)
def label_name(text: str) -> str:
    """The same for a label, where a `:` has no place either."""
    return _not_a_digit_first(_NOT_IN_LABELS.sub("_", text))


def _not_a_digit_first(name: str) -> str:
    return "_" + name if name[:1].isdigit() else name
