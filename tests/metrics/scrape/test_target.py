"""Targets from labels and files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec
import pytest

from obsv.config.model import Relabel, Scrape
from obsv.metrics.scrape.errors import BadTarget
from obsv.metrics.scrape.file_sd import FileTargets
from obsv.metrics.scrape.target import Entry, Target, declared_hosts, make_target, static_group, with_defaults
from obsv.metrics.ticks import next_tick, spread

BASE = Scrape(org="operator", job="node", targets=("web-1:9100",), interval=15_000, timeout=5_000)


def target(scrape: Scrape, **found: str) -> Target | None:
    return make_target(Entry.of(scrape), with_defaults(scrape, {**static_group(scrape)[0], **found}))


def test_the_labels_that_prometheus_gives() -> None:
    made = target(msgspec.structs.replace(BASE, labels={"env": "prod"}))
    assert made is not None
    assert made.url == "http://web-1:9100/metrics"
    assert made.labels == {"job": "node", "instance": "web-1:9100", "env": "prod"}
    assert (made.interval_ms, made.timeout_ms, made.host) == (15_000, 5_000, "web-1")
    assert made.discovered == {
        "__address__": "web-1:9100", "__metrics_path__": "/metrics", "__scheme__": "http",
        "__scrape_interval__": "15s", "__scrape_timeout__": "5s", "env": "prod", "job": "node",
    }  # fmt: skip


def test_parameters_and_the_blackbox_way_of_relabelling() -> None:
    scrape = msgspec.structs.replace(
        BASE,
        targets=("https://example.org/x?y=1",),
        path="/probe",
        params={"module": ("http_2xx", "second"), "a b": ("c&d",)},
        relabel=(
            Relabel(source_labels=("__address__",), target_label="__param_target"),
            Relabel(source_labels=("__param_target",), target_label="instance"),
            Relabel(target_label="__address__", replacement="[::1]:9115"),
        ),
    )
    made = target(scrape, __param_module="icmp")
    assert made is not None
    assert made.url == (
        "http://[::1]:9115/probe?a+b=c%26d&module=icmp&module=second&target=https%3A%2F%2Fexample.org%2Fx%3Fy%3D1"
    )
    assert made.labels == {"job": "node", "instance": "https://example.org/x?y=1"}
    assert declared_hosts([scrape, BASE]) == {"::1", "web-1"}


def test_rules_may_set_path_scheme_interval_and_job() -> None:
    rules = [("__scheme__", "https"), ("__metrics_path__", "m"), ("__scrape_interval__", "1m"), ("job", "other")]
    relabels = tuple(Relabel(target_label=name, replacement=value) for name, value in rules)
    made = target(msgspec.structs.replace(BASE, relabel=relabels))
    assert made is not None
    assert (made.url, made.interval_ms, made.labels["job"]) == ("https://web-1:9100/m", 60_000, "other")


def test_dropped_and_bad_ones() -> None:
    drop = Relabel(source_labels=("env",), regex="dev", action="drop")
    assert target(msgspec.structs.replace(BASE, relabel=(drop,)), env="dev") is None
    for name, value, reason in (
        ("__address__", "", "no address"),
        ("__address__", "http://x/y", "not a valid hostname"),
        ("__scrape_interval__", "soon", "error parsing scrape interval"),
        ("__scrape_interval__", "0s", "cannot be 0"),
        ("__scrape_timeout__", "1h", "greater than scrape interval"),
        ("__scheme__", "gopher", "unsupported scheme"),
    ):
        bad = msgspec.structs.replace(BASE, relabel=(Relabel(target_label=name, replacement=value),))
        with pytest.raises(BadTarget, match=reason):
            target(bad)


def test_what_makes_a_target_another_one() -> None:
    keys = [
        made.key
        for made in (
            target(BASE),
            target(BASE, env="a"),
            target(BASE, __metrics_path__="/x"),
            target(BASE, __meta_x="y"),
        )
        if made
    ]
    assert len(set(keys)) == 3
    assert keys[0] == keys[3]


def renew(path: Path, text: str, stamp: int) -> None:
    path.write_text(text)
    os.utime(path, (stamp, stamp))


def test_files_are_read_again_and_a_broken_one_counts_as_before(tmp_path: Path) -> None:
    files = FileTargets([f"{tmp_path}/*.yml", f"{tmp_path}/more/*.json"])
    assert files.read() == []
    (tmp_path / "more").mkdir()
    one, two = tmp_path / "a.yml", tmp_path / "more" / "b.json"
    renew(one, "- targets: [x:1, 1234:20]\n  labels: {version: 1.10, on: yes}\n", 100)
    renew(two, json.dumps([{"targets": ["y:1"]}]), 100)
    yaml_labels = {"version": "1.10", "on": "yes", "__meta_filepath": str(one)}
    expected = [
        {**yaml_labels, "__address__": "x:1"},
        {**yaml_labels, "__address__": "1234:20"},
        {"__meta_filepath": str(two), "__address__": "y:1"},
    ]
    assert files.read() == expected
    for broken in ("- targets: [", "- targets: x", "- target: [x]", "- targets: [x]\n  labels: {a: [b]}", "a: &a [*a]"):
        renew(one, broken, 200 + len(broken))
        assert files.read() == expected, broken
    renew(one, "[]", 300)
    assert files.read() == expected[2:]
    two.unlink()
    assert files.read() == []


def test_ticks_are_whole_intervals_apart_and_spread() -> None:
    offset = spread("some target", 15_000)
    first = next_tick(1_700_000_000_123, 15_000, offset)
    assert first > 1_700_000_000_123
    assert first % 15_000 == offset
    assert next_tick(first, 15_000, offset) == first + 15_000
    assert next_tick(first - 1, 15_000, offset) == first
    places = [spread(f"target {i}", 15_000) for i in range(300)]
    assert {place // 1500 for place in places} == set(range(10))
