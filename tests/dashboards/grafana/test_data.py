"""Panels show data: dashboards over what a real agent sends to a real appliance."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

import obsv.dashboards
from obsv.dashboards.grafana import import_dashboard
from obsv.dashboards.model import Dashboard, Row
from tests.live import Live, appliance

BUILT_IN = Path(obsv.dashboards.__file__).with_name("builtin")


@dataclass
class Data:
    """An appliance that an agent has sent to for a while, and what it knows the host as."""

    live: Live
    token: str
    instance: str

    def ask(self, expr: str) -> list[object]:
        """The series of an expression."""
        url = f"{self.live.url}/api/v1/query?{urllib.parse.urlencode({'query': expr})}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)["data"]["result"]

    def wait_for(self, expr: str) -> None:
        """Until the expression has series."""
        deadline = time.monotonic() + 60
        while not self.ask(expr):
            assert time.monotonic() < deadline, expr
            time.sleep(0.5)

    def shown(self, dashboard: Dashboard, values: dict[str, str]) -> dict[str, bool]:
        """Of each panel, whether one of its queries has data."""
        values = {"instance": self.instance, "__rate_interval": "1m", "__interval": "15s", **values}

        def value(found: re.Match[str]) -> str:
            return values.get(found[1] or found[2], ".*")

        return {
            f"{panel.id} {panel.title}": any(
                self.ask(re.sub(r"\$\{(\w+)\}|\$(\w+)", value, query.expr)) for query in panel.queries
            )
            for panel in dashboard.panels
            if not isinstance(panel.view, Row)
        }


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Iterator[Data]:
    folder = tmp_path_factory.mktemp("data")
    with appliance(folder) as live:
        token = live.token()
        own = live.url.replace("://", f"://obsv:{token}@") + "/metrics"
        command = [sys.executable, "-m", "obsv", "agent", "--url", live.url, "--token", token, "--interval", "1s"]
        command += ["--name", "box", "--scrape", f"obsv={own}", "--state-dir", str(folder / "agent")]
        agent = subprocess.Popen(command)
        try:
            made = Data(live, token, "box")
            made.wait_for('count_over_time(node_load1[1m]) >= 4 and on () count_over_time(up{job="obsv"}[1m]) >= 4')
            yield made
        finally:
            agent.terminate()
            agent.wait(20)


def built_in(key: str) -> Dashboard:
    document = msgspec.json.decode((BUILT_IN / f"{key}.json").read_bytes())
    return msgspec.convert(document["dashboard"], Dashboard)


# What a virtual machine or container has not.
OF_HARDWARE = {"Temperatures", "Tracked connections", "Pressure", "Disk throughput", "Disk busy", "Disk operations"}
OF_HARDWARE |= {"Time of an operation", "Swap", "Clock", "Inodes used", "File systems", "Fullest file system"}


def test_the_host_dashboard_has_data(data):
    shown = data.shown(built_in("host"), {})
    empty = {key.partition(" ")[2] for key, there in shown.items() if not there}
    assert empty <= OF_HARDWARE
    assert sum(shown.values()) >= 15


def test_obsvs_own_dashboard_has_data(data):
    shown = data.shown(built_in("obsv"), {"instance": ".*"})
    empty = {key.partition(" ")[2] for key, there in shown.items() if not there}
    # Nothing was refused, scraped by the server itself, or evaluated by a rule.
    assert empty <= {"Refused samples", "Scrapes", "Evaluations of rules"}


def test_the_targets_dashboard_has_data(data):
    shown = data.shown(built_in("targets"), {"job": ".*"})
    empty = {key.partition(" ")[2] for key, there in shown.items() if not there}
    # All answer, and the agent leaves nothing out.
    assert empty <= {"Down now", "Down", "Samples left out", "New series"}


def test_node_exporter_full_has_data(data, conformance_dir):
    text = (conformance_dir / "grafana" / "node-exporter-full.json").read_text()
    shown = data.shown(import_dashboard(json.loads(text)).dashboard, {"job": "node", "node": "box", "nodename": ".*"})
    # On a virtual machine it is 112 of 125: fans, batteries, frequencies and the like are of others.
    assert sum(shown.values()) >= 100, sorted(key for key, there in shown.items() if not there)
