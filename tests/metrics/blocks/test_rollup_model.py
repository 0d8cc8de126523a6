"""Any order of writes, compactions, deletions, changes of plan: roll-ups are what the samples come to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from obsv.core.clock import ManualClock
from obsv.metrics.store.blocks import (
    BlockRepository,
    Blocks,
    PostgresBlockRepository,
    SQLiteBlockRepository,
)
from tests.metrics.blocks.rolled import HOUR, MINUTES_5, RESOLUTIONS, SHAPES, check_rolled, shaped
from tests.metrics.blocks.support import DAY, EVER, START, Model, Samples, opened, read
from tests.postgres import create_database

ORGS, SIDS = (1, 2), range(3)


@dataclass(frozen=True)
class Put:
    samples: Samples


@dataclass(frozen=True)
class Settle:
    steps: int


@dataclass(frozen=True)
class Later:
    hours: int
    resolutions: tuple[int, ...]


@dataclass(frozen=True)
class Delete:
    org: int
    sids: list[int]
    span: list[int]


@dataclass(frozen=True)
class DropBefore:
    org: int
    cutoff_ms: int


points = st.builds(
    shaped,
    st.sampled_from(SHAPES),
    # At midnight and about it, and among each other; now and then some days apart.
    st.builds(
        lambda day, at: START + day * DAY + at,
        st.sampled_from([0, 0, 1, 9]),
        st.sampled_from([0, 1, -60_000, 90_000, 15_007, 7 * HOUR]),
    ),
    st.sampled_from([15_000, 60_000, MINUTES_5, 7 * 60_000, HOUR]),
    st.integers(2, 50),
    st.integers(0, 40),
)
series = st.tuples(st.sampled_from(ORGS), st.sampled_from(SIDS))
moments = st.builds(lambda day, at: START + day * DAY + at, st.integers(0, 10), st.integers(0, DAY))
spans = st.tuples(moments, moments).map(sorted)
Step = Put | Settle | Later | Delete | DropBefore
steps = st.lists(
    st.one_of(
        st.builds(Put, st.dictionaries(series, points, min_size=1, max_size=4)),
        st.builds(Put, st.dictionaries(series, points, min_size=1, max_size=4)),
        st.builds(Settle, st.integers(1, 20)),
        st.builds(Settle, st.just(1000)),
        st.builds(Later, st.sampled_from([1, 30, 24 * 40]), st.sampled_from([RESOLUTIONS, RESOLUTIONS[:1], ()])),
        st.builds(Delete, st.sampled_from(ORGS), st.lists(st.sampled_from(SIDS), unique=True), spans),
        st.builds(DropBefore, st.sampled_from(ORGS), moments),
    ),
    min_size=2,
    max_size=14,
)


async def take(blocks: Blocks, model: Model, step: Step) -> None:
    match step:
        case Put(samples):
            await blocks.flush(model.flush(samples))
        case Settle(count):
            for _ in range(count):
                if not await blocks.compact(settle=True):
                    break
        case Delete(org, sids, (start_ms, end_ms)):
            await blocks.delete(org, np.array(sorted(sids), dtype=np.uint32), start_ms, end_ms)
            model.delete(org, sids, start_ms, end_ms)
        case DropBefore(org, cutoff_ms):
            await blocks.drop_before(org, cutoff_ms)
            model.drop_before(org, cutoff_ms)
        case Later():
            raise AssertionError("the caller reopens")


async def follow(make: Callable[[], BlockRepository], todo: list[Step], span: list[int]) -> None:
    model, clock, wanted = Model(), ManualClock(START + HOUR), RESOLUTIONS

    async def policy(_org: int) -> Sequence[int]:
        return wanted

    blocks = await opened(make(), clock, policy)
    try:
        for step in todo:
            if isinstance(step, Later):
                await blocks.close()
                clock.advance(step.hours * HOUR / 1000)
                wanted = step.resolutions
                blocks = await opened(make(), clock, policy)
            else:
                await take(blocks, model, step)
            for org in ORGS:
                for one in (span, EVER):
                    await check_rolled(blocks, model, org, SIDS, (one[0], one[1]))
                assert await read(blocks, org, SIDS) == model.expected(org, SIDS, *EVER)
        assert (await blocks.stats()).damaged == 0
    finally:
        await blocks.close()


@given(steps, spans)
@settings(max_examples=50, deadline=None)
def test_sqlite_follows_the_model(todo: list[Step], span: list[int]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(follow(lambda: SQLiteBlockRepository(Path(folder) / "blocks.sqlite"), todo, span))


@given(todo=steps, span=spans)
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[phase for phase in Phase if phase is not Phase.shrink],
)
def test_postgres_follows_the_model(postgres_url: str, todo: list[Step], span: list[int]) -> None:
    async def on_a_fresh_database() -> None:
        dsn = await create_database(postgres_url)
        await follow(lambda: PostgresBlockRepository(dsn), todo, span)

    asyncio.run(on_a_fresh_database())
