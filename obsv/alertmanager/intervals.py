"""Recurring spans of time by the clock and calendar of a place: quiet hours, working days, first Mondays.

Source: Alertmanager's documentation, `time_interval`: ranges of days, months and years hold both ends, those of times
of day leave the end out; a negative day of the month counts from its end; what is not named does not matter.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

_DAYS: Final = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS: Final = tuple(name.lower() for name in calendar.month_name)
_TIME: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
Range = tuple[int, int]


class TimeRangeText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From `start_time` until before `end_time`, as HH:MM; `24:00` is the end of the day."""

    start_time: str
    end_time: str


class TimeIntervalText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """As it is written: ranges such as `monday:friday`, `1:7`, `-1`, `may:august`, `2026:2027`; `location` is UTC."""

    times: tuple[TimeRangeText, ...] = ()
    weekdays: tuple[str, ...] = ()
    days_of_month: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    years: tuple[str, ...] = ()
    location: str = ""


@dataclass(frozen=True, slots=True)
class TimeInterval:
    """As it is compared: minutes of the day, weekdays from Sunday = 0, days of the month, months, years."""

    times: tuple[Range, ...] = ()
    weekdays: tuple[Range, ...] = ()
    days_of_month: tuple[Range, ...] = ()
    months: tuple[Range, ...] = ()
    years: tuple[Range, ...] = ()
    zone: ZoneInfo | None = None

    def contains(self, at_ms: int) -> bool:
        """Whether an instant lies in it."""
        at = datetime.fromtimestamp(at_ms / 1000, self.zone or UTC)
        minute, weekday = at.hour * 60 + at.minute, at.isoweekday() % 7
        return (
            (not self.times or any(start <= minute < end for start, end in self.times))
            and (not self.days_of_month or _holds_day(self.days_of_month, at))
            and _holds(self.months, at.month)
            and _holds(self.weekdays, weekday)
            and _holds(self.years, at.year)
        )


def is_in_any(intervals: Iterable[TimeInterval], at_ms: int) -> bool:
    """Whether an instant lies in one of them."""
    return any(interval.contains(at_ms) for interval in intervals)


def _holds(ranges: Sequence[Range], number: int) -> bool:
    return not ranges or any(first <= number <= last for first, last in ranges)


def _holds_day(ranges: Sequence[Range], at: datetime) -> bool:
    days = calendar.monthrange(at.year, at.month)[1]
    for first, last in ranges:
        begin, end = (day if day > 0 else days + day + 1 for day in (first, last))
        if begin <= days and begin <= at.day <= min(end, days):
            return True
    return False


def read_interval(text: TimeIntervalText) -> TimeInterval:
    """Raises ValueError with the field and what is wrong with it."""
    return TimeInterval(
        times=tuple(_times(one) for one in text.times),
        weekdays=_ranges("weekdays", text.weekdays, _weekday),
        days_of_month=_ranges("days_of_month", text.days_of_month, _day_of_month),
        months=_ranges("months", text.months, _month),
        years=_ranges("years", text.years, int),
        zone=_zone(text.location) if text.location else None,
    )


def _times(text: TimeRangeText) -> Range:
    for one in (text.start_time, text.end_time):
        if not _TIME.fullmatch(one):
            raise ValueError(f'times: expected a time of day such as "08:30", got {one!r}')
    start, end = (int(one[:2]) * 60 + int(one[3:]) for one in (text.start_time, text.end_time))
    if start >= end:
        raise ValueError("times: start_time must be before end_time; write two ranges for a span over midnight")
    return start, end


def _ranges(name: str, texts: Sequence[str], read: Callable[[str], int]) -> tuple[Range, ...]:
    found: list[Range] = []
    for text in texts:
        first, colon, last = text.strip().lower().partition(":")
        try:
            begin = read(first)
            end = read(last) if colon else begin
        except ValueError:
            raise ValueError(f"{name}: {text!r} is neither one nor a range of them") from None
        days = 28 if name == "days_of_month" else 0
        if begin < 0 < end and days:
            raise ValueError(f"{name}: {text!r} begins at the end of the month, so it must end there")
        # The shortest month decides what can never be right.
        if (begin + days if begin < 0 else begin) > (end + days if end < 0 else end):
            raise ValueError(f"{name}: {text!r} ends before it begins")
        found.append((begin, end))
    return tuple(found)


def _weekday(text: str) -> int:
    return _DAYS.index(text)


def _day_of_month(text: str) -> int:
    day = int(text)
    if day == 0 or abs(day) > 31:
        raise ValueError(text)
    return day


def _month(text: str) -> int:
    month = _MONTHS.index(text) if text in _MONTHS else int(text)
    if not 1 <= month <= 12:
        raise ValueError(text)
    return month


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"location: no time zone is called {name!r}") from None
