"""Alerting rules at work: evaluations that were missed, how long they take, and what CPU they cost beside Prometheus."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.bench.process import PeakMemory, usage
from tests.bench.servers import running
from tests.metrics.ingest.wire import series, snappy
from tests.ports import free_port

OF_A_RULE = 10
"""Series that one rule looks at."""
OF_A_GROUP = 20
INTERVAL_S, SEND_S = 60, 30
EXPRESSIONS = (
    'bench_gauge{{set="{n}"}} > 95',
    'sum by (set) (rate(bench_total{{set="{n}"}}[5m])) > 1e6',
    'avg_over_time(bench_gauge{{set="{n}"}}[5m]) > 99',
    'max by (set) (bench_gauge{{set="{n}"}}) < 1 or sum by (set) (bench_total{{set="{n}"}}) < 0',
    'bench_gauge{{set="{n}"}} / on (set, instance) bench_total{{set="{n}"}} > 1e9',
)


@dataclass(frozen=True)
class RuleCost:
    """What a server needed: shares of one core with and without rules, evaluations left out, times in s."""

    idle: float
    busy: float
    missed: int
    slowest_s: float
    evaluation_ms: float
    rss_mb: float
    firing: int


def write_rules(path: Path, rules: int) -> None:
    """Groups of alerting rules; a few of their alerts fire."""
    lines = ["groups:"]
    for n in range(rules):
        if n % OF_A_GROUP == 0:
            lines += [f"- name: g{n // OF_A_GROUP}", f"  interval: {INTERVAL_S}s", "  rules:"]
        lines += [
            f"  - alert: A{n}",
            f"    expr: '{EXPRESSIONS[n % len(EXPRESSIONS)].format(n=n)}'",
            "    for: 1m",
            "    labels: {severity: page}",
            "    annotations: {summary: '{{ $labels.instance }} has {{ $value | humanize }}'}",
        ]
    path.write_text("\n".join(lines) + "\n")


def bodies(rules: int, at_ms: int, tick: int) -> Iterator[bytes]:
    """One sample of each series: half gauges, half counters."""
    made: list[bytes] = []
    for n in range(rules):
        for i in range(OF_A_RULE // 2):
            labels = {"job": "bench", "set": str(n), "instance": f"i{i}"}
            value = (n * 7 + i * 13 + tick) % 97
            made += (
                series({"__name__": "bench_gauge", **labels}, [(at_ms, float(value))]),
                series({"__name__": "bench_total", **labels}, [(at_ms, float(tick * 100 + i))]),
            )
        if len(made) >= 2000:
            yield snappy(b"".join(made))
            made.clear()
    if made:
        yield snappy(b"".join(made))


class Feed(threading.Thread):
    """Sends a sample of each series every half minute."""

    def __init__(self, url: str, headers: dict[str, str], rules: int) -> None:
        super().__init__(daemon=True)
        self.url, self.headers, self.rules, self.ended, self.tick = urlsplit(url), headers, rules, threading.Event(), 0

    def send(self, at_ms: int) -> None:
        """One sample of each series."""
        connection = http.client.HTTPConnection(self.url.hostname or "", self.url.port, timeout=120)
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", **self.headers}
        for body in bodies(self.rules, at_ms, self.tick):
            connection.request("POST", self.url.path, body, headers)
            answer = connection.getresponse()
            if answer.status >= 300:
                raise RuntimeError(f"{answer.status} {answer.read(200)!r}")
            answer.read()
            # Spread as senders are, so that the load is even.
            time.sleep(SEND_S * 0.5 * 2000 / (self.rules * OF_A_RULE) if not self.ended.is_set() else 0)
        connection.close()
        self.tick += 1

    def run(self) -> None:
        """Until it is ended."""
        while not self.ended.is_set():
            begun = time.monotonic()
            self.send(int(time.time() * 1000))
            self.ended.wait(max(0.0, SEND_S - (time.monotonic() - begun)))


@contextmanager
def prometheus(peers: Path, folder: Path, rules: Path | None) -> Iterator[tuple[int, str, str, dict[str, str]]]:
    """(process, address, where to write, headers)."""
    port = free_port()
    folder.mkdir(parents=True)
    (folder / "prometheus.yml").write_text(f"rule_files: ['{rules}']\n" if rules else "{}\n")
    base = f"http://127.0.0.1:{port}"
    command = [
        str(peers / "prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver", "--log.level=error",
    ]  # fmt: skip
    with running(command, base + "/-/ready", folder / "log") as process:
        yield process.pid, base, base + "/api/v1/write", {}


@contextmanager
def obsv(_: Path, folder: Path, rules: Path | None) -> Iterator[tuple[int, str, str, dict[str, str]]]:
    """The same of obsv."""
    port = free_port()
    folder.mkdir(parents=True)
    config = folder / "obsv.toml"
    config.write_text(f'[[metrics.rules]]\norg = "operator"\nfiles = ["{rules}"]\n' if rules else "")
    env = {
        "OBSV_DATA_DIR": str(folder / "data"),
        "OBSV_AGENT__SELF": "false",
        "OBSV_SERVER__PORT": str(port),
        "OBSV_LOG__LEVEL": "warning",
    }
    base, command = f"http://localhost:{port}", [sys.executable, "-m", "obsv"]
    with running([*command, "serve", "--config", str(config)], base + "/readyz", folder / "log", env) as process:
        scopes = "metrics:read,metrics:write,alerts:read,admin:instance"
        made = subprocess.run(
            [*command, "admin", "create-token", "--org", "operator", "--name", "b", "--json", "--scopes", scopes],
            env=os.environ | env, check=True, capture_output=True,
        )  # fmt: skip
        headers = {"Authorization": "Bearer " + json.loads(made.stdout)["token"]}
        yield process.pid, base, base + "/api/v1/write", headers


SERVERS = {"Prometheus": prometheus, "obsv": obsv}


def _get(base: str, path: str, headers: dict[str, str]) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(base + path, headers=headers), timeout=120) as answer:
        body: bytes = answer.read()
        return body


def _missed(text: str) -> int:
    """Evaluations that were left out, as the server counts them."""
    names = ("prometheus_rule_group_iterations_missed_total", "obsv_rule_group_iterations_missed_total")
    return round(sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(names)))


def _share(pid: int, seconds: float) -> float:
    """The share of one core that it takes over a time."""
    before, begun = usage(pid)[0], time.monotonic()
    time.sleep(seconds)
    return (usage(pid)[0] - before) / (time.monotonic() - begun)


def cost(name: str, peers: Path, scratch: Path, rules: int, seconds: float) -> RuleCost:
    """Measure one server without rules and with them, each time over so many seconds."""
    scratch.mkdir(parents=True, exist_ok=True)
    file = scratch / "rules.yml"
    write_rules(file, rules)
    shares: list[float] = []
    result: dict[str, Any] = {}
    for part, own in (("idle", None), ("busy", file)):
        with SERVERS[name](peers, scratch / f"{name}-{part}", own) as (pid, base, write_url, headers):
            feed = Feed(write_url, headers, rules)
            watch = PeakMemory(pid)
            watch.start()
            feed.start()
            # Every group has had its first turn then, and all templates and series are there.
            time.sleep(INTERVAL_S + 45)
            shares.append(_share(pid, seconds))
            feed.ended.set()
            feed.join()
            result["rss"] = watch.stop() / 1e6
            if own is not None:
                groups = json.loads(_get(base, "/api/v1/rules", headers))["data"]["groups"]
                times = [float(rule["evaluationTime"]) for group in groups for rule in group["rules"]]
                wrong = [rule["lastError"] for group in groups for rule in group["rules"] if rule["health"] != "ok"]
                assert not wrong, wrong[:3]
                result["firing"] = sum(len(rule["alerts"]) for group in groups for rule in group["rules"])
                result["slowest"] = max(float(group["evaluationTime"]) for group in groups)
                result["mean"] = sum(times) / len(times) * 1000
                result["missed"] = _missed(_get(base, "/metrics", headers).decode())
    return RuleCost(*shares, result["missed"], result["slowest"], result["mean"], result["rss"], result["firing"])


def rules_table(rules: int, found: dict[str, RuleCost]) -> list[str]:
    """Markdown."""
    lines = [
        f"{rules:,} alerting rules in groups of {OF_A_GROUP}, every {INTERVAL_S} s, over {rules * OF_A_RULE:,} series with a",
        f"sample every {SEND_S} s. A rule looks at {OF_A_RULE} series at the most; CPU is the share of one core.",
        "",
        "| | CPU without rules | CPU with rules | evaluations missed | slowest group, s | mean of a rule, ms | memory, MB | active alerts |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, one in found.items():
        lines.append(
            f"| {name} | {one.idle:.2f} | {one.busy:.2f} | {one.missed} | {one.slowest_s:.2f} | {one.evaluation_ms:.2f} "
            f"| {one.rss_mb:.0f} | {one.firing} |"
        )
    return lines
