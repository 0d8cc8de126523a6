"""Matchers, intervals and the routing document: what is read, and what is refused where."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from obsv.alertmanager.compile import compile_routing
from obsv.alertmanager.document import DEFAULT, read_yaml, write_yaml
from obsv.alertmanager.from_alertmanager import import_routing
from obsv.alertmanager.labels import labels_text
from obsv.alertmanager.matcher_text import BadMatcher
from obsv.alertmanager.matchers import parse_matchers
from obsv.core.errors import Invalid

GOOD = [
    "foo=bar", "{foo=bar}", "{}", "", "foo=", '{foo="bar",}', "foo = bar , bar!=baz", '"foo bar"="x"', "foo🙂=🙂bar", r'"a\u0041"="\x41"',
    'foo=~"a|b"', "foo!~[a-z]+", "foo=[a-zA-Z.*]", r"foo=bar\n", r'foo="a\"b\\"', "foo:bar=x", 'foo=~"^(?:x)$"', "foo=a b", 'foo="',
    '{foo="a,b", bar=~"c{1}"}', "foo=bar,,", "foo", "=bar", "foo=bar}", "{foo=bar", 'foo="a"b', "foo==bar", "foo=~(", '"foo"=bar', "foo bar=baz",
    "{foo=bar}}", "foo='bar'", "foo=`bar`", 'foo="\n"', r'foo="\q"', "a=b,c=d,",
]  # fmt: skip


def read(text: str) -> str:
    try:
        return " ".join(map(str, parse_matchers(text)))
    except BadMatcher:
        return "refused"


@pytest.mark.peers
def test_as_amtool_reads_them(peers: Path, tmp_path: Path) -> None:
    """amtool checks a configuration with each as the matchers of a route."""
    for number, text in enumerate(GOOD):
        quoted = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
        file = tmp_path / f"{number}.yml"
        file.write_text(f'route: {{receiver: a, routes: [{{matchers: ["{quoted}"]}}]}}\nreceivers: [{{name: a}}]\n')
        done = subprocess.run([peers / "amtool", "check-config", file], capture_output=True, text=True)
        assert (done.returncode == 0) is (read(text) != "refused"), (text, read(text), done.stdout + done.stderr)


def test_values() -> None:
    assert read(r'{foo="a\"b\\n", bar=~"x|y"}') == r'foo="a\"b\\n" bar=~"x|y"'
    assert read("foo=a b") == 'foo="a b"'  # the classic syntax alone
    assert read('"foo bar"="x"') == '"foo bar"="x"'
    assert labels_text({"b": 'q"\n', "a": "ü"}) == r'{a="ü", b="q\"\n"}'


BAD = """
global: {resolve_timeout: 5}
route:
  group_wait: 1x
  matchers: [a=b]
  mute_time_intervals: [x]
  routes:
    - {receiver: nobody, group_by: [a, a], group_interval: 0s, repeat_interval: 9999999999y}
    - {matchers: ["a=~("], group_by: ["...", b], escalate: [{after: 5m, receiver: a}, {after: 1m, receiver: c}]}
time_intervals:
  - {name: n, time_intervals: [{weekdays: ["friday:monday"]}, {times: [{start_time: "9:00", end_time: "10:00"}]}]}
  - {name: n, time_intervals: [{days_of_month: ["0"]}, {location: Mars/Base}, {months: ["13"]}, {years: [x]}]}
receivers: [{name: a, channels: [x, x]}, {name: a}, {name: ""}]
"""


def test_every_mistake_is_named_with_its_place() -> None:
    with pytest.raises(Invalid) as bad:
        compile_routing(read_yaml(BAD))
    assert sorted({one.pointer for one in bad.value.errors}) == sorted({
        "/global/resolve_timeout", "/receivers/0/channels", "/receivers/1/name", "/receivers/2/name", "/route", "/route/group_wait",
        "/route/matchers", "/route/mute_time_intervals/0", "/route/receiver", "/route/routes/0/group_by", "/route/routes/0/group_interval",
        "/route/routes/0/repeat_interval", "/route/routes/0/receiver", "/route/routes/1/escalate/1/after", "/route/routes/1/escalate/1/receiver", "/route/routes/1/group_by",
        "/route/routes/1/matchers/0", "/time_intervals/0/time_intervals/0/weekdays", "/time_intervals/0/time_intervals/1/times",
        "/time_intervals/1/name", "/time_intervals/1/time_intervals/0/days_of_month", "/time_intervals/1/time_intervals/1/location",
        "/time_intervals/1/time_intervals/2/months", "/time_intervals/1/time_intervals/3/years",
    })  # fmt: skip


def test_a_document_is_written_as_it_is_read() -> None:
    for text in (
        write_yaml(DEFAULT),
        "route: {receiver: a, group_by: ['...'], routes: [{continue: true, matchers: ['a=\"b\"']}]}\nreceivers: [{name: a}]",
    ):
        document = read_yaml(text)
        assert read_yaml(write_yaml(document)) == document
    with pytest.raises(ValueError, match="unknown field `rout`"):
        read_yaml("rout: {}")


def test_an_alertmanager_yml() -> None:
    text = """
global: {smtp_smarthost: "mail:25", resolve_timeout: 3m}
templates: [x.tmpl]
route: {receiver: team, routes: [{receiver: ops, match: {a: b}}, {receiver: none}]}
receivers:
  - {name: team, email_configs: [{to: a@example.org}]}
  - {name: ops, slack_configs: [{channel: "#ops", send_resolved: false}]}
  - {name: none}
"""
    found = import_routing(text, ["team", "chat"], {})
    assert found.unmapped == ("ops",)
    assert found.ignored == ("templates", "global.smtp_smarthost")
    assert [(one.name, one.channels, one.send_resolved) for one in found.document.receivers] == [
        ("team", ("team",), True), ("ops", (), False), ("none", (), True),
    ]  # fmt: skip
    assert import_routing(text, ["team", "chat"], {"ops": ["chat"]}).unmapped == ()
    assert found.document.global_.resolve_timeout == "3m"
    for wrong in ("[", "a: b", "- x", "route: 3"):
        with pytest.raises(ValueError, match=r"."):
            import_routing(wrong, [], {})
    # A thousand characters whose aliases stand for a million nodes.
    nested = "".join(f"x{n}: &a{n} {{routes: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 20))
    with pytest.raises(ValueError, match="aliases"):
        import_routing(f"x0: &a0 {{}}\n{nested}route: *a19\n", [], {})
