"""What answers are held against."""

from __future__ import annotations

import datetime as dt

import pytest

from obsv.monitors.conditions import (
    BadCondition,
    compile_path,
    is_expected,
    parse_statuses,
    wrong_records,
    wrong_value,
)
from obsv.monitors.model import Condition, Dns, Heartbeat, Http, Monitor, Tcp, problems
from obsv.monitors.times import BadSchedule, next_run

DOCUMENT = {"state": "fine", "checks": [{"n": 3}, {"n": 4.5}], "odd key": None, "on": True, "tags": ["a", "b"]}


def test_statuses():
    ranges = parse_statuses(("200-204", "301"))
    assert [is_expected(status, ranges) for status in (200, 204, 205, 301)] == [True, True, False, True]
    for wrong in (("2xx",), ("300-200",), (), ("99",), ("20O",)):
        with pytest.raises(BadCondition):
            parse_statuses(wrong)


@pytest.mark.parametrize(
    ("path", "op", "value", "said"),
    [
        ("$.state", "==", "fine", ""),
        ("$.state", "==", "bad", "$.state is fine, expected == bad"),
        ("state", "!=", "bad", ""),
        ("$.checks[0].n", ">=", "3", ""),
        ("$.checks[1].n", "<", "4", "$.checks[1].n is 4.5, expected < 4"),
        ("$.checks[2].n", "==", "3", "$.checks[2].n is not there"),
        ("$['odd key']", "==", "null", ""),
        ("$['odd key']", "exists", "", ""),
        ("$.none", "exists", "", "$.none is not there"),
        ("$.none", "lacks", "", ""),
        ("$.on", "==", "true", ""),
        ("$.tags", "contains", "b", ""),
        ("$.tags", "contains", "c", '$.tags is ["a","b"], expected contains c'),
        ("$.state", "matches", "f.*e", ""),
        ("$.state", "matches", "f(", "$.state is fine, expected matches f("),
        ("$.state", "<", "x", "$.state is fine, expected < x"),
    ],
)
def test_values(path, op, value, said):
    assert wrong_value(DOCUMENT, path, op, value) == said


def test_paths():
    assert compile_path("$.a[0]['b c'].d") == ["a", 0, "b c", "d"]
    for wrong in ("$..a", "$.a[", "$.a[*]", "$[-1]"):
        with pytest.raises(BadCondition):
            compile_path(wrong)


def test_records():
    assert wrong_records(["10 MX.Example.org."], ["10 mx.example.org"], exactly=True) == ""
    assert "is not among" in wrong_records(["192.0.2.1"], ["192.0.2.2"], exactly=False)
    assert wrong_records(["192.0.2.1", "192.0.2.2"], ["192.0.2.2"], exactly=False) == ""
    assert "should not be" in wrong_records(["192.0.2.1", "192.0.2.2"], ["192.0.2.2"], exactly=True)


def test_cron_knows_zones_and_clocks_that_are_put_forward():
    def at(text: str) -> int:
        return int(dt.datetime.fromisoformat(text).timestamp() * 1000)

    assert next_run("30 4 * * *", "Europe/Berlin", at("2027-01-10T00:00Z")) == at("2027-01-10T03:30Z")
    assert next_run("30 4 * * *", "Europe/Berlin", at("2027-07-10T00:00Z")) == at("2027-07-10T02:30Z")
    # 02:30 does not exist on this day in Berlin: it runs as soon as clocks are put forward.
    assert next_run("30 2 * * *", "Europe/Berlin", at("2027-03-28T00:00Z")) == at("2027-03-28T01:00Z")
    for cron, zone, field in (("61 * * * *", "UTC", "cron"), ("x", "UTC", "cron"), ("* * * * *", "Mars", "time_zone")):
        with pytest.raises(BadSchedule) as wrong:
            next_run(cron, zone, 0)
        assert wrong.value.field == field


@pytest.mark.parametrize(
    ("check", "pointer"),
    [
        (Http(url="https://ann:secret@example.org/"), "/check/url"),
        (Http(url="https://example.org:99999/"), "/check/url"),
        (Http(url="https://example.org/", statuses=("ok",)), "/check/statuses"),
        (Http(url="https://example.org/", headers={"Host": "x"}), "/check/headers"),
        (Http(url="https://example.org/", headers={"A": "x"}, secret_headers={"a": "y"}), "/check/headers"),
        (Http(url="https://example.org/", json=(Condition("$..x"),)), "/check/json/0/path"),
        (Heartbeat(cron="never"), "/check/cron"),
        (Heartbeat(time_zone="Mars"), "/check/time_zone"),
    ],
)
def test_what_is_wrong_is_named(check, pointer):
    monitor = Monitor(key="a", name="A", check=check)
    assert [one.pointer for one in problems(monitor)] == [pointer]


def test_targets_hold_no_secret():
    assert Monitor(key="a", name="A", check=Http(url="https://a.example/p?token=x#y")).target == "https://a.example/p"
    assert Monitor(key="a", name="A", check=Tcp(host="fd00::1", port=5432)).target == "[fd00::1]:5432"
    assert Monitor(key="a", name="A", check=Dns(hostname="a.example")).target == "a.example"
    assert [one.pointer for one in problems(Monitor(key="a", name=" ", check=Heartbeat()))] == ["/name"]
