"""The same rule file and samples for obsv and a real Prometheus: both answer the same of rules and alerts."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.bench.servers import running
from tests.journeys.test_vmalert import eventually
from tests.live import Live
from tests.metrics.ingest.wire import series, snappy
from tests.ports import free_port

pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.timeout(180)]

RULES = r"""
groups:
  - name: web
    interval: 1s
    labels: {tier: gold}
    rules:
      - record: job:requests:sum
        expr: sum by (job) (requests)
      - alert: Busy
        expr: job:requests:sum > 10
        for: 3s
        keep_firing_for: 4s
        labels: {severity: page, l: "{{ $labels.job }}x"}
        annotations: {summary: "{{ $labels.job }} has {{ $value | humanize }}", wrong: "{{ $value.x }}"}
      - alert: Each
        expr: requests > 5
        annotations: {n: "{{ with query \"job:requests:sum\" }}{{ . | first | value }}{{ end }}"}
      - {alert: Never, expr: requests > 1e9}
      - {alert: Twice, expr: 'label_replace(requests, "i", "x", "", "")'}
      - {alert: Same, expr: requests > 0, labels: {i: "1"}}
  - name: limited
    limit: 1
    interval: 1s
    rules:
      - {alert: Many, expr: requests > 0}
  - {name: nothing, rules: []}
  - name: slow
    rules:
      - {record: x, expr: "1"}
      - {alert: Unknown, expr: up == 0}
"""
ASKED = (
    "rules", "rules?type=alert", "rules?type=record", "rules?exclude_alerts=true", "rules?rule_name[]=Busy&rule_name[]=Many",
    "rules?rule_group[]=web", 'rules?match[]=%7Bseverity="page"%7D', 'rules?match[]=%7Btier="gold"%7D', "rules?file[]=none", "alerts",
)  # fmt: skip


def get(base: str, path: str, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(f"{base}/api/v1/{path}", headers=headers), timeout=30) as answer:
        return json.load(answer)


def timeless(value: Any) -> Any:
    """An answer without its times; what has been evaluated, and what not, still shows."""
    text = re.sub(r'"20\d\d-[^"]*Z"', '"then"', json.dumps(value, sort_keys=True))
    text = re.sub(
        r'"evaluationTime": [0-9.e-]+',
        lambda found: '"evaluationTime": ' + ("0" if found[0].split()[-1] in ("0", "0.0") else "1"),
        text,
    )
    text = text.replace(".0,", ",")
    answer = json.loads(text)
    for group in answer["data"].get("groups", []):
        for rule in group["rules"]:
            (rule.get("alerts") or []).sort(key=lambda alert: sorted(alert["labels"].items()))
    if "alerts" in answer["data"]:
        answer["data"]["alerts"].sort(key=lambda alert: sorted(alert["labels"].items()))
    return answer


def test_rules_and_alerts_as_prometheus_has_them(tmp_path: Path, peers: Path) -> None:
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "obsv.toml").write_text(f'[[metrics.rules]]\norg = "operator"\nfiles = ["{tmp_path}/rules.yml"]\n')
    (tmp_path / "prometheus.yml").write_text(f"rule_files: ['{tmp_path}/rules.yml']\n")
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [
        str(peers / "prometheus"), f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver", "--log.level=error",
    ]  # fmt: skip
    (tmp_path / "obsv").mkdir()
    live = Live(tmp_path / "obsv", options=("--config", str(tmp_path / "obsv.toml")))
    live.start()
    try:
        with running(command, base + "/-/ready", tmp_path / "log"):
            token = live.token("metrics:read,metrics:write")

            def send(value: float) -> None:
                at = int(time.time() * 1000)
                body = snappy(
                    b"".join(series({"__name__": "requests", "job": "web", "i": i}, [(at, value)]) for i in "12")
                )
                headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
                for url, more in ((base, {}), (live.url, {"Authorization": f"Bearer {token}"})):
                    request = urllib.request.Request(url + "/api/v1/write", body, headers | more)
                    with urllib.request.urlopen(request, timeout=30):
                        pass

            def same(path: str) -> bool:
                ours, theirs = timeless(get(live.url, path, token)), timeless(get(base, path))
                same.seen = (ours, theirs)  # type: ignore[attr-defined]
                return bool(ours == theirs)

            def state(where: str, with_token: str = "") -> set[tuple[str, str]]:
                alerts = get(where, "alerts", with_token)["data"]["alerts"]
                return {(one["labels"]["alertname"], one["state"]) for one in alerts}

            def both(*wanted: tuple[str, str]) -> None:
                eventually(lambda: state(base) == set(wanted) and state(live.url, token) == set(wanted), 30)

            def agree() -> None:
                for path in ASKED:
                    try:
                        eventually(lambda path=path: same(path), 10)
                    except AssertionError:
                        ours, theirs = same.seen  # type: ignore[attr-defined]
                        assert ours == theirs, path

            send(8.0)
            both(("Busy", "firing"), ("Each", "firing"))
            agree()
            send(1.0)
            both(("Busy", "firing"))
            assert all(
                "keepFiringSince" in one
                for where in ((base,), (live.url, token))
                for one in get(where[0], "alerts", *where[1:])["data"]["alerts"]
            )
            both()
            agree()
            for name in ("ALERTS", "ALERTS_FOR_STATE"):
                query = f"series?match[]={name}"
                labels = [
                    sorted(json.dumps(one, sort_keys=True) for one in get(*where)["data"])
                    for where in ((base, query), (live.url, query, token))
                ]
                assert labels[0] == labels[1]
    finally:
        live.stop()


def test_changes_are_evaluated_without_a_restart(tmp_path: Path) -> None:
    (tmp_path / "obsv").mkdir()
    live = Live(tmp_path / "obsv")
    live.start()
    try:
        token = live.token("metrics:read,metrics:write,alerts:read,alerts:write")

        def do(method: str, path: str, body: object = None) -> Any:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            data = json.dumps(body).encode() if body is not None else None
            request = urllib.request.Request(f"{live.url}/api/obsv/v1{path}", data, headers, method=method)
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"null")

        def firing() -> set[str]:
            return {one["labels"]["alertname"] for one in get(live.url, "alerts", token)["data"]["alerts"]}

        rules = [{"alert": "One", "expr": "vector(1)"}, {"alert": "Two", "expr": "vector(2)"}]
        made = do("POST", "/rule-groups", {"group": {"name": "web", "interval": "1s", "rules": rules}})
        eventually(lambda: firing() == {"One", "Two"})
        do("PUT", f"/rules/{made['rules'][0]}/paused", {"paused": True})
        eventually(lambda: firing() == {"Two"})
        history = do("GET", "/alert-events")["events"]
        assert {(one["rule"], one["status"]) for one in history} == {
            ("One", "firing"),
            ("Two", "firing"),
            ("One", "resolved"),
        }
        do("PUT", f"/rules/{made['rules'][1]}", {"rule": {"alert": "Two", "expr": "vector(2) > 3"}})
        eventually(lambda: firing() == set())
        do("PUT", f"/rules/{made['rules'][0]}/paused", {"paused": False})
        eventually(lambda: firing() == {"One"})
        live.stop()
        live.start()
        # It goes on as it was, and nothing happened meanwhile.
        assert firing() == {"One"}
        time.sleep(3)
        assert len(do("GET", "/alert-events")["events"]) == 5
    finally:
        live.stop()
