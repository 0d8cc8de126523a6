"""What a sample costs on disk, labels and database pages included."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from obsv.metrics.store.blocks import Blocks, SQLiteBlockRepository
from obsv.metrics.store.types import STALE
from tests.metrics.blocks.support import EVER, opened, settle
from tests.metrics.blocks.workload import Workload, make

SCRAPES = 240
FLUSHES = 4


async def settled(folder: Path, work: Workload) -> Blocks:
    blocks = await opened(SQLiteBlockRepository(folder / "blocks.sqlite"))
    each = work.t.shape[1] // FLUSHES
    for i in range(FLUSHES):
        await blocks.flush(work.flush(i * each, (i + 1) * each, i + 1))
    await settle(blocks)
    return blocks


def bytes_per_sample(folder: Path, work: Workload) -> float:
    return sum(file.stat().st_size for file in folder.iterdir()) / work.t.size


async def test_an_hour_is_less_than_0_7_bytes_a_sample(tmp_path: Path) -> None:
    work = make(60, SCRAPES)
    blocks = await settled(tmp_path, work)
    assert bytes_per_sample(tmp_path, work) < 0.70
    found = await blocks.select(1, np.arange(len(work.keys), dtype=np.uint32), *EVER, limit=work.t.size)
    assert (found.t == work.t.ravel()).all()
    assert (found.v.view(np.int64) == work.v.ravel().view(np.int64)).all()
    await blocks.close()
    assert bytes_per_sample(tmp_path, work) < 0.70


async def test_stale_markers_and_resets_cost_little(tmp_path: Path) -> None:
    work = make(30, SCRAPES)
    random = np.random.default_rng(3)
    for i in random.choice(len(work.keys), len(work.keys) // 3, replace=False):
        at = random.integers(1, SCRAPES)
        work.v[i, at] = STALE
        work.v[i, at + 1 :] = np.round(work.v[i, at + 1 :] - work.v[i, at - 1], 2)
    blocks = await settled(tmp_path, work)
    await blocks.close()
    assert bytes_per_sample(tmp_path, work) < 0.75


async def test_short_lived_series_are_less_than_1_1_bytes_a_sample(tmp_path: Path) -> None:
    work = make(100, 40)
    blocks = await opened(SQLiteBlockRepository(tmp_path / "blocks.sqlite"))
    await blocks.flush(work.flush(0, 40, 1))
    await settle(blocks)
    await blocks.close()
    assert bytes_per_sample(tmp_path, work) < 1.1


@pytest.mark.parametrize(("resolution", "most"), [(300_000, 0.1), (3_600_000, 0.015)])
async def test_what_roll_ups_add_to_a_sample(tmp_path: Path, resolution: int, most: float) -> None:
    wanted = list[int]()

    async def policy(_org: int) -> list[int]:
        return wanted

    work = make(9, 24 * 240)
    blocks = await opened(SQLiteBlockRepository(tmp_path / "blocks.sqlite"), policy=policy)
    await blocks.flush(work.flush(0, work.t.shape[1], 1))
    await settle(blocks)
    before = (await blocks.stats(1)).bytes
    wanted.append(resolution)
    await settle(blocks)
    added = (await blocks.stats(1)).bytes - before
    assert 0 < added < most * work.t.size
    await blocks.close()
