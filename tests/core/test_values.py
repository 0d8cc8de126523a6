"""Durations, sizes, ids, the clock, the error tree."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsv.core import errors
from obsv.core.clock import ManualClock
from obsv.core.duration import format_duration_ms, parse_duration_ms
from obsv.core.ids import crc32_base62, new_id
from obsv.core.units import format_size, parse_size


@given(st.integers(min_value=0, max_value=10**13))
def test_durations_round_trip(ms: int) -> None:
    assert parse_duration_ms(format_duration_ms(ms)) == ms


@pytest.mark.parametrize("text", ["", "5", "-5s", "5 s", "5x", "s", "1.5h"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration"):
        parse_duration_ms(text)


@given(st.integers(min_value=0, max_value=1 << 50))
def test_sizes_round_trip(size: int) -> None:
    assert parse_size(format_size(size)) == size


def test_ids_are_unique_and_shaped() -> None:
    ids = {new_id("usr") for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(r"usr_[0-9a-hjkmnp-tv-z]{26}", one) for one in ids)


def test_crc_tells_a_typo() -> None:
    assert crc32_base62("token") != crc32_base62("tokem")
    assert re.fullmatch(r"[0-9A-Za-z]{6}", crc32_base62("token"))


def test_the_manual_clock_moves_by_hand() -> None:
    clock = ManualClock(1_000)
    clock.advance(1.5)
    assert (clock.now_ms(), clock.now().timestamp()) == (2_500, 2.5)


def test_the_drawn_error_tree_is_the_real_one() -> None:
    drawn = dict(re.findall(r"([A-Z]\w+) (\d{3})", errors.__doc__ or ""))
    real = {
        name: str(value.status)
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.ObsvError) and not name.startswith("_")
    }
    assert drawn == real
