"""Label matchers, in both syntaxes that Alertmanager reads: the classic one, and the one for names in UTF-8.

A text is read in both. What only the classic one takes, or takes differently, counts as that one says, so that old
configurations mean what they meant.  Source: Alertmanager's documentation, "Label matchers" (0.27 and later).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal, cast

import re2

from obsv.alertmanager.labels import Labels
from obsv.alertmanager.matcher_text import BadMatcher, read_matchers
from obsv.metrics.store.types import Pattern

Operator = Literal["=", "!=", "=~", "!~"]

_CLASSIC: Final = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*(.*?)\s*", re.DOTALL)
_PLAIN_NAME: Final = re.compile(r"[^\s{}!=~,\\\"'`]+")


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on one label; a label that is not there counts as empty.

    A regular expression is RE2's and has to match the whole value.  Raises `BadMatcher` for one that is none.
    """

    name: str
    operator: Operator
    value: str
    pattern: Pattern | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.operator in {"=~", "!~"}:
            object.__setattr__(self, "pattern", _compiled(self.value))

    def matches(self, labels: Labels) -> bool:
        """Whether a label set fulfils it."""
        return self.matches_value(labels.get(self.name, ""))

    def matches_value(self, value: str) -> bool:
        """Whether a value of its label fulfils it."""
        if self.pattern is None:
            return (value == self.value) is (self.operator == "=")
        return (self.pattern.fullmatch(value) is not None) is (self.operator == "=~")

    def __str__(self) -> str:
        value = self.value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
        name = self.name if _PLAIN_NAME.fullmatch(self.name) else f'"{self.name}"'
        return f'{name}{self.operator}"{value}"'


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Pattern:
    options = re2.Options()
    options.log_errors = False
    try:
        return cast("Pattern", re2.compile(pattern, options))
    except re2.error as bad:
        reason = bad.args[0]
        told = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise BadMatcher(f"bad regular expression {pattern!r}: {told}") from None


def all_match(matchers: Iterable[Matcher], labels: Labels) -> bool:
    """Whether a label set fulfils every one of them; no matchers match everything."""
    return all(matcher.matches(labels) for matcher in matchers)


def matchers_text(matchers: Iterable[Matcher]) -> str:
    """As they stand in a route's key: `{a="b",c=~"d"}`."""
    return "{" + ",".join(map(str, matchers)) + "}"


def matcher_order(matcher: Matcher) -> tuple[str, str, int]:
    """Key that sorts the matchers of a route."""
    return matcher.name, matcher.value, ("=", "!=", "=~", "!~").index(matcher.operator)


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """None, one or several of them, with or without braces around.  Raises `BadMatcher`."""
    try:
        found = tuple(Matcher(name, cast("Operator", operator), value) for name, operator, value in read_matchers(text))
    except BadMatcher:
        return _classic(text)
    try:
        old = _classic(text)
    except BadMatcher:
        return found
    return found if found == old else old


def parse_matcher(text: str) -> Matcher:
    """Exactly one, without braces, as in a filter of the API.  Raises `BadMatcher`."""
    if text.startswith("{") or text.endswith("}"):
        raise BadMatcher(f"unexpected open or close brace: {text}")
    found = parse_matchers(text)
    if len(found) != 1:
        raise BadMatcher(f"expected 1 matcher, found {len(found)}" if found else "no matchers")
    return found[0]


def _classic(text: str) -> tuple[Matcher, ...]:
    text = text.removeprefix("{").removesuffix("}")
    return tuple(_classic_one(part) for part in _split(text))


def _split(text: str) -> list[str]:
    """At commas outside of quotes; nothing after the last comma is nothing."""
    parts, part, is_quoted, is_escaped = list[str](), "", False, False
    for character in text:
        if character == "," and not is_quoted:
            parts.append(part)
            part = ""
            continue
        if character == '"' and not is_escaped:
            is_quoted = not is_quoted
        is_escaped = character == "\\" and not is_escaped
        part += character
    return [*parts, part.strip()] if part.strip() else parts


def _classic_one(text: str) -> Matcher:
    found = _CLASSIC.fullmatch(text)
    if found is None:
        raise BadMatcher(f"bad matcher format: {text}")
    name, operator, raw = found.groups()
    return Matcher(name, cast("Operator", operator), _unescaped(raw))


def _unescaped(raw: str) -> str:
    is_quoted = raw.startswith('"')
    body = raw[1:] if is_quoted else raw
    value, index, closed = "", 0, not is_quoted
    while index < len(body):
        character = body[index]
        index += 1
        if character == "\\" and index < len(body):
            escaped = body[index]
            index += 1
            value += {"n": "\n", '"': '"', "\\": "\\"}.get(escaped, "\\" + escaped)
        elif character == '"':
            if not is_quoted or index < len(body):
                raise BadMatcher(f"matcher value contains unescaped double quote: {raw}")
            closed = True
        else:
            value += character
    if not closed:
        raise BadMatcher(f"matcher value contains unescaped double quote: {raw}")
    return value
