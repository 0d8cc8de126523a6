"""Blocks on a real SQLite file and a real Postgres."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import numpy as np
import pytest

from obsv.core.clock import ManualClock
from obsv.metrics.store.base import StoreLimitExceeded
from obsv.metrics.store.blocks import Blocks, BlockStats, SeriesKeys
from tests.metrics.blocks.conftest import Repositories
from tests.metrics.blocks.support import DAY, EVER, HOUR, START, Model, key_of, opened, read, settle

MINUTE = 60_000


def ramp(start_ms: int, count: int, *, step_ms: int = MINUTE, first: float = 0.0) -> list[tuple[int, float]]:
    return [(start_ms + i * step_ms, first + i) for i in range(count)]


async def check(blocks: Blocks, model: Model, *orgs: int) -> None:
    for org in orgs or (1,):
        sids = sorted({sid for o, sid in model.samples if o == org})
        assert await read(blocks, org, sids) == model.expected(org, sids, *EVER)


async def test_an_empty_store_answers(repositories: Repositories) -> None:
    blocks = await opened(repositories())
    assert await read(blocks, 1, [0, 1]) == {}
    assert blocks.flushed_seq() == 0
    assert [part async for part in blocks.load_series()] == []
    stats = await blocks.stats()
    assert (stats.oldest_ms, stats.damaged, stats.blocks) == (0, 0, 0)
    assert await blocks.stats(1) == BlockStats()
    assert not await blocks.compact()
    assert await blocks.drop_before(1, START) == 0
    assert await blocks.delete(1, np.array([3], dtype=np.uint32), *EVER) == 0
    await blocks.close()


async def test_what_was_flushed_is_read_back_also_after_reopening(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories())
    given = {(org, sid): ramp(START + sid, 100, first=org * 1000.0) for org in (1, 2) for sid in range(300)}
    await blocks.flush(model.flush(given))
    await check(blocks, model, 1, 2)
    await blocks.close()

    blocks = await opened(repositories())
    assert blocks.flushed_seq() == model.flushed
    await check(blocks, model, 1, 2)
    loaded = [part async for part in blocks.load_series()]
    named = {(o, s): k for part in loaded for o, s, k in zip(part.orgs, part.sids, part.keys, strict=True)}
    assert named == {series: key_of(series) for series in model.samples}
    assert all((np.diff(part.sids.astype(np.int64)) > 0).all() for part in loaded)
    await blocks.close()


async def test_an_organisation_cannot_reach_anothers_series(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories())
    await blocks.flush(model.flush({(1, 7): ramp(START, 10), (2, 8): ramp(START, 10)}))
    assert await read(blocks, 1, [7, 8]) == model.expected(1, [7], *EVER)
    assert await read(blocks, 3, [7, 8]) == {}
    assert await blocks.delete(1, np.array([8], dtype=np.uint32), *EVER) == 0
    assert await blocks.drop_before(3, START + DAY) == 0
    await check(blocks, model, 1, 2)
    await blocks.close()


async def test_a_range_includes_both_ends(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories())
    await blocks.flush(model.flush({(1, 1): ramp(START, 300), (1, 2): ramp(START + 1, 300)}))
    for start, end in ((START, START), (START + MINUTE, START + 3 * HOUR), (START + 1, START + 1), (START - 9, START)):
        assert await read(blocks, 1, [1, 2], start, end) == model.expected(1, [1, 2], start, end)
    await blocks.close()


async def test_late_samples_are_merged_and_the_first_of_a_time_stays(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories())
    await blocks.flush(model.flush({(1, s): ramp(START, 60, step_ms=2 * MINUTE) for s in (1, 2)}))
    await blocks.flush(model.flush({(1, 1): ramp(START, 90, first=5000.0)}))
    await check(blocks, model)
    await settle(blocks)
    await blocks.flush(model.flush({(1, 1): ramp(START, 10, step_ms=30_000, first=9000.0)}))
    await check(blocks, model)
    await settle(blocks)
    await check(blocks, model)
    await blocks.close()


async def test_a_read_over_its_limit_is_refused(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories())
    await blocks.flush(model.flush({(1, s): ramp(START, 10) for s in range(5)}))
    sids = np.arange(5, dtype=np.uint32)
    assert len((await blocks.select(1, sids, *EVER, limit=50)).t) == 50
    with pytest.raises(StoreLimitExceeded, match="49 samples"):
        await blocks.select(1, sids, *EVER, limit=49)
    assert len((await blocks.select(1, sids, START, START + 4 * MINUTE, limit=25)).t) == 25
    await blocks.close()


async def test_samples_of_an_unnamed_series_are_refused_and_nothing_is_kept(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories())
    bad = Model().flush({(1, 1): ramp(START, 3)})
    with pytest.raises(ValueError, match="without labels"):
        await blocks.flush(replace(bad, log_seq=99, new_series=SeriesKeys.empty()))
    assert blocks.flushed_seq() == 0
    await blocks.flush(model.flush({(1, 1): ramp(START, 3)}))
    await check(blocks, model)
    await blocks.close()


async def test_compaction_makes_fewer_blocks_of_the_same_samples(repositories: Repositories) -> None:
    clock = ManualClock(START + 25 * HOUR)
    model, blocks = Model(), await opened(repositories(), clock)
    for hour in range(24):
        await blocks.flush(
            model.flush({(1, s): ramp(START + hour * HOUR + s, 60, first=hour * 60.0) for s in range(300)})
        )
    before = await blocks.stats(1)
    while await blocks.compact():
        pass
    middle = await blocks.stats(1)
    assert middle.blocks < before.blocks  # two-hour windows are closed, the day is not
    assert middle.bytes < before.bytes
    await check(blocks, model)
    clock.advance(DAY / 1000)
    while await blocks.compact():
        pass
    after = await blocks.stats(1)
    assert after.blocks < middle.blocks
    await check(blocks, model)
    assert not await blocks.compact(settle=True)
    await blocks.close()


async def test_an_open_window_is_left_alone_unless_asked_to_settle(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories(), ManualClock(START + HOUR))
    for i in range(3):
        await blocks.flush(model.flush({(1, 1): ramp(START + i * 10 * MINUTE, 10)}))
    assert not await blocks.compact()
    assert (await blocks.stats()).blocks == 3
    await settle(blocks)
    assert (await blocks.stats()).blocks == 1
    await check(blocks, model)
    await blocks.close()


async def test_reads_and_flushes_go_on_while_compaction_runs(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories())
    for i in range(6):
        await blocks.flush(model.flush({(1, s): ramp(START + i * HOUR, 60) for s in range(50)}))
    done = asyncio.Event()

    async def reader() -> int:
        rounds = 0
        while not done.is_set():
            await check(blocks, model)
            rounds += 1
        return rounds

    async def writer() -> None:
        for i in range(6):
            # Only series that the readers don't look at, so that what they expect stands still.
            await blocks.flush(Model(flushed=1000 + i).flush({(2, s): ramp(START + i * HOUR, 60) for s in range(50)}))
            await settle(blocks)
        done.set()

    rounds, _ = await asyncio.gather(reader(), writer())
    assert rounds
    await check(blocks, model)
    await blocks.close()


async def test_deleting_removes_the_samples_and_frees_their_space(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories())
    noise = np.random.default_rng(1).random((40, 600))
    given = {(1, s): [(START + i * MINUTE, float(noise[s, i])) for i in range(600)] for s in range(40)}
    await blocks.flush(model.flush(given))
    before = await blocks.stats(1)
    some = list(range(20))
    start, end = START + HOUR, START + 2 * HOUR
    assert await blocks.delete(1, np.array(some, dtype=np.uint32), start, end) == model.delete(1, some, start, end)
    await check(blocks, model)
    assert await blocks.delete(1, np.array(some, dtype=np.uint32), *EVER) == model.delete(1, some, *EVER)
    await check(blocks, model)
    assert (await blocks.stats(1)).bytes < before.bytes * 0.6
    assert await blocks.delete(1, np.arange(40, dtype=np.uint32), *EVER) == model.delete(1, range(40), *EVER)
    await check(blocks, model)
    stats = await blocks.stats(1)
    assert (stats.blocks, stats.oldest_ms) == (0, 0)
    await blocks.close()


async def test_dropping_by_age_cuts_blocks_that_straddle(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories())
    for org in (1, 2):
        await blocks.flush(model.flush({(org, s): ramp(START, 400) for s in range(5)}))
    cutoff = START + 150 * MINUTE
    assert await blocks.drop_before(1, cutoff) == model.drop_before(1, cutoff) == 750
    await check(blocks, model, 1, 2)
    assert (await blocks.stats(1)).oldest_ms == cutoff
    assert await blocks.drop_before(1, cutoff) == 0
    assert await blocks.drop_before(1, START + DAY) == model.drop_before(1, START + DAY)
    await check(blocks, model, 1, 2)
    await blocks.close()


async def test_new_series_join_a_partition_and_small_segments_are_joined(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories())
    for i in range(40):
        await blocks.flush(model.flush({(1, 3 * i + j): ramp(START + i * MINUTE, 2) for j in range(3)}))
    segments = [part async for part in blocks.load_series()]
    assert len(segments) == 40
    await settle(blocks)
    assert len([part async for part in blocks.load_series()]) < 20
    assert (await blocks.stats()).blocks == 1
    await blocks.flush(model.flush({(1, 500): ramp(START, 2)}))
    await check(blocks, model)
    await blocks.close()
    blocks = await opened(repositories())
    await blocks.flush(model.flush({(1, 501): ramp(START, 2)}))
    await check(blocks, model)
    await settle(blocks)
    await check(blocks, model)
    await blocks.close()


async def test_a_replica_learns_what_another_has_flushed(repositories: Repositories) -> None:
    model, leader, replica = Model(), await opened(repositories()), await opened(repositories())
    await leader.flush(model.flush({(1, 1): ramp(START, 5)}))
    assert await read(replica, 1, [1]) == {}
    await replica.refresh()
    assert replica.flushed_seq() == model.flushed
    await check(replica, model)
    await leader.close()
    await replica.close()


async def test_openings_at_the_same_time_are_fine(repositories: Repositories) -> None:
    several = await asyncio.gather(*(opened(repositories()) for _ in range(4)))
    await asyncio.gather(*(blocks.close() for blocks in several))


async def test_special_values_keep_their_bits(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories())
    values = [math.nan, math.inf, -math.inf, -0.0, 0.0, 5e-324, 1e300, 0.1 + 0.2, 2.0**63]
    given = {(1, s): [(START + i, values[(i + s) % len(values)]) for i in range(50)] for s in range(4)}
    await blocks.flush(model.flush(given))
    await settle(blocks)
    await check(blocks, model)
    await blocks.close()


async def test_a_cancelled_flush_is_finished_and_may_be_done_again(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories())
    flush = model.flush({(1, s): ramp(START, 30) for s in range(40)})
    for rounds in range(12):
        task = asyncio.create_task(blocks.flush(flush))
        for _ in range(rounds):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await blocks.flush(flush)
    await check(blocks, model)
    assert blocks.flushed_seq() == model.flushed
    assert sum([len(part.keys) async for part in blocks.load_series()]) == 40
    await settle(blocks)
    await check(blocks, model)
    await blocks.close()


async def test_a_day_of_dense_samples_is_kept_in_the_blocks_it_has(
    repositories: Repositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("obsv.metrics.store.blocks.compaction.MERGE_SAMPLES", 500)
    model, blocks = Model(), await opened(repositories())
    for i in range(10):
        await blocks.flush(model.flush({(1, 1): ramp(START + i * HOUR, 240, step_ms=15_000)}))
    await settle(blocks)
    assert (await blocks.stats()).blocks == 10
    await check(blocks, model)
    await blocks.close()


async def test_a_forgotten_series_leaves_no_trace(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories())
    await blocks.flush(model.flush({(org, s): ramp(START, 50) for org in (1, 2) for s in range(600)}))
    some = list(range(100, 400))
    assert await blocks.forget(1, np.array(some, dtype=np.uint32)) == model.forget(1, some)
    for _ in range(2):
        await check(blocks, model, 1, 2)
        named = {
            (int(o), int(s)) async for part in blocks.load_series() for o, s in zip(part.orgs, part.sids, strict=True)
        }
        assert named == set(model.samples)
        await blocks.close()
        blocks = await opened(repositories())
    await blocks.flush(model.flush({(1, s): ramp(START, 5, first=7.0) for s in range(90, 110)}))
    await check(blocks, model, 1, 2)
    await blocks.close()


async def test_deleting_beside_compaction_loses_nothing_else(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories())
    for i in range(8):
        await blocks.flush(model.flush({(1, s): ramp(START + i * HOUR, 60) for s in range(400)}))

    async def delete() -> None:
        for sid in range(0, 400, 100):
            await blocks.delete(1, np.array([sid], dtype=np.uint32), START + HOUR, START + 6 * HOUR)
            model.delete(1, [sid], START + HOUR, START + 6 * HOUR)
        await blocks.drop_before(1, START + 90 * MINUTE)
        model.drop_before(1, START + 90 * MINUTE)

    await asyncio.gather(delete(), settle(blocks))
    await settle(blocks)
    await check(blocks, model)
    assert (await blocks.stats()).blocks <= 4
    await blocks.close()


async def test_a_flush_takes_some_places_at_a_time(repositories: Repositories, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("obsv.metrics.store.blocks.engine.AT_ONCE", 2)
    model, blocks = Model(), await opened(repositories())
    # Two organisations with the same ids, on both sides of a window's end.
    given = {(org, sid): ramp(START + 2 * HOUR - 5 * MINUTE, 10) for org in (1, 2) for sid in (6, 0, 3, 1, 5, 2, 4)}
    await blocks.flush(model.flush(given))
    await check(blocks, model)
    await blocks.close()
