"""Something in place of each variable of an expression, by where it stands."""

from __future__ import annotations

import re

VARIABLE = re.compile(r"\$\{(\w+)(?::\w+)?\}|\$(\w+)|\[\[(\w+)\]\]")
DURATIONS = {"__interval", "__rate_interval", "__range"}


def substituted(expression: str) -> str:
    """The expression with durations in brackets, words in strings and numbers elsewhere."""

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2] or found[3]
        before = expression[: found.start()]
        if name in DURATIONS or before.rstrip().endswith(("[", "offset")):
            return "5m"
        in_string = before.count('"') % 2 == 1 or before[-1:].isalnum()
        return "x" if in_string else "5"

    return VARIABLE.sub(value, expression)
