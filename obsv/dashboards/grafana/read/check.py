"""Whether an expression is PromQL, once its variables stand for something."""

from __future__ import annotations

import re
from typing import Final

from obsv.metrics.promql import ParseError, parse

_VARIABLE: Final = re.compile(r"\$\{(\w+)(?:\.[\w.\[\]]+)?(?::[^}]*)?\}|\$(\w+)|\[\[(\w+?)(?::\w+)?\]\]")
_DURATIONS: Final = {"__interval", "__rate_interval", "__range"}
_NUMBERS: Final = {"__interval_ms", "__range_s", "__range_ms", "__from", "__to"}
_LABELS: Final = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*$", re.IGNORECASE)
_LETTER: Final = re.compile(r"[\w:]")
STANDS_FOR: Final = ("1", "x", "5m")
"""What a variable is tried as: a number, a name, a duration."""


_MOST: Final = 200
"""Variables of an expression that is still looked at."""


def parse_error(expression: str) -> str:
    """Why it is not PromQL; empty if it is."""
    first = ""
    for default in STANDS_FOR:
        try:
            parse(interpolated(expression, default))
        except ParseError as wrong:
            first = first or str(wrong)
        else:
            return ""
    return first


def interpolated(expression: str, default: str = "1") -> str:
    """The expression with something in place of every variable."""
    inside = quoted(expression)

    def value(found: re.Match[str]) -> str:
        name = next((group for group in found.groups() if group), "")
        before = expression[max(found.start() - 200, 0) : found.start()]
        after = expression[found.end() : found.end() + 2]
        if name in _NUMBERS:
            return "1000"
        if name in _DURATIONS or before.rstrip()[-1:] == "[" or after.lstrip()[:1] == "]" or before.endswith("offset "):
            return "5m"
        if inside[found.start()] or _LABELS.search(before) or after[:1] in {"{", "["}:
            return "x"
        return "x" if _LETTER.match(before[-1:]) or _LETTER.match(after) else default

    return _VARIABLE.sub(value, expression, count=_MOST)


def quoted(text: str) -> list[bool]:
    """Of each letter, whether it is within quotes."""
    quote, escaped = "", False
    inside: list[bool] = []
    for letter in text:
        inside.append(bool(quote))
        if escaped:
            escaped = False
        elif letter == "\\" and quote and quote != "`":
            escaped = True
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'`":
            quote = letter
    return inside
