"""Relabelling, by cases of Prometheus' own tests (model/relabel/relabel_test.go) and by properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsv.config.model import RELABEL_ACTIONS, Relabel
from obsv.metrics.scrape.relabel import Rule, relabel

ABC = {"a": "foo", "b": "bar", "c": "baz"}


def run(labels: dict[str, str], *configs: Relabel) -> dict[str, str] | None:
    return relabel(labels, [Rule.of(config) for config in configs])


def rule(action: str = "replace", source: tuple[str, ...] = (), regex: str = "(.*)", **more) -> Relabel:
    return Relabel(action=action, source_labels=source, regex=regex, **more)


CASES = [
    (ABC, [rule(source=("a",), regex="f(.*)", target_label="d", separator=";", replacement="ch${1}-ch${1}")], {**ABC, "d": "choo-choo"}),
    (ABC, [
        rule(source=("a", "b"), regex="f(.*);(.*)r", target_label="a", separator=";", replacement="b${1}${2}m"),
        rule(source=("c", "a"), regex="(b).*b(.*)ba(.*)", target_label="d", replacement="$1$2$2$3"),
    ], {"a": "boobam", "b": "bar", "c": "baz", "d": "boooom"}),
    ({"a": "foo"}, [rule("drop", ("a",), ".*o.*"), rule(source=("a",), target_label="d")], None),
    ({"a": "foo", "b": "bar"}, [rule("drop", ("a",), "f")], {"a": "foo", "b": "bar"}),
    ({"a": "foo"}, [rule("keep", ("a",), "no-match")], None),
    ({"a": "foo"}, [rule("keep", ("a",), "f.*")], {"a": "foo"}),
    # No match: nothing is written.  An empty result: the label goes.
    ({"a": "boo"}, [rule(source=("a",), regex="f", target_label="b", replacement="bar")], {"a": "boo"}),
    ({"a": "foo", "f": "baz"}, [rule(source=("a",), regex="(f).*", target_label="$1", replacement="$2")], {"a": "foo"}),
    ({"a": "foo"}, [rule(regex=".*", target_label="b", replacement="x;y")], {"a": "foo", "b": "x;y"}),
    ({"a": "foo"}, [rule(target_label="a", replacement="")], {}),
    # The target may be a template; one that comes out empty is none.
    ({"a": "some-name-value", "b": ""}, [rule(source=("a",), regex="some-([^-]+)-([^,]+)", target_label="${1}", replacement="${2}")], {"a": "some-name-value", "name": "value"}),
    ({"a": "foo"}, [rule(source=("a",), regex="some-([^-]+)", target_label="${1}", replacement="x")], {"a": "foo"}),
    ({"a": "line\nbreak"}, [rule(source=("a",), regex="line.break", target_label="b", replacement="$$1")], {"a": "line\nbreak", "b": "$1"}),
    ({"a": "foo"}, [rule(source=("a",), regex="(?P<first>f)oo", target_label="b", replacement="${first}-$first")], {"a": "foo", "b": "f-f"}),
    # The same shards as Prometheus.
    (ABC, [rule("hashmod", ("c",), target_label="d", separator=";", modulus=1000)], {**ABC, "d": "976"}),
    ({"a": "foo\nbar"}, [rule("hashmod", ("a",), target_label="b", modulus=1000)], {"a": "foo\nbar", "b": "734"}),
    ({"a": "foo", "b1": "bar", "b2": "baz"}, [rule("labelmap", regex="(b.*)", replacement="bar_${1}")], {"a": "foo", "b1": "bar", "b2": "baz", "bar_b1": "bar", "bar_b2": "baz"}),
    ({"__meta_my_baz": "qux", "a": "x"}, [rule("labelmap", regex="__meta_(my.*)")], {"__meta_my_baz": "qux", "a": "x", "my_baz": "qux"}),
    ({"a": "foo", "b1": "bar", "b2": "baz"}, [rule("labeldrop", regex="(b.*)")], {"a": "foo"}),
    ({"a": "foo", "b1": "bar", "b2": "baz"}, [rule("labelkeep", regex="(b.*)")], {"b1": "bar", "b2": "baz"}),
    ({"foo": "bAr123Foo"}, [rule("lowercase", ("foo",), target_label="low"), rule("uppercase", ("foo",), target_label="up")], {"foo": "bAr123Foo", "low": "bar123foo", "up": "BAR123FOO"}),
    ({"tmp": "1234", "port": "1234"}, [rule("keepequal", ("tmp",), target_label="port")], {"tmp": "1234", "port": "1234"}),
    ({"tmp": "1234", "port": "5678"}, [rule("keepequal", ("tmp",), target_label="port")], None),
    ({"tmp": "1234", "port": "1234"}, [rule("dropequal", ("tmp",), target_label="port")], None),
    ({"tmp": "1234", "port": "5678"}, [rule("dropequal", ("tmp",), target_label="port")], {"tmp": "1234", "port": "5678"}),
]  # fmt: skip


@pytest.mark.parametrize(("labels", "rules", "expected"), CASES)
def test_cases(labels, rules, expected) -> None:
    before = dict(labels)
    assert run(labels, *rules) == expected
    assert labels == before


LABELS = st.dictionaries(st.text(min_size=1, max_size=6), st.text(max_size=8), max_size=5)
RULES = st.builds(
    rule,
    st.sampled_from(RELABEL_ACTIONS),
    st.lists(st.text(max_size=3), max_size=3).map(tuple),
    st.sampled_from(["(.*)", "a(b?)", "", "(x)|(y)", r"\d+", "(?P<n>.).*"]),
    target_label=st.text(min_size=1, max_size=4),
    replacement=st.text("$1{}nab_", max_size=8),
    modulus=st.integers(1, 9),
)


@given(LABELS, st.lists(RULES, max_size=4))
def test_whatever_the_rules_no_label_is_empty_and_nothing_breaks(labels, rules) -> None:
    found = run(labels, *rules)
    assert found is None or all(name and value for name, value in found.items())
