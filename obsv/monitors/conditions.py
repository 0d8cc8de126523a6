"""What an answer is held against: ranges of statuses, texts, values in JSON, records of DNS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from obsv.metrics.store.types import BadPattern, compile_pattern

_RANGE: Final = re.compile(r"([1-5]\d\d)(?:-([1-5]\d\d))?", re.ASCII)
_STEP: Final = re.compile(r"\.([^.\[\]'\"\s]+)|\[(\d{1,6})\]|\['([^']*)'\]|\[\"([^\"]*)\"\]", re.ASCII)
_SHOWN: Final = 60
MISSING: Final = object()


class BadCondition(ValueError):
    """A condition that cannot be understood."""


def parse_statuses(texts: Iterable[str]) -> list[tuple[int, int]]:
    """Ranges of `200` and `200-299`.  Raises `BadCondition`."""
    ranges: list[tuple[int, int]] = []
    for text in texts:
        found = _RANGE.fullmatch(text.strip())
        if not found or int(found[2] or found[1]) < int(found[1]):
            raise BadCondition(f'expected a status such as "200" or "200-299", got {text!r}')
        ranges.append((int(found[1]), int(found[2] or found[1])))
    if not ranges:
        raise BadCondition("name at least one status")
    return ranges


def is_expected(status: int, ranges: Iterable[tuple[int, int]]) -> bool:
    """Whether a status is in one of them."""
    return any(low <= status <= high for low, high in ranges)


def compile_path(path: str) -> list[str | int]:
    """The steps of `$.a.b[0]['c d']`.  Raises `BadCondition`.  Source: RFC 9535, singular queries."""
    rest = path.removeprefix("$")
    if rest and rest[0] not in ".[":
        rest = "." + rest
    steps: list[str | int] = []
    at = 0
    while at < len(rest):
        found = _STEP.match(rest, at)
        if not found:
            raise BadCondition(f"expected a path such as $.checks[0].state, got {path!r}")
        name, index, single, double = found.groups()
        steps.append(int(index) if index is not None else name or single or double or "")
        at = found.end()
    return steps


def look_up(document: Any, steps: Iterable[str | int]) -> Any:
    """The value at a path, or `MISSING`."""
    for step in steps:
        match document, step:
            case list(), int() if step < len(document):
                document = document[step]
            case dict(), str() if step in document:
                document = document[step]
            case _:
                return MISSING
    return document


def wrong_value(document: Any, path: str, op: str, value: str) -> str:
    """What is wrong with the value at a path; empty when it is as it should be."""
    found = look_up(document, compile_path(path))
    if op in ("exists", "lacks"):
        return "" if (found is not MISSING) == (op == "exists") else f"{path} is {'not ' * (op == 'exists')}there"
    if found is MISSING:
        return f"{path} is not there"
    text = found if isinstance(found, str) else msgspec.json.encode(found).decode()
    if _holds(found, text, op, value):
        return ""
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return f"{path} is {shown}, expected {op} {value}"


def _holds(found: Any, text: str, op: str, value: str) -> bool:
    if op == "contains":
        return value in ([str(one) for one in found] if isinstance(found, list) else text)
    if op == "matches":
        try:
            return compile_pattern(value).fullmatch(text) is not None
        except BadPattern:
            return False
    number, wanted = _number(found), _number(value)
    if number is None or wanted is None:
        return {"==": text == value, "!=": text != value}.get(op, False)
    return {
        "==": number == wanted,
        "!=": number != wanted,
        "<": number < wanted,
        "<=": number <= wanted,
        ">": number > wanted,
        ">=": number >= wanted,
    }[op]


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def wrong_records(found: Sequence[str], wanted: Sequence[str], *, exactly: bool) -> str:
    """What is wrong with the records of an answer; letters' case and a last dot do not count."""
    got, expected = {_record(one): one for one in found}, {_record(one): one for one in wanted}
    if missing := [text for record, text in expected.items() if record not in got]:
        return f"{missing[0]} is not among the answers ({', '.join(found[:5]) or 'none'})"
    if exactly and (more := [text for record, text in got.items() if record not in expected]):
        return f"{more[0]} is among the answers, and should not be"
    return ""


def _record(text: str) -> str:
    return " ".join(part.rstrip(".") for part in text.strip().strip('"').lower().split())
