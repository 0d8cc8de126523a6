"""Retention to the day: when a period that began with an event is over.

The day of the event is not counted, the period ends at 24:00 UTC of its last day, years are calendar years (29 February
ends on the 28th).  Source: privacy clauses ret.account, ret.audit, ret.billing, ret.other.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta


def day_of(at_ms: int) -> date:
    """The UTC day of an instant in Unix milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).date()


def erase_on(event_ms: int, *, days: int = 0, years: int = 0) -> date:
    """First day on which what began at `event_ms` and is kept so long must be deleted."""
    last = _add_years(day_of(event_ms), years) + timedelta(days=days)
    return last + timedelta(days=1)


def _add_years(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
