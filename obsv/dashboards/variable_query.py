"""What a query variable asks for, and what is taken of the answer.

The cabinet does the same; both run the cases of `tests/dashboards/cases/variables.json`.  Source: Grafana's
documentation, "Prometheus template variables" and "Filter variables with regex".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Literal, NamedTuple

import re2

from obsv.dashboards.model import Choice

Kind = Literal["label_values", "label_names", "metrics", "query_result", "series"]
Sort = Literal["", "asc", "desc", "number-asc", "number-desc", "natural-asc", "natural-desc"]

_LABEL_VALUES: Final = re.compile(r'label_values\((?:(.+),)?\s*(?:([a-zA-Z_][a-zA-Z0-9_]*)|"([^"]+)")\s*\)', re.DOTALL)
_CALL: Final = re.compile(r"(label_names|metrics|query_result)\((.*)\)", re.DOTALL)
_SLASHED: Final = re.compile(r"/(.*)/([gimsuy]*)", re.DOTALL)
_PIECE: Final = re.compile(r"[0-9]+|[^0-9]+", re.ASCII)


class VariableQuery(NamedTuple):
    """`text` is a selector, for `query_result` an expression, for `metrics` a regular expression."""

    kind: Kind
    text: str = ""
    label: str = ""


class BadPattern(ValueError):
    """A regular expression that is none, or one that takes more than RE2 can."""


def parse_query(text: str) -> VariableQuery:
    """What is asked for; what is no call is a selector, whose series are the values."""
    text = text.strip()
    if found := _LABEL_VALUES.fullmatch(text):
        return VariableQuery("label_values", (found[1] or "").strip(), found[2] or found[3])
    if found := _CALL.fullmatch(text):
        kinds: dict[str, Kind] = {"label_names": "label_names", "metrics": "metrics", "query_result": "query_result"}
        return VariableQuery(kinds[found[1]], found[2].strip())
    return VariableQuery("series", text)


def choices(values: Iterable[str], pattern: str, sort: Sort) -> list[Choice]:
    """Values to choose from, each once.  Raises `BadPattern`.

    `pattern` is one that the whole of a value matches, or `/one/` that is found in it (`/one/i` whatever the case).
    Values that do not match are left out.
    """
    taken = _taken(values, _compile(pattern)) if pattern else (Choice(value=value) for value in values)
    unique: dict[str, Choice] = {}
    for choice in taken:
        unique.setdefault(choice.value, choice)
    return _sorted(list(unique.values()), sort)


def _taken(values: Iterable[str], compiled: Any) -> Iterator[Choice]:
    for value in values:
        if (match := compiled.search(value)) is not None:
            yield _choice(match)


def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    slashed = _SLASHED.fullmatch(pattern)
    if slashed:
        options.case_sensitive = "i" not in slashed[2]
    try:
        return re2.compile(slashed[1] if slashed else f"^(?:{pattern})$", options)
    except re2.error as wrong:
        raise BadPattern(f"The pattern {pattern} cannot be used: {wrong}") from None


def _choice(match: Any) -> Choice:
    named: dict[str, str | None] = match.groupdict()
    value, text = named.get("value"), named.get("text")
    if value is None and text is None:
        groups: tuple[str | None, ...] = match.groups()
        return Choice(value=(groups[0] or "") if groups else str(match.string))
    value = text or "" if value is None else value
    return Choice(value=value, text="" if text in {None, value} else text or "")


def _sorted(found: list[Choice], sort: Sort) -> list[Choice]:
    """By what is shown of them; `""` leaves them as they came."""
    way, _, direction = sort.rpartition("-")
    keys: dict[str, Callable[[str], Any]] = {"": str, "number": _number, "natural": _natural}
    if sort:
        found.sort(key=lambda choice: choice.text or choice.value)
        found.sort(key=lambda choice: keys[way](choice.text or choice.value), reverse=direction == "desc")
    return found


def _number(text: str) -> int:
    found = re.search(r"[0-9]+", text, re.ASCII)
    return int(found[0]) if found else -1


def _natural(text: str) -> list[tuple[int, int | str]]:
    """Numbers in a text by their size, all else without regard to case."""
    pieces: list[str] = _PIECE.findall(text.lower())
    return [(0, int(piece)) if piece.isdigit() else (1, piece) for piece in pieces]
