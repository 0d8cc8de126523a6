"""What the overview and the host list show of a host."""

from __future__ import annotations

from typing import Literal

import msgspec


class Spark(msgspec.Struct, frozen=True):
    """The last half hour in one-minute steps, oldest first; None where there is no value."""

    cpu: list[float | None]
    network: list[float | None]


class Host(msgspec.Struct, frozen=True):
    """One host.  Ratios are 0 to 1; a number is None while the host has not sent what it comes from."""

    instance: str
    job: str
    name: str
    state: Literal["up", "stale"]
    last_seen_ms: int
    cpu_ratio: float | None
    memory_ratio: float | None
    disk_ratio: float | None
    receive_bytes_per_s: float | None
    transmit_bytes_per_s: float | None
    uptime_s: float | None
    load1: float | None
    agent_version: str
    spark: Spark


class HostList(msgspec.Struct, frozen=True):
    """The hosts of an organisation, by name, and the server's clock they were judged by."""

    hosts: list[Host]
    now_ms: int
