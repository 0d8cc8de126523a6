"""A database of each engine, a client that may reach loopback, and servers to look at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from obsv.audit import close_audit, open_audit
from obsv.core.clock import ManualClock
from obsv.egress import Policy, close_egress, open_egress
from obsv.keys import close_keys, open_keys
from obsv.metrics.store.types import WriteBatch, WriteResult
from obsv.monitors.ports import Ports
from obsv.monitors.services import MonitorServices, make_monitors
from tests.database import database, database_url, engine_name

__all__ = ["database", "database_url", "engine_name"]


class Written(list[tuple[int, dict[str, str], int, float]]):
    """Samples that were written, in order: (organisation, labels, time, value)."""

    async def take(self, org: int, batch: WriteBatch) -> WriteResult:
        for labels, begin, end in zip(batch.labels, batch.offsets, batch.offsets[1:], strict=False):
            self.extend((org, dict(labels), int(batch.t[i]), float(batch.v[i])) for i in range(begin, end))
        return WriteResult(accepted=len(batch.t))

    def last(self, name: str, **labels: str) -> float | None:
        """The newest value of a series."""
        found = [value for _, own, _, value in self if own["__name__"] == name and labels.items() <= own.items()]
        return found[-1] if found else None


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_800_000_000_000)


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def maintained() -> set[str]:
    """Ids of monitors that are in maintenance."""
    return set()


@pytest.fixture
async def services(
    database: str, tmp_path: Path, clock: ManualClock, written: Written, maintained: set[str]
) -> AsyncIterator[MonitorServices]:
    """Monitors of a process of its own; what they ask may be on loopback."""
    keys = open_keys(tmp_path)
    open_audit(keys, clock)
    open_egress(Policy(allow=("127.0.0.0/8", "localhost")), clock)

    async def most(_: int) -> int:
        return 100

    async def maintenance(_: int) -> set[str]:
        return maintained

    async def query(*_: Any) -> Any:
        raise AssertionError("no samples are read here")

    ports = Ports(clock, written.take, most, "http://localhost:8450", maintenance)
    made = make_monitors(ports, query)
    yield made
    await close_egress()
    close_audit()
    close_keys()
