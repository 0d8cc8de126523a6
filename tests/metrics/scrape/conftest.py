"""A target to scrape, and a loop that scrapes it into a real store when told to."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from obsv.config.model import Scrape
from obsv.core.clock import ManualClock
from obsv.egress import Policy, close_egress, open_egress
from obsv.metrics.ingest import exposition
from obsv.metrics.scrape import Ports, declared_hosts
from obsv.metrics.scrape.loop import REPORTS, Loop
from obsv.metrics.scrape.target import Entry, make_target, static_group, with_defaults
from obsv.metrics.store.blockstore import BlockStore
from obsv.metrics.store.types import STALE_BITS, Matcher, WriteBatch, WriteResult
from tests.database import database, database_url, engine_name
from tests.egress.conftest import Server, server
from tests.metrics.store.made import NOW, make

__all__ = ["database", "database_url", "engine_name", "server"]

ORG = 1
STEP = 15_000
STALE = "stale"


def answer(body: str, kind: str = "text/plain", status: int = 200, *, packed: bool = False) -> Callable[[str], bytes]:
    """A server's answer with a page."""
    data = gzip.compress(body.encode()) if packed else body.encode()
    encoding = "content-encoding: gzip\r\n" if packed else ""
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\n{encoding}content-length: {len(data)}\r\n\r\n"
    return lambda _path: head.encode() + data


class Bench:
    """A store, a target, and what was written."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.clock = ManualClock(NOW)
        self.server = server
        self.store: BlockStore = make(folder, self.clock)
        self.batches: list[WriteBatch] = []
        self.failure: Exception | None = None
        self.ports = Ports(self.clock, exposition.parse, self.write, self.organisation)

    async def write(self, org: int, batch: WriteBatch) -> WriteResult:
        if self.failure:
            raise self.failure
        self.batches.append(batch)
        return await self.store.write(org, batch)

    async def organisation(self, slug: str) -> int | None:
        return ORG if slug == "operator" else None

    def scrape(self, **changes: object) -> Scrape:
        made = Scrape(org="operator", job="app", targets=(f"127.0.0.1:{self.server.port}",), interval=STEP)
        return msgspec.structs.replace(made, **changes)

    def loop(self, **changes: object) -> Loop:
        entry = Entry.of(self.scrape(**changes))
        target = make_target(entry, with_defaults(entry.scrape, static_group(entry.scrape)[0]))
        assert target is not None
        return Loop(entry, target, ORG, self.ports)

    async def scrape_page(self, loop: Loop, body: str, kind: str = "text/plain", **how: object) -> None:
        """Serve a page and scrape it one interval later."""
        self.server.answer = answer(body, kind, **how)  # type: ignore[arg-type]
        self.clock.advance(STEP / 1000)
        await loop.scrape(self.clock.now_ms())

    async def values(self, name: str = "", label: str = "") -> dict[str, list[float | str]]:
        """Values of each series in order of time, by its labels but job and instance; reports only by their name."""
        matcher = Matcher("__name__", "=", name) if name else Matcher("__name__", "!~", "|".join(REPORTS))
        found = await self.store.select(ORG, [matcher], 0, NOW * 2, limit=10**6)
        bits = found.v.view(np.uint64)
        out: dict[str, list[float | str]] = {}
        for i, labels in enumerate(found.labels):
            assert label or labels["job"] == "app"
            shown = ",".join(f"{k}={v}" for k, v in sorted(labels.items()) if k not in ("job", "instance", "__name__"))
            span = range(found.offsets[i], found.offsets[i + 1])
            key = f"{labels['__name__']}{{{shown}}}"
            out[key] = [STALE if bits[j] == STALE_BITS else float(found.v[j]) for j in span]
        return out

    async def report(self, name: str) -> float | str:
        """The newest value of a metric of the scrape itself."""
        ((_, values),) = (await self.values(name)).items()
        return values[-1]


@pytest.fixture
async def bench(database: str, tmp_path: Path, server: Server) -> AsyncIterator[Bench]:
    made = Bench(tmp_path, server)
    await made.store.open()
    open_egress(Policy(declared=declared_hosts([made.scrape()]), allow=("127.0.0.0/8",)), made.clock)
    yield made
    await close_egress()
    await made.store.close()
