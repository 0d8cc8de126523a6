"""Roll-ups one by one: made, joined, damaged, deleted, let go of; and what is left when samples are."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import asyncpg
import numpy as np
import pytest

from obsv.core.clock import ManualClock
from obsv.metrics.store.base import StoreLimitExceeded
from obsv.metrics.store.blocks import (
    BlockRepository,
    Blocks,
    PostgresBlockRepository,
    Ragged,
    SQLiteBlockRepository,
    compaction,
)
from obsv.metrics.store.blocks.repository import Piece, Placement
from obsv.metrics.store.blocks.rewrite import Rewriter
from obsv.metrics.store.blocks.window import WIDE_MS
from obsv.metrics.store.rolled import BEGINNING, Buckets
from obsv.metrics.store.types import STALE_BITS
from tests.metrics.blocks.conftest import Repositories
from tests.metrics.blocks.rolled import HOUR, MINUTES_5, RESOLUTIONS, SHAPES, both, check_rolled, shaped
from tests.metrics.blocks.support import DAY, EVER, START, Model, Samples, from_bits, opened, read, settle
from tests.postgres import create_database

ORGS, SIDS = (1, 2), range(5)


def days(count: int, *, sids: Sequence[int] = SIDS, step_ms: int = 100_000, org: int = 1) -> Samples:
    """Every kind of series over some days."""
    per_day = DAY // step_ms
    return {
        (org, sid): shaped(SHAPES[sid % len(SHAPES)], START + 7, step_ms, count * per_day, 4 * sid + 1) for sid in sids
    }


async def rows_of(repository: BlockRepository, resolution: int | None, *, org: int = 1) -> list[Placement]:
    """What is stored."""
    found = await repository.find(org, None, *EVER, resolution=resolution)
    return sorted((block.placement for block in found), key=lambda one: (one.resolution, one.start_ms))


async def compacted(blocks: Blocks) -> None:
    """All that compaction does by itself."""
    while await blocks.compact():
        pass


async def test_days_are_rolled_up_once_they_are_closed_and_joined_later(repositories: Repositories) -> None:
    clock = ManualClock(START + DAY)
    repository = repositories()
    model, blocks = Model(), await opened(repository, clock, both)
    await blocks.flush(model.flush(days(10, step_ms=10 * 60_000)))
    await compacted(blocks)
    assert not await rows_of(repository, None)  # the first day takes samples for another hour
    clock.advance(2 * 3600)
    await compacted(blocks)
    assert {(one.resolution, one.generation, one.start_ms // DAY) for one in await rows_of(repository, None)} == {
        (width, 1, START // DAY) for width in RESOLUTIONS
    }
    assert {one.rolled for one in await rows_of(repository, 0)} == {0, 3}
    await check_rolled(blocks, model, 1, SIDS, EVER)
    clock.advance(40 * DAY / 1000)
    await compacted(blocks)
    stored = await rows_of(repository, None)
    assert {(one.resolution, one.generation) for one in stored} == {(MINUTES_5, 2), (HOUR, 2)}
    for width, wide in WIDE_MS.items():
        windows = [one.start_ms // wide for one in stored if one.resolution == width]
        assert len(windows) == len(set(windows)) == len(range(START // wide, (START + 10 * DAY) // wide + 1))
    await check_rolled(blocks, model, 1, SIDS, EVER)
    assert not await blocks.compact()
    await blocks.close()


@pytest.mark.parametrize("piece", [Piece.BLOCK, Piece.TIMES])
@pytest.mark.parametrize("at", [0, -1], ids=["checksum", "body"])
async def test_a_damaged_roll_up_is_made_again_from_samples(repositories: Repositories, piece: Piece, at: int) -> None:
    repository = repositories()
    model, blocks = Model(), await opened(repository, policy=both)
    await blocks.flush(model.flush(days(3)))
    await settle(blocks)
    found = await repository.find(1, None, *EVER, resolution=MINUTES_5)
    await repositories.flip(piece, found[0].id if piece is Piece.BLOCK else found[0].times_id, at)
    await check_rolled(blocks, model, 1, SIDS, EVER)
    assert (await blocks.stats()).damaged == 1
    await blocks.close()
    blocks = await opened(repositories(), policy=both)
    await check_rolled(blocks, model, 1, SIDS, EVER)
    await settle(blocks)
    assert (await blocks.stats()).damaged == 0
    await check_rolled(blocks, model, 1, SIDS, EVER)
    assert await read(blocks, 1, SIDS) == model.expected(1, SIDS, *EVER)
    await blocks.close()


async def test_compaction_that_meets_damaged_samples_rolls_up_the_others(repositories: Repositories) -> None:
    blocks, model = await opened(repositories(), policy=both), Model()
    await blocks.flush(Model().flush({key: points[:60] for key, points in days(1).items()}))
    await blocks.flush(model.flush({(1, 7): days(1)[1, 1]}))
    await repositories.flip(Piece.BLOCK, 1, -1)
    await settle(blocks)
    assert (await blocks.stats()).damaged == 1
    await check_rolled(blocks, Model({(1, sid): {} for sid in SIDS} | model.samples), 1, [*SIDS, 7], EVER)
    await blocks.close()


async def test_samples_go_before_their_roll_ups(repositories: Repositories) -> None:
    repository = repositories()
    model, blocks = Model(), await opened(repository, policy=both)
    await blocks.flush(model.flush(days(10)))
    assert (await blocks.kept(1)).rollups == ((MINUTES_5, BEGINNING), (HOUR, BEGINNING))
    cutoffs = {0: START + 6 * DAY, MINUTES_5: START + 3 * DAY, HOUR: START - DAY}
    assert await blocks.expire(1, cutoffs) == 0  # nothing of it is rolled up yet
    assert await read(blocks, 1, SIDS) == model.expected(1, SIDS, *EVER)
    await settle(blocks)
    size = (await blocks.stats(1)).bytes
    gone = sum(t < cutoffs[0] for kept in model.samples.values() for t in kept)
    assert await blocks.expire(1, cutoffs) == gone
    while await blocks.trim(1):
        pass
    assert (await blocks.stats(1)).bytes < 0.6 * size
    kept = await blocks.kept(1)
    assert (kept.raw_since, kept.rollups) == (cutoffs[0], ((MINUTES_5, cutoffs[MINUTES_5]), (HOUR, START)))
    assert await read(blocks, 1, SIDS) == model.expected(1, SIDS, cutoffs[0], EVER[1])
    assert [min(one.start_ms for one in await rows_of(repository, width)) // DAY for width in (0, *RESOLUTIONS)] == [
        (START + days * DAY) // DAY for days in (6, 3, 0)
    ]
    await check_what_is_left(blocks, model, cutoffs)
    assert await blocks.expire(1, cutoffs) == 0
    await blocks.close()
    blocks = await opened(repositories(), policy=both)
    assert await blocks.kept(1) == kept
    await check_what_is_left(blocks, model, cutoffs)
    assert not await blocks.trim(1)
    await blocks.close()


async def test_an_expiry_that_is_cut_short_is_done_the_next_time(
    repositories: Repositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, blocks = Model(), await opened(repositories(), policy=both)
    await blocks.flush(model.flush(days(4)))
    await settle(blocks)
    cutoffs = {0: START + 2 * DAY, MINUTES_5: START, HOUR: START}
    with monkeypatch.context() as broken:
        broken.setattr(Rewriter, "drop_whole", None)  # the power goes
        with pytest.raises(TypeError):
            await blocks.expire(1, cutoffs)
    await blocks.close()
    blocks = await opened(repositories(), policy=both)
    await settle(blocks)
    await check_what_is_left(blocks, model, cutoffs)
    await blocks.expire(1, cutoffs)
    assert await read(blocks, 1, SIDS) == model.expected(1, SIDS, cutoffs[0], EVER[1])
    await check_what_is_left(blocks, model, cutoffs)
    await blocks.close()


async def check_what_is_left(blocks: Blocks, model: Model, cutoffs: dict[int, int]) -> None:
    """Counts, least and greatest values, and last samples are known of all series as long as they are rolled up."""
    for width in RESOLUTIONS:
        since = max(cutoffs[width], START)
        columns = ("last", "min", "max", "count")
        sids = np.array(SIDS, np.uint32)
        buckets = Buckets(width, since + 1, START + 11 * DAY, columns)
        entries, is_guess = await blocks.select_rolled(1, sids, Ragged.empty(), buckets, limit=10**9)
        assert not is_guess
        for row, sid in enumerate(entries.ids.tolist()):
            mine = slice(int(entries.offsets[row]), int(entries.offsets[row + 1]))
            points = model.expected(1, [sid], since + 1, EVER[1])[sid]
            values = np.array([from_bits(pattern) for _, pattern in points])
            told = {name: column[mine] for name, column in entries.columns.items()}
            assert set(zip(entries.t[mine].tolist(), told["last"].view(np.uint64).tolist(), strict=True)) <= set(points)
            assert int(entries.t[mine][-1]) == points[-1][0]
            real = told["last"].view(np.uint64) != STALE_BITS
            values = values[values.view(np.uint64) != STALE_BITS]
            assert told["count"][real].sum() == len(values)
            assert np.fmin.reduce(told["min"][real]) == np.fmin.reduce(values)
            assert np.fmax.reduce(told["max"][real]) == np.fmax.reduce(values)


async def test_what_only_roll_ups_know_is_deleted_by_whole_buckets(repositories: Repositories) -> None:
    repository = repositories()
    model, blocks = Model(), await opened(repository, policy=both)
    await blocks.flush(model.flush(days(4)))
    await settle(blocks)
    await blocks.expire(1, {0: START + 3 * DAY, MINUTES_5: START, HOUR: START})
    start, end = START + DAY + 3 * HOUR, START + DAY + 4 * HOUR + 60_000
    await blocks.delete(1, np.array([0], np.uint32), start, end)
    for width in RESOLUTIONS:
        for sid, gone in ((0, True), (1, False)):
            there = {-(-t // width) - 1 for t, _, _ in await counted(blocks, sid, width)}
            touched = set(range(-(-start // width) - 1, -(-end // width)))
            assert bool(touched & there) != gone
            assert {min(touched) - 1, max(touched) + 1} <= there
    size = (await blocks.stats(1)).bytes
    await blocks.delete(1, np.array(SIDS[1:], np.uint32), *EVER)
    assert (await blocks.stats(1)).bytes < 0.6 * size
    assert not await counted(blocks, 1, HOUR)
    assert await counted(blocks, 0, HOUR)
    await blocks.drop_before(1, START + 2 * DAY + 90_000)
    for width in RESOLUTIONS:
        assert min(t for t, _, _ in await counted(blocks, 0, width)) > START + 2 * DAY + width
    await settle(blocks)
    await blocks.delete(1, np.array([0], np.uint32), *EVER)
    assert not await rows_of(repository, None)
    assert (await blocks.stats(1)).blocks == 0
    await blocks.close()


async def counted(blocks: Blocks, sid: int, width: int) -> list[tuple[int, float, float]]:
    """(time, last value, count) of each entry of a series."""
    buckets = Buckets(width, EVER[0] // width * width + 1, EVER[1] // width * width, ("last", "count"))
    entries, _ = await blocks.select_rolled(1, np.array([sid], np.uint32), Ragged.empty(), buckets, limit=10**9)
    return list(
        zip(entries.t.tolist(), entries.columns["last"].tolist(), entries.columns["count"].tolist(), strict=True)
    )


async def test_erasure_that_meets_damaged_roll_ups_takes_them_with_it(repositories: Repositories) -> None:
    repository = repositories()
    model, blocks = Model(), await opened(repository, policy=both)
    await blocks.flush(model.flush(days(2)))
    await settle(blocks)
    await blocks.expire(1, {0: START + DAY, MINUTES_5: START, HOUR: START})
    for block in await repository.find(1, None, *EVER, resolution=None):
        await repositories.flip(Piece.BLOCK, block.id, -1)
    assert len(await counted(blocks, 1, HOUR)) == 24  # the day that samples are left of
    assert (await blocks.stats()).damaged
    await blocks.delete(1, np.array([1], np.uint32), *EVER)
    assert not await counted(blocks, 1, HOUR)
    assert (await blocks.stats()).damaged == 0
    await blocks.close()


async def test_what_comes_for_a_day_that_has_gone_changes_nothing(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories(), policy=both)
    await blocks.flush(model.flush(days(3)))
    await settle(blocks)
    await blocks.expire(1, {0: START + 2 * DAY, MINUTES_5: START, HOUR: START})
    before = await counted(blocks, 0, HOUR)
    # No door lets it in; another server may not know yet.
    await blocks.flush(model.flush({(1, 0): [(START + HOUR, 1.0)]}))
    await settle(blocks)
    assert await counted(blocks, 0, HOUR) == before
    assert min(t for t, _ in (await read(blocks, 1, SIDS))[0]) >= START + 2 * DAY
    await blocks.close()


async def test_roll_ups_begin_and_end_with_the_plan(repositories: Repositories) -> None:
    repository, wanted = repositories(), list[int]()

    async def policy(org: int) -> Sequence[int]:
        return wanted if org == 1 else ()

    model, blocks = Model(), await opened(repository, policy=policy)
    await blocks.flush(model.flush(days(3) | days(3, org=2)))
    await settle(blocks)
    assert not await rows_of(repository, None)
    for some in ([HOUR], [MINUTES_5, HOUR], []):
        wanted[:] = some
        await settle(blocks)
        for org in ORGS:
            await check_rolled(blocks, model, org, SIDS, EVER)
        if some:
            assert {one.resolution for one in await rows_of(repository, None)} == set(some)
    # What nobody wants any more goes with its samples.
    cutoff = START + 2 * DAY
    await blocks.expire(1, {0: cutoff})
    while await blocks.trim(1):
        pass
    assert all(one.start_ms >= cutoff for one in await rows_of(repository, None))
    assert (await blocks.kept(1)).raw_since == BEGINNING
    assert not await rows_of(repository, None, org=2)
    await blocks.close()


async def test_history_may_be_brought_in_as_long_as_nothing_was_rolled_up_alone(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories(), policy=both)
    later = {series: [(t + 40 * DAY, v) for t, v in points] for series, points in days(2).items()}
    await blocks.flush(model.flush(later))
    await settle(blocks)
    await blocks.expire(1, {0: START + 30 * DAY, MINUTES_5: START, HOUR: START})
    await blocks.flush(model.flush(days(2)))
    await settle(blocks)
    await blocks.expire(1, {0: START - DAY, MINUTES_5: START - DAY, HOUR: START - DAY})
    await settle(blocks)
    assert await read(blocks, 1, SIDS) == model.expected(1, SIDS, *EVER)
    await check_rolled(blocks, model, 1, SIDS, EVER)
    await blocks.close()


async def test_partitions_that_are_too_large_to_merge_are_rolled_up_in_slices(
    repositories: Repositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "MERGE_SAMPLES", 2000)
    repository = repositories()
    model, blocks = Model(), await opened(repository, policy=both)
    many = range(40)
    for i in range(3):
        part = {key: points[i * 48 : (i + 1) * 48] for key, points in days(1, sids=many, step_ms=10 * 60_000).items()}
        await blocks.flush(model.flush(part))
    await settle(blocks)
    assert len(await rows_of(repository, 0)) > 1
    assert await rows_of(repository, MINUTES_5)
    await check_rolled(blocks, model, 1, many, EVER)
    await blocks.close()


async def test_series_that_are_left_out_have_no_roll_ups(repositories: Repositories) -> None:
    repository = repositories()
    model, blocks = Model(), await opened(repository, policy=both)
    blocks.leave_out(lambda _org: np.array([0, 3], np.uint32))
    await blocks.flush(model.flush(days(1)))
    await settle(blocks)
    await blocks.expire(1, {0: START + DAY, MINUTES_5: START, HOUR: START})
    for sid in SIDS:
        assert bool(await counted(blocks, sid, HOUR)) == (sid not in (0, 3))
    await blocks.close()


async def test_reads_go_on_while_roll_ups_are_made(repositories: Repositories) -> None:
    model, blocks = Model(), await opened(repositories(), policy=both)
    await blocks.flush(model.flush(days(4, step_ms=10 * 60_000)))
    done = asyncio.Event()

    async def reader() -> int:
        rounds = 0
        while not done.is_set():
            await check_rolled(blocks, model, 1, SIDS, EVER)
            rounds += 1
        return rounds

    async def writer() -> None:
        for i in range(4):
            late = {(1, 90 + i): [(START + day * DAY + i, 1.0) for day in range(4)]}  # opens all days again
            await blocks.flush(Model(flushed=1000 + i).flush(late))
            await settle(blocks)
        done.set()

    rounds, _ = await asyncio.gather(reader(), writer())
    assert rounds
    await blocks.close()


async def test_a_read_over_its_limit_is_refused(repositories: Repositories) -> None:
    blocks = await opened(repositories(), policy=both)
    await blocks.flush(Model().flush(days(1)))
    sids = np.array(SIDS, np.uint32)
    buckets = Buckets(HOUR, START + 1, START + DAY, ("max",))
    # What is summed up as it is read counts by its samples, what is stored by its buckets.
    for limit in (5 * 864 - 1, 5 * 24 - 1):
        with pytest.raises(StoreLimitExceeded):
            await blocks.select_rolled(1, sids, Ragged.empty(), buckets, limit=limit)
        await settle(blocks)
    entries, _ = await blocks.select_rolled(1, sids, Ragged.empty(), buckets, limit=5 * 25)
    assert 5 * 24 <= len(entries.t) <= 5 * 25
    await blocks.close()


async def test_files_from_before_there_were_roll_ups_are_taken_over(tmp_path: Path, postgres_url: str) -> None:
    dsn = await create_database(postgres_url)
    makers = (lambda: SQLiteBlockRepository(tmp_path / "blocks.sqlite"), lambda: PostgresBlockRepository(dsn))
    for make in makers:
        model, blocks = Model(), await opened(make())
        await blocks.flush(model.flush(days(2)))
        await settle(blocks)
        await blocks.close()
        statements = (
            *(f"DROP INDEX IF EXISTS metric_blocks_{name}" for name in ("spot", "begin", "new", "unrolled")),
            *(f"ALTER TABLE metric_blocks DROP COLUMN {name}" for name in ("resolution", "rolled")),
            "CREATE INDEX metric_blocks_place ON metric_blocks (org, part, end_ms, start_ms)",
            "CREATE INDEX metric_blocks_young ON metric_blocks (generation, start_ms) WHERE generation < 2",
        )
        if make is makers[0]:
            with closing(sqlite3.connect(tmp_path / "blocks.sqlite")) as connection, connection:
                connection.executescript(";".join(statements))
        else:
            connection = await asyncpg.connect(dsn)
            try:
                await connection.execute(";".join(statements))
            finally:
                await connection.close()
        for _ in range(2):
            blocks = await opened(make(), policy=both)
            assert await read(blocks, 1, SIDS) == model.expected(1, SIDS, *EVER)
            await settle(blocks)
            await check_rolled(blocks, model, 1, SIDS, EVER)
            await blocks.close()
