"""The syntax of matchers whose names may be any UTF-8, cut into names, operators and values."""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<open>\{)|(?P<close>\})|(?P<comma>,)|(?P<operator>=~|=|!=|!~)"""
    r"""|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<plain>[^\s{}!=~,\\"'`]+)|(?P<end>$))""",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(
    r"""\\(?:(?P<simple>[abfnrtv\\"])|x(?P<byte>[0-9a-fA-F]{2})|(?P<octal>[0-7]{3})"""
    r"""|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})|(?P<bad>.?))""",
    re.DOTALL,
)
_SIMPLE: Final = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, '"': 34}


class BadMatcher(ValueError):
    """A text that is no matcher; the message says where and why."""


class _Tokens:
    """What is still to be read; a token is its kind, its text and the column where it begins."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self.kind, self.value, self.column = "", "", 0
        self.advance()

    def advance(self) -> None:
        """On to the next one."""
        found = _TOKEN.match(self._text, self._at)
        if found is None or found.lastgroup is None:
            rest = self._text[self._at :].lstrip()
            column = len(self._text) - len(rest)
            wrong = 'missing end "' if rest.startswith('"') else f"{rest[:1]}: invalid input"
            raise BadMatcher(f"{column}:{len(self._text)}: {wrong}")
        self.kind, self.value, self.column = found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)
        self._at = found.end()

    def take(self, wanted: str, *kinds: str) -> str:
        """The text of a token of one of the kinds, which is read with that."""
        if self.kind not in kinds:
            what = "end of input" if self.kind == "end" else f"unexpected {self.value}"
            raise BadMatcher(f"{self.column}:{self.column + len(self.value)}: {what}: expected {wanted}")
        value = _unquoted(self.value, self.column) if self.kind == "quoted" else self.value
        self.advance()
        return value


def read_matchers(text: str) -> list[tuple[str, str, str]]:
    """(name, operator, value) of each.  Raises `BadMatcher`."""
    tokens, found = _Tokens(text), list[tuple[str, str, str]]()
    is_braced = tokens.kind == "open"
    if is_braced:
        tokens.advance()
    while tokens.kind not in {"close", "end"}:
        name = tokens.take("label name", "quoted", "plain")
        operator = tokens.take("an operator such as '=', '!=', '=~' or '!~'", "operator")
        found.append((name, operator, tokens.take("label value", "quoted", "plain")))
        if tokens.kind not in {"close", "end"}:
            tokens.take("a comma or close brace", "comma")
    if is_braced:
        tokens.take("close brace", "close")
    if tokens.kind != "end":
        tokens.take("end of input" if is_braced else "opening brace before it", "end")
    return found


def _unquoted(text: str, column: int) -> str:
    """Without the quotes, and with Go's escapes read; a line break must be escaped."""

    def bytes_of(match: re.Match[str]) -> bytes:
        if simple := match["simple"]:
            return bytes((_SIMPLE[simple],))
        if number := match["byte"]:
            return bytes((int(number, 16),))
        if (number := match["octal"]) and int(number, 8) < 256:
            return bytes((int(number, 8),))
        if (number := match["short"] or match["long"]) and int(number, 16) < 0x110000:
            return chr(int(number, 16)).encode()
        raise ValueError(match[0])

    parts, at, body = list[bytes](), 0, text[1:-1]
    try:
        if "\n" in body:
            raise ValueError(body)
        for match in _ESCAPE.finditer(body):
            parts += [body[at : match.start()].encode(), bytes_of(match)]
            at = match.end()
        return b"".join([*parts, body[at:].encode()]).decode()
    except ValueError:
        raise BadMatcher(f"{column}:{column + len(text)}: {text}: invalid input") from None
