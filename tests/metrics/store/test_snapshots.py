"""Snapshots: whole stores of their own, few, not old, and gone with what was deleted."""

from __future__ import annotations

import asyncio
import shutil
import threading

import pytest
from obsv_plugins.store_postgres import PostgresBlockStore

from obsv.core.clock import ManualClock
from obsv.metrics.store.base import Copyable, StoreUnavailable
from obsv.metrics.store.blocks.snapshots import MOST
from obsv.metrics.store.context import StoreContext
from tests.metrics.store.made import ALL, HOUR, NOW, make, put, read
from tests.metrics.store.test_blockstore import bits

M = {"__name__": "m"}


@pytest.fixture
def clock():
    return ManualClock(NOW)


@pytest.fixture
async def store(tmp_path, clock):
    store = make(tmp_path, clock)
    await store.open()
    await put(store, M, [(NOW, 1.0)])
    yield store
    await store.close()


@pytest.fixture
def names(tmp_path):
    folder = tmp_path / "metrics" / "snapshots"
    return lambda: sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []


async def contents(tmp_path, name):
    """What a store that is made of the snapshot has."""
    other = tmp_path / f"of-{name}"
    shutil.copytree(tmp_path / "metrics" / "snapshots" / name, other / "metrics")
    store = make(other)
    await store.open()
    found = {org: await read(store, org) for org in (1, 2)}
    await store.close()
    return found


async def test_a_snapshot_is_a_store_with_all_that_was_there(store, tmp_path, names):
    await put(store, M, [(NOW, 2.0)], org=2)
    assert isinstance(store, Copyable)
    name = await store.snapshot()
    assert names() == [name]
    assert name.startswith("20231114T221320Z-")
    assert len(name) == len("20231114T221320Z-0123456789abcdef")
    await put(store, M, [(NOW + 1, 3.0)])
    assert await contents(tmp_path, name) == {1: {"m": [(NOW, bits(1.0))]}, 2: {"m": [(NOW, bits(2.0))]}}


async def test_the_head_may_be_left_out(store, tmp_path):
    await store.flush()
    await put(store, M, [(NOW + 1, 2.0)])
    name = await store.snapshot(skip_head=True)
    assert (await contents(tmp_path, name))[1] == {"m": [(NOW, bits(1.0))]}


async def test_writes_go_on_while_one_is_made(store, tmp_path):
    made = asyncio.create_task(store.snapshot())
    for i in range(1, 50):
        await put(store, M, [(NOW + i, float(i))])
        await store.flush()
    found = (await contents(tmp_path, await made))[1]["m"]
    assert found == [(NOW, bits(1.0)), *((NOW + i, bits(float(i))) for i in range(1, len(found)))]
    assert len((await read(store))["m"]) == 50


async def test_the_newest_few_are_kept_for_a_day(store, clock, names):
    made = []
    for _ in range(MOST + 2):
        made.append(await store.snapshot())
        clock.advance(60)
    assert names() == made[-MOST:]
    clock.advance(86_400 - 60 * MOST)
    await store.drop_before(1, 0)
    assert names() == made[-MOST:]
    clock.advance(30)
    await store.drop_before(1, 0)
    assert names() == made[-MOST + 1 :]
    clock.advance(HOUR)
    await store.drop_before(1, 0)
    assert names() == []


async def test_deleted_samples_are_in_no_snapshot(store, names):
    await store.snapshot()
    assert await store.delete(1, ALL, 0, NOW) == 1
    assert names() == []


async def test_nor_in_one_that_was_being_made(store, names, monkeypatch):
    """The copy is held up after it was begun; the deletion ends after it, and finds it."""
    snapshots, deleting = store._blocks._repository._snapshots, threading.Event()
    add = snapshots.add

    def slowly(name: str) -> None:
        add(name)
        deleting.wait(10)

    monkeypatch.setattr(snapshots, "add", slowly)
    made = asyncio.create_task(store.snapshot())
    while not names():
        await asyncio.sleep(0.01)
    deletion = asyncio.create_task(store.delete(1, ALL, 0, NOW))
    while await read(store):
        await asyncio.sleep(0.01)
    deleting.set()
    await made
    assert await deletion == 1
    assert names() == []


async def test_one_that_fails_leaves_nothing(store, tmp_path, names):
    (tmp_path / "metrics" / "snapshots").write_text("in the way")
    with pytest.raises(StoreUnavailable, match=r"^snapshots of metrics: .*snapshots"):
        await store.snapshot()
    (tmp_path / "metrics" / "snapshots").unlink()
    left = tmp_path / "metrics" / "snapshots" / ".20200101T000000Z-0123456789abcdef"
    left.mkdir(parents=True)
    await store.drop_before(1, 0)
    assert names() == []
    assert await store.snapshot() in names()


async def test_postgres_has_its_own_means(postgres_dsn, tmp_path):
    store = PostgresBlockStore(
        PostgresBlockStore.Settings(), StoreContext(tmp_path, ManualClock(NOW), database_url=postgres_dsn)
    )
    await store.open()
    try:
        with pytest.raises(StoreUnavailable, match="pg_dump"):
            await store.snapshot()
        assert await store.delete(1, ALL, 0, NOW) == 0
    finally:
        await store.close()
