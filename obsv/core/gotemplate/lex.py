"""Templates as tokens.  Source: Go's text/template/parse, lex.go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from obsv.core.gotemplate.verbs import quoted

Kind = Literal[
    "text", "left", "right", "space", "field", "variable", "identifier", "keyword", "dot", "bool", "nil", "char",
    "string", "raw", "number", "(", ")", "|", ",", ":=", "=", "other", "error", "eof",
]  # fmt: skip
KEYWORDS: Final = frozenset(
    {"block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"},
)
_SPACES: Final = " \t\r\n"
_WORD: Final = re.compile(r"[^\W]\w*")
_NUMBER: Final = re.compile(
    r"[+-]?(0[xX][0-9a-fA-F_]*(\.[0-9a-fA-F_]*)?([pP][+-]?[0-9_]*)?|0[bBoO][0-7_]+|[0-9_]*(\.[0-9_]*)?([eE][+-]?[0-9_]+)?)"
)
_NAMES: Final[dict[str, Kind]] = {"true": "bool", "false": "bool", "nil": "nil"}
_QUOTATIONS: Final[dict[str, tuple[Kind, re.Pattern[str], str]]] = {
    '"': ("string", re.compile(r'"(?:[^"\\\n]|\\[^\n])*"'), "unterminated quoted string"),
    "'": ("char", re.compile(r"'(?:[^'\\\n]|\\[^\n])+'"), "unterminated character constant"),
    "`": ("raw", re.compile(r"`[^`]*`"), "unterminated raw quoted string"),
}
_ENDS: Final = frozenset(" \t\r\n.,|:=()}") | {""}


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and where it begins in the text."""

    kind: Kind
    text: str
    at: int

    def __str__(self) -> str:
        """As messages name it."""
        if self.kind == "eof":
            return "EOF"
        if self.kind == "error":
            return self.text
        if self.kind in ("keyword", "dot"):
            return f"<{self.text}>"
        return f"{quoted(self.text[:10])}..." if len(self.text) > 10 else quoted(self.text)


def tokens(text: str) -> Iterator[Token]:
    """The tokens up to `eof`, or to the first `error`."""
    at, is_trimmed = 0, False
    while True:
        left = text.find("{{", at)
        end = len(text) if left < 0 else left
        plain = text[at:end].lstrip(_SPACES) if is_trimmed else text[at:end]
        begin = end - len(plain)
        trims_left = (
            left >= 0 and text.startswith("{{-", left) and text[left + 3 : left + 4] in _SPACES and len(text) > left + 3
        )
        if trims_left:
            plain = plain.rstrip(_SPACES)
        if plain:
            yield Token("text", plain, begin)
        if left < 0:
            yield Token("eof", "", len(text))
            return
        inside = left + (4 if trims_left else 2)
        if text.startswith("/*", inside):
            end = text.find("*/", inside)
            if end < 0:
                yield Token("error", "unclosed comment", inside)
                return
            close = re.compile(r"([ \t\r\n]-)?\}\}").match(text, end + 2)
            if close is None:
                yield Token("error", "comment ends before closing delimiter", inside)
                return
            at, is_trimmed = close.end(), close[1] is not None
            continue
        yield Token("left", "{{", left)
        last = left
        for token in _inside(text, inside):
            yield token
            if token.kind == "error":
                return
            last, is_trimmed = token.at + len(token.text), len(token.text) > 2
        at = last


def _inside(text: str, at: int) -> Iterator[Token]:
    """The tokens of an action up to `right`, whose text has the trim marker, or to an `error`."""
    depth = 0
    while True:
        token = _next(text, at)
        if token.kind == "(":
            depth += 1
        elif token.kind == ")":
            depth -= 1
            if depth < 0:
                token = Token("error", "unexpected right paren", at)
        elif token.kind == "right" and depth:
            token = Token("error", "unclosed left paren", at)
        yield token
        if token.kind in ("right", "error"):
            return
        at = token.at + len(token.text)


def _next(text: str, at: int) -> Token:
    here = text[at : at + 1]
    if text.startswith("}}", at):
        return Token("right", "}}", at)
    if not here:
        return Token("error", "unclosed action", at)
    if here in _SPACES:
        return _space(text, at)
    if text.startswith(":=", at):
        return Token(":=", ":=", at)
    match here:
        case "=" | "|" | "," | "(" | ")":
            return Token(here, here, at)
        case ":":
            return Token("error", "expected :=", at)
        case '"' | "'" | "`":
            return _quotation(here, text, at)
        case "$":
            word = _WORD.match(text, at + 1)
            return _ended("variable", text, at, word.end() if word else at + 1)
        case _:
            return _word(here, text, at)


def _space(text: str, at: int) -> Token:
    """Blanks; the last of them belongs to a closing that trims."""
    end = at
    while text[end : end + 1] and text[end] in _SPACES:
        end += 1
    if not text.startswith("-}}", end):
        return Token("space", text[at:end], at)
    return Token("right", text[at : end + 3], at) if end - 1 == at else Token("space", text[at : end - 1], at)


def _quotation(mark: str, text: str, at: int) -> Token:
    kind, pattern, problem = _QUOTATIONS[mark]
    found = pattern.match(text, at)
    return Token(kind, found[0], at) if found else Token("error", problem, at)


def _word(here: str, text: str, at: int) -> Token:
    word = _WORD.match(text, at + (here == "."))
    if here == "." and not (word and word[0][0].isdigit()):
        return _ended("field", text, at, word.end()) if word else _ended("dot", text, at, at + 1)
    if here.isdigit() or here in "+-.":
        return _number(text, at)
    if word is None:
        if here.isascii() and here.isprintable():
            return Token("other", here, at)
        return Token("error", f"unrecognized character in action: {_named(here)}", at)
    name = word[0]
    return _ended("keyword" if name in KEYWORDS else _NAMES.get(name, "identifier"), text, at, word.end())


def _ended(kind: Kind, text: str, at: int, end: int) -> Token:
    after = text[end : end + 1]
    if after not in _ENDS:
        return Token("error", f"bad character {_named(after)}", at)
    return Token(kind, text[at:end], at)


def _named(one: str) -> str:
    return f"U+{ord(one):04X}" + (f" '{one}'" if one.isprintable() else "")


def _number(text: str, at: int) -> Token:
    found = _NUMBER.match(text, at)
    end = found.end() if found else at + 1
    if text[end : end + 1].isalnum() or not any(one.isdigit() for one in text[at:end]):
        return Token("error", f"bad number syntax: {quoted(text[at : end + 1])}", at)
    return Token("number", text[at:end], at)
