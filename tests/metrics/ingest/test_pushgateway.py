"""Groups that are pushed, and what becomes of them in time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from obsv.metrics.ingest.pushgateway import Pushgateway, push_handlers
from obsv.metrics.ingest.pushgateway.grouping import grouping
from obsv.metrics.store.types import STALE_BITS
from tests.database import database
from tests.metrics.ingest.pushing import Pushing
from tests.metrics.store.made import NOW, read

__all__ = ["database"]

MINUTE, HOUR = 60_000, 3_600_000
PATH = "/metrics/job/backup/instance/db-1"
GROUP = "instance=db-1|job=backup"


@pytest.fixture
def engine_name() -> str:
    """The database is SQLite here; test_push_live.py pushes to both."""
    return "sqlite"


class Gateway(Pushing):
    """The handlers on a store, and the gateway behind them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, lambda door, clock: push_handlers(self._made(door, clock)))

    def _made(self, door: Any, clock: Any) -> Pushgateway:
        self.gateway = Pushgateway(door, clock, self.store.write, 24 * HOUR)
        return self.gateway

    async def values(self) -> dict[str, list[tuple[int, Any]]]:
        """Samples by series, stale ones as "stale"; times from NOW on."""
        bits = await read(self.store)
        points = await self.points()
        return {
            name: [
                (t - NOW, "stale" if raw == STALE_BITS else value)
                for (t, value), (_, raw) in zip(points[name], bits[name], strict=True)
            ]
            for name in points
        }


@pytest.fixture
async def bench(tmp_path, database):
    bench = Gateway(tmp_path / "store")
    await bench.store.open()
    yield bench
    await bench.store.close()


async def test_what_is_pushed_counts_until_it_is_deleted(bench):
    assert (await bench.send(PATH, "# TYPE a gauge\na 1.5\n", method="PUT")).status_code == 200
    assert (await bench.values())["a" + GROUP] == [(0, 1.5)]
    bench.clock.advance(60)
    await bench.gateway.repeat()
    bench.clock.advance(60)
    assert (await bench.send(PATH, method="DELETE")).status_code == 202
    values = await bench.values()
    assert values["a" + GROUP][0] == (0, 1.5)
    assert values["a" + GROUP][1][1] == 1.5
    assert values["a" + GROUP][-1] == (120_000, "stale")
    await bench.gateway.repeat()
    assert await bench.values() == values
    assert (await bench.send(PATH, method="DELETE")).status_code == 202


async def test_put_replaces_a_group_and_post_what_it_names(bench):
    await bench.send(PATH, "a 1\nb 1\n", method="PUT")
    bench.clock.advance(10)
    await bench.send(PATH, "b 2\nc 2\n", method="POST")
    bench.clock.advance(60)
    await bench.gateway.repeat()
    values = await bench.values()
    assert [values[name + GROUP][-1][1] for name in "abc"] == [1.0, 2.0, 2.0]
    bench.clock.advance(10)
    await bench.send(PATH, "c 3\n", method="PUT")
    values = await bench.values()
    assert [values[name + GROUP][-1][1] for name in "abc"] == ["stale", "stale", 3.0]
    bench.clock.advance(10)
    await bench.send(PATH, "", method="PUT")
    assert (await bench.values())["c" + GROUP][-1][1] == "stale"


async def test_groups_end_when_nobody_pushes_for_long_and_each_has_its_organisation(bench):
    await bench.send(PATH, "a 1\n")
    await bench.send(PATH, "a 2\n", token=2)
    bench.clock.advance(23 * 3600)
    await bench.send(PATH, "a 3\n", token=2)
    bench.clock.advance(2 * 3600)
    await bench.gateway.repeat()
    assert (await bench.values())["a" + GROUP][-1][1] == "stale"
    assert next(iter((await bench.points(2)).values()))[-1][1] == 3.0


async def test_labels_of_the_path_win_and_may_be_anything(bench):
    await bench.send("/metrics/job/x/path@base64/L3Zhci90bXA", 'a{job="other",z="1"} 1\n')
    assert {"__name__": "a", "job": "x", "path": "/var/tmp", "z": "1"} in await bench.series()
    assert grouping(b"/metrics/job@base64/w6k=/empty@base64/=", "/metrics") == {"job": "é", "empty": ""}


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        (PATH, "a 1 1700000000000\n", "must not have timestamps"),
        (PATH, "a 1\na 2\n", "twice"),
        (PATH, "a{\n", "line 1"),
        (PATH, "push_time_seconds 1\n", "cannot be pushed"),
        ("/metrics/instance/x", "a 1\n", "expected /job/NAME first"),
        ("/metrics/job/x/y", "a 1\n", "no value"),
        ("/metrics/job/x/y@base64/!!", "a 1\n", "base64"),
        ("/metrics/job/x/y-z/1", "a 1\n", "no name for a label"),
    ],
)
async def test_what_cannot_be_pushed(bench, path, body, said):
    answer = await bench.send(path, body, method="PUT")
    assert answer.status_code == 400
    assert said in answer.text
    assert not any(name.startswith("a") for name in await bench.points())
