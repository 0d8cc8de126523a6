"""Text to tokens, each with its position.  Source: Prometheus documentation, "Querying: basics"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from obsv.metrics.promql.errors import ParseError

DURATION = re.compile(r"(?:\d+(?:ms|[smhdwy]))+(?![a-zA-Z0-9_])")
NUMBER = re.compile(
    r"0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*(?![a-zA-Z0-9_.])"
    r"|(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![a-zA-Z0-9_])"
)
IDENTIFIER = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
BRACKET_IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
SPACE = re.compile(r"(?:\s+|#[^\n]*)+")
OPERATOR = re.compile(r"</|>/|=~|!~|==|!=|<=|>=|[-+*/%^<>=(){}\[\],:@]")
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`', re.DOTALL)
ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.?))", re.DOTALL
)
SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}
UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
PART = re.compile(r"(\d+)(ms|[smhdwy])")


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is identifier, number, duration, string, op or end; `value` is decoded for numbers and
    strings; for the end it says what is still open."""

    kind: str
    text: str
    start: int
    end: int
    value: float | str = ""


def duration_ms(text: str, source: str, position: int) -> int:
    """Milliseconds of `1h30m`; units must fall in size and not repeat."""
    parts = PART.findall(text)
    sizes = [UNITS_MS[unit] for _, unit in parts]
    if sizes != sorted(set(sizes), reverse=True):
        raise ParseError(f"not a valid duration string: {text!r}".replace("'", '"'), source, position)
    return sum(int(number) * UNITS_MS[unit] for number, unit in parts)


def _unquote(text: str, source: str, position: int) -> str:
    if text[0] == "`":
        return text[1:-1]
    out, body, last = bytearray(), text[1:-1], 0
    for found in ESCAPE.finditer(body):
        out += body[last : found.start()].encode()
        simple, x, u4, u8, octal, bad = found.groups()
        if simple:
            out += SIMPLE[simple].encode()
        elif x or octal:
            out.append(int(x, 16) if x else int(octal, 8) & 255)
        elif u4 or u8:
            code = int(u4 or u8, 16)
            if code > 0x10FFFF or 0xD800 <= code < 0xE000:
                raise ParseError("escape sequence is an invalid Unicode code point", source, position)
            out += chr(code).encode()
        else:
            raise ParseError(
                f"unknown escape sequence U+{ord(bad):04X} '{bad}'" if bad else "escape sequence not terminated",
                source,
                position,
            )
        last = found.end()
    out += body[last:].encode()
    return out.decode("utf-8", "surrogateescape")


def _word(text: str, start: int, brackets: int, braces: int) -> Token | None:
    if duration := DURATION.match(text, start):
        ms = duration_ms(duration[0], text, start)
        return Token("duration", duration[0], start, duration.end(), ms / 1000)
    if number := NUMBER.match(text, start):
        plain = number[0].replace("_", "")
        value = float(int(plain, 16)) if plain[:2] in ("0x", "0X") else float(plain)
        return Token("number", number[0], start, number.end(), value)
    name = (BRACKET_IDENTIFIER if brackets else IDENTIFIER).match(text, start)
    if name is None:
        return None
    if not braces and name[0].lower() in ("inf", "nan"):
        return Token("number", name[0], start, name.end(), float(name[0]))
    return Token("identifier", name[0], start, name.end())


def tokenize(text: str) -> list[Token]:
    """All tokens, closed by an `end`.  Raises ParseError with the position of what is no token."""
    tokens: list[Token] = []
    position = brackets = braces = parentheses = 0
    while True:
        if space := SPACE.match(text, position):
            position = space.end()
        if position >= len(text):
            # Told when the parser gets here: what is wrong before the end counts first.
            unclosed = "unclosed left parenthesis" if parentheses > 0 else ""
            tokens.append(Token("end", "", len(text), len(text), unclosed))
            return tokens
        if text[position] in "\"'`":
            string = STRING.match(text, position)
            if string is None:
                raise ParseError("unterminated quoted string", text, position)
            token = Token("string", string[0], position, string.end(), _unquote(string[0], text, position))
        elif word := _word(text, position, brackets, braces):
            token = word
        elif operator := OPERATOR.match(text, position):
            token = Token("op", operator[0], position, operator.end())
            brackets += {"[": 1, "]": -1}.get(token.text, 0)
            braces += {"{": 1, "}": -1}.get(token.text, 0)
            parentheses += {"(": 1, ")": -1}.get(token.text, 0)
        elif text[position].isdigit() or text[position] == ".":
            bad = re.match(r"[0-9a-zA-Z_.]+", text[position:])
            raise ParseError(f'bad number or duration syntax: "{bad[0] if bad else text[position]}"', text, position)
        else:
            raise ParseError(f"unexpected character: {text[position]!r}", text, position)
        tokens.append(token)
        position = token.end
