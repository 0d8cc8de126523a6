"""A bucket of calls for each key."""

from __future__ import annotations

import pytest

from obsv.core.clock import ManualClock
from obsv.core.errors import TooMany
from obsv.http import Rate, RateLimit
from obsv.http.ratelimit import SIZE


def test_a_bucket_empties_and_fills_evenly() -> None:
    clock = ManualClock()
    limit = RateLimit(clock, Rate(calls=3, window_s=30))
    for _ in range(3):
        limit.take("a")
    with pytest.raises(TooMany) as refused:
        limit.take("a")
    assert refused.value.retry_after_s == 10
    limit.take("b")
    clock.advance(10)
    limit.take("a")
    with pytest.raises(TooMany):
        limit.take("a")
    clock.advance(3600)
    for _ in range(3):
        limit.take("a")
    with pytest.raises(TooMany):
        limit.take("a")


def test_few_are_remembered() -> None:
    limit = RateLimit(ManualClock(), Rate(calls=1, window_s=1))
    for number in range(SIZE + 1):
        limit.take(str(number))
    limit.take("0")
    with pytest.raises(TooMany):
        limit.take(str(SIZE))
