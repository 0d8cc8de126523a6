"""Targets that come and go while a pool runs, on a real clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from obsv.config.model import Relabel, Scrape
from obsv.core.clock import SystemClock
from obsv.metrics.scrape import Ports, Scraper, TargetStatus
from tests.metrics.scrape.conftest import ORG, STALE, Bench, answer

FAST = {"interval": 200, "timeout": 100, "file_sd_refresh": 50, "targets": ()}
Start = Callable[..., Awaitable[Scraper]]


async def until(condition: Callable[[], object], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.fixture
async def start(bench: Bench) -> AsyncIterator[Start]:
    """Run a scraper of some entries on the bench's store; stopped at the end."""
    running: list[asyncio.Task[None]] = []

    async def begin(*scrapes: Scrape) -> Scraper:
        scraper = Scraper(scrapes, Ports(SystemClock(), bench.ports.parse, bench.write, bench.organisation))
        running.append(asyncio.create_task(scraper.run()))
        return scraper

    yield begin
    for task in running:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def urls(scraper: Scraper) -> list[str]:
    return [status.url for status in scraper.targets() if not status.is_dropped]


def written(bench: Bench, name: str, path: str = "") -> list[float | str]:
    """All values of a metric in the order of the writes; of the targets with a label `path`."""
    out: list[float | str] = []
    for batch in bench.batches:
        for i, labels in enumerate(batch.labels):
            if labels["__name__"] == name and labels.get("path", "") == path:
                values = batch.v[batch.offsets[i] : batch.offsets[i + 1]]
                bits = values.view("uint64")
                out += [STALE if bit == 0x7FF0000000000002 else float(v) for v, bit in zip(values, bits, strict=True)]
    return out


async def test_targets_follow_a_file(bench: Bench, start: Start, tmp_path: Path) -> None:
    bench.server.answer = answer("a 1\n")
    address = f"127.0.0.1:{bench.server.port}"
    file = tmp_path / "targets.json"

    def list_paths(*paths: str) -> None:
        groups = [{"targets": [address], "labels": {"__metrics_path__": f"/{path}", "path": path}} for path in paths]
        file.write_text(json.dumps(groups))

    list_paths("one", "two", "dropped")
    drop = Relabel(source_labels=("path",), regex="dropped", action="drop")
    scraper = await start(bench.scrape(file_sd=(str(file),), relabel=(drop,), **FAST))
    await until(lambda: written(bench, "a", "one").count(1) > 1 and written(bench, "a", "two").count(1) > 1)
    assert urls(scraper) == [f"http://{address}/one", f"http://{address}/two"]
    (dropped,) = [status for status in scraper.targets() if status.is_dropped]
    assert dropped.discovered["path"] == "dropped"
    assert {status.org for status in scraper.targets()} == {ORG}
    list_paths("one")
    await until(lambda: urls(scraper) == [f"http://{address}/one"])
    await until(lambda: written(bench, "a", "two")[-1] == STALE)
    assert written(bench, "up", "two")[-1] == STALE
    assert STALE not in written(bench, "a", "one")


async def test_series_that_another_target_goes_on_with_do_not_end(bench: Bench, start: Start, tmp_path: Path) -> None:
    bench.server.answer = answer("a 1\n")
    file = tmp_path / "targets.yml"

    def list_query(value: str) -> None:
        # At once, as whoever writes such a file should: one that is empty for a moment has no targets.
        new = tmp_path / "new"
        new.write_text(f"- targets: ['127.0.0.1:{bench.server.port}']\n  labels: {{__param_v: {value}}}\n")
        new.replace(file)

    list_query("one")
    # Time enough for an answer on any machine: a scrape that fails ends its series, too.
    scraper = await start(bench.scrape(file_sd=(str(file),), **{**FAST, "interval": 1000, "timeout": 1000}))
    await until(lambda: written(bench, "a"))
    list_query("other")
    await until(lambda: [url for url in urls(scraper) if url.endswith("?v=other")])
    await asyncio.sleep(2.5)
    assert set(written(bench, "a")) == {1}
    assert STALE not in written(bench, "up")


async def test_nothing_is_marked_when_the_node_leads_no_more(bench: Bench, start: Start) -> None:
    bench.server.answer = answer("a 1\n")
    scraper = await start(bench.scrape(**{**FAST, "targets": (f"127.0.0.1:{bench.server.port}",)}))
    await until(lambda: written(bench, "a"))
    (task,) = [task for task in asyncio.all_tasks() if "Scraper.run" in repr(task.get_coro())]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    number = len(bench.batches)
    await asyncio.sleep(0.5)
    assert len(bench.batches) == number
    assert STALE not in written(bench, "a")
    assert scraper.targets() == []


async def test_an_organisation_that_is_not_there_gets_nothing(bench: Bench, start: Start) -> None:
    known: list[int | None] = [None]

    async def organisation(_slug: str) -> int | None:
        return known[0]

    bench.organisation = organisation  # type: ignore[method-assign]
    bench.server.answer = answer("a 1\n")
    scraper = await start(bench.scrape(**{**FAST, "targets": (f"127.0.0.1:{bench.server.port}",)}))
    await asyncio.sleep(0.4)
    assert (scraper.targets(), bench.batches) == ([], [])
    known[0] = ORG
    await until(lambda: written(bench, "a"))
    known[0] = None
    await until(lambda: scraper.targets() == [])


async def test_bad_targets_do_not_disturb_the_others(bench: Bench, start: Start) -> None:
    bench.server.answer = answer("a 1\n")
    targets = (f"127.0.0.1:{bench.server.port}", "x/y", "127.0.0.2:1", f"127.0.0.1:{bench.server.port}")
    keep_all = Relabel(regex=".*", action="keep")
    scraper = await start(bench.scrape(**{**FAST, "targets": targets, "relabel": (keep_all,)}))
    await until(lambda: written(bench, "a").count(1) > 1)

    def by_host() -> dict[str, TargetStatus]:
        return {status.url.split("/")[2].split(":")[0]: status for status in scraper.targets()}

    await until(lambda: by_host()["127.0.0.2"].health == "down")
    assert len(scraper.targets()) == 2
    assert by_host()["127.0.0.1"].health == "up"
