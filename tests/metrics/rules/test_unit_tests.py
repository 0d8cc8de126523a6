"""Unit tests of rules have the outcome that the real promtool gives them, also where they fail."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from obsv.metrics.rules.unit_tests import run_file

RULES = """
groups:
- name: example
  interval: 30s
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
  - alert: InstanceDown
    expr: up == 0
    for: 5m
    labels: {severity: page}
    annotations: {summary: "Instance {{ $labels.instance }} down", v: "{{ $value }} {{ $externalLabels.c }}"}
  - alert: Lingering
    expr: up == 0
    keep_firing_for: 3m
  - alert: Watchdog
    expr: vector(1)
  - alert: Total
    expr: job:up:sum < 2
    for: 1m
"""
TEST = """
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
- interval: 1m
  name: first
  external_labels: {c: d}
  input_series:
  - series: 'up{job="p", instance="a"}'
    values: '1 0x6 1x5 _x10'
  - series: 'up{job="p", instance="b"}'
    values: '1+0x4 stale 0 0 0'
  - series: 'h{}'
    values: '{{schema:0 count:3 sum:4 buckets:[1 2]}}x3'
  alert_rule_test:
  - {eval_time: 5m, alertname: InstanceDown, exp_alerts: []}
  - eval_time: 6m
    alertname: InstanceDown
    exp_alerts:
    - exp_labels: {severity: page, instance: a, job: p}
      exp_annotations: {summary: "Instance a down", v: "0 d"}
  - {eval_time: 6m30s, alertname: Watchdog, exp_alerts: [{exp_labels: {}}]}
  - {eval_time: 9m, alertname: Lingering, exp_alerts: [{exp_labels: {instance: a, job: p}}, {exp_labels: {instance: b, job: p}}]}
  promql_expr_test:
  - expr: job:up:sum
    eval_time: 3m
    exp_samples: [{labels: 'job:up:sum{job="p"}', value: 1}]
  - expr: ALERTS{alertname="InstanceDown"}
    eval_time: 6m
    exp_samples:
    - {labels: 'ALERTS{alertname="InstanceDown", alertstate="firing", instance="a", job="p", severity="page"}', value: 1}
    - {labels: 'ALERTS{alertname="InstanceDown", alertstate="pending", instance="b", job="p", severity="page"}', value: 1}
  - expr: h
    eval_time: 1m
    exp_samples: [{labels: 'h', histogram: '{{schema:0 count:3 sum:4 counter_reset_hint:not_reset buckets:[1 2]}}'}]
"""


def promtool(peers: Path, path: Path) -> bool:
    done = subprocess.run(
        [peers / "promtool", "test", "rules", path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.returncode == 0


CASES = {
    "right": (TEST, True),
    "another annotation": (TEST.replace("Instance a down", "Instance x down"), False),
    "one that does not fire": (TEST.replace("eval_time: 6m\n    alertname: InstanceDown", "eval_time: 4m\n    alertname: InstanceDown"), False),
    "another value": (TEST.replace("value: 1}]", "value: 3}]", 1), False),
    "one too many": (TEST.replace("exp_alerts: []", "exp_alerts: [{exp_labels: {severity: page}}]"), False),
    "another histogram": (TEST.replace("histogram: '{{schema:0 count:3", "histogram: '{{schema:0 count:4"), False),
    "another hint": (TEST.replace("counter_reset_hint:not_reset", ""), False),
    "not near enough": (TEST.replace("value: 1}]", "value: 1.0000000001}]", 1), False),
    "near": ("fuzzy_compare: true" + TEST.replace("value: 1}]", "value: 1.0000000000000002}]", 1), True),
}  # fmt: skip


@pytest.mark.peers
@pytest.mark.parametrize("name", CASES)
def test_same_outcome_as_promtool(tmp_path: Path, peers: Path, name: str) -> None:
    text, is_right = CASES[name]
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "test.yml").write_text(text)
    failures = run_file(tmp_path / "test.yml")
    assert (not failures) is is_right, failures
    assert promtool(peers, tmp_path / "test.yml") is is_right


def made_rules(chance: random.Random) -> dict[str, Any]:
    rules = []
    for i in range(4):
        rule: dict[str, Any] = {
            "alert": f"A{i}",
            "expr": chance.choice(["m > 2", "m", "sum(m) > 5", "max by (x) (m) > 3", "absent(m)", "m unless m > 4"]),
        }
        if chance.random() < 0.7:
            rule["for"] = chance.choice(["1m", "2m", "150s", "0s"])
        if chance.random() < 0.5:
            rule["keep_firing_for"] = chance.choice(["1m", "2m", "90s"])
        rule["annotations"] = {"v": "{{ $labels.x }}={{ $value }}"}
        rules.append(rule)
    group: dict[str, Any] = {"name": "g", "rules": rules}
    if chance.random() < 0.3:
        group["limit"] = 2
    if chance.random() < 0.3:
        group["query_offset"] = "1m"
    return {"groups": [group]}


@pytest.mark.peers
@pytest.mark.parametrize("seed", range(12))
def test_states_at_every_minute_are_those_of_prometheus(tmp_path: Path, peers: Path, seed: int) -> None:
    """Random rules and samples; what ours makes of them is what promtool is told to expect."""
    from obsv.metrics.rules import unit_tests

    chance = random.Random(seed)
    (tmp_path / "rules.json").write_bytes(msgspec.json.encode(made_rules(chance)))
    series = [
        {"series": f'm{{x="{x}"}}', "values": " ".join(chance.choice(["_", "stale", *"0123456"]) for _ in range(24))}
        for x in "abc"
    ]
    test: dict[str, Any] = {"interval": "1m", "input_series": series}
    file: dict[str, Any] = {"rule_files": ["rules.json"], "evaluation_interval": "1m", "tests": [test]}
    test["alert_rule_test"] = [
        {"eval_time": f"{i}m", "alertname": f"A{k}", "exp_alerts": []} for i in range(30) for k in range(4)
    ]
    found: dict[tuple[str, str], list[Any]] = {}

    def noted(_: object, one: unit_tests.AlertTest, runners: Any) -> str:
        got = [
            {"exp_labels": {name: text for name, text in alert.labels if name != "alertname"}, "exp_annotations": alert.annotations}
            for runner in runners for rule in runner.group.alerting if rule.name == one.alertname
            for alert in runner.status().alerts[rule.key] if alert.state == "firing"
        ]  # fmt: skip
        found[one.eval_time, one.alertname] = got
        return ""

    path = tmp_path / "test.json"
    path.write_bytes(msgspec.json.encode(file))
    kept = unit_tests._Trial._alerts
    unit_tests._Trial._alerts = noted  # type: ignore[assignment, method-assign]
    errors = unit_tests._Trial._errors
    unit_tests._Trial._errors = lambda *_: iter(())  # type: ignore[assignment, method-assign]
    try:
        run_file(path)
    finally:
        unit_tests._Trial._alerts, unit_tests._Trial._errors = kept, errors  # type: ignore[method-assign]
    assert any(found.values())
    for one in test["alert_rule_test"]:
        one["exp_alerts"] = found[one["eval_time"], one["alertname"]]
    path.write_bytes(msgspec.json.encode(file))
    done = subprocess.run(
        [peers / "promtool", "test", "rules", path], capture_output=True, text=True, timeout=60, check=False
    )
    assert "exp:" not in done.stdout + done.stderr, done.stdout + done.stderr
