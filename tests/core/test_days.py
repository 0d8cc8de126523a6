"""Retention to the day."""

from __future__ import annotations

import datetime as dt

import pytest

from obsv.core.days import day_of, erase_on


def at(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("event", "keep", "expected"),
    [
        ("2026-11-23T10:00:00+00:00", {"days": 90}, "2027-02-22"),
        ("2026-11-23T00:00:00+00:00", {"days": 90}, "2027-02-22"),
        ("2026-11-23T23:59:59.999+00:00", {"days": 90}, "2027-02-22"),
        ("2026-11-24T00:30:00+01:00", {"days": 0}, "2026-11-24"),
        ("2026-11-23T10:00:00+00:00", {"years": 1}, "2027-11-24"),
        ("2028-02-29T10:00:00+00:00", {"years": 1}, "2029-03-01"),
        ("2027-02-28T10:00:00+00:00", {"years": 1}, "2028-02-29"),
        ("2026-12-31T10:00:00+00:00", {"years": 5, "days": 1}, "2032-01-02"),
    ],
)
def test_the_day_of_the_event_is_not_counted(event: str, keep: dict[str, int], expected: str) -> None:
    assert erase_on(at(event), **keep) == dt.date.fromisoformat(expected)


def test_days_are_utc() -> None:
    assert day_of(at("2026-11-24T00:30:00+01:00")) == dt.date(2026, 11, 23)
