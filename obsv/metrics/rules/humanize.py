"""Numbers for people, as Prometheus' templates write them.  Source: Prometheus' template/template.go."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from obsv.core.gotemplate import Struct, TemplateFailed
from obsv.core.gotemplate.values import show_float, type_of
from obsv.core.gotemplate.verbs import quoted

LARGE, SMALL, BINARY = "kMGTPEZY", "munpfazy", "kMGTPEZY"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAYOUT = {
    "2006": "%Y", "January": "%B", "Monday": "%A", "Jan": "%b", "Mon": "%a", "01": "%m", "02": "%d", "15": "%H",
    "03": "%I", "04": "%M", "05": "%S", "PM": "%p", "MST": "UTC", "Z07:00": "Z", "-0700": "+0000", "-07:00": "+00:00",
}  # fmt: skip


def number(value: Any) -> float:
    """A number of what templates hand over.  Raises TemplateFailed."""
    if isinstance(value, str):
        try:
            return float(value.replace("_", "x"))
        except ValueError:
            raise TemplateFailed(f"strconv.ParseFloat: parsing {quoted(value)}: invalid syntax") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TemplateFailed(f"can't convert {type_of(value)} to float")
    return float(value)


def _short(value: float) -> str:
    return show_float(value, "g", 4)


def humanize(value: Any) -> str:
    """With a metric prefix: 1.235M."""
    v = number(value)
    if v == 0 or not math.isfinite(v):
        return _short(v)
    prefix = ""
    if abs(v) >= 1:
        for one in LARGE:
            if abs(v) < 1000:
                break
            prefix, v = one, v / 1000
    else:
        prefix, v = _smaller(v)
    return _short(v) + prefix


def _smaller(v: float) -> tuple[str, float]:
    prefix = ""
    for one in SMALL:
        if abs(v) >= 1:
            break
        prefix, v = one, v * 1000
    return prefix, v


def humanize1024(value: Any) -> str:
    """With a binary prefix: 1.177Mi."""
    v = number(value)
    if abs(v) <= 1 or not math.isfinite(v):
        return _short(v)
    prefix = ""
    for one in BINARY:
        if abs(v) < 1024:
            break
        prefix, v = f"{one}i", v / 1024
    return _short(v) + prefix


def humanize_duration(value: Any) -> str:
    """Seconds as 1d 2h 3m 4s."""
    v = number(value)
    if not math.isfinite(v):
        return _short(v)
    if v == 0:
        return "0s"
    if abs(v) < 1:
        prefix, v = _smaller(v)
        return f"{_short(v)}{prefix}s"
    sign, v = "-" if v < 0 else "", abs(v)
    minutes, seconds = divmod(int(v), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    return f"{sign}{minutes}m {seconds}s" if minutes else f"{sign}{_short(v)}s"


def humanize_percentage(value: Any) -> str:
    """A ratio as a percentage."""
    return f"{_short(number(value) * 100)}%"


def humanize_timestamp(value: Any) -> str:
    """Unix seconds as a time."""
    v = number(value)
    return to_time(v).shown if math.isfinite(v) else _short(v)


def to_time(value: Any) -> Struct:
    """Unix seconds as Go's time, in milliseconds."""
    v = number(value)
    if math.isnan(v) or not -(2**63) <= v * 1e9 <= 2**63 - 1:
        raise TemplateFailed(
            f"{show_float(v)} cannot be represented as a nanoseconds timestamp since it overflows int64"
        )
    ms = int(v * 1e9) // 1_000_000
    at = _EPOCH + timedelta(milliseconds=ms)
    fraction = f".{ms % 1000:03d}".rstrip("0").rstrip(".")
    fields = {
        "Unix": lambda: ms // 1000,
        "UnixMilli": lambda: ms,
        "Year": lambda: at.year,
        "Day": lambda: at.day,
        "Hour": lambda: at.hour,
        "Minute": lambda: at.minute,
        "Second": lambda: at.second,
        "Format": partial(_formatted, at),
    }
    return Struct("*time.Time", fields, f"{at:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC")


def _formatted(at: datetime, layout: str) -> str:
    out, rest = "", layout
    while rest:
        token = next((one for one in _LAYOUT if rest.startswith(one)), rest[0])
        pattern = _LAYOUT.get(token)
        out += at.strftime(pattern) if pattern else token
        rest = rest[len(token) :]
    return out


def to_duration(value: Any) -> Struct:
    """Seconds as Go's duration."""
    v = number(value)
    if math.isnan(v) or not -(2**63) <= v * 1e9 <= 2**63 - 1:
        raise TemplateFailed(
            f"{show_float(v)} cannot be represented as a nanoseconds duration since it overflows int64"
        )
    fields = {"Seconds": lambda: v, "Minutes": lambda: v / 60, "Hours": lambda: v / 3600}
    return Struct("*time.Duration", fields, go_duration(int(v * 1e9)))


def go_duration(ns: int) -> str:
    """A duration as Go prints it: 1h2m3.5s."""
    sign, ns = "-" if ns < 0 else "", abs(ns)
    if ns < 1_000_000_000:
        for unit, size in (("ns", 1), ("µs", 1000), ("ms", 1_000_000)):
            if ns < size * 1000 and ns:
                return f"{sign}{_decimal(ns, size)}{unit}"
        return "0s"
    minutes, rest = divmod(ns, 60_000_000_000)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{head}{_decimal(rest, 1_000_000_000)}s"


def _decimal(ns: int, size: int) -> str:
    whole, rest = divmod(ns, size)
    digits = f"{rest:0{len(str(size)) - 1}d}".rstrip("0") if size > 1 else ""
    return f"{whole}.{digits}" if digits else str(whole)
