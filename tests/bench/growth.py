"""What becomes of obsv as it grows: cost of a sample and of a query, memory, and the time of a start after a kill."""

from __future__ import annotations

import math
import signal
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench import servers
from tests.bench.load import load
from tests.bench.process import usage
from tests.bench.queries import ask
from tests.bench.workload import Workload

ONE = 'node_load1{instance="web-0000.example:9100"}'
GROUPED = "sum by (route) (rate(http_requests_total[5m]))"


@dataclass
class Size:
    """Figures at one number of series; queries are p50 ms, the start is after kill -9 with a full log."""

    series: int
    scrapes: int
    cpu_us_per_sample: float
    peak_rss_mb: float
    one_series_ms: float
    grouped_ms: float
    start_s: float


def measure(series: int, scrapes: int, scratch: Path, end_ms: int) -> Size:
    """Load, ask, kill, and start again."""
    workload = Workload(series, scrapes, end_ms)
    folder = scratch / f"growth-{series}"
    work = list(workload.bodies())
    with servers.obsv(folder) as target:
        cost = load(target, work, math.ceil(series / workload.batch), settle_s=1)
        asked = [_p50(target, expression, end_ms // 1000) for expression in (ONE, GROUPED)]
        # What came after the last flush is in the log alone.
        load(
            target, list(Workload(series, 2, end_ms + 60_000).bodies()), math.ceil(series / workload.batch), flush=False
        )
        target.process.send_signal(signal.SIGKILL)
        target.process.wait(30)
    begun = time.monotonic()
    with servers.obsv(folder) as target:
        took = time.monotonic() - begun
        print(f"  {series}: start {took:.1f} s, {usage(target.pid)[1] / 1e6:.0f} MB", file=sys.stderr, flush=True)
    return Size(series, scrapes, cost.cpu_us_per_sample, cost.peak_rss_mb, *asked, took)


def _p50(target: servers.Target, expression: str, end_s: int) -> float:
    taken = [ask(target, 0, 0, expression, end_s)[0] * 1e3 for _ in range(13)]
    return statistics.median(taken[2:])


def growth_table(sizes: list[Size]) -> list[str]:
    """A Markdown table, a row a size."""
    head = [
        "| series x scrapes | CPU us a sample | peak RSS MB | one series, p50 ms | rate summed by route, p50 ms | start after kill, s |",
        "|---|---|---|---|---|---|",
    ]
    rows = [
        (
            f"| {one.series:,} x {one.scrapes} | {one.cpu_us_per_sample:.2f} | {one.peak_rss_mb:.0f} "
            f"| {one.one_series_ms:.1f} | {one.grouped_ms:.1f} | {one.start_s:.1f} |"
        )
        for one in sizes
    ]
    return head + rows
