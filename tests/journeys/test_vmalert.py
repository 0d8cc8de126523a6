"""A real vmalert asks obsv for its rules, stores what comes out there, and finds its state again after a restart."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.bench.servers import running
from tests.live import Live, appliance
from tests.metrics.ingest.wire import series, snappy
from tests.ports import free_port

pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.timeout(180)]

RULES = """
groups:
  - name: web
    interval: 1s
    rules:
      - record: job:requests:sum
        expr: sum by (job) (requests)
        labels: {team: web}
      - alert: Busy
        expr: job:requests:sum > 10
        for: 3s
        labels: {severity: page}
        annotations: {summary: "{{ $labels.job }} has {{ $value }}"}
      - alert: Calm
        expr: job:requests:sum < 10
"""


def ask(live: Live, token: str, query: str) -> Any:
    """The result of an instant query."""
    params = urllib.parse.urlencode({"query": query})
    request = urllib.request.Request(f"{live.url}/api/v1/query?{params}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]["result"]


def send(live: Live, token: str, *values: float) -> None:
    """Samples of each of two series, a second apart, the last one now."""
    at = int(time.time() * 1000)
    points = [(at - 1000 * i, value) for i, value in enumerate(reversed(values))][::-1]
    body = b"".join(series({"__name__": "requests", "job": "web", "i": i}, points) for i in "12")
    headers = {
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
        "Authorization": f"Bearer {token}",
    }
    with urllib.request.urlopen(
        urllib.request.Request(live.url + "/api/v1/write", snappy(body), headers), timeout=30
    ) as done:
        assert done.status == 204


@contextmanager
def vmalert(peers: Path, live: Live, token: str, folder: Path) -> Iterator[str]:
    """Its address; it has the token for all that it asks and writes."""
    port = free_port()
    folder.mkdir(exist_ok=True)
    (folder / "rules.yml").write_text(RULES)
    urls = [f"-{part}.url={live.url}" for part in ("datasource", "remoteWrite", "remoteRead")]
    tokens = [f"-{part}.bearerToken={token}" for part in ("datasource", "remoteWrite", "remoteRead")]
    command = [
        str(peers / "vmalert"), f"-rule={folder}/rules.yml", *urls, *tokens, "-notifier.blackhole", "-evaluationInterval=1s", "-rule.evalDelay=0",
        "-remoteWrite.flushInterval=200ms", f"-httpListenAddr=127.0.0.1:{port}", "-remoteRead.lookback=1h",
    ]  # fmt: skip
    base = f"http://127.0.0.1:{port}"
    with running(command, base + "/health", folder / "vmalert.log"):
        yield base


def alerts(base: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(base + "/api/v1/alerts", timeout=10) as answer:
        return list(json.load(answer)["data"]["alerts"])


def eventually(what: Callable[[], Any], within_s: float = 30) -> Any:
    """What something gives at last."""
    deadline = time.monotonic() + within_s
    while not (found := what()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.2)
    return found


def test_rules_of_vmalert(tmp_path: Path, peers: Path) -> None:
    with appliance(tmp_path / "obsv") as live:
        token = live.token("metrics:read,metrics:write")
        send(live, token, 8.0)
        with vmalert(peers, live, token, tmp_path / "one") as base:
            (recorded,) = eventually(lambda: ask(live, token, "job:requests:sum"))
            assert recorded["metric"] == {"__name__": "job:requests:sum", "job": "web", "team": "web"}
            assert recorded["value"][1] == "16"
            (firing,) = eventually(lambda: ask(live, token, 'ALERTS{alertstate="firing"}'))
            assert firing["metric"] | {"alertgroup": ""} == {
                "__name__": "ALERTS", "alertname": "Busy", "alertstate": "firing", "job": "web", "severity": "page",
                "team": "web", "alertgroup": "",
            }  # fmt: skip
            (shown,) = [one for one in alerts(base) if one["state"] == "firing"]
            assert shown["annotations"] == {"summary": "web has 16"}
            (since,) = ask(live, token, "ALERTS_FOR_STATE")
            began = float(since["value"][1])
            with urllib.request.urlopen(base + "/api/v1/rules", timeout=10) as answer:
                (group,) = json.load(answer)["data"]["groups"]
            assert [(rule["health"], rule["lastError"]) for rule in group["rules"]] == [("ok", "")] * 3
        send(live, token, 9.0)
        with vmalert(peers, live, token, tmp_path / "two") as base:
            restored = eventually(lambda: [one for one in alerts(base) if one["state"] == "firing"])[0]
            assert restored["activeAt"].startswith(time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(began)))
            send(live, token, 1.0)
            eventually(lambda: not ask(live, token, 'ALERTS{alertname="Busy"}'))
            assert eventually(lambda: ask(live, token, 'ALERTS{alertname="Calm",alertstate="firing"}'))


def test_vmalert_fills_in_the_past(tmp_path: Path, peers: Path) -> None:
    """In replay it asks for ranges and writes what its recording rules would have given."""
    with appliance(tmp_path / "obsv") as live:
        token = live.token("metrics:read,metrics:write")
        send(live, token, *(float(i) for i in range(300)))
        (tmp_path / "rules.yml").write_text(RULES)
        now = time.time()
        begin, end = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - ago)) for ago in (250, 10))
        command = [
            str(peers / "vmalert"), f"-rule={tmp_path}/rules.yml", f"-datasource.url={live.url}", f"-datasource.bearerToken={token}",
            f"-remoteWrite.url={live.url}", f"-remoteWrite.bearerToken={token}", f"-replay.timeFrom={begin}", f"-replay.timeTo={end}",
            "-replay.rulesDelay=100ms", "-replay.disableProgressBar", f"-httpListenAddr=127.0.0.1:{free_port()}",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        (row,) = ask(live, token, "job:requests:sum[5m]")
        assert row["metric"] == {"__name__": "job:requests:sum", "job": "web", "team": "web"}
        values = [float(value) for _, value in row["values"]]
        assert len(values) > 200
        assert {after - before for before, after in pairwise(values)} == {2.0}
