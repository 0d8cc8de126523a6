"""What monitors are wired to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from obsv.core.clock import Clock
from obsv.egress import Egress, egress
from obsv.keys import KeyStore, keystore
from obsv.metrics.store.types import WriteBatch, WriteResult
from obsv.monitors.machine import Rules
from obsv.monitors.model import Monitor

BEAT_KNOWN_MS = 180_000
"""A heartbeat is looked at every minute; without a look for so long, obsv was away."""
SLACK_MS = 30_000

Maintenance = Callable[[int], Awaitable[Collection[str]]]
"""(organisation) -> ids of its monitors that are in maintenance now."""


async def no_maintenance(_: int) -> Collection[str]:
    """Nothing is in maintenance."""
    return ()


@dataclass(frozen=True)
class Ports:
    """`write` stores samples for an organisation; `most` is how many monitors its plan allows."""

    clock: Clock
    write: Callable[[int, WriteBatch], Awaitable[WriteResult]]
    most: Callable[[int], Awaitable[int]]
    base_url: str
    maintenance: Maintenance = no_maintenance
    egress: Callable[[], Egress] = egress
    keys: Callable[[], KeyStore] = keystore


def known_for(monitor: Monitor) -> int:
    """How long, in ms, the last check of a monitor says how it is."""
    if monitor.kind == "heartbeat":
        return BEAT_KNOWN_MS
    return (2 * monitor.interval_s + monitor.timeout_s) * 1000 + SLACK_MS


def rules_of(monitor: Monitor, *, is_maintenance: bool) -> Rules:
    """What a check's outcome is judged by."""
    failures = 1 if monitor.kind == "heartbeat" else monitor.failures
    return Rules(failures, known_for(monitor), is_maintenance)
