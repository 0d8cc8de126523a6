"""Tokens to tree: a Pratt parser with depth and length limits, and Prometheus' words for what is wrong."""

from __future__ import annotations

import sys

from obsv.metrics.promql.ast import (
    Aggregate,
    At,
    Binary,
    Call,
    Matching,
    Node,
    Number,
    Paren,
    Selector,
    Subquery,
    Text,
    Unary,
    descendants,
)
from obsv.metrics.promql.check import check
from obsv.metrics.promql.cursor import AGGREGATES, MAX_DEPTH, MAX_OPERATORS
from obsv.metrics.promql.errors import ParseError
from obsv.metrics.promql.lexer import Token
from obsv.metrics.promql.selector_parser import PRECEDENCE as ARITHMETIC
from obsv.metrics.promql.selector_parser import SelectorParser
from obsv.metrics.promql.signatures import SIGNATURES
from obsv.metrics.store.types import Matcher

MAX_LENGTH = 100_000
# Trees are walked by recursion, a few frames a level; since Python 3.11 plain functions take no stack.
FRAMES = 8 * MAX_DEPTH + 4 * MAX_OPERATORS
sys.setrecursionlimit(max(sys.getrecursionlimit(), FRAMES))

PARAMETER = frozenset(("topk", "bottomk", "quantile", "count_values", "limitk", "limit_ratio"))
COMPARISONS = frozenset(("==", "!=", ">", "<", ">=", "<="))
TRIMS = frozenset(("</", ">/"))
PRECEDENCE = {
    "or": 1, "and": 2, "unless": 2, **dict.fromkeys(COMPARISONS, 3),
    **dict.fromkeys(TRIMS, 3), **ARITHMETIC,
}  # fmt: skip
RESERVED = frozenset(("bool", "on", "ignoring", "group_left", "group_right", "atan2"))
"""Words that are no metric names by themselves."""
NO_FUNCTIONS = frozenset(("by", "without", "offset", "and", "or", "unless"))


class _Parser(SelectorParser):
    def expression(self, lowest: int = 1) -> Node:
        self.deeper()
        left = self.unary()
        while True:
            op = self.token.text.lower() if self.token.kind in ("op", "identifier") else ""
            precedence = PRECEDENCE.get(op, 0)
            if precedence < lowest:
                break
            at = self.operator().start
            returns_bool, matching = self.modifiers()
            # A chain of one operator is this loop, not recursion; only ^ leans to the right.
            right = self.expression(precedence if op == "^" else precedence + 1)
            left = Binary(left.start, right.end, op, left, right, returns_bool, matching, at)
        self.depth -= 1
        return left

    def modifiers(self) -> tuple[bool, Matching]:
        returns_bool, matching = False, Matching()
        if self.is_word("bool"):
            self.take()
            returns_bool = True
        if self.is_word("on", "ignoring"):
            matching.on = self.take().text.lower() == "on"
            matching.labels = self.label_list("grouping opts")
            if self.is_word("group_left", "group_right"):
                matching.side = "left" if self.take().text.lower() == "group_left" else "right"
                if self.is_op("("):
                    matching.include = self.label_list("grouping opts")
        elif self.is_word("group_left", "group_right"):
            self.unexpected("")
        self.fills(matching)
        return returns_bool, matching

    def fills(self, matching: Matching) -> None:
        """`fill(0)`, or `fill_left(0) fill_right(1)` in any order; without parentheses they are metric names."""
        while self.is_word("fill", "fill_left", "fill_right") and self.next_is("("):
            word = self.take().text.lower()
            self.expect("(", "fill modifier")
            value = self.fill_value()
            self.expect(")", "fill modifier")
            if word != "fill_right":
                matching.fill_left = value
            if word != "fill_left":
                matching.fill_right = value

    def fill_value(self) -> float:
        sign = 1.0
        while self.token.kind == "op" and self.token.text in "+-":
            sign = -sign if self.take().text == "-" else sign
        if self.token.kind not in ("number", "duration"):
            self.unexpected("fill modifier", "number")
        value = self.take().value
        assert isinstance(value, float)
        return sign * value

    def unary(self) -> Node:
        signs: list[Token] = []
        while self.token.kind == "op" and self.token.text in "+-":
            signs.append(self.operator())
        if not signs:
            return self.postfix(self.primary())
        operand: Node = self.expression(PRECEDENCE["^"])
        for sign in reversed(signs):
            if isinstance(operand, Number):
                operand = Number(sign.start, operand.end, -operand.value if sign.text == "-" else operand.value)
            else:
                operand = Unary(sign.start, operand.end, sign.text, operand)
        return operand

    def primary(self) -> Node:
        token = self.token
        if token.kind in ("number", "duration"):
            self.take()
            assert isinstance(token.value, float)
            return Number(token.start, token.end, token.value, token.kind == "duration")
        if token.kind == "string":
            self.take()
            return Text(token.start, token.end, str(token.value))
        if self.accept("("):
            inner = self.expression()
            return Paren(token.start, self.expect(")", "").end, inner)
        if self.is_op("{"):
            return self.selector("", token.start)
        if token.kind != "identifier":
            self.unexpected("")
        return self.word()

    def word(self) -> Node:
        if self.is_word(*RESERVED):
            self.unexpected("")
        token = self.take()
        lower = token.text.lower()
        if lower in AGGREGATES and (self.is_op("(") or self.is_word("by", "without")):
            return self.aggregate(lower, token)
        if self.is_op("(") and ":" not in token.text and lower not in NO_FUNCTIONS:
            return self.call(token)
        return self.selector(token.text, token.start)

    def begins(self) -> bool:
        """Whether an expression can begin here; what is no PromQL is told when it is read."""
        token = self.token
        if token.kind == "op":
            return token.text in ("(", "{", "+", "-")
        return token.kind != "end" and not self.is_word(*RESERVED)

    def arguments(self) -> tuple[list[Node], int]:
        self.expect("(", "")
        args: list[Node] = []
        while not self.is_op(")"):
            args.append(self.expression())
            comma = self.token
            if not self.accept(","):
                break
            if self.token.fault or self.begins():
                continue
            self.fail("trailing commas not allowed in function call args", comma)
        return args, self.expect(")", "").end

    def call(self, token: Token) -> Node:
        args, end = self.info_arguments() if token.text == "info" else self.arguments()
        signature = SIGNATURES.get(token.text)
        if signature is None:
            self.fail(f'unknown function with name "{token.text}"', token)
        beside = self.info_selector(args, token) if token.text == "info" else None
        return Call(token.start, end, token.text, args, signature.returns, beside)

    def info_selector(self, args: list[Node], token: Token) -> Selector:
        """What `info` looks at: series of `target_info` unless its matchers name another metric."""
        given = args[1].matchers if len(args) > 1 and isinstance(args[1], Selector) else []
        names = [matcher for matcher in given if matcher.name == "__name__"]
        if not names:
            given = [Matcher("__name__", "=", "target_info"), *given]
        elif all(matcher.op in ("!=", "!~") for matcher in names):
            given = [Matcher("__name__", "=~", ".+_info"), *given]
        selector = Selector(token.start, token.end, "", given)
        selector.at, selector.offset_ms = self.info_time(args[0]) if args else (None, 0)
        return selector

    def info_time(self, node: Node) -> tuple[At, int]:
        """`@` and offset of what `info` is asked of, through subqueries down to its first selector."""
        at, offset_ms = None, 0
        for one in descendants(node):
            if isinstance(one, Selector | Subquery):
                if one.at is not None:
                    at, offset_ms = one.at, 0
                offset_ms += one.offset_ms
            if isinstance(one, Selector):
                break
        return at, offset_ms

    def info_arguments(self) -> tuple[list[Node], int]:
        """The second argument of `info` is a selector that may match everything; without one it is `target_info`."""
        self.expect("(", "")
        args: list[Node] = []
        if not self.is_op(")"):
            args.append(self.expression())
        if self.accept(",") and not self.is_op(")"):
            start = self.token.start
            if not self.is_op("{"):
                self.fail("expected label selectors only", self.token)
            args.append(self.selector("", start, may_be_empty=True))
            self.accept(",")
        return args, self.expect(")", "").end

    def aggregate(self, op: str, token: Token) -> Node:
        self.aggregations += 1
        labels: tuple[str, ...] = ()
        without = grouped = False
        if self.is_word("by", "without"):
            without, grouped = self.take().text.lower() == "without", True
            labels = self.label_list("grouping opts")
        args, end = self.arguments()
        self.aggregations -= 1
        if not grouped and self.is_word("by", "without"):
            without = self.take().text.lower() == "without"
            labels = self.label_list("grouping opts")
            end = self.tokens[self.at - 1].end
        wanted = 2 if op in PARAMETER else 1
        if not args:
            self.fail("no arguments for aggregate expression provided", token)
        if len(args) != wanted:
            self.fail(
                f"wrong number of arguments for aggregate expression provided, expected {wanted}, got {len(args)}",
                token,
            )
        return Aggregate(token.start, end, op, args[-1], args[0] if wanted == 2 else None, labels, without)


def parse(text: str) -> Node:
    """The tree of an expression, types checked.  Raises ParseError."""
    if len(text) > MAX_LENGTH:
        raise ParseError(f"expression is longer than {MAX_LENGTH} characters", text, 0)
    parser = _Parser(text)
    if parser.token.kind == "end":
        raise ParseError("no expression found in input", text, 0 if text else -1)
    node = parser.expression()
    if parser.token.kind != "end":
        parser.unexpected("")
    check(node, text)
    return node


def parse_matchers(text: str) -> list[Matcher]:
    """The matchers of a `match[]` parameter: a name, braces, or both; they may match everything.  Raises ParseError."""
    if len(text) > MAX_LENGTH:
        raise ParseError(f"selector is longer than {MAX_LENGTH} characters", text, 0)
    parser = _Parser(text)
    token = parser.token
    if token.kind == "end":
        raise ParseError("unexpected end of input", text, 0 if text else -1)
    if token.kind != "identifier" and not parser.is_op("{"):
        parser.unexpected("")
    name = parser.take().text if token.kind == "identifier" else ""
    node = parser.selector(name, token.start, may_be_empty=True)
    if parser.token.kind != "end":
        parser.unexpected("")
    return node.matchers
