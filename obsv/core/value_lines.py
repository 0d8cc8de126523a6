"""Which line of a JSON text a value stands in, so that a mistake can be named by line."""

from __future__ import annotations

import json
import re
from typing import Final

_BLANK: Final = re.compile(r"[\s,:]*")
_SCALAR: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,:\[\]{}"]+', re.DOTALL)


def value_lines(text: str) -> dict[str, int]:
    """Line number of every value by dotted path, such as `panels.0.title`; the text must be valid JSON."""
    found: dict[str, int] = {}
    _walk(text, 0, "", found)
    return found


def _walk(text: str, at: int, path: str, found: dict[str, int]) -> int:
    """Note the value that begins at `at` or after blanks there; where it ends."""
    at = _skip(text, at)
    if path:
        found[path] = text.count("\n", 0, at) + 1
    opening = text[at]
    if opening not in "[{":
        return _end(text, at)
    closing, index, at = {"[": "]", "{": "}"}[opening], 0, _skip(text, at + 1)
    while text[at] != closing:
        name = str(index)
        if opening == "{":
            end = _end(text, at)
            name, at = json.loads(text[at:end]), end
        at = _skip(text, _walk(text, at, f"{path}.{name}" if path else name, found))
        index += 1
    return at + 1


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    assert blank is not None
    return blank.end()


def _end(text: str, at: int) -> int:
    scalar = _SCALAR.match(text, at)
    assert scalar is not None
    return scalar.end()
