"""Go's quoted texts.  Source: the specification of Go, "String literals"."""

from __future__ import annotations

import re
from typing import Final

_SIMPLE: Final = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
}
_ESCAPE: Final = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)


def unquoted(text: str) -> str:
    """The text between quotation marks or backticks.  Raises ValueError."""
    if text.startswith("`"):
        return text[1:-1].replace("\r", "")
    out, at, inner = bytearray(), 0, text[1:-1]
    for found in _ESCAPE.finditer(inner):
        out += inner[at : found.start()].encode("utf-8", "surrogatepass")
        out += _escaped(found[1], "'")
        at = found.end()
    out += inner[at:].encode("utf-8", "surrogatepass")
    return out.decode("utf-8", "replace")


def character(text: str) -> int:
    """The number of a character constant.  Raises ValueError."""
    inner = text[1:-1]
    found = _ESCAPE.fullmatch(inner)
    value = _escaped(found[1], '"').decode("latin-1" if found[1][0] in "x01234567" else "utf-8") if found else inner
    if len(value) != 1:
        raise ValueError(f"malformed character constant: {text}")
    return ord(value)


def _escaped(code: str, other_quote: str) -> bytes:
    kind = code[0]
    if kind in "xuU" and len(code) > 1:
        number = int(code[1:], 16)
        if kind == "x":
            return bytes([number])
        if number < 0x110000 and not 0xD800 <= number < 0xE000:
            return chr(number).encode()
    elif kind in "01234567" and len(code) == 3:
        if int(code, 8) < 256:
            return bytes([int(code, 8)])
    elif code in _SIMPLE and code != other_quote:
        return _SIMPLE[code].encode()
    raise ValueError("invalid syntax")
