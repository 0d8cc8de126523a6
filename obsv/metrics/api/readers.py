"""What expressions select, to tell which series something reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from obsv.metrics.promql import ParseError, parse
from obsv.metrics.promql.ast import Aggregate, Binary, Call, Node, Paren, Selector, Subquery, Unary
from obsv.metrics.store.types import Matcher
from obsv.metrics.unread import ANY

_WORD: Final = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]*")


def selectors_of(expressions: Iterable[str]) -> list[list[Matcher]]:
    """Each selector once.  A fifth of a millisecond an expression: thousands are not for the event loop.

    What cannot be known is taken for read: a matcher that a variable fills takes every value, and of an expression
    that cannot be parsed every metric whose name stands in it.
    """
    found: dict[frozenset[tuple[str, str, str]], list[Matcher]] = {}
    for text in dict.fromkeys(expressions):
        try:
            selected = [[one for one in selector.matchers if ANY not in one.value] for selector in _within(parse(text))]
        except ParseError:
            selected = [[Matcher("__name__", "=", word)] for word in _WORD.findall(text)]
        for matchers in selected:
            found[frozenset((one.name, one.op, one.value) for one in matchers)] = matchers
    return list(found.values())


def _within(node: Node) -> Iterator[Selector]:
    """Every selector of a tree."""
    match node:
        case Selector():
            yield node
        case Subquery() | Paren() | Unary():
            yield from _within(node.expr)
        case Binary():
            yield from _within(node.left)
            yield from _within(node.right)
        case Aggregate():
            yield from _within(node.expr)
            if node.param is not None:
                yield from _within(node.param)
        case Call():
            for one in node.args:
                yield from _within(one)
            if node.beside is not None:
                yield node.beside
        case _:
            pass
