"""Any order of flushes, compactions, deletions and reopenings gives back what the model says, bit for bit.

Roll-ups always are what the samples come to, stored or not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from obsv.core.clock import ManualClock
from obsv.metrics.store.blocks import BlockRepository, Blocks, PostgresBlockRepository, SQLiteBlockRepository
from obsv.metrics.store.types import STALE_BITS
from tests.metrics.blocks.rolled import both, check_rolled
from tests.metrics.blocks.support import EVER, HOUR, START, Model, Samples, from_bits, key_of, opened, read
from tests.postgres import create_database

SPECIAL = [from_bits(STALE_BITS), from_bits(0x7FF8000000000001), -0.0, float("inf"), 1e300, 0.1 + 0.2, 2.0**60]
ORGS = (1, 2)
SIDS = range(6)

values = st.sampled_from(SPECIAL) | st.integers(-1000, 10**9).map(float) | st.integers(0, 10**6).map(lambda x: x / 100)
# Steps that bring samples into one window, neighbouring ones, and days apart; few enough for times to coincide.
times = st.builds(lambda i, step: START + i * step, st.integers(0, 40), st.sampled_from([15_000, 10 * 60_000, HOUR]))
points = st.dictionaries(times, values, min_size=1, max_size=25).map(lambda found: sorted(found.items()))
series = st.tuples(st.sampled_from(ORGS), st.sampled_from(SIDS))
ranges = st.tuples(times, times).map(sorted) | st.just(list(EVER))


@dataclass(frozen=True)
class FlushOf:
    samples: Samples


@dataclass(frozen=True)
class Compact:
    steps: int
    settle: bool


@dataclass(frozen=True)
class Delete:
    org: int
    sids: list[int]
    span: list[int]


@dataclass(frozen=True)
class Forget:
    org: int
    sids: list[int]


@dataclass(frozen=True)
class DropBefore:
    org: int
    cutoff_ms: int


@dataclass(frozen=True)
class Reopen:
    hours_later: int


Step = FlushOf | Compact | Delete | Forget | DropBefore | Reopen
steps = st.lists(
    st.one_of(
        st.builds(FlushOf, st.dictionaries(series, points, min_size=1, max_size=8)),
        st.builds(FlushOf, st.dictionaries(series, points, min_size=1, max_size=8)),
        st.builds(Compact, st.integers(1, 5), st.booleans()),
        st.builds(Delete, st.sampled_from(ORGS), st.lists(st.sampled_from(SIDS), unique=True), ranges),
        st.builds(Forget, st.sampled_from(ORGS), st.lists(st.sampled_from(SIDS), unique=True, max_size=2)),
        st.builds(DropBefore, st.sampled_from(ORGS), times),
        st.builds(Reopen, st.integers(0, 30)),
    ),
    max_size=12,
)


async def take(blocks: Blocks, model: Model, step: Step) -> None:
    match step:
        case FlushOf(samples):
            await blocks.flush(model.flush(samples))
        case Compact(count, settle):
            for _ in range(count):
                await blocks.compact(settle=settle)
        case Delete(org, sids, (start_ms, end_ms)):
            gone = await blocks.delete(org, np.array(sorted(sids), dtype=np.uint32), start_ms, end_ms)
            assert gone >= model.delete(org, sids, start_ms, end_ms)  # a time that lies in two blocks counts twice
        case Forget(org, sids):
            gone = await blocks.forget(org, np.array(sorted(sids), dtype=np.uint32))
            assert gone >= model.forget(org, sids)
        case DropBefore(org, cutoff_ms):
            assert await blocks.drop_before(org, cutoff_ms) >= model.drop_before(org, cutoff_ms)
        case Reopen():
            raise AssertionError("the caller reopens")


async def check(blocks: Blocks, model: Model, span: list[int]) -> None:
    assert blocks.flushed_seq() == model.flushed
    for org in ORGS:
        await check_rolled(blocks, model, org, SIDS, (span[0], span[1]))
        for start_ms, end_ms in (span, EVER):
            assert await read(blocks, org, SIDS, start_ms, end_ms) == model.expected(org, SIDS, start_ms, end_ms)
    named = {
        (int(org), int(sid)): key
        async for part in blocks.load_series()
        for org, sid, key in zip(part.orgs, part.sids, part.keys, strict=True)
    }
    assert named == {one: key_of(one) for one in model.samples}


async def follow(make: Callable[[], BlockRepository], todo: list[Step], span: list[int]) -> None:
    model, clock = Model(), ManualClock(START + HOUR)
    blocks = await opened(make(), clock, both)
    try:
        for step in todo:
            if isinstance(step, Reopen):
                await blocks.close()
                clock.advance(step.hours_later * HOUR / 1000)
                blocks = await opened(make(), clock, both)
            else:
                await take(blocks, model, step)
            await check(blocks, model, span)
        stats = await blocks.stats()
        assert stats.damaged == 0
        assert stats.oldest_ms == min((t for kept in model.samples.values() for t in kept), default=0)
    finally:
        await blocks.close()


@given(steps, ranges)
@settings(max_examples=60, deadline=None)
def test_sqlite_follows_the_model(todo: list[Step], span: list[int]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(follow(lambda: SQLiteBlockRepository(Path(folder) / "blocks.sqlite"), todo, span))


@given(todo=steps, span=ranges)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[phase for phase in Phase if phase is not Phase.shrink],
)
def test_postgres_follows_the_model(postgres_url: str, todo: list[Step], span: list[int]) -> None:
    async def on_a_fresh_database() -> None:
        dsn = await create_database(postgres_url)
        await follow(lambda: PostgresBlockRepository(dsn), todo, span)

    asyncio.run(on_a_fresh_database())
