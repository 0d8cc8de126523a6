"""Go's fmt: printf, print, println.  Source: the package documentation of fmt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from obsv.core.gotemplate.values import Missing, TemplateFailed, show, show_float, type_of

MOST_WIDTH: Final = 10_000
_VERB: Final = re.compile(r"%([-+# 0]*)(\[\d+\])?(\*|\d+)?(?:\.(\[\d+\])?(\*|\d+)?())?(\[\d+\])?(.?)", re.DOTALL)
_ESCAPES: Final = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}


def quoted(text: str) -> str:
    """A text as %q writes it.  Source: Go's strconv.Quote."""
    return (
        '"'
        + "".join(_ESCAPES.get(one) or (one if one.isprintable() or one == " " else _escaped(one)) for one in text)
        + '"'
    )


def _escaped(one: str) -> str:
    code = ord(one)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def sprint(values: Sequence[Any]) -> str:
    """One after the other; a space between two of which none is a text."""
    parts: list[str] = []
    for i, value in enumerate(values):
        if i and not isinstance(value, str) and not isinstance(values[i - 1], str):
            parts.append(" ")
        parts.append(show(value))
    return "".join(parts)


def sprintln(values: Sequence[Any]) -> str:
    """With spaces between them, and a line feed."""
    return " ".join(map(show, values)) + "\n"


class _Arguments:
    def __init__(self, values: Sequence[Any]) -> None:
        self._values, self.next, self.is_reordered = values, 0, False

    def choose(self, index: str | None) -> bool:
        """Go on at an explicit place (`[2]`); False where there is none."""
        if index:
            self.next, self.is_reordered = int(index[1:-1]) - 1, True
            return 0 <= self.next < len(self._values)
        return True

    def take(self) -> Any:
        self.next += 1
        return self._values[self.next - 1]

    @property
    def is_over(self) -> bool:
        return not 0 <= self.next < len(self._values)

    def rest(self) -> Sequence[Any]:
        return self._values[self.next :]


def sprintf(pattern: str, values: Sequence[Any]) -> str:
    """A text with values in it; what does not fit is said in the text, as Go does."""
    arguments = _Arguments(values)
    out: list[str] = []
    at = 0
    for found in _VERB.finditer(pattern):
        if found.start() < at:
            continue
        out += (pattern[at : found.start()], _verb(found, arguments))
        at = found.end()
    out.append(pattern[at:])
    if not arguments.is_reordered and not arguments.is_over:
        extra = ", ".join(f"{type_of(one)}={show(one)}" if one is not None else "<nil>" for one in arguments.rest())
        out.append(f"%!(EXTRA {extra})")
    return "".join(out)


def _verb(found: re.Match[str], arguments: _Arguments) -> str:
    flags, first, width_text, second, precision_text, has_point, third, verb = found.groups()
    if not verb:
        return "%!(NOVERB)"
    if not (arguments.choose(first) and arguments.choose(second)):
        return f"%!{verb}(BADINDEX)"
    width = _size(width_text, arguments)
    if width is None:
        return f"%!(BADWIDTH){verb}"
    if width < 0:
        flags, width = flags + "-", -width
    precision = -1 if has_point is None else _size(precision_text, arguments)
    if precision is None:
        return f"%!(BADPREC){verb}"
    if width > MOST_WIDTH or precision > MOST_WIDTH:
        raise TemplateFailed(f"a width or precision of more than {MOST_WIDTH}")
    if verb == "%":
        return "%"
    if not arguments.choose(third):
        return f"%!{verb}(BADINDEX)"
    if arguments.is_over:
        return f"%!{verb}(MISSING)"
    return _formatted(verb, arguments.take(), flags, width, precision)


def _size(text: str | None, arguments: _Arguments) -> int | None:
    """A width or a precision, which an argument may give; None where that is no whole number."""
    if text != "*":
        return int(text[:9] or 0) if text else 0
    size = None if arguments.is_over else arguments.take()
    return size if isinstance(size, int) and not isinstance(size, bool) else None


def _formatted(verb: str, value: Any, flags: str, width: int, precision: int) -> str:
    if verb == "T":
        return _padded(type_of(value), flags, width)
    text = _worded(verb, value, flags, precision)
    if text is None:
        shown = f"{type_of(value)}={show(value)}" if value is not None and not isinstance(value, Missing) else "<nil>"
        return f"%!{verb}({shown})"
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and verb not in "cqU"
    is_finite = not (isinstance(value, float) and text.lstrip("+- ")[:3] in ("NaN", "Inf"))
    return _padded(text, flags, width, zero=is_finite and (is_number or verb in "sqxX"), signed=is_number)


def _padded(text: str, flags: str, width: int, *, zero: bool = False, signed: bool = False) -> str:
    if len(text) >= width:
        return text
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags and zero:
        sign = text[:1] if signed and text[:1] in "+- " else ""
        return sign + text[len(sign) :].rjust(width - len(sign), "0")
    return text.rjust(width)


def _worded(verb: str, value: Any, flags: str, precision: int) -> str | None:
    """A value by a verb; None where the verb is not for it."""
    match value:
        case bool():
            return show(value) if verb in "tv" else None
        case str():
            return _text(verb, value, flags, precision)
        case int():
            return _whole(verb, value, flags, precision)
        case float():
            return _fraction(verb, value, flags, precision)
        case None | Missing():
            return "<nil>" if verb == "v" else None
        case _ if isinstance(value, Sequence) and verb != "v":
            inner = [_worded(verb, one, flags, precision) or f"%!{verb}({type_of(one)}={show(one)})" for one in value]
            return "[" + " ".join(inner) + "]"
        case _:
            return show(value) if verb in "vs" else None


def _text(verb: str, value: str, flags: str, precision: int) -> str | None:
    cut = value[:precision] if precision >= 0 else value
    match verb:
        case "s":
            return cut
        case "v":
            return quoted(cut) if "#" in flags else cut
        case "q":
            return f"`{cut}`" if "#" in flags and "`" not in cut else quoted(cut)
        case "x" | "X":
            raw = value.encode("utf-8", "surrogatepass")
            shown = raw[:precision] if precision >= 0 else raw
            text = shown.hex(" ") if " " in flags else shown.hex()
            return text.upper() if verb == "X" else text
        case _:
            return None


def _whole(verb: str, value: int, flags: str, precision: int) -> str | None:
    sign = "-" if value < 0 else "+" if "+" in flags else " " if " " in flags else ""
    size, prefix = abs(value), ""
    match verb:
        case "d" | "v":
            digits = str(size)
        case "b":
            digits, prefix = f"{size:b}", "0b" if "#" in flags else ""
        case "o":
            digits, prefix = f"{size:o}", "0" if "#" in flags else ""
        case "O":
            digits, prefix = f"{size:o}", "0o"
        case "x" | "X":
            digits, prefix = f"{size:{verb}}", f"0{verb}" if "#" in flags else ""
        case "c":
            return _character(value)
        case "q":
            one = _character(value)
            return "'" + (quoted(one)[1:-1].replace('\\"', '"') if one != "'" else "\\'") + "'"
        case "U":
            return f"U+{size:04X}"
        case _:
            return None
    return sign + prefix + digits.rjust(precision, "0")


def _character(code: int) -> str:
    """Of a number that names none, the one that stands for such: halves of pairs cannot be written as UTF-8."""
    return chr(code) if 0 <= code < 0xD800 or 0xE000 <= code < 0x110000 else "\ufffd"


def _fraction(verb: str, value: float, flags: str, precision: int) -> str | None:
    if verb not in "veEfFgG":
        return None
    kind = {"v": "g", "F": "f"}.get(verb, verb)
    text = show_float(value, kind, 6 if precision < 0 and kind in "eEf" else precision)
    if text[0] not in "+-" and ("+" in flags or " " in flags):
        return ("+" if "+" in flags else " ") + text
    return text if text != "+Inf" or "+" in flags else "+Inf"
