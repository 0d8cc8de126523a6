"""Durations as people write them: `200ms`, `15s`, `1h30m`, `30d`, `2w`, `1y`; kept as whole milliseconds."""

from __future__ import annotations

import re

UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
_PART = re.compile(r"(\d+)(ms|s|m|h|d|w|y)")
_WHOLE = re.compile(r"(?:\d+(?:ms|s|m|h|d|w|y))+")


def parse_duration_ms(text: str) -> int:
    """Milliseconds of a duration.  Raises ValueError, in words, when it is none; a bare number has no unit."""
    text = text.strip()
    if text == "0":
        return 0
    if not _WHOLE.fullmatch(text):
        raise ValueError(f'expected a duration like "30s" or "1h30m", got {text!r}')
    return sum(int(number) * UNITS_MS[unit] for number, unit in _PART.findall(text))


def format_duration_ms(ms: int) -> str:
    """The shortest exact spelling in descending units (weeks and years are written as days)."""
    if ms == 0:
        return "0s"
    parts: list[str] = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, ms = divmod(ms, UNITS_MS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)
