"""promtool prints the same of obsv as of a real Prometheus with the same data."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from obsv.metrics.histograms import Histogram
from obsv.metrics.histograms import wire as histogram_wire
from tests.bench import servers
from tests.bench.load import load
from tests.bench.servers import Target
from tests.bench.workload import STEP_MS, Workload
from tests.metrics.ingest.wire import chunk, label, snappy

pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.timeout(240)]

FEATURES = "--enable-feature=native-histograms"
STEPS = 40


@dataclass
class Both:
    """The two servers, the promtool that asks them, and the second at which their data ends."""

    targets: tuple[Target, Target]
    promtool: Path
    folder: Path
    end_s: int

    def ask(self, target: Target, *arguments: str) -> subprocess.CompletedProcess[str]:
        """promtool's answer; `SERVER` among the arguments is the server's address."""
        config = self.folder / f"{target.name}.yml"
        token = target.headers.get("Authorization", "").removeprefix("Bearer ")
        config.write_text(f"authorization:\n  credentials: {token}\n" if token else "{}\n")
        filled = [one.replace("SERVER", target.base_url).replace("END", str(self.end_s)) for one in arguments]
        command = [str(self.promtool), "query", *filled[:1], f"--http.config.file={config}", *filled[1:]]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    def outputs(self, *arguments: str) -> list[tuple[int, list[str]]]:
        """Exit code and sorted lines of each."""
        answers = [self.ask(target, *arguments) for target in self.targets]
        return [(one.returncode, sorted((one.stdout + one.stderr).splitlines())) for one in answers]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, peers: Path) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("promtool")
    workload = Workload(600, STEPS, int(time.time()) * 1000, batch=600)
    work = list(workload.bodies())
    end_s = (workload.end_ms - STEP_MS) // 1000
    with servers.obsv(folder / "obsv") as ours, servers.prometheus(peers, folder / "prometheus", FEATURES) as theirs:
        for target in (ours, theirs):
            load(target, work, 1, lanes=1, settle_s=0)
            write(target, native(end_s))
        yield Both((ours, theirs), peers / "promtool", folder, end_s)


def native(end_s: int) -> bytes:
    labels = label("__name__", "native_seconds") + label("job", "web")
    points = [
        chunk(4, histogram_wire.encode((end_s - 15 * s) * 1000, Histogram(0, (99 - s) * 3.0, 1.0, 0.001, 0.0, {0: 99.0 - s, 3: 198.0 - 2 * s})))
        for s in reversed(range(STEPS))
    ]  # fmt: skip
    return chunk(1, labels + b"".join(points))


def write(target: Target, message: bytes) -> None:
    headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", **target.headers}
    with urllib.request.urlopen(urllib.request.Request(target.write_url, snappy(message), headers), timeout=30) as done:
        assert done.status == 204


RANGE = ("--start=END", "--end=END", "--step=15s")
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("instant", "--time=END", "SERVER", "node_load1"),
    ("instant", "--time=END", "SERVER", "sum by (region) (rate(http_requests_total[1m]))"),
    ("instant", "--time=END", "SERVER", "native_seconds"),
    ("instant", "--time=END", "SERVER", "histogram_quantile(0.9, rate(native_seconds[2m]))"),
    ("instant", "--time=END", "SERVER", "1 + 1"),
    ("instant", "--time=END", "SERVER", "'text'"),
    ("instant", "--time=END", "SERVER", "node_load1[30s]"),
    ("instant", "--time=END", "SERVER", "rate(node_load1[1m])"),
    ("instant", "--time=END", "SERVER", "sum("),
    ("range", *RANGE, "SERVER", "node_load1"),
    ("range", "--start=1", "--end=99999", "--step=1s", "SERVER", "up"),
    ("range", *RANGE, "SERVER", "up[1m]"),
    ("series", "--match=up", "--match=node_load1", "SERVER"),
    ("series", "--match=node_load1", "--start=1", "--end=END", "SERVER"),
    ("series", "--match={", "SERVER"),
    ("labels", "SERVER", "region"),
    ("labels", "SERVER", "__name__", "--match=up"),
    ("labels", "SERVER", "nothing"),
    (
        "analyze",
        "--server=SERVER",
        "--type=histogram",
        "--match=http_request_seconds_bucket",
        "--duration=5m",
        "--time=END",
    ),
    ("analyze", "--server=SERVER", "--type=histogram", "--match=native_seconds", "--duration=5m", "--time=END"),
    ("analyze", "--server=SERVER", "--type=histogram", "--match=nothing", "--duration=5m", "--time=END"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:1] + command[-1:]))
def test_promtool_prints_the_same(both: Both, command: tuple[str, ...]) -> None:
    ours, theirs = both.outputs(*command)
    addresses = [target.base_url for target in both.targets]
    assert (ours[0], [line.replace(addresses[0], "SERVER") for line in ours[1]]) == (
        theirs[0],
        [line.replace(addresses[1], "SERVER") for line in theirs[1]],
    )
    assert ours[1] or command[-1] == "nothing"


def test_promtool_prints_json(both: Both) -> None:
    answers: list[Any] = []
    for target in both.targets:
        done = both.ask(target, "instant", "-o", "json", "--time=END", "SERVER", "node_load1")
        assert done.returncode == 0, done.stderr
        answers.append(sorted(json.loads(done.stdout), key=lambda row: sorted(row["metric"].items())))
    assert answers[0] == answers[1]
    assert answers[0]
