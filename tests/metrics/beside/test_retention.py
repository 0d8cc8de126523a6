"""The hourly job: samples, roll-ups and exemplars go as the plan says, in days."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from obsv.core.clock import ManualClock
from obsv.metrics.beside import Exemplars
from obsv.metrics.jobs import retention_job
from obsv.metrics.store.types import Exemplar, Matcher, WriteBatch
from tests.metrics.store.rolling import DAY, NOW, RESOLUTIONS, START, rolled_store


@pytest.mark.usefixtures("database")
async def test_each_goes_by_its_own_age(tmp_path: Path) -> None:
    store = await rolled_store(tmp_path)
    clock, exemplars = ManualClock(NOW), Exemplars()
    ages = {0: 2 * DAY, RESOLUTIONS[0]: 4 * DAY, RESOLUTIONS[1]: 400 * DAY}

    async def organisations() -> list[int]:
        return [1, 2]

    async def retentions(_org: int) -> dict[int, int]:
        return ages

    class NoRollups:
        """A store that another plugin might bring."""

        dropped: list[tuple[int, int]] = []

        async def drop_before(self, org: int, cutoff_ms: int) -> int:
            self.dropped.append((org, cutoff_ms))
            return 5

    await exemplars.keep(
        1,
        WriteBatch(
            [{"__name__": "up"}],
            np.zeros(2, np.int64),
            np.zeros(0, np.int64),
            np.zeros(0),
            exemplars=[Exemplar(0, {"trace_id": "x"}, 1.0, START)],
        ),
    )
    job = retention_job(lambda: store, exemplars, clock, organisations, retentions)
    assert await job.run()
    today = NOW // DAY * DAY
    kept = await store.kept(1)
    assert (kept.raw_since, kept.rollups) == (
        today - 2 * DAY,
        ((RESOLUTIONS[0], today - 4 * DAY), (RESOLUTIONS[1], START)),
    )
    assert not await exemplars.find(1, [[Matcher("__name__", "!=", "")]], 0, NOW)
    assert await job.run() == 0
    other: Any = NoRollups()
    assert await retention_job(lambda: other, exemplars, clock, organisations, retentions).run() == 10
    assert other.dropped == [(1, today - 2 * DAY), (2, today - 2 * DAY)]
    await store.close()
