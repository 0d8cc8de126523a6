"""The store on Postgres: one server, two servers that follow each other, and a database that goes away."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import asyncpg
import pytest
from obsv_plugins.store_postgres import PostgresBlockStore

from obsv.core.clock import ManualClock
from obsv.metrics.store.base import StoreUnavailable
from obsv.metrics.store.context import StoreContext
from obsv.metrics.store.rolled import Buckets
from tests.metrics.ingest.wire import series, snappy
from tests.metrics.store.made import ALL, HOUR, NOW, batch, put, read
from tests.metrics.store.rolling import both
from tests.metrics.store.test_blockstore import ODD, bits

M = {"__name__": "m"}
DAY = 24 * HOUR


def make(dsn: str, tmp_path, **options) -> PostgresBlockStore:
    context = StoreContext(tmp_path, options.pop("clock", None) or ManualClock(NOW), database_url=dsn, **options)
    return PostgresBlockStore(PostgresBlockStore.Settings(), context)


async def crash(store: PostgresBlockStore) -> None:
    """Stop at once: nothing is flushed or said."""
    for task in [store._keeper, *store._shared._tasks]:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    store._keeper = None
    store._shared._tasks.clear()
    await store.close()


@pytest.fixture
async def pair(postgres_dsn, tmp_path, monkeypatch):
    monkeypatch.setattr("obsv.metrics.store.log_table.POLL_S", 0.05)
    stores = [make(postgres_dsn, tmp_path) for _ in range(2)]
    for store in stores:
        await store.open()
        store._keeper.cancel()
    yield stores
    for store in stores:
        await store.close()


async def eventually(check, expected):
    for _ in range(100):
        if (found := await check()) == expected:
            return
        await asyncio.sleep(0.05)
    assert found == expected


async def test_a_single_server(postgres_dsn, tmp_path):
    store = make(postgres_dsn, tmp_path)
    await store.open()
    points = [(NOW + i, value) for i, value in enumerate(ODD)]
    assert (await put(store, M, points)).accepted == len(ODD)
    assert (await put(store, M, [(NOW, 5.0), (NOW + 50, 1.0)])).refused == {"duplicate": 1}
    await store.write(2, batch((M, [(NOW, 2.0)])))
    expected = {"m": [*points, (NOW + 50, bits(1.0))]}
    assert await read(store) == expected
    await crash(store)
    store = make(postgres_dsn, tmp_path)
    await store.open()
    assert store.log_stats.replayed == 3
    assert await read(store) == expected
    await store.flush()
    assert await read(store) == expected
    assert (await store.stats()).pending_samples == 0
    await put(store, {"__name__": "n"}, [(NOW, 3.0)])
    await store.close()
    store = make(postgres_dsn, tmp_path)
    await store.open()
    assert store.log_stats.replayed == 0
    assert await read(store) == expected | {"n": [(NOW, bits(3.0))]}
    assert await read(store, 2) == {"m": [(NOW, bits(2.0))]}
    assert await store.delete(1, ALL, 0, NOW + 2) == 4
    assert await store.drop_before(2, NOW + 1) == 1
    assert await read(store, 2) == {}
    await store.close()


async def test_requests_share_commits(postgres_dsn, tmp_path):
    store = make(postgres_dsn, tmp_path)
    await store.open()
    await asyncio.gather(*(put(store, {"__name__": f"m{i}"}, [(NOW, float(i))]) for i in range(60)))
    assert len(await read(store)) == 60
    assert store.log_stats.appends == 60
    assert store.log_stats.syncs < 20
    await store.close()


async def test_two_servers_see_each_other(pair):
    one, two = pair
    for i in range(6):
        await put(pair[i % 2], {"__name__": f"m{i}"}, [(NOW + i, float(i))])
        await put(pair[i % 2], M, [(NOW + i, float(i))])
    for store in pair:
        await eventually(lambda store=store: count(store), 12)
    assert await read(one) == await read(two)
    sids = [store._head._kernel.keys(0, 100)[1] for store in pair]
    assert sids[0] == sids[1]


async def count(store, org: int = 1) -> int:
    return sum(len(points) for points in (await read(store, org)).values())


async def test_whichever_flushes_the_other_lets_go(pair):
    one, two = pair
    await put(one, M, [(NOW, 1.0)])
    await put(two, {"__name__": "n"}, [(NOW, 1.0)])
    await eventually(lambda: count(one), 2)
    await one.flush()
    await put(two, M, [(NOW + 1, 2.0)])
    await put(one, {"__name__": "o"}, [(NOW + 1, 2.0)])
    assert two._head.samples >= 3
    await two._catch_up()
    await eventually(lambda: count(two), 4)
    assert two._head.samples == 2
    await two.flush()
    await eventually(lambda: count(one), 4)
    await one._catch_up()
    assert one._head.samples == 0
    assert await read(one) == await read(two)


async def test_a_server_that_was_left_behind_steps_forward(pair, monkeypatch):
    one, two = pair
    two._shared._tasks[1].cancel()  # it does not follow
    for i in range(5):
        await put(one, {"__name__": f"m{i}"}, [(NOW, 1.0)])
    await one.flush()
    await put(one, M, [(NOW, 1.0)])
    await put(two, {"__name__": "mine"}, [(NOW, 2.0)])
    assert await count(two) == 7
    await eventually(lambda: count(one), 7)
    assert one._head._kernel.keys(0, 100)[1] == two._head._kernel.keys(0, 100)[1]


async def test_any_interleaving_keeps_every_sample(pair):
    async def write(store, lane):
        for i in range(30):
            await put(store, {"__name__": f"m{i % 5}", "lane": str(lane)}, [(NOW + i, float(i))])

    async def flush(store):
        for _ in range(4):
            await asyncio.sleep(0.02)
            await store.flush()

    await asyncio.gather(*(write(pair[i % 2], i) for i in range(4)), *(flush(store) for store in pair))
    for store in pair:
        await eventually(lambda store=store: count(store), 120)
    assert await read(pair[0]) == await read(pair[1])


async def test_series_limit_and_broken_bodies(postgres_dsn, tmp_path):
    store = make(postgres_dsn, tmp_path, series_limit=lambda _org: 1)
    await store.open()
    both = snappy(series(M, [(NOW, 1.0)]) + series({"__name__": "n"}, [(NOW, 1.0)]))
    result = await store.write_remote(1, both, "snappy")
    assert (result.accepted, result.refused) == (1, {"series_limit": 1})
    assert list(await read(store)) == ["m"]
    await crash(store)
    store = make(postgres_dsn, tmp_path, series_limit=lambda _org: 10)
    await store.open()
    assert list(await read(store)) == ["m"]
    await store.close()


async def test_a_database_that_goes_away(postgres_dsn, postgres_url, tmp_path):
    store = make(postgres_dsn, tmp_path)
    await store.open()
    await put(store, M, [(NOW, 1.0)])
    name = postgres_dsn.split("?")[0].rsplit("/", 1)[1]
    admin = await asyncpg.connect(postgres_url)
    await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
    with pytest.raises(StoreUnavailable):
        await put(store, M, [(NOW + 1, 2.0)])
    await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert (await put(store, M, [(NOW + 1, 2.0)])).accepted == 1
    assert await read(store) == {"m": [(NOW, bits(1.0)), (NOW + 1, bits(2.0))]}
    await admin.close()
    await store.close()


async def test_servers_share_roll_ups(postgres_dsn, tmp_path):
    clock = ManualClock(NOW)
    leader, other = (
        make(postgres_dsn, tmp_path, clock=clock, rollups=both, retention_ms=lambda _: 10 * DAY) for _ in range(2)
    )
    for store in (leader, other):
        await store.open()
        store._keeper.cancel()
    start = NOW // DAY * DAY - 4 * DAY
    await leader.write(1, batch((M, [(start + i * 60_000, float(i)) for i in range(4 * 1440)])), imported=True)
    await leader.flush()
    while await leader._compact():
        pass
    await other._compact()

    async def counts(store, width):
        found = await store.select_rolled(1, ALL, Buckets(width, start + 1, start + 4 * DAY, ("count",)), limit=10**6)
        return found.offsets.tolist(), found.columns["count"].sum()

    cutoffs = {0: start + 2 * DAY, 300_000: start + DAY, HOUR: start - DAY}
    for width in (300_000, HOUR):
        assert await counts(other, width) == await counts(leader, width)
    assert await leader.expire(1, cutoffs) == 2 * 1440
    await other._compact()  # takes note of what the other did
    assert await other.kept(1) == await leader.kept(1)
    assert (await other.kept(1)).rollups == ((300_000, start + DAY), (HOUR, start))
    for width, days in ((300_000, 3), (HOUR, 4)):
        assert (await counts(other, width))[1] == days * 1440 - (width == HOUR)
    old = await other.write(1, batch((M, [(start + DAY, 1.0)])), imported=True)
    assert old.refused == {"too_old": 1}
    for store in (leader, other):
        await store.close()
