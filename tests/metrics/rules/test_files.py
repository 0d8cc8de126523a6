"""Rule files: what is read, and how every mistake is named."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsv.config import ConfigError
from obsv.config.model import RuleFiles
from obsv.metrics.rules.files import load_groups, read_groups
from obsv.metrics.rules.model import AlertingRule, RecordingRule
from obsv.metrics.yaml_text import decode_yaml

GOOD = """
groups:
  - name: one
    interval: 30s
    limit: 10
    query_offset: 1m
    labels: {tier: gold, version: 1.10}
    rules:
      - record: job:up:sum
        expr: |
          sum   by(job) (
            up)
        labels: {tier: silver}
      - alert: Down
        expr: up == 0
        for: 5m
        keep_firing_for: 1m
        annotations: {summary: "{{ $labels.job }} is down"}
  - name: two
    rules: []
"""


def entry(*files: Path | str) -> RuleFiles:
    return RuleFiles(org="operator", files=tuple(map(str, files)), interval=15_000)


def test_groups_and_rules(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(GOOD)
    (tmp_path / "b.yml").write_text("groups: []")
    one, two = load_groups([entry(tmp_path / "*.yml")])
    assert (one.org, one.file, one.name) == ("operator", str(tmp_path / "a.yml"), "one")
    assert (one.interval_ms, one.limit, one.query_offset_ms) == (30_000, 10, 60_000)
    recording, alerting = one.rules
    assert recording == RecordingRule("job:up:sum", "sum by (job) (up)", {"tier": "silver", "version": "1.10"})
    assert isinstance(alerting, AlertingRule)
    assert (alerting.name, alerting.query, alerting.for_ms, alerting.keep_firing_ms) == (
        "Down",
        "up == 0",
        300_000,
        60_000,
    )
    assert alerting.annotations == {"summary": "{{ $labels.job }} is down"}
    assert (alerting.no_data, alerting.on_error) == ("ok", "keep")
    assert (two.interval_ms, two.limit, two.query_offset_ms, two.rules) == (15_000, 0, 0, ())
    assert load_groups([entry(tmp_path / "none*.yml")]) == []


RULE = "groups: [{name: g, rules: [{%s}]}]"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("groups: [", "rules.yml: line 2: did not find expected node content"),
        ("groups: x", "Expected `array`"),
        ("group: []", "unknown field `group`"),
        ("groups: [{rules: []}]", "missing required field `name`"),
        ("groups: [{name: ''}]", "a group without a name"),
        ("groups: [{name: g}, {name: g}]", 'group "g" is there twice'),
        ("groups: [{name: g, interval: soon}]", 'group "g": expected a duration'),
        ("groups: [{name: g, limit: many}]", "Expected `int`"),
        (RULE % "record: r, expr: 'sum('", 'group "g", rule 1 (r): 1:5: parse error'),
        (RULE % "expr: up", "expected one of record and alert"),
        (RULE % "record: r, alert: a, expr: up", "expected one of record and alert"),
        (RULE % "record: r, expr: up, for: 5m", "belong to alerting rules"),
        (RULE % "record: r, expr: up, labels: {__name__: x}", "__name__"),
        (RULE % "alert: a, expr: up, for: soon", "rule 1 (a): expected a duration"),
        (RULE % "alert: a, expr: up, annotations: {s: '{{ x }}'}", 'annotation "s": template: __alert_a:1: function "x"'),
        (RULE % "record: r, expr: up, lables: {}", "unknown field `lables`"),
    ],
)  # fmt: skip
def test_mistakes(tmp_path: Path, text: str, mistake: str) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load_groups([entry(path)])
    assert mistake in str(raised.value)
    assert str(path) in str(raised.value)


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(RULE % "record: r, expr: 'sum('}, {record: s, expr: ')'")
    with pytest.raises(ConfigError) as raised:
        load_groups([entry(tmp_path / "a.yml", tmp_path / "gone.yml")])
    assert len(raised.value.problems) == 3
    assert "gone.yml: there is no such file" in str(raised.value)


@given(st.text("groups:[{name}] -\n&*!|'\"\\%0x1é", max_size=60))
def test_any_text_is_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "rules.yml"
    path.write_text(text, encoding="utf-8")
    with contextlib.suppress(ValueError):
        read_groups(entry(path), path)


def test_yaml_that_nests_or_refers_to_itself_is_refused() -> None:
    for text in ("[" * 5000, "&a [*a]"):
        with pytest.raises(ValueError, match=r"."):
            decode_yaml(text, list[str])
