"""Derives the host list from node_exporter's metrics; there is no host table to drift from what really reports.

A host is a (job, instance) that sent `node_load1` in the last day; it is up while its newest sample is younger than
`STALE_AFTER_MS`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from obsv.hosts.types import Host, Spark
from obsv.metrics.store.base import MetricStore
from obsv.metrics.store.types import Float64, Matcher

STALE_AFTER_MS = 60_000
SEEN_MS = 24 * 3600_000
RECENT_MS = 3600_000
SPARK_STEP_MS = 60_000
SPARK_POINTS = 30

_VIRTUAL = "lo|veth.*|docker.*|br-.*|cali.*|flannel.*|tap.*|virbr.*"
_PSEUDO = "tmpfs|devtmpfs|overlay|squashfs|ramfs|iso9660|rootfs|autofs|fuse.lxcfs|nsfs|erofs"

EXPRESSIONS: Mapping[str, str] = {
    # A share of the time that was counted, so that it is right from the second sample on.
    "cpu": '1 - sum by (job, instance) (rate(node_cpu_seconds_total{mode="idle"}[2m]))'
    " / sum by (job, instance) (rate(node_cpu_seconds_total[2m]))",
    "memory": "1 - max by (job, instance) (node_memory_MemAvailable_bytes)"
    " / max by (job, instance) (node_memory_MemTotal_bytes)",
    "disk": "max by (job, instance) (1 - "
    f'node_filesystem_avail_bytes{{fstype!~"{_PSEUDO}"}} / (node_filesystem_size_bytes{{fstype!~"{_PSEUDO}"}} > 0))',
    "receive": f'sum by (job, instance) (irate(node_network_receive_bytes_total{{device!~"{_VIRTUAL}"}}[2m]))',
    "transmit": f'sum by (job, instance) (irate(node_network_transmit_bytes_total{{device!~"{_VIRTUAL}"}}[2m]))',
    "uptime": "max by (job, instance) (time() - node_boot_time_seconds)",
    "load1": "max by (job, instance) (node_load1)",
}
NAMES = "max by (job, instance, nodename) (node_uname_info)"
AGENTS = "max by (job, instance, version) (obsv_agent_info)"

Key = tuple[str, str]


@dataclass(frozen=True)
class Rows:
    """A range query's answer: a row of `values` (float64[k, steps], NaN where absent) a label set."""

    labels: Sequence[Mapping[str, str]]
    values: Float64


RangeQuery = Callable[[int, str, int, int, int], Awaitable[Rows]]
"""(organisation, expression, start ms, end ms, step ms) -> rows."""


def _key(labels: Mapping[str, str]) -> Key:
    return labels.get("job", ""), labels.get("instance", "")


async def _last_seen(store: MetricStore, org: int, now_ms: int) -> dict[Key, int]:
    """Newest sample time of each host, exactly for the last hour, and to the block for the rest of the day."""
    load = [Matcher("__name__", "=", "node_load1")]
    recent = await store.select(org, load, now_ms - RECENT_MS, now_ms, limit=50_000_000)
    seen = {
        _key(labels): int(recent.t[end - 1])
        for labels, begin, end in zip(recent.labels, recent.offsets, recent.offsets[1:], strict=False)
        if end > begin
    }
    for labels in await store.series(org, [load], now_ms - SEEN_MS, now_ms, limit=100_000):
        if _key(labels) not in seen:
            job, instance = _key(labels)
            only = [*load, Matcher("job", "=", job), Matcher("instance", "=", instance)]
            older = await store.select(org, only, now_ms - SEEN_MS, now_ms, limit=50_000_000)
            if len(older.t):
                seen[job, instance] = int(older.t.max())
    return seen


def _by_host(rows: Rows) -> dict[Key, Float64]:
    return {_key(labels): row for labels, row in zip(rows.labels, rows.values, strict=True)}


def _label_by_host(rows: Rows, name: str) -> dict[Key, str]:
    return {_key(labels): labels.get(name, "") for labels in rows.labels}


def _number(row: Float64 | None) -> float | None:
    """The newest value of a row."""
    return None if row is None or np.isnan(row[-1]) else float(row[-1])


def _spark(row: Float64 | None) -> list[float | None]:
    if row is None:
        return [None] * SPARK_POINTS
    return [None if np.isnan(value) else round(float(value), 4) for value in row]


async def list_hosts(store: MetricStore, query: RangeQuery, org: int, now_ms: int) -> list[Host]:
    """The organisation's hosts, by name."""
    seen = await _last_seen(store, org, now_ms)
    if not seen:
        return []
    start = now_ms - (SPARK_POINTS - 1) * SPARK_STEP_MS
    answers = await asyncio.gather(
        *(query(org, expression, start, now_ms, SPARK_STEP_MS) for expression in (*EXPRESSIONS.values(), NAMES, AGENTS))
    )
    figures = {name: _by_host(rows) for name, rows in zip(EXPRESSIONS, answers, strict=False)}
    names, versions = _label_by_host(answers[-2], "nodename"), _label_by_host(answers[-1], "version")
    hosts = [
        Host(
            instance=key[1],
            job=key[0],
            name=names.get(key) or key[1].rsplit(":", 1)[0],
            state="up" if now_ms - last_ms <= STALE_AFTER_MS else "stale",
            last_seen_ms=last_ms,
            cpu_ratio=_number(figures["cpu"].get(key)),
            memory_ratio=_number(figures["memory"].get(key)),
            disk_ratio=_number(figures["disk"].get(key)),
            receive_bytes_per_s=_number(figures["receive"].get(key)),
            transmit_bytes_per_s=_number(figures["transmit"].get(key)),
            uptime_s=_number(figures["uptime"].get(key)),
            load1=_number(figures["load1"].get(key)),
            agent_version=versions.get(key, ""),
            spark=Spark(_spark(figures["cpu"].get(key)), _spark(figures["receive"].get(key))),
        )
        for key, last_ms in seen.items()
    ]
    return sorted(hosts, key=lambda host: (host.name, host.instance, host.job))
