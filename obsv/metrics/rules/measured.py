"""Which part of an alert's expression is what it measures: the data that may be missing."""

from __future__ import annotations

from functools import lru_cache

from obsv.metrics.promql import parse, print_expr
from obsv.metrics.promql.ast import Binary, Node, Paren

COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})


@lru_cache(maxsize=4096)
def measured(query: str) -> str:
    """The expression without the comparison around it: `x > 5` measures `x`.

    Empty where nothing says what is compared; then no result cannot be told from no data.
    """
    node = _measured(parse(query))
    return print_expr(node) if node is not None else ""


def _measured(node: Node) -> Node | None:
    match node:
        case Paren():
            return _measured(node.expr)
        case Binary(op="and" | "unless"):
            return _measured(node.left)
        case Binary(returns_bool=False, op=op) if op in COMPARISONS:
            # Of a number and a vector, the vector; of two vectors the left one, whose values a result has.
            return node.right if node.left.type == "scalar" else _measured(node.left) or node.left
        case _:
            return None
