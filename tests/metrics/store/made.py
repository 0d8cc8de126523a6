"""Makes stores on real files for the tests, and crashes them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from obsv.core.clock import ManualClock
from obsv.metrics.store.blocks import Blocks, SQLiteBlockRepository
from obsv.metrics.store.blockstore import BlockStore
from obsv.metrics.store.context import StoreContext
from obsv.metrics.store.log import FileLog
from obsv.metrics.store.types import Matcher, SeriesSet, WriteBatch
from tests.metrics.ingest.wire import series, snappy

NOW = 1_700_000_000_000
HOUR = 3_600_000
ALL = [Matcher("__name__", "!=", "")]


def make(folder: Path, clock: ManualClock | None = None, **options) -> BlockStore:
    context = StoreContext(folder, clock or ManualClock(NOW), **options)
    metrics = folder / "metrics"
    blocks = Blocks(SQLiteBlockRepository(metrics / "blocks.sqlite"), context.clock, context.rollups)
    return BlockStore(context, blocks, FileLog(metrics / "log", sync_ms=context.sync_ms))


def crashed(folder: Path, to: Path) -> Path:
    """A copy of the files as they are this moment: what a killed process leaves."""
    return Path(shutil.copytree(folder, to))


async def put(store: BlockStore, labels: dict[str, str], points, org: int = 1):
    return await store.write_remote(org, snappy(series(labels, points)), "snappy")


async def read(store: BlockStore, org: int = 1, matchers=ALL, start=0, end=NOW * 2, limit=10**9):
    return as_dict(await store.select(org, matchers, start, end, limit=limit))


def as_dict(found: SeriesSet) -> dict[str, list[tuple[int, int]]]:
    """Series by name (and other labels) -> [(time, value bits)]."""
    out = {}
    bits = found.v.view(np.uint64)
    for i, labels in enumerate(found.labels):
        a, b = found.offsets[i], found.offsets[i + 1]
        name = "|".join(f"{k}={v}" for k, v in labels.items() if k != "__name__")
        out[labels["__name__"] + name] = list(zip(found.t[a:b].tolist(), bits[a:b].tolist(), strict=True))
    return out


def batch(*rows: tuple[dict[str, str], list[tuple[int, float]]]) -> WriteBatch:
    points = [point for _, some in rows for point in some]
    return WriteBatch(
        [labels for labels, _ in rows],
        np.cumsum([0, *(len(some) for _, some in rows)]).astype(np.int64),
        np.array([t for t, _ in points], np.int64),
        np.array([v for _, v in points], np.float64),
    )
