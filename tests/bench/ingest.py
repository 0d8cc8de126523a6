"""What it costs each server to take a workload in, and what the disk holds afterwards."""

from __future__ import annotations

import json
import math
import statistics
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path

from tests.bench.load import Cost, load
from tests.bench.servers import Target
from tests.bench.workload import Workload

Start = Callable[[Path], AbstractContextManager[Target]]
FIGURES = ("cpu_us_per_sample", "samples_per_s", "peak_rss_mb", "bytes_per_sample", "start_rss_mb", "p99_ms")


def ingest(
    starts: dict[str, Start], workload: Workload, runs: int, scratch: Path, *, lanes: int = 4
) -> dict[str, dict[str, float]]:
    """Median figures per server; every run has a fresh server, the servers take turns."""
    work = list(workload.bodies())
    per_scrape = math.ceil(workload.series / workload.batch)
    costs: dict[str, list[Cost]] = {name: [] for name in starts}
    for run in range(runs):
        for name, start in starts.items():
            folder = scratch / f"{name}-{workload.series}-{workload.scrapes}-{workload.batch}-{workload.lifetime}-{run}"
            with start(folder) as target:
                costs[name].append(load(target, work, per_scrape, lanes=lanes))
            print(f"  {name}: {json.dumps(asdict(costs[name][-1]))}", file=sys.stderr, flush=True)
    return {name: _median(taken) for name, taken in costs.items()}


def _median(costs: list[Cost]) -> dict[str, float]:
    return {name: statistics.median(asdict(cost)[name] for cost in costs) for name in FIGURES}


def table(figures: dict[str, dict[str, float]]) -> list[str]:
    """A Markdown table, obsv last, with its ratios to each peer."""
    peers = [name for name in figures if name != "obsv"]
    ratio = "".join(f" obsv / {name} |" for name in peers)
    lines = [
        "| figure |" + "".join(f" {name} |" for name in figures) + ratio,
        "|---" * (1 + len(figures) + len(peers)) + "|",
    ]
    for name in FIGURES:
        cells = "".join(
            f" {one[name]:,.3g} |" if one[name] < 1e5 else f" {one[name]:,.0f} |" for one in figures.values()
        )
        ratios = "".join(
            f" {figures['obsv'][name] / figures[peer][name]:.2f} |" if figures[peer][name] else " |" for peer in peers
        )
        lines.append(f"| {name} |{cells}{ratios}")
    return lines
