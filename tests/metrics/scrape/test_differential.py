"""obsv and a real Prometheus scrape the same targets and evaluate the same rule files: the same series."""

from __future__ import annotations

import functools
import json
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.bench.servers import running
from tests.live import Live
from tests.ports import free_port

pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.timeout(120)]

TIMES = {"scrape_duration_seconds"}
Series = tuple[tuple[str, str], ...]

PAGE = r"""# HELP requests_total Help with "quotes" and \\ and \n a line.
# TYPE requests_total counter
requests_total{code="200",path="/a\"b\\c\n",} 1027
requests_total{code="500"} 3e0
requests_total{code="404",job="their own",instance="",exported_job="older"} 7
# TYPE queue gauge
queue{kind="MiXed"} +Inf
queue{kind="dropped"} 2
queue{kind="ghost"} NaN
{"utf8.näme","a.b"="c"} 4
# TYPE lag_seconds histogram
lag_seconds_bucket{le="0.1"} 1
lag_seconds_bucket{le="+Inf"} 2
lag_seconds_sum 3
lag_seconds_count 2
"""

OPEN = """# TYPE calls counter
# UNIT calls_seconds seconds
calls_total{code="1"} 5 # {trace_id="x"} 0.5
# TYPE build info
build_info{version="1.2"} 1
# EOF
"""

RULES = """
groups:
  - name: first
    interval: 1s
    labels: {tier: gold, gone: x}
    rules:
      - record: code:requests:sum
        expr: sum by (code) (requests_total)
      - record: code:requests:twice
        expr: "code:requests:sum  *2"
        labels: {tier: silver, gone: "", code: all}
      - record: code:requests:relabelled
        expr: code:requests:sum{code="500"} * 3
        labels: {code: all}
      - record: one:number
        expr: 1 + 1
      - record: instance:queue:max
        expr: max by (instance, job) (queue != Inf)
      - record: a_string
        expr: '"text"'
      - record: sum:of:flapping
        expr: sum by (turn) (flapping)
  - name: limited
    interval: 1s
    limit: 2
    rules:
      - record: too:many
        expr: requests_total
      - record: just:enough
        expr: requests_total{code=~"200|500",job="page"}
  - name: behind
    interval: 1s
    query_offset: 2s
    rules:
      - record: behind:up
        expr: up
  - name: with alerts
    rules:
      - alert: Kept
        expr: up == 0
        for: 5m
        annotations: {summary: "down {{ $labels.instance }}"}
"""

RELABEL = [
    {"source_labels": ["__address__"], "regex": r"(.+):\d+", "target_label": "host"},
    {"action": "labelmap", "regex": "meta_(.+)", "replacement": "m_$1"},
    {"action": "hashmod", "source_labels": ["__address__"], "modulus": 7, "target_label": "shard"},
]
METRIC_RELABEL = [
    {"action": "drop", "source_labels": ["__name__", "kind"], "regex": "queue;dropped"},
    {"action": "lowercase", "source_labels": ["kind"], "target_label": "kind"},
    {"action": "labeldrop", "regex": "version"},
]


@dataclass
class Pages:
    """What the targets answer by path."""

    port: int = 0
    pages: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])


@pytest.fixture
def pages() -> Iterator[Pages]:
    made = Pages()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, text = made.pages.get(self.path.partition("?")[0], ("", ""))
            self.send_response(200 if text else 500)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@dataclass
class Side:
    """One of the two servers."""

    url: str
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def ask(self, path: str, **params: str) -> Any:
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(params)}"
        with urllib.request.urlopen(urllib.request.Request(url, headers=self.headers), timeout=20) as reply:
            return json.load(reply)["data"]

    def series(self, query: str) -> dict[Series, str]:
        found = self.ask("query", query=query)["result"]
        return {tuple(sorted(one["metric"].items())): one["value"][1] for one in found}


@pytest.fixture
def sides(tmp_path: Path, peers: Path, pages: Pages) -> Iterator[tuple[Side, Side]]:
    """obsv and Prometheus with the same configuration, each in its own words."""
    pages.pages = {
        "/metrics": ("text/plain; version=0.0.4", PAGE),
        "/open": ("application/openmetrics-text; version=1.0.0; charset=utf-8", OPEN),
        "/flapping": ("text/plain", 'flapping{turn="0"} 1\n'),
        "/broken": ("text/plain", "a 1\nb b b\n"),
    }
    exporter, own = free_port(), free_port()
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "sd.yml").write_text(
        f"- targets: ['127.0.0.1:{pages.port}']\n  labels: {{meta_x: 1.10, env: yes, __metrics_path__: /metrics}}\n"
    )
    here = f"127.0.0.1:{pages.port}"
    jobs: list[dict[str, Any]] = [
        {"job": "node", "targets": [f"127.0.0.1:{exporter}"]},
        {"job": "page", "file_sd": [f"{tmp_path}/sd.yml"], "relabel": RELABEL, "metric_relabel": METRIC_RELABEL},
        {"job": "honoured", "targets": [here], "labels": {"code": "mine"}, "honor_labels": True},
        {"job": "open", "targets": [here], "path": "/open", "params": {"a": ["1", "2"]}},
        {"job": "flapping", "targets": [here], "path": "/flapping"},
        {"job": "broken", "targets": [here, "127.0.0.1:1"], "path": "/broken"},
        {"job": "limited", "targets": [here], "sample_limit": 3},
        {"job": "labels", "targets": [here], "label_limit": 4},
    ]  # fmt: skip
    command = [
        str(peers / "prometheus-node-exporter"),
        f"--web.listen-address=127.0.0.1:{exporter}",
        "--collector.disable-defaults",
        "--collector.uname",
        "--collector.filesystem",
        "--log.level=error",
    ]
    (tmp_path / "prometheus.yml").write_text(json.dumps(in_prometheus_words(jobs, tmp_path)))
    prometheus = [
        str(peers / "prometheus"), f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{own}", "--log.level=error",
    ]  # fmt: skip
    (tmp_path / "obsv.toml").write_text(in_toml(jobs, tmp_path))
    live = Live(tmp_path, options=("--config", str(tmp_path / "obsv.toml")), env={"OBSV_EGRESS__HOSTS": "127.0.0.1"})
    base = f"http://127.0.0.1:{own}"
    with (
        running(command, f"http://127.0.0.1:{exporter}/", tmp_path / "exporter.log"),
        running(prometheus, base + "/-/ready", tmp_path / "prometheus.log"),
    ):
        live.start()
        try:
            yield Side(live.url, {"Authorization": f"Bearer {live.token()}"}), Side(base)
        finally:
            live.stop()


def in_prometheus_words(jobs: list[dict[str, Any]], folder: Path) -> dict[str, Any]:
    words = {
        "job": "job_name",
        "path": "metrics_path",
        "relabel": "relabel_configs",
        "metric_relabel": "metric_relabel_configs",
    }
    made = []
    for job in jobs:
        one = {
            words.get(name, name): value for name, value in job.items() if name not in ("targets", "labels", "file_sd")
        }
        one |= (
            {"static_configs": [{"targets": job["targets"], "labels": job.get("labels", {})}]}
            if "targets" in job
            else {}
        )
        one |= {"file_sd_configs": [{"files": job["file_sd"]}]} if "file_sd" in job else {}
        made.append(one)
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [f"{folder}/rules.yml"],
        "scrape_configs": made,
    }


def in_toml(jobs: list[dict[str, Any]], folder: Path) -> str:
    def literal(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{json.dumps(k)} = {literal(v)}" for k, v in value.items()) + "}"
        return json.dumps(value)

    lines: list[str] = []
    for job in jobs:
        lines += ["[[scrape]]", 'org = "operator"', 'interval = "1s"', 'timeout = "1s"']
        lines += [f"{name} = {literal(value)}" for name, value in job.items() if not name.endswith("relabel")]
        for kind in ("relabel", "metric_relabel"):
            for rule in job.get(kind, ()):
                lines += [f"[[scrape.{kind}]]", *(f"{name} = {literal(value)}" for name, value in rule.items())]
    lines += ["[[metrics.rules]]", 'org = "operator"', f'files = ["{folder}/rules.yml"]', 'interval = "1s"']
    return "\n".join(lines) + "\n"


def eventually(check: Callable[[], object], seconds: float = 20) -> None:
    """Repeat until `check` returns nothing; what it returned last is the failure."""
    deadline = time.monotonic() + seconds
    while wrong := check():
        assert time.monotonic() < deadline, wrong
        time.sleep(0.5)


def difference(ours: Side, theirs: Side, query: str) -> str:
    """ "" where both have the same series with the same values (times and what moves: the same series)."""
    one, other = ours.series(query), theirs.series(query)
    only = [f"obsv alone: {key}" for key in one if key not in other] + [
        f"Prometheus alone: {key}" for key in other if key not in one
    ]
    wrong = [
        f"{key}: {one[key]} against {other[key]}"
        for key in one
        if key in other
        and one[key] != other[key]
        and dict(key)["__name__"] not in TIMES
        and dict(key).get("job") != "node"
    ]
    return "\n".join(only + wrong)[:3000]


# Alerts are not evaluated yet; a broken page has no samples here, and those before the broken line in Prometheus.
NOT_OURS = "ALERTS.*|go_.*|process_.*|promhttp_.*|node_scrape_collector_.*"
EVERYTHING = f'{{__name__=~".+",__name__!~"{NOT_OURS}"}} unless {{__name__=~"scrape_samples_.*",job="broken"}}'


def has_turned(side: Side, name: str, turn: int) -> str:
    """ "" once a metric has the one series of a turn, and the one before has ended."""
    found = {(dict(key)["turn"], value) for key, value in side.series(name).items()}
    return "" if found == {(str(turn), str(turn))} else f"{side.url} {name} {turn}: {found}"


def test_the_same_series(sides: tuple[Side, Side], pages: Pages) -> None:
    ours, theirs = sides
    eventually(lambda: "" if len(theirs.series(EVERYTHING)) > 80 else "Prometheus has nothing yet")
    # By the second scrape of each no series is new.
    eventually(lambda: difference(ours, theirs, EVERYTHING))
    assert len(ours.series('{job="page"}')) == len(theirs.series('{job="page"}')) > 10
    assert len(ours.series('{__name__=~".+:.+"}')) > 8
    for turn in (1, 2):
        pages.pages["/flapping"] = ("text/plain", f'flapping{{turn="{turn}"}} {turn}\n')
        for side in sides:
            for name in ("flapping", "sum:of:flapping"):
                eventually(functools.partial(has_turned, side, name, turn))
    pages.pages["/flapping"] = ("text/plain", "# nothing\n")
    eventually(lambda: [key for side in sides for key in side.series('{__name__=~"flapping|sum:of:flapping"}')])
    eventually(lambda: difference(ours, theirs, EVERYTHING))


def test_the_list_of_rules(sides: tuple[Side, Side]) -> None:
    ours, theirs = sides
    eventually(lambda: "" if all(shape(side.ask("rules", type="record"))[1] for side in sides) else "not evaluated yet")
    eventually(
        lambda: (
            ""
            if shape(ours.ask("rules", type="record"))[0] == shape(theirs.ask("rules", type="record"))[0]
            else f"{ours.ask('rules')}\n{theirs.ask('rules')}"
        )
    )
    for params in (
        {"rule_name[]": "too:many"}, {"rule_group[]": "behind"}, {"match[]": '{tier="silver"}'}, {"file[]": "none"},
        {"rule_name[]": "behind:up", "rule_group[]": "first"}, {"group_limit": "2"},
    ):  # fmt: skip
        answers = [side.ask("rules", type="record", **params) for side in sides]
        assert shape(answers[0])[0] == shape(answers[1])[0], params
        assert ("groupNextToken" in answers[0]) == ("groupNextToken" in answers[1])


def shape(answer: dict[str, Any]) -> tuple[Any, bool]:
    """The groups less what is measured, and whether every rule has been evaluated."""
    measured = {"evaluationTime", "lastEvaluation"}
    groups = [
        {**group, "rules": [{k: v for k, v in rule.items() if k not in measured} for rule in group["rules"]]}
        for group in answer["groups"]
    ]
    done = all(rule["health"] != "unknown" for group in groups for rule in group["rules"])
    return [{k: v for k, v in group.items() if k not in measured} for group in groups if group["rules"]], done
