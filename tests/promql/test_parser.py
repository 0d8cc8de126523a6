"""The parser: what it reads it prints again, what it refuses it places, and nothing makes it fall over."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsv.metrics.promql import ParseError, parse, parse_matchers, print_expr
from obsv.metrics.promql.parser import MAX_DEPTH, MAX_OPERATORS

NAMES = st.sampled_from(["a", "http_requests_total", "job:rate5m", "sum_", "offsets"])
VALUES = st.text(st.characters(codec="utf-8"), max_size=8)
DURATIONS = st.sampled_from(["1s", "5m", "1h30m", "90s", "2d", "250ms"])


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


selectors = st.builds(
    lambda name, label, op, value: f"{name}{{{label}{op}{_quoted(value)}}}",
    NAMES,
    st.sampled_from(["job", "instance", "_x"]),
    st.sampled_from(["=", "!="]),
    VALUES,
)
vectors = st.recursive(
    st.one_of(NAMES, selectors),
    lambda inner: st.one_of(
        st.builds(lambda e: f"sum by (job) ({e})", inner),
        st.builds(lambda e: f"topk(3, {e})", inner),
        st.builds(lambda e: f"abs({e})", inner),
        st.builds(lambda e, d: f"rate(({e})[{d}:])", inner, DURATIONS),
        st.builds(
            lambda a, op, b: f"({a}) {op} ({b})", inner, st.sampled_from(["+", "/", "> bool", "and", "unless"]), inner
        ),
        st.builds(lambda a, b: f"({a}) * on (job) group_left (team) ({b})", inner, inner),
        st.builds(lambda e: f"-({e})", inner),
    ),
    max_leaves=8,
)


@given(vectors)
def test_what_is_printed_reads_the_same(text: str) -> None:
    printed = print_expr(parse(text))
    assert print_expr(parse(printed)) == printed


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ParseError):
        assert print_expr(parse(text))


@given(
    st.lists(st.sampled_from([*"()[]{},+-*/^%=@:", "sum", "by", "rate", "a", "1", '"x"', "5m", "offset", "bool", "on"]))
)
def test_any_tokens_are_read_or_refused(tokens: list[str]) -> None:
    try:
        printed = print_expr(parse(" ".join(tokens)))
    except ParseError:
        return
    assert print_expr(parse(printed)) == printed


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "unknown position: parse error: no expression found in input"),
        ("sum(", "1:5: parse error: unclosed left parenthesis"),
        ("a + ", "1:5: parse error: unexpected end of input"),
        ("rate(a)", 'expected type range vector in call to function "rate", got instant vector'),
        ("sum(a[5m])", "expected type instant vector in aggregation expression, got range vector"),
        ("nope(a)", 'unknown function with name "nope"'),
        ('a{b=~"("}', "error parsing regexp"),
        ("{}", "vector selector must contain at least one non-empty matcher"),
        ('{a=~".*"}', "vector selector must contain at least one non-empty matcher"),
        ("a[0s]", "duration must be greater than 0"),
        ("1 > 2", "comparisons between scalars must use BOOL modifier"),
        ("a and 1", 'set operator "and" not allowed in binary scalar expression'),
        ("a[5m] offset 1m offset 2m", "offset may not be set multiple times"),
        ("a\n  + ?", "2:5: parse error: unexpected character"),
        ('"abc', "unterminated quoted string"),
        ("a[5mm]", "bad number or duration syntax"),
    ],
)
def test_refusals_say_what_and_where(text: str, words: str) -> None:
    with pytest.raises(ParseError) as refused:
        parse(text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 50_000,
        "sum(" * 20_000,
        "a" + "+a" * 40_000,
        "-" * 90_000 + "a",
        "a" + "^a" * 40_000,
        "a[" * 40_000,
        "a" * 100_001,
        "a{b=" * 20_000,
        "\0" * 10,
    ],
    ids=lambda text: text[:6],
)
def test_no_text_is_too_much(text: str) -> None:
    with pytest.raises(ParseError):
        parse(text)


def test_limits_are_far_beyond_what_people_write() -> None:
    assert MAX_DEPTH >= 100
    long_chain = "a" + " or a" * (MAX_OPERATORS - 1)
    deep = "sum(" * (MAX_DEPTH - 1) + "a" + ")" * (MAX_DEPTH - 1)
    for text in (long_chain, deep):
        assert print_expr(parse(text)).startswith(text[:3])


def test_matchers_of_a_series_parameter() -> None:
    assert [(m.name, m.op, m.value) for m in parse_matchers('up{job!="x"}')] == [
        ("__name__", "=", "up"),
        ("job", "!=", "x"),
    ]
    for text in ("1", "up[5m]", "up offset 1m", "sum(up)", "rate(up[1m])"):
        with pytest.raises(ParseError):
            parse_matchers(text)
