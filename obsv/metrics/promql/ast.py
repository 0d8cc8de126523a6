"""The syntax tree.  Every node knows its span in the query's text; times are milliseconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from obsv.metrics.store.types import Matcher

ValueType = Literal["scalar", "vector", "matrix", "string"]
At = int | Literal["start", "end"] | None


@dataclass(slots=True, eq=False)
class Node:
    """Any expression; `start` and `end` are offsets into the text."""

    start: int
    end: int

    @property
    def type(self) -> ValueType:
        """What it evaluates to."""
        return "vector"


@dataclass(slots=True, eq=False)
class Number(Node):
    """A number; durations are numbers of seconds."""

    value: float
    is_duration: bool = False

    @property
    def type(self) -> ValueType:
        return "scalar"


@dataclass(slots=True, eq=False)
class Text(Node):
    """A string literal."""

    value: str

    @property
    def type(self) -> ValueType:
        return "string"


@dataclass(slots=True, eq=False)
class Selector(Node):
    """An instant vector selector; with a range a range vector selector.  `name` is the metric name before the braces.

    Durations that depend on the query's step or range are in `..._expr` until the query begins.
    """

    name: str
    matchers: list[Matcher]
    range_ms: int = 0
    offset_ms: int = 0
    at: At = None
    modifier: Literal["", "anchored", "smoothed"] = ""
    range_expr: Node | None = None
    offset_expr: Node | None = None

    @property
    def type(self) -> ValueType:
        return "matrix" if self.range_ms or self.range_expr else "vector"


@dataclass(slots=True, eq=False)
class Subquery(Node):
    """`expr[range:step]`; a step of 0 is the default one."""

    expr: Node
    range_ms: int
    step_ms: int = 0
    offset_ms: int = 0
    at: At = None
    range_expr: Node | None = None
    step_expr: Node | None = None
    offset_expr: Node | None = None

    @property
    def type(self) -> ValueType:
        return "matrix"


@dataclass(slots=True, eq=False)
class Paren(Node):
    """An expression in parentheses, kept so that it can be printed as it was."""

    expr: Node

    @property
    def type(self) -> ValueType:
        return self.expr.type


@dataclass(slots=True, eq=False)
class Unary(Node):
    """`+expr` or `-expr`."""

    op: str
    expr: Node

    @property
    def type(self) -> ValueType:
        return self.expr.type


@dataclass(slots=True)
class Matching:
    """How two vectors are matched: `side` is the many side ("left", "right") or "" for one to one.

    A row without a match meets `fill_left` or `fill_right`, where those are given.
    """

    on: bool = False
    labels: tuple[str, ...] = ()
    side: Literal["", "left", "right"] = ""
    include: tuple[str, ...] = ()
    fill_left: float | None = None
    fill_right: float | None = None


@dataclass(slots=True, eq=False)
class Binary(Node):
    """`left op right`; `returns_bool` is the `bool` modifier, `at` the operator's place in the text."""

    op: str
    left: Node
    right: Node
    returns_bool: bool = False
    matching: Matching = field(default_factory=Matching)
    at: int = 0

    @property
    def type(self) -> ValueType:
        return "scalar" if self.left.type == "scalar" and self.right.type == "scalar" else "vector"


@dataclass(slots=True, eq=False)
class Aggregate(Node):
    """`op by|without (labels) (param, expr)`."""

    op: str
    expr: Node
    param: Node | None
    labels: tuple[str, ...]
    without: bool


@dataclass(slots=True, eq=False)
class Call(Node):
    """A function call; `returns` is what the function gives, `beside` what `info` selects beside its argument."""

    name: str
    args: list[Node]
    returns: ValueType
    beside: Selector | None = None

    @property
    def type(self) -> ValueType:
        return self.returns


def children(node: Node) -> list[Node]:
    """The expressions directly within one."""
    match node:
        case Paren() | Unary() | Subquery():
            return [node.expr]
        case Binary():
            return [node.left, node.right]
        case Aggregate():
            return [node.expr] if node.param is None else [node.param, node.expr]
        case Call():
            return node.args
        case _:
            return []


def descendants(node: Node) -> Iterator[Node]:
    """A tree's nodes, each before what is within it, from left to right."""
    pending = [node]
    while pending:
        one = pending.pop()
        yield one
        pending += reversed(children(one))


def unwrap(node: Node) -> Node:
    """The expression inside any parentheses."""
    while isinstance(node, Paren):
        node = node.expr
    return node
