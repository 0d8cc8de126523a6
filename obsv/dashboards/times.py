"""Times as dashboards say them: `now`, `now-6h`, `now-1d/d` (since midnight a day ago), ISO, Unix milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

_NOW: Final = re.compile(r"now((?:[+-]\d{1,9}[smhdwMQy])*)(?:/([smhdwMQy]))?")
_SHIFT: Final = re.compile(r"([+-])(\d+)([smhdwMQy])")
_MS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000}
_DAYS: Final = {"d": 1, "w": 7}
_MONTHS: Final = {"M": 1, "Q": 3, "y": 12}


class BadTime(ValueError):
    """A text that is no time."""


def resolve(text: str, now_ms: int, *, zone: str = "", is_end: bool = False) -> int:
    """Unix milliseconds.  `zone` (UTC if it is none) says when a day begins; rounded ends are those of the unit.

    Raises `BadTime`.
    """
    text = text.strip()
    if re.fullmatch(r"\d{1,15}", text):
        return int(text)
    found = _NOW.fullmatch(text)
    try:
        if found is None:
            moment = datetime.fromisoformat(text)
            return _ms(moment if moment.tzinfo else moment.replace(tzinfo=_zone(zone)))
        moment = datetime.fromtimestamp(now_ms / 1000, _zone(zone))
        for sign, number, unit in _SHIFT.findall(found[1]):
            moment = _shifted(moment, int(sign + number), unit)
        if found[2]:
            moment = _begin(moment, found[2])
            if is_end:
                return _ms(_shifted(moment, 1, found[2])) - 1
        return _ms(moment)
    except (ValueError, OverflowError):
        raise BadTime(f"expected a time such as now-6h or 2026-01-31T12:00:00Z, got {text!r}") from None


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return UTC


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _shifted(moment: datetime, number: int, unit: str) -> datetime:
    if unit in _MS:
        # By the clock that runs on, not by that on the wall.
        return (moment.astimezone(UTC) + timedelta(milliseconds=number * _MS[unit])).astimezone(moment.tzinfo)
    if unit in _DAYS:
        return moment + timedelta(days=number * _DAYS[unit])
    months = moment.year * 12 + moment.month - 1 + number * _MONTHS[unit]
    year, month = divmod(months, 12)
    for day in range(moment.day, 0, -1):
        try:
            return moment.replace(year=year, month=month + 1, day=day)
        except ValueError:
            if day <= 28:
                raise
    raise AssertionError("every month has a first day")


def _begin(moment: datetime, unit: str) -> datetime:
    """Where the unit began that a moment is in; weeks begin on Mondays."""
    second = moment.replace(microsecond=0)
    day = second.replace(hour=0, minute=0, second=0)
    match unit:
        case "s":
            return second
        case "m":
            return second.replace(second=0)
        case "h":
            return second.replace(minute=0, second=0)
        case "w":
            return day - timedelta(days=day.weekday())
        case "M":
            return day.replace(day=1)
        case "Q":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "y":
            return day.replace(month=1, day=1)
        case _:
            return day
