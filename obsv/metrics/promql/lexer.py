"""Text to tokens, each with its position.  Source: Prometheus documentation, "Querying: basics"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from obsv.metrics.promql.errors import ParseError

DURATION = re.compile(r"\d+(?:ms|[smhdwy])s?(?:\d+(?:ms|[smhdw])s?)*(?![a-zA-Z0-9_])", re.ASCII)
NUMBER = re.compile(
    r"0[xX]_?[0-9a-fA-F]*(?:_[0-9a-fA-F]+)*(?![a-zA-Z0-9_.])"
    r"|(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![a-zA-Z0-9_.])",
    re.ASCII,
)
NO_NUMBER = re.compile(
    r"\d*\.\d*\.|(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?[\d_]*\.?)?(?:[smhdwy]s?(?:\d+[smhdw]s?)*\w?)?", re.ASCII
)
BARE_EXPONENT = re.compile(r"(?:\d[\d_]*\.?\d*|\.\d+)[eE][+-]?(?![a-zA-Z0-9_.])(?!\Z)", re.ASCII)
"""What Prometheus takes for a number until it reads it."""
IDENTIFIER = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
SPACE = re.compile(r"(?:\s+|#[^\n]*)+")
OPERATOR = re.compile(r"</|>/|==|!=|<=|>=|[-+*/%^<>=(){}\[\],:@]")
LABEL_OPERATOR = re.compile(r"=~|!~|!=|[=,}]")
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`', re.DOTALL)
ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.?))", re.DOTALL
)
SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}
UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
PART = re.compile(r"(\d+)(ms|[smhdwy])")


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is identifier, number, duration, string, op, end, or error: from there on the text is no PromQL.

    `value` is decoded for numbers and strings.  `fault` is what is wrong with a number or duration that is taken, and
    with an error or end in any case.
    """

    kind: str
    text: str
    start: int
    end: int
    value: float | str = ""
    fault: str = ""


def _duration(text: str, start: int) -> Token:
    """`1h30m`, in seconds; units must fall in size and not repeat."""
    parts = PART.findall(text)
    sizes = [UNITS_MS[unit] for _, unit in parts]
    fault = "" if sizes == sorted(set(sizes), reverse=True) else f'not a valid duration string: "{text}"'
    if "".join(number + unit for number, unit in parts) != text:
        fault = f'not a valid duration string: "{text}"'
    ms = sum(int(number) * UNITS_MS[unit] for number, unit in parts)
    return Token("duration", text, start, start + len(text), ms / 1000, fault)


def _number(text: str, start: int) -> Token:
    plain = text.replace("_", "")
    if plain[:2] in ("0x", "0X"):
        return (
            Token("number", text, start, start + len(text), float(int(plain, 16))) if plain[2:] else _bare(text, start)
        )
    return Token("number", text, start, start + len(text), float(plain))


def _bare(text: str, start: int) -> Token:
    """`0x` or `1e`: a number to the lexer alone."""
    fault = f'error parsing number: strconv.ParseFloat: parsing "{text}": invalid syntax'
    return Token("number", text, start, start + len(text), 0.0, fault)


def _bad_escape(kind: str, rest: str) -> str:
    """What is wrong with an escape that begins with a backslash and `kind`."""
    digits, count = {"x": (16, 2), "u": (16, 4), "U": (16, 8)}.get(kind, (8, 2))
    if not kind or (kind not in "xuU" and kind not in "01234567"):
        return f"unknown escape sequence {_character(kind)}" if kind else "escape sequence not terminated"
    wrong = next(
        (char for char in rest[:count] if char not in "0123456789abcdefABCDEF"[: 22 if digits == 16 else 8]), ""
    )
    return f"illegal character {_character(wrong)} in escape sequence" if wrong else "escape sequence not terminated"


def _character(char: str) -> str:
    return f"U+{ord(char):04X} '{char}'"


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
            raise ParseError(_bad_escape(bad, body[found.end() :]), source, position)
        last = found.end()
    out += body[last:].encode()
    return out.decode("utf-8", "surrogateescape")


class _Lexer:
    """Reads token after token; knows what is open."""

    def __init__(self, text: str) -> None:
        self.text, self.position = text, 0
        self.parentheses = 0
        self.in_bracket = self.in_braces = False
        self.last = ""

    def next(self) -> Token:
        if space := SPACE.match(self.text, self.position):
            self.position = space.end()
        if self.position >= len(self.text):
            return Token("end", "", len(self.text), len(self.text), fault=self.unclosed())
        char = self.text[self.position]
        if char in "\"'`":
            token = self.string()
        elif self.in_braces:
            token = self.in_selector(char)
        else:
            token = self.word() or self.operator(char)
        self.position, self.last = token.end, token.text
        return token

    def unclosed(self) -> str:
        if self.in_braces:
            return "unexpected end of input inside braces"
        if self.in_bracket and self.last == "[":
            return "unexpected end of input in duration expression"
        if self.parentheses:
            return "unclosed left parenthesis"
        return "unclosed left bracket" if self.in_bracket else ""

    def error(self, fault: str, start: int = -1) -> Token:
        at = self.position if start < 0 else start
        return Token("error", "", at, at, fault=fault)

    def string(self) -> Token:
        found = STRING.match(self.text, self.position)
        if found is None:
            return self.error(
                "unterminated quoted string" if self.text[self.position] != "`" else "unterminated raw string"
            )
        try:
            value = _unquote(found[0], self.text, self.position)
        except ParseError as error:
            return self.error(error.detail)
        return Token("string", found[0], self.position, found.end(), value)

    def in_selector(self, char: str) -> Token:
        if name := LABEL.match(self.text, self.position):
            return Token("identifier", name[0], self.position, name.end())
        if operator := LABEL_OPERATOR.match(self.text, self.position):
            self.in_braces = operator[0] != "}"
            return Token("op", operator[0], self.position, operator.end())
        if char == "{":
            return self.error("unexpected left brace '{'")
        if char == "!":
            return self.error(f"unexpected character after '!' inside braces: {self.shown(1)}")
        return self.error(f"unexpected character inside braces: {self.shown(0)}")

    def word(self) -> Token | None:
        if duration := DURATION.match(self.text, self.position):
            return _duration(duration[0], self.position)
        if number := NUMBER.match(self.text, self.position):
            return _number(number[0], self.position)
        if bare := BARE_EXPONENT.match(self.text, self.position):
            return _bare(bare[0], self.position)
        name = (LABEL if self.in_bracket else IDENTIFIER).match(self.text, self.position)
        if name is None:
            return None
        if name[0].lower() in ("inf", "nan"):
            return Token("number", name[0], self.position, name.end(), float(name[0]))
        return Token("identifier", name[0], self.position, name.end())

    def operator(self, char: str) -> Token:
        follower = self.text[self.position + 1 : self.position + 2]
        if char == "!" and follower != "=":
            return self.error(f"unexpected character after '!': {self.shown(1)}")
        if char == "=" and follower == "~":
            return self.error("unexpected character after '=': '~'")
        if char.isdecimal() or (char == "." and follower.isdecimal()):
            bad = NO_NUMBER.match(self.text, self.position)
            return self.error(f'bad number or duration syntax: "{bad[0] if bad else char}"')
        found = OPERATOR.match(self.text, self.position)
        if found is None or char == "}":
            return self.error(f"unexpected character: {self.shown(0)}")
        return self.bracket(char) or Token("op", found[0], self.position, found.end())

    def bracket(self, char: str) -> Token | None:
        """Notes what opens and closes; what cannot is an error."""
        match char:
            case "(":
                self.parentheses += 1
            case ")" if not self.parentheses:
                return self.error("unexpected right parenthesis ')'", self.position + 1)
            case ")":
                self.parentheses -= 1
            case "{":
                self.in_braces = True
            case "[" if self.in_bracket:
                return self.error("unexpected left bracket '['")
            case "]" if not self.in_bracket:
                return self.error("unexpected right bracket ']'")
            case "[" | "]":
                self.in_bracket = char == "["
            case _:
                pass
        return None

    def shown(self, ahead: int) -> str:
        char = self.text[self.position + ahead : self.position + ahead + 1] or "\ufffd"
        return f"'{char}'" if char.isprintable() else repr(char)


def tokenize(text: str) -> list[Token]:
    """All tokens, closed by an `end`, or by an `error` where the text stops to be PromQL."""
    lexer = _Lexer(text)
    tokens = [lexer.next()]
    while tokens[-1].kind not in ("end", "error"):
        tokens.append(lexer.next())
    return tokens
