"""Grafana's server-side expressions as PromQL.

Source: Grafana's documentation, "Write expression queries".  Two series are joined there where their labels are equal,
or one's are a part of the other's; PromQL has the first case, and where both sides' labels can be told from their
expressions that is all there is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from obsv.dashboards.grafana.read.check import interpolated
from obsv.dashboards.grafana.reader import LONG, Node
from obsv.dashboards.model import Query
from obsv.metrics.promql import ParseError, parse
from obsv.metrics.promql.ast import Aggregate, Binary, Call, Number, Unary, unwrap
from obsv.metrics.promql.ast import Node as Syntax

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?)|\$\{(?P<braced>[^}]+)\}|\$(?P<plain>\w+)"
    r"|(?P<word>[a-z]+)|(?P<op>\*\*|==|!=|<=|>=|&&|\|\||[-+*/%<>!(),]))"
)
_FUNCTIONS: Final = {"abs": "abs", "ceil": "ceil", "floor": "floor", "round": "round", "sqrt": "sqrt", "log": "ln"}
_COMPARISONS: Final = {"==", "!=", "<", "<=", ">", ">="}
_POWER: Final = {"||": 1, "&&": 2, **dict.fromkeys(_COMPARISONS, 3), "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "**": 6}
_OVER_TIME: Final = {
    "mean": "avg_over_time",
    "min": "min_over_time",
    "max": "max_over_time",
    "sum": "sum_over_time",
    "count": "count_over_time",
    "last": "last_over_time",
}
_LIMITS: Final = {"gt": ">", "lt": "<", "gte": ">=", "lte": "<=", "eq": "==", "ne": "!="}
_MAX_DEPTH: Final = 50
_LABELS_KEPT: Final = {
    "abs", "ceil", "floor", "round", "sqrt", "ln", "clamp_min", "clamp_max", "clamp",
}  # fmt: skip


class NotConvertible(Exception):
    """The expression has something that PromQL has not."""


class UnknownQuery(NotConvertible):
    """The expression is over a query that is not there, or not yet."""


@dataclass(slots=True)
class Converter:
    """The queries that expressions may name, by their reference; what is converted joins them."""

    queries: Mapping[str, Query]
    doubts: list[str] = field(default_factory=list)

    def convert(self, target: Node) -> Query:
        """The query that an expression amounts to.  Raises `NotConvertible` with the reason."""
        kind = target.short("type") or "math"
        match kind:
            case "math":
                return self._math(target.text("expression"))
            case "reduce":
                return self._reduce(target)
            case "threshold":
                return self._threshold(target)
            case _:
                raise NotConvertible(f"an expression of type {kind!r}")

    def _named(self, name: str) -> Query:
        query = self.queries.get(name.strip().removeprefix("$").strip("{}"))
        if query is None:
            raise UnknownQuery(f"an expression over {name!r}, which is no query here")
        return query

    def _math(self, text: str) -> Query:
        tokens = _Tokens(text)
        expr = self._binary(tokens, 1, 0)
        if not tokens.done:
            raise NotConvertible(f"the expression {text!r}")
        used = [self._named(name) for name in tokens.names]
        if not used:
            raise NotConvertible("an expression without a query")
        times = {query.at for query in used}
        if len(times) > 1:
            self.doubts.append("a value of one time is asked for at every time")
        return Query(expr=_bare(expr), at="instant" if times == {"instant"} else "range")

    def _binary(self, tokens: _Tokens, least: int, depth: int) -> str:
        """An operand or operation, in parentheses of its own where it has operators."""
        left = self._unary(tokens, depth)
        while (op := tokens.peek()) in _POWER and _POWER[op] >= least:
            tokens.next()
            # Grafana's parser takes `**` from left to right, PromQL's `^` from right to left: parentheses say which.
            right = self._binary(tokens, _POWER[op] + 1, depth + 1)
            if op in {"&&", "||"}:
                raise NotConvertible(f"{op} in an expression")
            word = {"**": "^"}.get(op, f"{op} bool" if op in _COMPARISONS else op)
            left = f"({left} {word}{self._matching(left, right)} {right})"
            if len(left) > LONG:
                raise NotConvertible("an expression that grows too long")
        return left

    def _unary(self, words: _Tokens, depth: int) -> str:
        word = words.next()
        if depth > _MAX_DEPTH:
            raise NotConvertible("an expression nested too deep")
        if word == "-":
            return f"(-{self._unary(words, depth + 1)})"
        if word == "(":
            inner = self._binary(words, 1, depth + 1)
            words.expect(")")
            return inner
        if word.startswith("$"):
            return f"({self._named(word[1:]).expr})"
        if word in _FUNCTIONS:
            words.expect("(")
            inner = self._binary(words, 1, depth + 1)
            words.expect(")")
            return f"{_FUNCTIONS[word]}({_bare(inner)})"
        if word[:1].isdigit():
            return word
        raise NotConvertible(f"{word or 'an end'!r} in an expression")

    def _matching(self, left: str, right: str) -> str:
        """How two sides are matched, so that it is as in Grafana; a doubt is noted."""
        one, other = labels_of(left), labels_of(right)
        if one == "scalar" or other == "scalar" or (isinstance(one, frozenset) and one == other):
            return ""
        if one == frozenset():
            return " on () group_right ()"
        if other == frozenset():
            return " on () group_left ()"
        self.doubts.append("series are matched where all their labels are equal")
        return ""

    def _reduce(self, target: Node) -> Query:
        query = self._named(target.short("expression"))
        reducer, settings = target.short("reducer"), target.node("settings")
        if (mode := settings.short("mode")) not in {"", "strict", "dropNN"}:
            raise NotConvertible(f"a reduction that sets values that are not numbers ({mode})")
        if query.at == "instant":
            return Query(expr=query.expr, at="instant")
        function = _OVER_TIME.get(reducer)
        if function is None:
            raise NotConvertible(f"a reduction to {reducer!r}")
        self.doubts.append("a reduction looks at the range's steps as PromQL lays them")
        return Query(expr=f"{function}(({query.expr})[$__range:$__interval])", at="instant")

    def _threshold(self, target: Node) -> Query:
        query = self._named(target.short("expression"))
        conditions = target.nodes("conditions")
        if len(conditions) != 1:
            raise NotConvertible("a threshold of several conditions")
        conditions[0].skip("type", "operator", "query", "reducer")
        evaluator = conditions[0].node("evaluator")
        kind, params = evaluator.short("type"), evaluator.take("params", list) or []
        numbers = [one for one in params if isinstance(one, int | float) and not isinstance(one, bool)]
        if kind in _LIMITS and numbers:
            return Query(expr=f"({query.expr}) {_LIMITS[kind]} bool {numbers[0]}", at=query.at)
        raise NotConvertible(f"a threshold of type {kind!r}")


class _Tokens:
    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        self.names: list[str] = []
        at = 0
        text = text.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise NotConvertible(f"{text[at : at + 10]!r} in an expression")
            name = found["braced"] or found["plain"]
            if name:
                self.names.append(name)
            self._tokens.append(f"${name}" if name else found[0].strip())
            at = found.end()
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at >= len(self._tokens)

    def peek(self) -> str:
        return "" if self.done else self._tokens[self._at]

    def next(self) -> str:
        token = self.peek()
        self._at += 1
        return token

    def expect(self, token: str) -> None:
        if self.next() != token:
            raise NotConvertible(f"a missing {token!r} in an expression")


def _bare(expr: str) -> str:
    """Without the parentheses that were put around it here."""
    return expr[1:-1] if expr.startswith("(") else expr


def labels_of(expression: str) -> frozenset[str] | str | None:
    """The labels that each series of an expression has; "scalar" of a number, None where that cannot be told."""
    try:
        return _labels(parse(interpolated(expression)))
    except ParseError:
        return None


def _labels(node: Syntax) -> frozenset[str] | str | None:
    node = unwrap(node)
    match node:
        case Number():
            return "scalar"
        case Unary():
            return _labels(node.expr)
        case Aggregate(without=False, op=op) if op not in {"topk", "bottomk", "limitk", "limit_ratio", "count_values"}:
            return frozenset(node.labels)
        case Call(returns="scalar"):
            return "scalar"
        case Call(name=name) if name in _LABELS_KEPT:
            return _labels(node.args[0])
        case Call(name="histogram_quantile"):
            inner = _labels(node.args[1])
            return inner - {"le"} if isinstance(inner, frozenset) else None
        case Binary():
            return _labels_of_both(node)
        case _:
            return None


def _labels_of_both(node: Binary) -> frozenset[str] | str | None:
    left, right = _labels(node.left), _labels(node.right)
    if left == "scalar":
        return right
    if right == "scalar" or node.matching.side == "left":
        return left
    if node.matching.side == "right":
        return right
    return left if left == right else None
