"""Times, durations and numbers of parameters, read as Prometheus reads them (it is written in Go)."""

from __future__ import annotations

import math
import re
from datetime import datetime

from obsv.metrics.promql.lexer import UNITS_MS

MIN_MS, MAX_MS = -(2**53), 2**53
MAX_NS = 2**63 - 1

_DIGITS = r"\d+(?:_\d+)*"
_DECIMAL = re.compile(rf"[+-]?(?:{_DIGITS}\.?(?:{_DIGITS})?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?", re.ASCII)
_HEXADECIMAL = re.compile(r"[+-]?0[xX](?:[\da-fA-F]+\.?[\da-fA-F]*|\.[\da-fA-F]+)[pP][+-]?\d+", re.ASCII)
_WORD = re.compile(r"nan|[+-]?inf(?:inity)?", re.IGNORECASE | re.ASCII)
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII
)  # RFC 3339 as Go's time.Parse has it
_DURATION = re.compile("".join(rf"(?:(\d+){unit})?" for unit in ("y", "w", "d", "h", "m", "s", "ms")), re.ASCII)
_EDGES = {"-292273086-05-16T16:47:06Z": MIN_MS, "292277025-08-18T07:12:54.999999999Z": MAX_MS}
"""What client libraries send for the begin and the end of all time; no year has so many digits elsewhere."""


def parse_float(text: str) -> float | None:
    """A number as Go's ParseFloat reads it; None where it is none, or too large for one."""
    if _DECIMAL.fullmatch(text):
        value = float(text.replace("_", ""))
        return None if math.isinf(value) else value
    if _WORD.fullmatch(text):
        return float(text)
    if _HEXADECIMAL.fullmatch(text):
        try:
            return float.fromhex(text)
        except OverflowError:
            return None
    return None


def parse_time_ms(text: str) -> int | None:
    """Unix seconds or RFC 3339, in ms; None where it is neither."""
    seconds = parse_float(text)
    if seconds is not None:
        return _seconds_ms(seconds) if math.isfinite(seconds) else None
    found = _MOMENT.fullmatch(text)
    if not found:
        return _EDGES.get(text)
    moment, fraction, zone = found.groups()
    try:
        whole = datetime.fromisoformat(moment + zone).timestamp()
    except (ValueError, OverflowError):
        return None
    return round(whole) * 1000 + int(((fraction or "") + "000")[:3])


def _seconds_ms(seconds: float) -> int:
    """The fraction alone is rounded, to thousandths, and what is below a millisecond then left out."""
    if abs(seconds) >= MAX_MS / 1000:
        return MAX_MS if seconds > 0 else MIN_MS
    fraction, whole = math.modf(seconds)
    thousandths = math.copysign(math.floor(abs(fraction) * 1000 + 0.5), fraction) / 1000
    return int(whole) * 1000 + int(thousandths * 1e9) // 1_000_000


class Overflow(Exception):
    """A duration of more nanoseconds than 63 bits hold."""


def parse_duration_ns(text: str) -> int | None:
    """Float seconds or `1h30m`, in ns; None where it is neither.  Raises Overflow."""
    seconds = parse_float(text)
    if seconds is not None:
        if math.isnan(seconds):
            return -MAX_NS  # Go makes the most negative duration of it
        if abs(seconds * 1e9) > MAX_NS:
            raise Overflow
        return int(seconds * 1e9)
    found = _DURATION.fullmatch(text)
    if not found or not text:
        return None
    units = ("y", "w", "d", "h", "m", "s", "ms")
    ms = sum(int(count) * UNITS_MS[unit] for count, unit in zip(found.groups(), units, strict=True) if count)
    return ms * 1_000_000 if ms * 1_000_000 <= MAX_NS else None
