"""Measure obsv against Prometheus and VictoriaMetrics in one run; medians; ratios are what to quote.

    python -m tests.bench [--quick] [--runs 3] [--series 20000] [--scrapes 240] [--write-docs]

Needs the peers' binaries (`tests/peers.sh DIR`; `--peers DIR` or OBSV_PEERS_DIR).  Client and servers share the machine.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path

from tests.bench import servers
from tests.bench.load import Cost, load
from tests.bench.queries import compare
from tests.bench.workload import Workload

Start = Callable[[Path], AbstractContextManager[servers.Target]]
FIGURES = ("cpu_us_per_sample", "samples_per_s", "peak_rss_mb", "bytes_per_sample", "start_rss_mb", "p99_ms")
DOCS = Path("obsv/site/docs/benchmarks.md")


def median(costs: list[Cost]) -> dict[str, float]:
    """The median of each figure."""
    return {name: statistics.median(asdict(cost)[name] for cost in costs) for name in FIGURES}


def ingest(starts: dict[str, Start], workload: Workload, runs: int, scratch: Path) -> dict[str, dict[str, float]]:
    """Median figures per server; every run has a fresh server, the servers take turns."""
    work = list(workload.bodies())
    per_scrape = math.ceil(workload.series / workload.batch)
    costs: dict[str, list[Cost]] = {name: [] for name in starts}
    for run in range(runs):
        for name, start in starts.items():
            with start(scratch / f"{name}-{workload.series}-{workload.batch}-{workload.lifetime}-{run}") as target:
                costs[name].append(load(target, work, per_scrape))
            print(f"  {name}: {json.dumps(asdict(costs[name][-1]))}", file=sys.stderr, flush=True)
    return {name: median(taken) for name, taken in costs.items()}


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


def queries(starts: dict[str, Start], workload: Workload, repeats: int, scratch: Path) -> list[str]:
    """A Markdown table of p50 milliseconds on the same data."""
    work = list(workload.bodies())
    per_scrape = math.ceil(workload.series / workload.batch)
    running: list[servers.Target] = []
    opened: list[AbstractContextManager[servers.Target]] = []
    try:
        for name, start in starts.items():
            opened.append(start(scratch / f"{name}-query"))
            running.append(opened[-1].__enter__())
            load(running[-1], work, per_scrape, settle_s=1)
        rows = compare(running, workload.end_ms // 1000, repeats)
    finally:
        for context in opened:
            context.__exit__(None, None, None)
    names = [target.name for target in running]
    lines = [
        "| query, p50 ms |" + "".join(f" {name} |" for name in names) + " same answer as Prometheus |",
        "|---" * (2 + len(names)) + "|",
    ]
    for row in rows:
        cells = "".join(f" {row[name]:.1f} |" for name in names)
        lines.append(f"| {row['query']} |{cells} {row['difference'] or 'yes'} |")
    for peer in (name for name in names if name != "obsv"):
        mean = math.exp(statistics.fmean(math.log(float(str(row["obsv"])) / float(str(row[peer]))) for row in rows))
        lines.append(f"\nGeometric mean of obsv / {peer}: **{mean:.2f}**")
    return lines


def versions(peers: Path) -> str:
    """The peers' versions; Debian's VictoriaMetrics does not tell its own, its changelog does."""
    told = subprocess.run([peers / "usr/bin/prometheus", "--version"], capture_output=True, text=True, check=True)
    first = (told.stdout + told.stderr).split("(")[0].strip().replace(", version", "")
    with gzip.open(peers / "usr/share/doc/victoria-metrics/changelog.Debian.gz", "rt", encoding="utf-8") as changelog:
        second = changelog.readline().split(";")[0].partition(")")[0].replace(" (", " ")
    return f"{first}, {second}"


def main() -> int:
    """Run, print, and with --write-docs keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, default=Path(os.environ.get("OBSV_PEERS_DIR", ".cache/peers")))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--series", type=int, default=20_000)
    parser.add_argument("--scrapes", type=int, default=240)
    parser.add_argument("--quick", action="store_true", help="one run of a small workload")
    parser.add_argument("--only", choices=("ingest", "queries"))
    parser.add_argument("--write-docs", action="store_true", help=f"write {DOCS}")
    options = parser.parse_args()
    binaries = options.peers / "usr" / "bin"
    if not (binaries / "prometheus").exists():
        parser.error(f"no peers in {options.peers}: tests/peers.sh {options.peers}")
    series, scrapes, runs = (2000, 40, 1) if options.quick else (options.series, options.scrapes, options.runs)
    starts: dict[str, Start] = {
        "Prometheus": lambda folder: servers.prometheus(binaries, folder),
        "VictoriaMetrics": lambda folder: servers.victoria_metrics(binaries, folder),
        "obsv": servers.obsv,
    }
    end_ms = int(time.time() * 1000)
    machine = (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {versions(options.peers)}"
    )
    out = ["# Benchmarks", "", f"Made by `make bench` on {time.strftime('%Y-%m-%d', time.gmtime(end_ms / 1000))}: {machine}.",
           f"Client and servers share the machine; medians of {runs} runs with a fresh server each.",
           "Ratios hold from machine to machine, absolute figures do not.", ""]  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="obsv-bench-") as scratch:
        folder = Path(scratch)
        if options.only != "queries":
            for title, workload in (
                (f"{series:,} series x {scrapes} scrapes, 2,000 samples a request", Workload(series, scrapes, end_ms)),
                (
                    f"{series:,} series x {scrapes // 4} scrapes, 500 samples a request",
                    Workload(series, scrapes // 4, end_ms, batch=500),
                ),
            ):
                out += [f"## Ingest: {title}", "", *table(ingest(starts, workload, runs, folder)), ""]
        if options.only != "ingest":
            rows = queries(starts, Workload(series, scrapes, end_ms), 5 if options.quick else 11, folder)
            out += [f"## Queries over {series:,} series x {scrapes} scrapes", "", *rows, ""]
    print("\n".join(out))
    if options.write_docs:
        DOCS.parent.mkdir(parents=True, exist_ok=True)
        DOCS.write_text("\n".join(out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
