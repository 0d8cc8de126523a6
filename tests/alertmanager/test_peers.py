"""A real Prometheus, a real vmalert and amtool speak to obsv as to an Alertmanager."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bench.servers import running
from tests.live import Live, appliance
from tests.ports import free_port

pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.timeout(180)]

RULES = """
groups:
  - name: web
    interval: 1s
    rules: [{alert: Always, expr: vector(1), labels: {severity: page}, annotations: {summary: it is so}}]
"""


def ask(live: Live, token: str, path: str) -> Any:
    request = urllib.request.Request(live.url + path, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def eventually(what: Callable[[], Any], within_s: float = 40) -> Any:
    deadline = time.monotonic() + within_s
    while not (found := what()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.2)
    return found


def test_prometheus_and_vmalert_send_here(tmp_path: Path, peers: Path) -> None:
    (tmp_path / "rules.yml").write_text(RULES)
    with appliance(tmp_path / "obsv") as live:
        token = live.token("alerts:read,alerts:write,metrics:read")
        port = free_port()
        (tmp_path / "prometheus.yml").write_text(f"""
global: {{evaluation_interval: 1s, external_labels: {{from: prometheus}}}}
rule_files: [{tmp_path}/rules.yml]
alerting:
  alertmanagers:
    - authorization: {{credentials: {token}}}
      static_configs: [{{targets: ["localhost:{live.port}"]}}]
""")
        command = [
            str(peers / "prometheus"), f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/tsdb",
            f"--web.listen-address=127.0.0.1:{port}", "--rules.alert.resend-delay=1s",
        ]  # fmt: skip
        with running(command, f"http://127.0.0.1:{port}/-/ready", tmp_path / "prometheus.log"):
            (alert,) = eventually(lambda: ask(live, token, "/api/v2/alerts"))
        assert alert["labels"] == {"alertname": "Always", "severity": "page", "from": "prometheus"}
        assert alert["annotations"] == {"summary": "it is so"}
        assert alert["generatorURL"].endswith("g0.tab=1")
        assert alert["status"]["state"] == "active"
        vmalert = [
            str(peers / "vmalert"), f"-rule={tmp_path}/rules.yml", f"-datasource.url={live.url}", f"-datasource.bearerToken={token}",
            f"-notifier.url={live.url}", f"-notifier.bearerToken={token}", "-evaluationInterval=1s", f"-httpListenAddr=127.0.0.1:{port}",
        ]  # fmt: skip
        with running(vmalert, f"http://127.0.0.1:{port}/health", tmp_path / "vmalert.log"):
            found = eventually(lambda: ask(live, token, '/api/v2/alerts?filter=alertgroup="web"'))
        assert found[0]["labels"]["alertname"] == "Always"


def test_amtool(tmp_path: Path, peers: Path) -> None:
    with appliance(tmp_path / "obsv") as live:
        token = live.token("alerts:read,alerts:write")
        (tmp_path / "http.yml").write_text(f"authorization: {{credentials: {token}}}\n")

        def amtool(*arguments: str) -> str:
            command = [
                str(peers / "amtool"), f"--alertmanager.url={live.url}", f"--http.config.file={tmp_path}/http.yml", *arguments,
            ]  # fmt: skip
            done = subprocess.run(command, capture_output=True, text=True, timeout=30, env={"HOME": str(tmp_path)})
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        amtool("alert", "add", "alertname=Disk", "instance=db1", "--annotation=summary=full")
        amtool("alert", "add", "alertname=Disk", "instance=db2")
        listed = json.loads(amtool("alert", "query", "-o", "json"))
        assert sorted(one["labels"]["instance"] for one in listed) == ["db1", "db2"]
        assert {one["receivers"][0]["name"] for one in listed} == {"owners"}
        silence = amtool(
            "silence", "add", "instance=~db1|db3", "--comment=work", "--author=ann", "--duration=1h"
        ).strip()
        assert [one["labels"]["instance"] for one in json.loads(amtool("alert", "query", "-o", "json"))] == ["db2"]
        (kept,) = json.loads(amtool("silence", "query", "-o", "json"))
        assert (kept["id"], kept["status"]["state"], kept["createdBy"]) == (silence, "active", "ann")
        assert [
            one["labels"]["instance"] for one in json.loads(amtool("alert", "query", "--silenced", "-o", "json"))
        ] == ["db1"]
        amtool("silence", "update", silence, "--duration=2h", "--comment=more")
        amtool("silence", "expire", silence)
        assert json.loads(amtool("silence", "query", "-o", "json")) == []
        assert len(json.loads(amtool("alert", "query", "-o", "json"))) == 2
        assert "receiver: owners" in amtool("config", "show")
        assert "owners" in amtool("config", "routes")
        amtool("cluster", "show")
