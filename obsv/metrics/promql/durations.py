"""Arithmetic in durations: `[5m * 2]`, `offset (step() - 1m)`, `[max_of(range(), 1h)]`.

What is constant is reckoned by the parser; what depends on the query's step or range when the query begins.
Source: Prometheus documentation, "Querying: basics", on duration expressions.
"""

from __future__ import annotations

import math

from obsv.metrics.promql.ast import Binary, Call, Node, Number, Paren, Selector, Subquery, Unary, descendants
from obsv.metrics.promql.errors import ParseError
from obsv.metrics.promql.values import Grid

OPERATORS = frozenset("+-*/%^")
FUNCTIONS = {"step": 0, "range": 0, "min_of": 2, "max_of": 2}
MOST_S = 9e9


def is_constant(node: Node) -> bool:
    """Whether the query does not matter."""
    match node:
        case Paren() | Unary():
            return is_constant(node.expr)
        case Binary():
            return is_constant(node.left) and is_constant(node.right)
        case Call():
            return node.name not in ("step", "range") and all(is_constant(arg) for arg in node.args)
        case _:
            return True


def seconds(node: Node, text: str, step_s: float = 0.0, range_s: float = 0.0) -> float:
    """The value of a duration expression.  Raises ParseError (division by zero, out of range)."""

    def value(one: Node) -> float:
        match one:
            case Number():
                return one.value
            case Paren():
                return value(one.expr)
            case Unary():
                return -value(one.expr) if one.op == "-" else value(one.expr)
            case Binary():
                return _binary(one, value(one.left), value(one.right), text)
            case Call(name="step"):
                return step_s
            case Call(name="range"):
                return range_s
            case Call():
                return (min if one.name == "min_of" else max)(value(arg) for arg in one.args)
            case _:
                raise ParseError("unexpected expression in a duration", text, one.start)

    found = value(node)
    if not math.isfinite(found) or abs(found) > MOST_S:
        raise ParseError("duration out of range", text, node.start)
    return found


def _binary(node: Binary, left: float, right: float, text: str) -> float:
    if node.op in "/%" and right == 0:
        what = "division" if node.op == "/" else "modulo"
        raise ParseError(f"{what} by zero", text, node.right.start)
    match node.op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
        case "%":
            return math.fmod(left, right)
        case _:
            try:
                return math.pow(left, right)
            except (OverflowError, ValueError):
                return math.inf


def checked_range(found_s: float, node: Node, text: str) -> int:
    """A range or step in ms, which is positive.  Raises ParseError."""
    ms = round(found_s * 1000)
    if ms <= 0:
        raise ParseError("duration must be greater than 0", text, node.start)
    return ms


def is_settled(node: Node) -> bool:
    """Whether no duration of a tree depends on the query."""
    ranges = (one for one in descendants(node) if isinstance(one, (Selector, Subquery)))
    return all(one.range_expr is one.offset_expr is getattr(one, "step_expr", None) is None for one in ranges)


def resolve(node: Node, grid: Grid, text: str) -> None:
    """Reckon all durations of a tree for a query (in place)."""
    step_s = grid.step / 1000 if grid.count > 1 else 0.0
    range_s = (grid.until - grid.start) / 1000
    for one in descendants(node):
        if not isinstance(one, (Selector, Subquery)):
            continue
        if one.range_expr is not None:
            one.range_ms = checked_range(seconds(one.range_expr, text, step_s, range_s), one.range_expr, text)
        if one.offset_expr is not None:
            one.offset_ms = round(seconds(one.offset_expr, text, step_s, range_s) * 1000)
        if isinstance(one, Subquery) and one.step_expr is not None:
            one.step_ms = checked_range(seconds(one.step_expr, text, step_s, range_s), one.step_expr, text)
