"""Tokens to tree: a Pratt parser with depth and length limits, and Prometheus' words for what is wrong."""

from __future__ import annotations

import math
import sys
from typing import Literal, NoReturn

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
    unwrap,
)
from obsv.metrics.promql.check import check
from obsv.metrics.promql.errors import ParseError
from obsv.metrics.promql.lexer import Token, tokenize
from obsv.metrics.promql.signatures import SIGNATURES
from obsv.metrics.store.types import BadPattern, Matcher

MAX_LENGTH = 100_000
MAX_DEPTH = 200
MAX_OPERATORS = 500
# Trees are walked by recursion, a few frames a level; since Python 3.11 plain functions take no stack.
FRAMES = 8 * MAX_DEPTH + 4 * MAX_OPERATORS
sys.setrecursionlimit(max(sys.getrecursionlimit(), FRAMES))

AGGREGATES = frozenset(
    (
        "sum", "avg", "min", "max", "count", "group", "stddev", "stdvar",
        "topk", "bottomk", "quantile", "count_values", "limitk", "limit_ratio",
    )
)  # fmt: skip
PARAMETER = frozenset(("topk", "bottomk", "quantile", "count_values", "limitk", "limit_ratio"))
COMPARISONS = frozenset(("==", "!=", ">", "<", ">=", "<="))
SET_OPERATORS = frozenset(("and", "or", "unless"))
PRECEDENCE = {
    "or": 1, "and": 2, "unless": 2, **dict.fromkeys(COMPARISONS, 3),
    "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "atan2": 5, "^": 6,
}  # fmt: skip
RESERVED = frozenset(("bool", "on", "ignoring", "group_left", "group_right"))


def _name(token: Token) -> str:
    """How Prometheus names a token in an error."""
    if token.kind == "end":
        return "end of input"
    if token.kind == "op":
        return f'"{token.text}"' if token.text in "(){}[],:" else f"<op:{token.text}>"
    return f'{token.kind} "{token.text}"' if token.kind != "string" else f"string {token.text}"


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.at = text, tokenize(text), 0
        self.depth = self.operators = 0

    # -- tokens ------------------------------------------------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def is_op(self, text: str) -> bool:
        return self.token.kind == "op" and self.token.text == text

    def is_word(self, *words: str) -> bool:
        return self.token.kind == "identifier" and self.token.text.lower() in words

    def accept(self, text: str) -> bool:
        if self.is_op(text):
            self.at += 1
            return True
        return False

    def fail(self, detail: str, token: Token | None = None) -> NoReturn:
        raise ParseError(detail, self.text, (token or self.token).start)

    def expect(self, text: str, context: str) -> Token:
        if not self.is_op(text):
            self.unexpected(context, f'"{text}"')
        return self.take()

    def unexpected(self, context: str, expected: str = "") -> NoReturn:
        if self.token.kind == "end" and self.token.value:
            self.fail(str(self.token.value))
        where = f" in {context}" if context else ""
        self.fail(f"unexpected {_name(self.token)}{where}" + (f", expected {expected}" if expected else ""))

    # -- expressions -------------------------------------------------------------------------------------------

    def operator(self) -> Token:
        self.operators += 1
        if self.operators > MAX_OPERATORS:
            self.fail(f"expression has more than {MAX_OPERATORS} operators")
        return self.take()

    def expression(self, lowest: int = 1) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"expression nests deeper than {MAX_DEPTH} levels")
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
            self.unexpected("", "on or ignoring before it")
        return returns_bool, matching

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
            return Paren(token.start, self.expect(")", "paren expression").end, inner)
        if self.is_op("{"):
            return self.selector("", token.start)
        if token.kind != "identifier":
            self.unexpected("expression" if self.at and token.kind != "end" else "")
        return self.word()

    def word(self) -> Node:
        token = self.take()
        lower = token.text.lower()
        if lower in AGGREGATES and (self.is_op("(") or self.is_word("by", "without")):
            return self.aggregate(lower, token)
        if self.is_op("("):
            return self.call(token)
        if lower in RESERVED or lower in SET_OPERATORS or lower == "atan2":
            self.fail(f"unexpected <{lower}>" if lower in RESERVED else f"unexpected <op:{lower}>", token)
        return self.selector(token.text, token.start)

    def arguments(self, context: str) -> tuple[list[Node], int]:
        self.expect("(", context)
        args: list[Node] = []
        while not self.is_op(")"):
            args.append(self.expression())
            if not self.accept(","):
                break
        return args, self.expect(")", context).end

    def call(self, token: Token) -> Node:
        signature = SIGNATURES.get(token.text)
        if signature is None:
            self.fail(f'unknown function with name "{token.text}"', token)
        args, end = self.arguments("function call")
        return Call(token.start, end, token.text, args, signature.returns)

    def aggregate(self, op: str, token: Token) -> Node:
        labels: tuple[str, ...] = ()
        without = grouped = False
        if self.is_word("by", "without"):
            without, grouped = self.take().text.lower() == "without", True
            labels = self.label_list("grouping opts")
        args, end = self.arguments("aggregation")
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

    def label_list(self, context: str) -> tuple[str, ...]:
        self.expect("(", context)
        labels: list[str] = []
        while not self.is_op(")"):
            if self.token.kind not in ("identifier", "string") or (
                self.token.kind == "identifier" and ":" in self.token.text
            ):
                self.unexpected(context, "label")
            token = self.take()
            labels.append(str(token.value) if token.kind == "string" else token.text)
            if not self.accept(","):
                break
        self.expect(")", context)
        return tuple(labels)

    # -- selectors ---------------------------------------------------------------------------------------------

    def selector(self, name: str, start: int) -> Selector:
        matchers = [Matcher("__name__", "=", name)] if name else []
        end = self.tokens[self.at - 1].end
        if self.accept("{"):
            while not self.is_op("}"):
                matcher = self.matcher()
                if matcher.name == "__name__" and matcher.op == "=":
                    if name and name != matcher.value:
                        self.fail(f'metric name must not be set twice: "{name}" or "{matcher.value}"')
                    name = name or matcher.value
                matchers.append(matcher)
                if not self.accept(","):
                    break
            end = self.expect("}", "label matching").end
        node = Selector(start, end, name, list(dict.fromkeys(matchers)))
        if all(matcher.matches("") for matcher in matchers):
            raise ParseError("vector selector must contain at least one non-empty matcher", self.text, start)
        return node

    def matcher(self) -> Matcher:
        token = self.token
        if token.kind not in ("identifier", "string"):
            self.unexpected("label matching", 'identifier or "}"')
        self.take()
        name = str(token.value) if token.kind == "string" else token.text
        if self.token.kind != "op" or self.token.text not in ("=", "!=", "=~", "!~"):
            if token.kind == "string":
                return Matcher("__name__", "=", name)
            self.unexpected("label matching", "label matching operator")
        op = self.take().text
        value = self.token
        if value.kind != "string":
            self.unexpected("label matching", "string")
        self.take()
        matcher = Matcher(name, op, str(value.value))
        try:
            matcher.matches("")
        except BadPattern as bad:
            self.fail(f"error parsing regexp: {bad}", token)
        return matcher

    def postfix(self, node: Node) -> Node:
        while True:
            if self.is_op("["):
                node = self.bracket(node)
            elif self.is_word("offset"):
                self.take()
                self.set_offset(node)
            elif self.is_op("@"):
                self.take()
                self.set_at(node)
            else:
                return node
            node.end = self.tokens[self.at - 1].end

    def bracket(self, node: Node) -> Node:
        self.expect("[", "range")
        range_ms = self.milliseconds("range")
        if range_ms <= 0:
            self.fail("duration must be greater than 0", self.tokens[self.at - 1])
        if self.accept(":"):
            step_ms = 0 if self.is_op("]") else self.milliseconds("subquery")
            self.expect("]", "subquery selector")
            if node.type not in ("vector", "scalar"):
                raise ParseError(
                    f"subquery is only allowed on instant vector, got {node.type} instead", self.text, node.start
                )
            return Subquery(node.start, node.end, node, range_ms, step_ms)
        self.expect("]", "subquery or range selector")
        if not isinstance(node, Selector) or node.range_ms:
            raise ParseError("ranges only allowed for vector selectors", self.text, node.start)
        if node.offset_ms or node.at is not None:
            what = (
                "no offset modifiers allowed before range" if node.offset_ms else "no @ modifiers allowed before range"
            )
            raise ParseError(what, self.text, node.start)
        node.range_ms = range_ms
        return node

    def milliseconds(self, context: str) -> int:
        """A signed duration, or a number of seconds."""
        sign = 1
        while self.token.kind == "op" and self.token.text in "+-":
            sign = -sign if self.take().text == "-" else sign
        if self.token.kind not in ("number", "duration"):
            self.unexpected(context, "number, duration")
        value = self.take().value
        assert isinstance(value, float)
        if not math.isfinite(value) or abs(value) > 9e12:
            self.fail("duration out of range", self.tokens[self.at - 1])
        return sign * round(value * 1000)

    def set_offset(self, node: Node) -> None:
        if not isinstance(node, (Selector, Subquery)):
            raise ParseError(
                "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
                self.text,
                node.start,
            )
        if node.offset_ms:
            raise ParseError("offset may not be set multiple times", self.text, node.start)
        node.offset_ms = self.milliseconds("offset")

    def set_at(self, node: Node) -> None:
        if not isinstance(node, (Selector, Subquery)):
            raise ParseError(
                "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery",
                self.text,
                node.start,
            )
        if node.at is not None:
            raise ParseError("@ <timestamp> may not be set multiple times", self.text, node.start)
        node.at = self.at_value()

    def at_value(self) -> At:
        if self.is_word("start", "end"):
            word: Literal["start", "end"] = "start" if self.take().text.lower() == "start" else "end"
            self.expect("(", "@")
            self.expect(")", "@")
            return word
        return self.milliseconds("@")


def parse(text: str) -> Node:
    """The tree of an expression, types checked.  Raises ParseError."""
    if len(text) > MAX_LENGTH:
        raise ParseError(f"expression is longer than {MAX_LENGTH} characters", text, 0)
    parser = _Parser(text)
    if parser.token.kind == "end":
        raise ParseError("no expression found in input", text, -1)
    node = parser.expression()
    if parser.token.kind != "end":
        parser.unexpected("")
    check(node, text)
    return node


def parse_matchers(text: str) -> list[Matcher]:
    """The matchers of a `match[]` parameter, which is an instant vector selector.  Raises ParseError."""
    node = unwrap(parse(text))
    if not isinstance(node, Selector) or node.range_ms or node.offset_ms or node.at is not None:
        raise ParseError("expected an instant vector selector", text, 0)
    return node.matchers
