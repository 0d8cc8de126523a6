"""/api/v1/parse_query: a query's tree as Prometheus gives it to its editor."""

from __future__ import annotations

from typing import Any

from litestar import Response, route
from litestar.handlers import HTTPRouteHandler

from obsv.metrics.api.answers import success
from obsv.metrics.api.params import AnyRequest, Params
from obsv.metrics.promql import parse
from obsv.metrics.promql.ast import Aggregate, Binary, Call, Node, Number, Paren, Selector, Subquery, Text, Unary
from obsv.metrics.promql.signatures import SIGNATURES
from obsv.metrics.promql.text import go_float

Tree = dict[str, Any]
CARDINALITY = {"": "one-to-one", "left": "many-to-one", "right": "one-to-many"}
SETS = ("and", "or", "unless")


def parse_handler() -> HTTPRouteHandler:
    """GET and POST /parse_query."""

    @route("/parse_query", http_method=["GET", "POST"], status_code=200, summary="A query's syntax tree")
    async def parse_query(request: AnyRequest) -> Response[bytes]:
        return success(tree((await Params.of(request)).text("query")))

    return parse_query


def tree(text: str) -> Tree:
    """The tree of a query.  Raises ParseError."""
    return _tree(parse(text))


def _tree(node: Node) -> Tree:
    match node:
        case Number():
            return {"type": "numberLiteral", "val": go_float(node.value)}
        case Text():
            return {"type": "stringLiteral", "val": node.value}
        case Paren():
            return {"type": "parenExpr", "expr": _tree(node.expr)}
        case Unary():
            return {"type": "unaryExpr", "op": node.op, "expr": _tree(node.expr)}
        case Selector():
            return _selector(node)
        case Subquery():
            return {
                "type": "subquery",
                "expr": _tree(node.expr),
                "range": node.range_ms,
                "step": node.step_ms,
                **_times(node),
            }
        case Aggregate():
            return {
                "type": "aggregation",
                "op": node.op,
                "expr": _tree(node.expr),
                "param": _tree(node.param) if node.param is not None else None,
                "grouping": list(node.labels),
                "without": node.without,
            }
        case Binary():
            return _binary(node)
        case Call():
            return {"type": "call", "func": _function(node.name), "args": [_tree(arg) for arg in node.args]}
        case _:
            raise TypeError(type(node).__name__)


def _times(node: Selector | Subquery) -> Tree:
    is_word = isinstance(node.at, str)
    return {
        "offset": node.offset_ms,
        "timestamp": None if is_word else node.at,
        "startOrEnd": node.at if is_word else None,
    }


def _selector(node: Selector) -> Tree:
    matchers = [{"type": one.op, "name": one.name, "value": one.value} for one in node.matchers]
    if node.name:
        matchers.append(matchers.pop(0))  # the name before the braces, which Prometheus puts behind what is in them
    out: Tree = {"type": "vectorSelector", "name": node.name, "matchers": matchers, **_times(node)}
    if node.type == "matrix":
        out |= {"type": "matrixSelector", "range": node.range_ms}
    if node.modifier:
        out[node.modifier] = True
    return out


def _binary(node: Binary) -> Tree:
    matching = node.matching
    between = None
    if node.left.type == node.right.type == "vector":
        between = {
            "card": "many-to-many" if node.op in SETS else CARDINALITY[matching.side],
            "labels": list(matching.labels),
            "on": matching.on,
            "include": list(matching.include),
            "fillValues": {"lhs": matching.fill_left, "rhs": matching.fill_right},
        }
    sides = {"lhs": _tree(node.left), "rhs": _tree(node.right)}
    return {"type": "binaryExpr", "op": node.op, **sides, "matching": between, "bool": node.returns_bool}


def _function(name: str) -> Tree:
    signature = SIGNATURES[name]
    return {
        "name": name,
        "argTypes": list(signature.args),
        "variadic": signature.optional,
        "returnType": signature.returns,
    }
