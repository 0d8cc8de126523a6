"""Types and arguments of a parsed tree, with Prometheus' words."""

from __future__ import annotations

from typing import NoReturn

from obsv.metrics.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Node,
    Paren,
    Subquery,
    Unary,
    ValueType,
)
from obsv.metrics.promql.errors import ParseError
from obsv.metrics.promql.signatures import SIGNATURES

WORDS: dict[ValueType, str] = {
    "scalar": "scalar",
    "vector": "instant vector",
    "matrix": "range vector",
    "string": "string",
}
COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")
SETS = ("and", "or", "unless")


def check(node: Node, text: str) -> None:
    """Raise ParseError at the first node that cannot work."""
    match node:
        case Paren():
            check(node.expr, text)
        case Unary():
            check(node.expr, text)
            if node.expr.type not in ("scalar", "vector"):
                _fail(
                    "unary expression only allowed on expressions of type scalar or instant vector, "
                    f'got "{WORDS[node.expr.type]}"',
                    node,
                    text,
                )
        case Subquery():
            check(node.expr, text)
        case Aggregate():
            _aggregate(node, text)
        case Binary():
            _binary(node, text)
        case Call():
            _call(node, text)
        case _:
            pass


def _fail(detail: str, node: Node, text: str) -> NoReturn:
    raise ParseError(detail, text, node.start)


def _wants(node: Node, wanted: ValueType, context: str, text: str) -> None:
    check(node, text)
    if node.type != wanted:
        _fail(f"expected type {WORDS[wanted]} in {context}, got {WORDS[node.type]}", node, text)


def _aggregate(node: Aggregate, text: str) -> None:
    _wants(node.expr, "vector", "aggregation expression", text)
    if node.param is not None:
        _wants(node.param, "string" if node.op == "count_values" else "scalar", "aggregation parameter", text)


def _call(node: Call, text: str) -> None:
    signature = SIGNATURES[node.name]
    most = len(signature.args)
    least = most - (1 if signature.optional else 0)
    if len(node.args) < least:
        few = "at least " if signature.optional else ""
        _fail(f'expected {few}{least} argument(s) in call to "{node.name}", got {len(node.args)}', node, text)
    if signature.optional >= 0 and len(node.args) > most:
        many = "at most " if signature.optional else ""
        _fail(f'expected {many}{most} argument(s) in call to "{node.name}", got {len(node.args)}', node, text)
    for i, arg in enumerate(node.args):
        _wants(arg, signature.args[min(i, most - 1)], f'call to function "{node.name}"', text)


def _binary(node: Binary, text: str) -> None:
    check(node.left, text)
    check(node.right, text)
    sides = (node.left.type, node.right.type)
    is_comparison, is_set = node.op in COMPARISONS, node.op in SETS
    for side in (node.left, node.right):
        if side.type not in ("scalar", "vector"):
            _fail("binary expression must contain only scalar and instant vector types", side, text)
    if node.returns_bool and not is_comparison:
        _fail("bool modifier can only be used on comparison operators", node, text)
    if is_comparison and not node.returns_bool and sides == ("scalar", "scalar"):
        raise ParseError("comparisons between scalars must use BOOL modifier", text, node.at)
    matching = node.matching
    if sides != ("vector", "vector"):
        if matching.labels or matching.on or matching.side:
            _fail("vector matching only allowed between instant vectors", node, text)
        if is_set:
            _fail(f'set operator "{node.op}" not allowed in binary scalar expression', node, text)
    if is_set and matching.side:
        _fail(f'no grouping allowed for "{node.op}" operation', node, text)
    for label in matching.include if matching.on else ():
        if label in matching.labels:
            _fail(f'label "{label}" must not occur in ON and GROUP clause at once', node, text)
