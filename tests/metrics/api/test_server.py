"""The Prometheus API of a running server beside its queries: what Prometheus' own clients ask and how it is answered."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zstandard

from obsv.metrics.api.encoding import chosen
from obsv.metrics.api.syntax import tree
from tests.bench.servers import running
from tests.live import Live, appliance
from tests.metrics.ingest.wire import series, snappy
from tests.ports import free_port


@dataclass
class Server:
    """A running server with a token that may do everything in its organisation."""

    live: Live
    token: str
    now: int
    """Time of the newest samples, Unix ms."""

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        given = {"Authorization": f"Bearer {self.token}"} | {k.replace("_", "-"): v for k, v in headers.items()}
        request = urllib.request.Request(self.live.url + path, method=method, headers=given)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()

    def data(self, path: str) -> Any:
        status, _, body = self.ask(path)
        answer = json.loads(body)
        assert (status, answer["status"]) == (200, "success"), answer
        return answer["data"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with appliance(tmp_path_factory.mktemp("obsv")) as live:
        token = live.token("metrics:read,metrics:write,admin:org")
        now = int(time.time() * 1000)
        server = Server(live, token, now)
        parts = [
            series({"__name__": "requests_total", "path": f"/{i}", "job": "web"}, [(now - 15_000, 1.0), (now, 2.0)])
            for i in range(40)
        ]
        parts.append(series({"__name__": "doomed", "job": "web"}, [(now, 1.0)]))
        parts.append(series({"__name__": "my.metric", "a b": 'quote " and \\'}, [(now, 1.5)]))
        request = urllib.request.Request(
            live.url + "/api/v1/write",
            data=snappy(b"".join(parts)),
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/x-protobuf",
                "Content-Encoding": "snappy",
            },
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 204
        yield server


def test_status(server: Server) -> None:
    assert server.data("/api/v1/status/flags")["query.lookback-delta"] == "5m"
    assert server.data("/api/v1/status/runtimeinfo")["storageRetention"]
    assert server.data("/api/v1/status/config") == {"yaml": ""}
    assert server.data("/api/v1/status/walreplay") == {"min": 0, "max": 0, "current": 0}
    assert server.data("/api/v1/alertmanagers") == {"activeAlertmanagers": [], "droppedAlertmanagers": []}
    assert server.data("/api/v1/targets") == {"activeTargets": [], "droppedTargets": [], "droppedTargetCounts": {}}
    assert server.data("/api/v1/targets/metadata") == []


def test_cardinality(server: Server) -> None:
    found = server.data("/api/v1/status/tsdb?limit=3")
    assert found["seriesCountByMetricName"][0] == {"name": "requests_total", "value": 40}
    assert {"name": "path", "value": 40} in found["labelValueCountByLabelName"]
    assert found["seriesCountByLabelValuePair"][0] == {"name": "job=web", "value": 41}
    assert found["headStats"]["numSeries"] >= 42
    assert all(len(rows) <= 3 for name, rows in found.items() if name != "headStats")
    status, _, body = server.ask("/api/v1/status/tsdb?limit=0")
    assert (status, json.loads(body)["errorType"]) == (400, "bad_data")


def test_answers_are_packed_for_who_takes_them(server: Server) -> None:
    path = f"/api/v1/query?query=requests_total&time={server.now / 1000}"
    plain = server.ask(path, Accept_Encoding="identity")
    assert "content-encoding" not in plain[1]
    status, headers, body = server.ask(path, Accept_Encoding="gzip, deflate")
    assert (status, headers["content-encoding"], int(headers["content-length"])) == (200, "gzip", len(body))
    assert json.loads(gzip.decompress(body))["data"] == json.loads(plain[2])["data"]
    _, headers, body = server.ask(path, Accept_Encoding="gzip, zstd")
    assert headers["content-encoding"] == "zstd"
    assert json.loads(zstandard.ZstdDecompressor().decompress(body))["data"] == json.loads(plain[2])["data"]
    assert "content-encoding" not in server.ask("/api/v1/query?query=1", Accept_Encoding="gzip")[1]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [(b"", ""), (b"gzip;q=0", ""), (b"GZIP", "gzip"), (b"br, zstd;q=0.5, gzip", "zstd"), (b"identity", "")],
)
def test_the_coding_is_one_that_is_wanted(accepted: bytes, coding: str) -> None:
    assert chosen(accepted) == coding


def test_federation(server: Server) -> None:
    match = urllib.parse.quote('{__name__=~"requests_total|my.metric"}')
    status, headers, body = server.ask(f"/federate?match[]={match}", Accept="text/plain;escaping=allow-utf-8")
    lines = body.decode().splitlines()
    assert status == 200
    assert headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8"
    assert lines.count("# TYPE requests_total untyped") == 1
    assert f'requests_total{{job="web",path="/7",instance=""}} 2 {server.now}' in lines
    assert f'{{"my.metric","a b"="quote \\" and \\\\",instance=""}} 1.5 {server.now}' in lines


@pytest.mark.peers
def test_a_prometheus_federates(server: Server, tmp_path: Path, peers: Path) -> None:
    port = free_port()
    config = tmp_path / "prometheus.yml"
    config.write_text(
        f"""
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: obsv
    honor_labels: true
    metrics_path: /federate
    params: {{"match[]": ['{{job="web"}}']}}
    authorization: {{credentials: {server.token}}}
    static_configs: [{{targets: ["{server.live.url.removeprefix("http://")}"]}}]
"""
    )
    command = [
        str(peers / "prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={tmp_path}/tsdb",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    theirs = f"http://127.0.0.1:{port}"
    with running(command, theirs + "/-/ready", tmp_path / "log"):
        deadline = time.monotonic() + 20
        found: list[Any] = []
        while time.monotonic() < deadline and len(found) < 40:
            time.sleep(0.5)
            with urllib.request.urlopen(theirs + "/api/v1/query?query=requests_total", timeout=5) as answer:
                found = json.load(answer)["data"]["result"]
    assert len(found) == 40
    assert {row["value"][1] for row in found} == {"2"}


def test_deleted_series_are_gone(server: Server) -> None:
    query = "/api/v1/query?query=doomed"
    assert len(server.data(query)["result"]) == 1
    assert server.ask("/api/v1/admin/tsdb/delete_series", "POST")[0] == 400
    assert server.ask("/api/v1/admin/tsdb/delete_series?match[]=doomed", "POST")[0] == 204
    assert server.data(query)["result"] == []
    assert len(server.data("/api/v1/query?query=requests_total")["result"]) == 40
    assert server.ask("/api/v1/admin/tsdb/clean_tombstones", "POST")[0] == 204


def test_a_snapshot_is_a_copy_that_starts_elsewhere(server: Server, tmp_path: Path) -> None:
    path = "/api/v1/admin/tsdb/snapshot"
    assert server.ask(path, "POST")[0] == 403
    admin = {"Authorization": "Bearer " + server.live.token("admin:instance")}
    status, _, body = server.ask(path + "?skip_head=x", "POST", **admin)
    assert (status, json.loads(body)) == (
        400,
        {
            "status": "error",
            "errorType": "bad_data",
            "error": 'invalid parameter "skip_head": unable to parse boolean: strconv.ParseBool: parsing "x": invalid syntax',
        },
    )
    status, _, body = server.ask(path + "?skip_head=false", "PUT", **admin)
    assert status == 200
    made = server.live.folder / "data/metrics/snapshots" / json.loads(body)["data"]["name"] / "blocks.sqlite"
    assert made.stat().st_size > 4096
    with appliance(tmp_path) as other:
        other.kill()
        shutil.rmtree(other.folder / "data/metrics")
        (other.folder / "data/metrics").mkdir()
        shutil.copy(made, other.folder / "data/metrics")
        other.start()
        copy = Server(other, other.token("metrics:read"), server.now)
        assert len(copy.data(f"/api/v1/query?query=requests_total&time={server.now / 1000}")["result"]) == 40


@pytest.mark.peers
def test_promtool_queries(server: Server, tmp_path: Path, peers: Path) -> None:
    http = tmp_path / "http.yml"
    http.write_text(f"authorization:\n  credentials: {server.token}\n")
    command = [str(peers / "promtool"), "query", "instant", f"--http.config.file={http}", server.live.url]
    made = subprocess.run([*command, "sum(requests_total)"], capture_output=True, text=True, timeout=30, check=False)
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("{} => 80 @")


def test_a_syntax_tree() -> None:
    assert tree("sum by (job) (rate(x{a!='b'}[5m] offset 1m)) > bool 1") == {
        "type": "binaryExpr",
        "op": ">",
        "lhs": {
            "type": "aggregation",
            "op": "sum",
            "expr": {
                "type": "call",
                "func": {"name": "rate", "argTypes": ["matrix"], "variadic": 0, "returnType": "vector"},
                "args": [
                    {
                        "type": "matrixSelector",
                        "name": "x",
                        "range": 300_000,
                        "offset": 60_000,
                        "matchers": [
                            {"type": "!=", "name": "a", "value": "b"},
                            {"type": "=", "name": "__name__", "value": "x"},
                        ],
                        "timestamp": None,
                        "startOrEnd": None,
                    }
                ],
            },
            "param": None,
            "grouping": ["job"],
            "without": False,
        },
        "rhs": {"type": "numberLiteral", "val": "1"},
        "matching": None,
        "bool": True,
    }
