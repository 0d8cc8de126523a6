"""Times as dashboards say them."""

from __future__ import annotations

from datetime import datetime

import pytest

from obsv.dashboards.times import BadTime, resolve

NOW = "2026-03-29T12:34:56.789+00:00"  # a Sunday on which clocks in Berlin went forward


@pytest.mark.parametrize(
    ("text", "zone", "is_end", "expected"),
    [
        ("now", "", False, NOW),
        ("now-90s", "", False, "2026-03-29T12:33:26.789+00:00"),
        ("now-1d/d", "", False, "2026-03-28T00:00:00+00:00"),
        ("now/d", "", True, "2026-03-29T23:59:59.999+00:00"),
        ("now/h", "", False, "2026-03-29T12:00:00+00:00"),
        ("now/w", "", False, "2026-03-23T00:00:00+00:00"),
        ("now/M", "", False, "2026-03-01T00:00:00+00:00"),
        ("now-1M", "", False, "2026-02-28T12:34:56.789+00:00"),
        ("now/Q", "", False, "2026-01-01T00:00:00+00:00"),
        ("now-1y/y", "", True, "2025-12-31T23:59:59.999+00:00"),
        ("now+1d-2h", "", False, "2026-03-30T10:34:56.789+00:00"),
        ("now/d", "Europe/Berlin", False, "2026-03-29T00:00:00+01:00"),
        ("now-1d", "Europe/Berlin", False, "2026-03-28T14:34:56.789+01:00"),
        ("now-24h", "Europe/Berlin", False, "2026-03-28T12:34:56.789+00:00"),
        ("2026-01-31", "Europe/Berlin", False, "2026-01-31T00:00:00+01:00"),
        ("2026-01-31T12:00:00Z", "Europe/Berlin", False, "2026-01-31T12:00:00+00:00"),
        ("1774787696789", "nowhere", False, NOW),
    ],
)
def test_times(text: str, zone: str, expected: str, *, is_end: bool) -> None:
    now_ms = round(datetime.fromisoformat(NOW).timestamp() * 1000)
    assert resolve(text, now_ms, zone=zone, is_end=is_end) == round(datetime.fromisoformat(expected).timestamp() * 1000)


@pytest.mark.parametrize("text", ["", "later", "now-", "now-1x", "now-999999999y", "2026-02-30"])
def test_no_times(text: str) -> None:
    with pytest.raises(BadTime, match="expected a time"):
        resolve(text, 0)
