"""Dashboards over the fleet's metrics: one with each kind of panel, one with variables and rows."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

Document = dict[str, Any]
SCOPES: Final = "dashboards:read,dashboards:write"
_CPU: Final = 'sum by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[$__rate_interval]))'
_USED: Final = '1 - node_filesystem_avail_bytes{mountpoint="/"} / node_filesystem_size_bytes{mountpoint="/"}'
_LEVELS: Final = [{"color": "ok"}, {"value": 0.7, "color": "warn"}, {"value": 0.9, "color": "bad"}]


def _panel(
    number: int, title: str, view: Mapping[str, object], grid: tuple[int, int, int, int], **more: object
) -> Document:
    x, y, w, h = grid
    return {"id": number, "title": title, "view": view, "grid": {"x": x, "y": y, "w": w, "h": h}, **more}


def _ask(expr: str, legend: str = "{{instance}}", **more: object) -> list[Document]:
    return [{"expr": expr, "legend": legend, **more}]


KINDS: Final[Document] = {
    "key": "kinds",
    "title": "Every kind of panel",
    "description": "One panel of each kind, over the fleet.",
    "tags": ["fleet", "example"],
    "annotations": [{"name": "Deploys", "tags": ["deploy"]}],
    "links": [{"title": "Hosts", "url": "/app/operator/hosts"}],
    "panels": [
        _panel(
            *(1, "CPU by host", {"kind": "timeseries", "legend": {"calcs": ["last-not-null", "max"]}}, (0, 0, 12, 9)),
            description="Cores in use.",
            queries=_ask(_CPU),
            links=[{"title": "Hosts", "url": "/app/operator/hosts"}],
        ),
        _panel(
            *(2, "Network", {"kind": "timeseries"}, (12, 0, 12, 9)),
            queries=[
                *_ask('rate(node_network_receive_bytes_total{instance=~"web.*"}[$__rate_interval])', "{{instance}} in"),
                {
                    "ref": "B",
                    "expr": 'rate(node_network_transmit_bytes_total{instance=~"web.*"}[$__rate_interval])',
                    "legend": "{{instance}} out",
                },
            ],
            field={"unit": "Bps", "fill": 12},
            overrides=[{"by": "ref", "match": "B", "set": {"negate": True}}],
        ),
        _panel(
            *(3, "Hosts", {"kind": "stat", "spark": True}, (0, 9, 4, 4)),
            queries=_ask("count(node_uname_info)"),
        ),
        _panel(
            *(4, "Disks", {"kind": "stat", "color": "background"}, (4, 9, 12, 4)),
            queries=_ask(_USED, at="instant"),
            field={"unit": "percentunit", "thresholds": _LEVELS},
        ),
        _panel(
            *(5, "Fullest disk", {"kind": "gauge", "labels": True}, (16, 9, 4, 6)),
            queries=_ask(f"max({_USED})"),
            field={"unit": "percentunit", "thresholds": _LEVELS},
        ),
        _panel(
            *(
                6,
                "Memory",
                {"kind": "pie", "donut": True, "labels": ["percent"], "legend_values": ["value"]},
                (20, 9, 4, 6),
            ),
            queries=_ask("node_memory_MemTotal_bytes", at="instant"),
            field={"unit": "bytes"},
        ),
        _panel(
            *(7, "Disk usage", {"kind": "bargauge", "style": "gradient"}, (0, 13, 8, 7)),
            queries=_ask(_USED, at="instant"),
            field={"unit": "percentunit", "thresholds": _LEVELS},
        ),
        _panel(
            *(8, "Hosts in rows", {"kind": "table", "sort": [{"column": "Disk", "descending": True}]}, (0, 20, 12, 8)),
            queries=[
                {"ref": "A", "expr": f"max by (instance) ({_USED})", "at": "instant"},
                {"ref": "B", "expr": "max by (instance) (node_memory_MemTotal_bytes)", "at": "instant"},
            ],
            overrides=[
                {
                    "match": "Value #A",
                    "set": {"name": "Disk", "unit": "percentunit", "cell": "gauge", "thresholds": _LEVELS},
                },
                {"match": "Value #B", "set": {"name": "Memory", "unit": "bytes"}},
                {
                    "match": "instance",
                    "set": {"name": "Host", "links": [{"title": "Host", "url": "/app/operator/hosts/${__value.raw}"}]},
                },
            ],
        ),
        _panel(
            *(9, "Busy", {"kind": "state-timeline"}, (8, 15, 16, 5)),
            queries=_ask(f"({_CPU} > bool 1.5)"),
            field={
                "mappings": [
                    {"kind": "value", "value": "0", "text": "calm", "color": "ok"},
                    {"kind": "value", "value": "1", "text": "busy", "color": "warn"},
                ]
            },
        ),
        _panel(
            *(10, "Load as a heatmap", {"kind": "heatmap"}, (12, 20, 12, 8)),
            queries=_ask("rate(node_cpu_seconds_total[$__rate_interval])"),
        ),
        _panel(
            *(11, "How often which load", {"kind": "histogram", "combine": True}, (0, 28, 8, 7)),
            queries=_ask("node_load1"),
        ),
        _panel(
            *(12, "Stacked", {"kind": "timeseries", "legend": {"place": "right"}}, (8, 28, 10, 7)),
            queries=_ask('sum by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[$__rate_interval]))', "{{mode}}"),
            field={
                "stack": "normal",
                "fill": 60,
                "threshold_marks": "dashed",
                "thresholds": [{"color": "ok"}, {"value": 8, "color": "bad"}],
            },
        ),
        _panel(
            *(
                13,
                "Notes",
                {"kind": "text", "markdown": "# Runbook\n\n- **Ask** [the docs](/docs)\n- `restart` it\n\n<b>raw</b>"},
                (18, 28, 6, 7),
            ),
        ),
        _panel(
            *(
                14,
                "Was elsewhere",
                {"kind": "placeholder", "was": "canvas", "reason": "It draws freely."},
                (0, 35, 8, 4),
            ),
        ),
        _panel(
            *(15, "Empty", {"kind": "timeseries"}, (8, 35, 8, 4)),
            queries=_ask("nothing_sends_this"),
        ),
    ],
}

CHAINED: Final[Document] = {
    "key": "chained",
    "title": "Fleet by host",
    "folder": "Fleet",
    "tags": ["fleet"],
    "time": {"start": "now-30m", "end": "now"},
    "variables": [
        {"name": "job", "query": "label_values(node_uname_info, job)"},
        {"name": "host", "label": "Host", "query": 'label_values(node_uname_info{job="$job"}, instance)', "multi": True, "all": True, "value": ["$__all"]},
        {"name": "every", "label": "Every", "kind": "interval", "options": [{"value": "auto"}, {"value": "1m"}, {"value": "5m"}]},
        {"name": "floor", "label": "Floor", "kind": "text", "value": ["0"]},
        {"name": "only", "label": "Filter", "kind": "filters"},
    ],
    "panels": [
        _panel(1, "Load of $host", {"kind": "timeseries"}, (0, 0, 24, 7), queries=_ask('node_load1{instance=~"$host"} > $floor')),
        _panel(2, "Each host", {"kind": "row"}, (0, 7, 24, 1)),
        _panel(
            *(3, "$host", {"kind": "timeseries", "legend": {"show": False}}, (0, 8, 8, 6)),
            queries=_ask('rate(node_cpu_seconds_total{instance=~"$host",mode="user"}[$every])', "{{cpu}}"),
            repeat={"variable": "host", "most": 3},
        ),
        _panel(4, "Folded", {"kind": "row", "folded": True}, (0, 20, 24, 1)),
        _panel(5, "Processes", {"kind": "stat"}, (0, 21, 6, 4), queries=_ask("sum(node_processes_pids)", "")),
    ],
}  # fmt: skip


def _send(url: str, token: str, path: str, body: object) -> None:
    request = urllib.request.Request(
        f"{url}/api/obsv/v1{path}",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 201, answer.status


def make_all(url: str, token: str) -> None:
    """Keep them, as a script would, and note a deploy some minutes ago."""
    for document in (KINDS, CHAINED):
        _send(url, token, "/dashboards", {"dashboard": document})
    _send(
        url,
        token,
        "/events",
        {"title": "Deployed 1.4", "time": int(time.time() * 1000) - 1_200_000, "tags": ["deploy"]},
    )
