"""A place among the tokens of a query, and Prometheus' words for what is wrong there."""

from __future__ import annotations

from typing import NoReturn

from obsv.metrics.promql.errors import ParseError
from obsv.metrics.promql.lexer import Token, tokenize

AGGREGATES = frozenset(
    (
        "sum", "avg", "min", "max", "count", "group", "stddev", "stdvar",
        "topk", "bottomk", "quantile", "count_values", "limitk", "limit_ratio",
    )
)  # fmt: skip
SET_OPERATORS = frozenset(("and", "or", "unless"))
KEYWORDS = frozenset(("offset", "by", "without", "on", "ignoring", "group_left", "group_right", "bool"))
PLAIN = ("(", ")", "{", "}", "[", "]", ",", ":", "=")
SHOWN = 10
"""Characters of a string or number that are shown."""

MAX_DEPTH = 200
MAX_OPERATORS = 500


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _name(token: Token, *, is_label: bool) -> str:
    """How Prometheus names a token."""
    word = "" if is_label else token.text.lower()
    match token.kind:
        case "end":
            return "end of input"
        case "op":
            return f'"{token.text}"' if token.text in PLAIN else f"<op:{token.text}>"
        case "identifier" if word in KEYWORDS:
            return f"<{token.text}>"
        case "identifier" if word in AGGREGATES:
            return f"<aggr:{token.text}>"
        case "identifier" if word in SET_OPERATORS or word == "atan2":
            return f"<op:{token.text}>"
        case "identifier" if word in ("start", "end"):
            return _quoted(token.text)
        case "identifier":
            return f"{'metric ' if ':' in token.text else ''}identifier {_quoted(token.text)}"
        case _:
            return f"{token.kind} {_quoted(token.text[:SHOWN])}" + ("..." if len(token.text) > SHOWN else "")


class Cursor:
    """Reads tokens one after the other, within limits of depth and length."""

    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.at = text, tokenize(text), 0
        self.depth = self.operators = self.aggregations = 0

    @property
    def token(self) -> Token:
        """The one to be read."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """Read one."""
        token = self.tokens[self.at]
        if token.kind in ("number", "duration") and token.fault:
            self.fail(token.fault)
        if token.kind not in ("end", "error"):
            self.at += 1
        return token

    def is_op(self, text: str) -> bool:
        """Whether that operator or bracket comes."""
        return self.token.kind == "op" and self.token.text == text

    def is_word(self, *words: str) -> bool:
        """Whether one of these words comes."""
        return self.token.kind == "identifier" and self.token.text.lower() in words

    def next_is(self, text: str) -> bool:
        """Whether that operator or bracket comes after the next token."""
        after = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        return after.kind == "op" and after.text == text

    def accept(self, text: str) -> bool:
        """Read an operator or bracket if it comes."""
        if self.is_op(text):
            self.at += 1
            return True
        return False

    def fail(self, detail: str, token: Token | None = None) -> NoReturn:
        """Raise ParseError at a token, the next one if none is given."""
        raise ParseError(detail, self.text, (token or self.token).start)

    def expect(self, text: str, context: str, expected: str = "") -> Token:
        """Read that operator or bracket, or fail."""
        if not self.is_op(text):
            self.unexpected(context, expected)
        return self.take()

    def unexpected(self, context: str, expected: str = "") -> NoReturn:
        """Fail, because the next token has no place in `context`; within an aggregation that is what is told."""
        if self.token.kind in ("end", "error") and self.token.fault:
            self.fail(self.token.fault)
        context = context or ("aggregation" if self.aggregations else "")
        name = _name(self.token, is_label=context == "label matching")
        where = f" in {context}" if context else ""
        self.fail(f"unexpected {name}{where}" + (f", expected {expected}" if expected else ""))

    def operator(self) -> Token:
        """Read an operator; there may not be too many."""
        self.operators += 1
        if self.operators > MAX_OPERATORS:
            self.fail(f"expression has more than {MAX_OPERATORS} operators")
        return self.take()

    def deeper(self) -> None:
        """Note that an expression within an expression begins; there may not be too many."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"expression nests deeper than {MAX_DEPTH} levels")
