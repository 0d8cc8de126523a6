"""Measure obsv against Prometheus and VictoriaMetrics in one run; medians; ratios are what to quote.

    python -m tests.bench [--quick] [--runs 3] [--series 20000] [--scrapes 240] [--only PART ...] [--write-docs]

Needs the peers' binaries (`tests/peers.sh DIR`; `--peers DIR` or OBSV_PEERS_DIR).  Client and servers share the machine.
"""

from __future__ import annotations

import argparse
import gzip
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench import servers
from tests.bench.cabinet import cabinet_table
from tests.bench.cabinet import measure as measure_cabinet
from tests.bench.crowd import READERS, crowd_table, write_latency
from tests.bench.growth import growth_table, measure
from tests.bench.ingest import Start, ingest, table
from tests.bench.load import load
from tests.bench.queries import compare
from tests.bench.rules import SERVERS, cost, rules_table
from tests.bench.workload import STEP_MS, Workload

CROWD_MS = 30 * 60_000
PARTS = ("ingest", "sizes", "queries", "crowd", "growth", "cabinet", "rules")
DOCS = Path("obsv/site/docs/benchmarks.md")


class Bench:
    """One run: what to measure, of whom, where."""

    def __init__(self, options: argparse.Namespace, scratch: Path) -> None:
        binaries = options.peers / "usr" / "bin"
        self.series, self.scrapes, self.runs = options.series, options.scrapes, options.runs
        self.repeats, self.scratch, self.peers = options.repeats, scratch, options.peers
        # Some time ago: what is written beside queries follows on it, and Prometheus takes nothing of the future.
        self.end_ms = int(time.time() * 1000) - CROWD_MS
        self.starts: dict[str, Start] = {
            "Prometheus": lambda folder: servers.prometheus(binaries, folder),
            "VictoriaMetrics": lambda folder: servers.victoria_metrics(binaries, folder),
            "obsv": servers.obsv,
        }

    def _ingest(self, title: str, workload: Workload, *, lanes: int = 4) -> list[str]:
        return [f"## {title}", "", *table(ingest(self.starts, workload, self.runs, self.scratch, lanes=lanes)), ""]

    def ingest(self) -> list[str]:
        """The common case, and small requests."""
        few = self.scrapes // 4
        title = f"Ingest: {self.series:,} series x "
        return [
            *self._ingest(
                f"{title}{self.scrapes} scrapes, 2,000 samples a request",
                Workload(self.series, self.scrapes, self.end_ms),
            ),
            *self._ingest(
                f"{title}{few} scrapes, 500 samples a request", Workload(self.series, few, self.end_ms, batch=500)
            ),
        ]

    def sizes(self) -> list[str]:
        """A day of few series, many new series, and series that end (with stale markers) after ten minutes."""
        few, day, many = self.series // 10, self.scrapes * 24, self.series * 5
        return [
            *self._ingest(
                f"A day: {few:,} series x {day:,} scrapes, one sender", Workload(few, day, self.end_ms), lanes=1
            ),
            *self._ingest(
                f"New series: {many:,} series x {self.scrapes // 6} scrapes",
                Workload(many, self.scrapes // 6, self.end_ms),
            ),
            *self._ingest(
                f"Churn: {self.series:,} series at a time x {self.scrapes} scrapes, each lives 40 scrapes",
                Workload(self.series, self.scrapes, self.end_ms, lifetime=40),
            ),
        ]

    def queries(self) -> list[str]:
        """A Markdown table of p50 milliseconds on the same data."""
        with ExitStack() as opened:
            running = self._loaded(opened, "query")
            rows = compare(running, self.end_ms // 1000, self.repeats)
        names = [target.name for target in running]
        lines = [
            f"## Queries over {self.series:,} series x {self.scrapes} scrapes",
            "",
            "| query, p50 ms |" + "".join(f" {name} |" for name in names) + " same answer as Prometheus |",
            "|---" * (2 + len(names)) + "|",
        ]
        for row in rows:
            cells = "".join(f" {row[name]:.1f} |" for name in names)
            lines.append(f"| {row['query']} |{cells} {row['difference'] or 'yes'} |")
        for peer in (name for name in names if name != "obsv"):
            ratios = [float(str(row["obsv"])) / float(str(row[peer])) for row in rows]
            mean = math.exp(statistics.fmean(map(math.log, ratios)))
            lines.append(f"\nGeometric mean of obsv / {peer}: **{mean:.2f}**, the slowest {max(ratios):.2f}")
        return [*lines, ""]

    def _loaded(self, opened: ExitStack, name: str) -> list[servers.Target]:
        workload = Workload(self.series, self.scrapes, self.end_ms)
        work = list(workload.bodies())
        running: list[servers.Target] = []
        for server, start in self.starts.items():
            running.append(opened.enter_context(start(self.scratch / f"{server}-{name}")))
            load(running[-1], work, math.ceil(workload.series / workload.batch), settle_s=1)
        return running

    def crowd(self) -> list[str]:
        """Writes alone and beside heavy queries."""
        quiet, busy, end_s = {}, {}, self.end_ms // 1000
        later = Workload(self.series, 2 * self.scrapes // 6, self.end_ms + self.scrapes // 3 * STEP_MS)
        bodies = [body for _, body in later.bodies()]
        half = len(bodies) // 2
        with ExitStack() as opened:
            for target in self._loaded(opened, "crowd"):
                quiet[target.name] = write_latency(target, bodies[:half], end_s, readers=0)
                busy[target.name] = write_latency(target, bodies[half:], end_s, readers=READERS)
        return [f"## Writes of 2,000 samples beside {READERS} heavy queries at once", "", *crowd_table(quiet, busy), ""]

    def growth(self) -> list[str]:
        """obsv alone, from half the usual number of series to fifty times as many."""
        sizes = ((self.series // 2, self.scrapes), (self.series * 5, 24), (self.series * 50, 6))
        found = [measure(series, scrapes, self.scratch, self.end_ms) for series, scrapes in sizes]
        return ["## Growth", "", *growth_table(found), ""]

    def cabinet(self) -> list[str]:
        """obsv's pages in a real Chromium."""
        return [
            "## The cabinet in Chromium",
            "",
            *cabinet_table(measure_cabinet(self.scratch / "cabinet", self.peers)),
            "",
        ]

    def rules(self) -> list[str]:
        """Alerting rules, half as many as there are series in the other parts."""
        count = self.series // 2
        seconds = 60 if self.runs == 1 else 180
        found = {
            name: cost(name, self.peers / "usr" / "bin", self.scratch / "rules", count, seconds) for name in SERVERS
        }
        return ["## Alerting rules", "", *rules_table(count, found), ""]


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
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="one run of a small workload")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    parser.add_argument("--write-docs", action="store_true", help=f"write {DOCS}")
    options = parser.parse_args()
    if not (options.peers / "usr" / "bin" / "prometheus").exists():
        parser.error(f"no peers in {options.peers}: tests/peers.sh {options.peers}")
    if options.quick:
        options.series, options.scrapes, options.runs, options.repeats = 2000, 48, 1, 5
    python = platform.python_version()
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {python}, {versions(options.peers)}"
    with tempfile.TemporaryDirectory(prefix="obsv-bench-") as scratch:
        bench = Bench(options, Path(scratch))
        out = [
            "# Benchmarks",
            "",
            f"Made by `make bench` on {time.strftime('%Y-%m-%d', time.gmtime())}: {machine}.",
            f"Client and servers share the machine; medians of {options.runs} runs with a fresh server each.",
            "Ratios hold from machine to machine, absolute figures do not.",
            "",
        ]
        for part in PARTS:
            if part in options.only:
                print(part, file=sys.stderr, flush=True)
                out += getattr(bench, part)()
    print("\n".join(out))
    if options.write_docs:
        DOCS.write_text("\n".join(out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
