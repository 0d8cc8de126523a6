"""kill -9 during writes, flushes and compaction: nothing acknowledged is lost, nothing doubled, on both databases.

Roll-ups come to what the samples do, whenever they were made.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from obsv_plugins.store_postgres import PostgresBlockStore
from obsv_plugins.store_sqlite import SQLiteBlockStore

from obsv.core.clock import ManualClock
from obsv.metrics.store.context import StoreContext
from obsv.metrics.store.rolled import Buckets
from obsv.metrics.store.types import Matcher
from tests.metrics.store.made import NOW, read
from tests.metrics.store.rolling import both
from tests.postgres import create_database

ROOT = Path(__file__).parents[3]
SERIES, STEP = 50, 1000
ROUNDS = 5

WRITER = """
import asyncio, random, sys
sys.path[:0] = sys.argv[5:]
from pathlib import Path
from tests.metrics.store.test_kill import NOW, SERIES, STEP, made
from tests.metrics.ingest.wire import series, snappy

async def main():
    store = made(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
    await store.open()
    i = int(sys.argv[4])

    async def flush():
        while True:
            await asyncio.sleep(random.uniform(0, 0.05))
            await store.flush()
            await store._blocks.compact(settle=True)

    flusher = asyncio.create_task(flush())
    print("open", flush=True)
    while True:
        body = b"".join(series({"__name__": f"m{s}"}, [(NOW + i * STEP, float(i))]) for s in range(SERIES))
        body += series({"__name__": f"once{i}"}, [(NOW, 1.0)])
        result = await store.write_remote(1, snappy(body), "snappy")
        assert not result.refused, result
        print(i, flush=True)
        i += 1
        await asyncio.sleep(0)

asyncio.run(main())
"""


def made(kind: str, folder: Path, dsn: str):
    context = StoreContext(folder, ManualClock(NOW), database_url=dsn, future_window_ms=10**10, rollups=both)
    if kind == "sqlite":
        return SQLiteBlockStore(SQLiteBlockStore.Settings(), context)
    return PostgresBlockStore(PostgresBlockStore.Settings(), context)


def write_until_killed(kind: str, folder: Path, dsn: str, first: int) -> int:
    """The number behind the last acknowledged request."""
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, kind, str(folder), dsn, str(first), str(ROOT), str(ROOT / "plugins")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout
    assert child.stderr
    assert child.stdout.readline() == "open\n", child.stderr.read()
    time.sleep(random.uniform(0.1, 0.5))
    child.send_signal(signal.SIGKILL)
    acknowledged = child.stdout.read().splitlines(keepends=True)
    child.wait()
    child.stdout.close()
    child.stderr.close()
    whole = [int(line) for line in acknowledged if line.endswith("\n")]
    return whole[-1] + 1 if whole else first


async def check(kind: str, folder: Path, dsn: str, acknowledged: int) -> int:
    """Everything acknowledged is there once; gives where to go on (what was written but not answered may be there)."""
    started = time.monotonic()
    store = made(kind, folder, dsn)
    await store.open()
    assert time.monotonic() - started < 3
    found = await read(store, end=NOW * 2)
    for s in range(SERIES):
        points = found.get(f"m{s}", [])
        times = [t for t, _ in points]
        assert times == [NOW + i * STEP for i in range(len(points))]
        assert len(points) >= acknowledged
    last = len(found.get("m0", []))
    assert {len(found.get(f"m{s}", [])) for s in range(SERIES)} == {last}
    assert sum(name.startswith("once") for name in found) == last
    assert all(len(points) == 1 for name, points in found.items() if name.startswith("once"))
    await check_rolled(store, last)
    await store._log.close()  # no flush: the next process starts from what the kill left
    store._keeper.cancel()
    await store._blocks.close()
    return last


async def check_rolled(store, samples: int) -> None:
    """Each bucket of each series has the samples that are there, and the newest of them."""
    times = np.array([NOW + i * STEP for i in range(samples)])
    for width in (300_000, 3_600_000):
        buckets = Buckets(width, 1, (NOW * 2) // width * width, ("count", "last", "sum"))
        found = await store.select_rolled(1, [Matcher("__name__", "=~", "m[0-9]+")], buckets, limit=10**9)
        assert len(found.labels) == (SERIES if samples else 0)
        for low, high in pairwise(found.offsets.tolist()):
            ends = (times - 1) // width
            _, starts, counts = np.unique(ends, return_index=True, return_counts=True)
            assert found.columns["count"][low:high].tolist() == counts.tolist()
            assert found.columns["last"][low:high].tolist() == (starts + counts - 1).tolist()
            assert found.columns["sum"][low:high].tolist() == np.add.reduceat(np.arange(samples), starts).tolist()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_killed_again_and_again(kind, tmp_path, request):
    dsn = "sqlite" if kind == "sqlite" else await _database(request)
    at = 0
    for _ in range(ROUNDS):
        acknowledged = write_until_killed(kind, tmp_path, dsn, at)
        at = await check(kind, tmp_path, dsn, acknowledged)
        assert at >= acknowledged
    assert at > 20


async def _database(request) -> str:
    return await create_database(request.getfixturevalue("postgres_url"))
