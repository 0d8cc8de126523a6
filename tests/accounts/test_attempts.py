"""Attempts are counted once for all replicas, and what is counted cannot be read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from obsv.accounts.attempts import Attempts, Limit
from obsv.core.clock import ManualClock
from obsv.core.errors import TooMany
from obsv.db import fetch
from obsv.keys import KeyStore

HOURLY = Limit("test", 3, 3600)


@pytest.fixture
def replicas(database: str, clock: ManualClock, tmp_path: Path) -> tuple[Attempts, Attempts]:
    keys = KeyStore(tmp_path / "keys")
    return Attempts(clock, keys), Attempts(clock, keys)


async def test_replicas_share_a_limit(replicas: tuple[Attempts, Attempts], clock: ManualClock) -> None:
    for turn in range(3):
        await replicas[turn % 2].count(HOURLY, "ann")
    assert await replicas[0].left(HOURLY, "ann") == 0
    clock.advance(600)
    for replica in replicas:
        with pytest.raises(TooMany) as told:
            await replica.count(HOURLY, "ann")
        assert told.value.retry_after_s == 3000
    await replicas[0].count(HOURLY, "bob")


async def test_a_window_ends_to_the_millisecond(replicas: tuple[Attempts, Attempts], clock: ManualClock) -> None:
    for _ in range(3):
        await replicas[0].count(HOURLY, "ann")
    clock.advance(3599.999)
    with pytest.raises(TooMany):
        await replicas[0].count(HOURLY, "ann")
    clock.advance(0.001)
    await replicas[0].count(HOURLY, "ann")
    assert await replicas[0].left(HOURLY, "ann") == 2


async def test_of_many_at_once_as_many_pass_as_are_allowed(replicas: tuple[Attempts, Attempts]) -> None:
    done = await asyncio.gather(
        *(replicas[turn % 2].count(HOURLY, "ann") for turn in range(20)), return_exceptions=True
    )
    assert sum(isinstance(result, int) for result in done) == 3


async def test_success_clears(replicas: tuple[Attempts, Attempts]) -> None:
    for _ in range(3):
        await replicas[0].count(HOURLY, "ann")
    await replicas[1].clear(HOURLY, "ann")
    await replicas[0].count(HOURLY, "ann")


async def test_who_is_counted_is_not_readable(replicas: tuple[Attempts, Attempts]) -> None:
    await replicas[0].count(HOURLY, "192.0.2.7")
    (row,) = await fetch("SELECT * FROM attempts")
    assert "192.0.2" not in str(row)
    assert row["erase_on"] is not None
