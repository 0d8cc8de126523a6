"""Reads selectors and what stands behind them: ranges, offsets, `@`."""

from __future__ import annotations

import math
from typing import Literal

from obsv.metrics.promql import durations
from obsv.metrics.promql.ast import At, Binary, Call, Node, Number, Paren, Selector, Subquery, Unary
from obsv.metrics.promql.cursor import Cursor
from obsv.metrics.promql.errors import ParseError
from obsv.metrics.store.types import BadPattern, Matcher

PRECEDENCE = {"+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "atan2": 5, "^": 6}
"""Of the arithmetic operators."""


class SelectorParser(Cursor):
    """The part of the grammar that knows no expressions but those of durations."""

    def label_list(self, context: str) -> tuple[str, ...]:
        self.expect("(", context, '"("')
        labels: list[str] = []
        while not self.is_op(")"):
            if self.token.kind not in ("identifier", "string"):
                self.unexpected(context, "label")
            token = self.take()
            labels.append(str(token.value) if token.kind == "string" else token.text)
            if not self.accept(","):
                break
        self.expect(")", context, '"," or ")"')
        return tuple(labels)

    def selector(self, name: str, start: int, *, may_be_empty: bool = False) -> Selector:
        matchers = [Matcher("__name__", "=", name)] if name else []
        end = self.tokens[self.at - 1].end
        if self.accept("{"):
            while not self.is_op("}"):
                matchers.append(self.matcher())
                if not self.accept(","):
                    break
            end = self.expect("}", "label matching", '"," or "}"').end
        if name and (twice := next((one for one in matchers[1:] if one.name == "__name__"), None)):
            what = f'metric name must not be set twice: "{name}" or "{twice.value}"'
            raise ParseError(what, self.text, start)
        node = Selector(start, end, name, matchers)
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
        self.expect("[", "")
        range_ms, range_expr = self.duration("subquery selector")
        if self.accept(":"):
            step_ms, step_expr = 0, None
            if not self.is_op("]"):
                step_ms, step_expr = self.duration("subquery selector")
            self.expect("]", "subquery selector", '"]"')
            if node.type not in ("vector", "scalar"):
                raise ParseError(
                    f"subquery is only allowed on instant vector, got {node.type} instead", self.text, node.start
                )
            return Subquery(node.start, node.end, node, range_ms, step_ms, range_expr=range_expr, step_expr=step_expr)
        self.expect("]", "subquery or range", '":" or "]"')
        if not isinstance(node, Selector) or node.type == "matrix":
            raise ParseError("ranges only allowed for vector selectors", self.text, node.start)
        if node.offset_ms or node.offset_expr or node.at is not None:
            is_at = node.at is not None and not (node.offset_ms or node.offset_expr)
            what = f"no {'@' if is_at else 'offset'} modifiers allowed before range"
            raise ParseError(what, self.text, node.start)
        node.range_ms, node.range_expr = range_ms, range_expr
        return node

    def duration(self, context: str) -> tuple[int, Node | None]:
        """(milliseconds, None), or (0, the expression) where they depend on the query; they are above 0."""
        node = self.duration_expression(context)
        if not durations.is_constant(node):
            return 0, node
        return durations.checked_range(durations.seconds(node, self.text), node, self.text), None

    def duration_expression(self, context: str, lowest: int = PRECEDENCE["+"]) -> Node:
        self.deeper()
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
            self.unexpected(context, "number or duration")
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

    def milliseconds(self, context: str, expected: str) -> int:
        """A signed duration, or a number of seconds."""
        sign = 1
        while self.token.kind == "op" and self.token.text in "+-":
            sign = -sign if self.take().text == "-" else sign
        if self.token.kind not in ("number", "duration"):
            self.unexpected(context, expected)
        value = self.take().value
        assert isinstance(value, float)
        if not math.isfinite(value) or abs(value) > 9e12:
            self.fail("duration out of range", self.tokens[self.at - 1])
        return sign * round(value * 1000)

    def set_offset(self, node: Node) -> None:
        if self.is_op("(") or self.is_word(*durations.FUNCTIONS):
            offset_ms, offset_expr = self.offset_expression()
        else:
            offset_ms, offset_expr = self.milliseconds("offset", "number or duration"), None
        if not isinstance(node, (Selector, Subquery)):
            raise ParseError(
                "offset modifier must be preceded by an instant vector selector or range vector selector or a subquery",
                self.text,
                node.start,
            )
        if node.offset_ms or node.offset_expr:
            raise ParseError("offset may not be set multiple times", self.text, node.start)
        node.offset_ms, node.offset_expr = offset_ms, offset_expr

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
        at = self.at_value()
        if not isinstance(node, (Selector, Subquery)):
            raise ParseError(
                "@ modifier must be preceded by an instant vector selector or range vector selector or a subquery",
                self.text,
                node.start,
            )
        if node.at is not None:
            raise ParseError("@ <timestamp> may not be set multiple times", self.text, node.start)
        node.at = at

    def at_value(self) -> At:
        if self.is_word("start", "end"):
            word: Literal["start", "end"] = "start" if self.take().text.lower() == "start" else "end"
            self.expect("(", "@")
            self.expect(")", "@")
            return word
        return self.milliseconds("@", "timestamp")
