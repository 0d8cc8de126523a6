"""The public node-exporter dashboard finds its metrics."""

from __future__ import annotations

import json
import re

from obsv.agent.collectors import Collectors, Roots
from obsv.agent.collectors.processes import own_process
from obsv.agent.collectors.systemd import Systemd

ABSENT = {
    "node_kernel_hung_tasks",  # the exporter's own name ends in _total: the dashboard is wrong
    "node_textfile_scrape_error",  # there is no textfile collector
}
METRIC = re.compile(r"\b(node_[a-zA-Z0-9_]+|process_[a-z_]+)\b")


def expressions(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["expr"]] if isinstance(part.get("expr"), str) else []
        return own + [text for value in part.values() for text in expressions(value)]
    return [text for value in part for text in expressions(value)] if isinstance(part, list) else []


def test_node_exporter_full(conformance_dir, host):
    dashboard = json.loads((conformance_dir / "grafana" / "node-exporter-full.json").read_text())
    wanted = {name for text in expressions(dashboard) for name in METRIC.findall(text)}
    socket = "Id=a.socket\nNAccepted=1\nNConnections=1\nNRefused=1\n"
    systemd = Systemd(
        host, systemctl=lambda words: "a.socket loaded active listening A" if "show" not in words else socket
    )
    samples = [
        *Collectors(host, extra=["interrupts"]).collect(),
        *Collectors().collect(),
        *systemd(),
        *own_process(Roots()),
    ]
    names = {sample.name for sample in samples}
    assert len(wanted) > 200
    assert wanted - names <= ABSENT, sorted(wanted - names)
