"""The host list is derived from what reports, and tells up from stale."""

from __future__ import annotations

import numpy as np

from obsv.hosts import Rows, list_hosts
from obsv.hosts.service import SPARK_POINTS, STALE_AFTER_MS
from obsv.metrics.promql import Engine, Grid
from obsv.metrics.promql.memory import MemoryStore

NOW = 1_800_000_000_000
STEP = 15_000


def report(store: MemoryStore, instance: str, newest_ms: int, *, minutes: float = 40, **extra: str) -> None:
    """What a host sends, up to `newest_ms`."""
    target = {"job": "node", "instance": instance}
    times = range(newest_ms - int(minutes * 60_000), newest_ms + 1, STEP)
    seconds = [(t - times[0]) / 1000 for t in times]
    series: dict[tuple[tuple[str, str], ...], list[float]] = {
        (("__name__", "node_load1"),): [1.5] * len(times),
        (("__name__", "node_cpu_seconds_total"), ("cpu", "0"), ("mode", "idle")): [s * 0.75 for s in seconds],
        (("__name__", "node_cpu_seconds_total"), ("cpu", "0"), ("mode", "user")): [s * 0.25 for s in seconds],
        (("__name__", "node_memory_MemTotal_bytes"),): [8e9] * len(times),
        (("__name__", "node_memory_MemAvailable_bytes"),): [2e9] * len(times),
        (("__name__", "node_filesystem_size_bytes"), ("fstype", "ext4"), ("mountpoint", "/")): [100.0] * len(times),
        (("__name__", "node_filesystem_avail_bytes"), ("fstype", "ext4"), ("mountpoint", "/")): [40.0] * len(times),
        (("__name__", "node_filesystem_size_bytes"), ("fstype", "tmpfs"), ("mountpoint", "/tmp")): [100.0] * len(times),
        (("__name__", "node_filesystem_avail_bytes"), ("fstype", "tmpfs"), ("mountpoint", "/tmp")): [1.0] * len(times),
        (("__name__", "node_network_receive_bytes_total"), ("device", "eth0")): [s * 1000 for s in seconds],
        (("__name__", "node_network_receive_bytes_total"), ("device", "lo")): [s * 9e9 for s in seconds],
        (("__name__", "node_network_transmit_bytes_total"), ("device", "eth0")): [s * 500 for s in seconds],
        (("__name__", "node_boot_time_seconds"),): [NOW / 1000 - 3600] * len(times),
        (("__name__", "node_uname_info"), ("nodename", extra.get("nodename", instance))): [1.0] * len(times),
        (("__name__", "obsv_agent_info"), ("version", "1.2.3")): [1.0] * len(times),
    }
    for labels, values in series.items():
        store.add({**dict(labels), **target}, list(zip(times, values, strict=True)))


async def hosts_of(store: MemoryStore) -> list[object]:
    engine = Engine()

    async def query(org: int, text: str, start_ms: int, end_ms: int, step_ms: int) -> Rows:
        return Rows(
            *await engine.range_matrix(store, org, text, Grid(start_ms, step_ms, (end_ms - start_ms) // step_ms + 1))
        )

    try:
        return list(await list_hosts(store, query, 1, NOW))  # type: ignore[arg-type]  # a reading half is enough
    finally:
        engine.close()


async def test_nothing_reports() -> None:
    assert await hosts_of(MemoryStore()) == []


async def test_figures_of_a_host() -> None:
    store = MemoryStore()
    report(store, "web-1", NOW - 5000)
    (host,) = await hosts_of(store)
    assert (host.name, host.state, host.last_seen_ms) == ("web-1", "up", NOW - 5000)
    assert abs(host.cpu_ratio - 0.25) < 1e-6
    assert host.memory_ratio == 0.75
    assert host.disk_ratio == 0.6  # the tmpfs is no disk
    assert abs(host.receive_bytes_per_s - 1000) < 1e-6  # the loopback interface does not count
    assert abs(host.transmit_bytes_per_s - 500) < 1e-6
    assert (host.load1, host.uptime_s, host.agent_version) == (1.5, 3600.0, "1.2.3")
    assert len(host.spark.cpu) == len(host.spark.network) == SPARK_POINTS
    assert np.allclose([value for value in host.spark.cpu if value is not None], 0.25)


async def test_up_and_stale_by_name() -> None:
    store = MemoryStore()
    report(store, "b:9100", NOW - STALE_AFTER_MS - 1, nodename="beta")
    report(store, "a:9100", NOW - STALE_AFTER_MS, nodename="alpha")
    report(store, "c", NOW - 5 * 3600_000)
    rows = [(host.name, host.state) for host in await hosts_of(store)]
    assert rows == [("alpha", "up"), ("beta", "stale"), ("c", "stale")]


async def test_what_has_not_reported_for_a_day_is_gone() -> None:
    store = MemoryStore()
    report(store, "old", NOW - 25 * 3600_000, minutes=10)
    assert await hosts_of(store) == []


async def test_figures_are_right_from_the_second_sample_on() -> None:
    store = MemoryStore()
    report(store, "new", NOW - 2000, minutes=0.25)
    (host,) = await hosts_of(store)
    assert abs(host.cpu_ratio - 0.25) < 1e-6
    assert abs(host.receive_bytes_per_s - 1000) < 1e-6
