"""A tree as text again, in Prometheus' normal form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from obsv.metrics.promql.ast import Aggregate, Binary, Call, Node, Number, Paren, Selector, Subquery, Text, Unary
from obsv.metrics.promql.text import go_float
from obsv.metrics.store.types import Matcher

_PLAIN = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))


def _duration(ms: int) -> str:
    sign, ms, out = "-" if ms < 0 else "", abs(ms), ""
    for unit, size in UNITS:
        count, ms = divmod(ms, size)
        out += f"{count}{unit}" if count else ""
    return sign + (out or "0s")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _modifiers(node: Selector | Subquery) -> str:
    out = ""
    if node.at is not None:
        out += f" @ {node.at}()" if isinstance(node.at, str) else f" @ {node.at / 1000:.3f}"
    if node.offset_expr is not None:
        return out + f" offset {_duration_expr(node.offset_expr)}"
    return out + (f" offset {_duration(node.offset_ms)}" if node.offset_ms else "")


def _duration_expr(node: Node) -> str:
    match node:
        case Number():
            return _duration(round(node.value * 1000)) if node.is_duration else go_float(node.value)
        case Paren():
            return f"({_duration_expr(node.expr)})"
        case Unary():
            return f"{node.op}{_duration_expr(node.expr)}"
        case Binary():
            return f"{_duration_expr(node.left)} {node.op} {_duration_expr(node.right)}"
        case Call():
            return f"{node.name}({', '.join(_duration_expr(arg) for arg in node.args)})"
        case _:
            raise TypeError(type(node).__name__)


def _span(ms: int, expr: Node | None) -> str:
    return _duration(ms) if expr is None else _duration_expr(expr)


def label_name(name: str) -> str:
    """A label name as a query has it: in quotes unless it is plain."""
    return name if _PLAIN.fullmatch(name) else _quoted(name)


def _selector(node: Selector) -> str:
    own = Matcher("__name__", "=", node.name) if node.name else None
    pairs = sorted(f"{label_name(m.name)}{m.op}{_quoted(m.value)}" for m in node.matchers if m != own)
    braces = "{" + ",".join(pairs) + "}" if pairs else ""
    range_text = f"[{_span(node.range_ms, node.range_expr)}]" if node.type == "matrix" else ""
    modifier = f" {node.modifier}" if node.modifier else ""
    return (node.name + braces or "{}") + range_text + modifier + _modifiers(node)


def _names(names: Iterable[str]) -> str:
    return ", ".join(map(label_name, names))


def _binary(node: Binary) -> str:
    words = node.op + (" bool" if node.returns_bool else "")
    matching = node.matching
    if matching.on or matching.labels:
        words += f" {'on' if matching.on else 'ignoring'} ({_names(matching.labels)})"
    if matching.side:
        words += f" group_{matching.side} ({_names(matching.include)})"
    left, right = matching.fill_left, matching.fill_right
    if left is not None and right is not None and go_float(left) == go_float(right):
        words += f" fill ({go_float(left)})"
    else:
        words += "" if left is None else f" fill_left ({go_float(left)})"
        words += "" if right is None else f" fill_right ({go_float(right)})"
    return f"{print_expr(node.left)} {words} {print_expr(node.right)}"


def _aggregate(node: Aggregate) -> str:
    clause = f" {'without' if node.without else 'by'} ({_names(node.labels)}) " if node.labels or node.without else ""
    args = [print_expr(arg) for arg in (node.param, node.expr) if arg is not None]
    return f"{node.op}{clause}({', '.join(args)})"


def print_expr(node: Node) -> str:
    """The expression on one line; parsing it again gives the same tree."""
    match node:
        case Number():
            return _duration(round(node.value * 1000)) if node.is_duration else go_float(node.value)
        case Text():
            return _quoted(node.value)
        case Selector():
            return _selector(node)
        case Subquery():
            step = _span(node.step_ms, node.step_expr) if node.step_ms or node.step_expr else ""
            span = _span(node.range_ms, node.range_expr)
            return f"{print_expr(node.expr)}[{span}:{step}]{_modifiers(node)}"
        case Paren():
            return f"({print_expr(node.expr)})"
        case Unary():
            return f"{node.op}{print_expr(node.expr)}"
        case Binary():
            return _binary(node)
        case Aggregate():
            return _aggregate(node)
        case Call():
            return f"{node.name}({', '.join(print_expr(arg) for arg in node.args)})"
        case _:
            raise TypeError(type(node).__name__)
