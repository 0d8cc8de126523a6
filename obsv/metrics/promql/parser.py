"""Tokens to tree: a Pratt parser with depth and length limits, and Prometheus' words for what is wrong."""

from __future__ import annotations

import math
import sys
from typing import Literal, NoReturn

from obsv.metrics.promql import durations
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
TRIMS = frozenset(("</", ">/"))
SET_OPERATORS = frozenset(("and", "or", "unless"))
PRECEDENCE = {
    "or": 1, "and": 2, "unless": 2, **dict.fromkeys(COMPARISONS, 3),
    **dict.fromkeys(TRIMS, 3), "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "atan2": 5, "^": 6,
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

    def next_is(self, text: str) -> bool:
        after = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        return after.kind == "op" and after.text == text

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
        args, end = self.info_arguments() if token.text == "info" else self.arguments("function call")
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
        self.expect("(", "function call")
        args: list[Node] = []
        if not self.is_op(")"):
            args.append(self.expression())
        if self.accept(",") and not self.is_op(")"):
            start = self.token.start
            if not self.is_op("{"):
                self.fail("expected label selectors only", self.token)
            args.append(self.selector("", start, may_be_empty=True))
            self.accept(",")
        return args, self.expect(")", "function call").end

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

    def selector(self, name: str, start: int, *, may_be_empty: bool = False) -> Selector:
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
        if not may_be_empty and all(matcher.matches("") for matcher in matchers):
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
            elif self.is_word("anchored", "smoothed"):
                self.set_modifier(node)
            else:
                return node
            node.end = self.tokens[self.at - 1].end

    def bracket(self, node: Node) -> Node:
        self.expect("[", "range")
        range_ms, range_expr = self.duration("range", positive=True)
        if self.accept(":"):
            step_ms, step_expr = 0, None
            if not self.is_op("]"):
                step_ms, step_expr = self.duration("subquery", positive=True)
            self.expect("]", "subquery selector")
            if node.type not in ("vector", "scalar"):
                raise ParseError(
                    f"subquery is only allowed on instant vector, got {node.type} instead", self.text, node.start
                )
            return Subquery(node.start, node.end, node, range_ms, step_ms, range_expr=range_expr, step_expr=step_expr)
        self.expect("]", "subquery or range selector")
        if not isinstance(node, Selector) or node.type == "matrix":
            raise ParseError("ranges only allowed for vector selectors", self.text, node.start)
        if node.offset_ms or node.offset_expr or node.at is not None:
            is_at = node.at is not None and not (node.offset_ms or node.offset_expr)
            what = f"no {'@' if is_at else 'offset'} modifiers allowed before range"
            raise ParseError(what, self.text, node.start)
        node.range_ms, node.range_expr = range_ms, range_expr
        return node

    def duration(self, context: str, *, positive: bool) -> tuple[int, Node | None]:
        """(milliseconds, None), or (0, the expression) where they depend on the query."""
        node = self.duration_expression(context)
        if not durations.is_constant(node):
            return 0, node
        found = durations.seconds(node, self.text)
        if positive:
            return durations.checked_range(found, node, self.text), None
        return round(found * 1000), None

    def duration_expression(self, context: str, lowest: int = PRECEDENCE["+"]) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"expression nests deeper than {MAX_DEPTH} levels")
        left = self.duration_operand(context)
        while self.token.kind == "op" and self.token.text in durations.OPERATORS:
            precedence = PRECEDENCE[self.token.text]
            if precedence < lowest:
                break
            op = self.operator()
            right = self.duration_expression(context, precedence if op.text == "^" else precedence + 1)
            left = Binary(left.start, right.end, op.text, left, right, at=op.start)
        self.depth -= 1
        return left

    def duration_operand(self, context: str) -> Node:
        token = self.token
        if token.kind == "op" and token.text in "+-":
            self.operator()
            operand = self.duration_expression(context, PRECEDENCE["^"])
            return Unary(token.start, operand.end, token.text, operand)
        if token.kind in ("number", "duration"):
            self.take()
            assert isinstance(token.value, float)
            return Number(token.start, token.end, token.value, token.kind == "duration")
        if self.accept("("):
            inner = self.duration_expression(context)
            return Paren(token.start, self.expect(")", context).end, inner)
        if not (token.kind == "identifier" and token.text in durations.FUNCTIONS and self.next_is("(")):
            self.unexpected(context, "number, duration")
        return self.duration_call(context)

    def duration_call(self, context: str) -> Node:
        name = self.take()
        self.expect("(", context)
        args: list[Node] = []
        while not self.is_op(")"):
            args.append(self.duration_expression(context))
            if not self.accept(","):
                break
        end = self.expect(")", context).end
        wanted = durations.FUNCTIONS[name.text]
        if len(args) != wanted:
            self.fail(f'expected {wanted} argument(s) in call to "{name.text}", got {len(args)}', name)
        return Call(name.start, end, name.text, args, "scalar")

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
        if node.offset_ms or node.offset_expr:
            raise ParseError("offset may not be set multiple times", self.text, node.start)
        if self.is_op("(") or self.is_word(*durations.FUNCTIONS):
            node.offset_ms, node.offset_expr = self.offset_expression()
        else:
            node.offset_ms = self.milliseconds("offset")

    def offset_expression(self) -> tuple[int, Node | None]:
        """Without parentheses an operator behind an offset is the query's, not the duration's."""
        node = self.duration_operand("offset")
        if durations.is_constant(node):
            return round(durations.seconds(node, self.text) * 1000), None
        return 0, node

    def set_modifier(self, node: Node) -> None:
        word = self.token
        if not isinstance(node, Selector):
            self.fail(f"{word.text.lower()} modifier must be preceded by a vector selector or range vector selector")
        if node.modifier:
            self.fail("anchored and smoothed modifiers cannot be used together or twice")
        is_anchored = self.take().text.lower() == "anchored"
        if is_anchored and node.type != "matrix":
            self.fail("anchored modifier can only be used with range vector selectors", word)
        node.modifier = "anchored" if is_anchored else "smoothed"

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
