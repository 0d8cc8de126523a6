"""What templates handle: kinds of values by Go's names, truth, and how values are printed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

SHORTEST_EXPONENT: Final = 6
"""Where %g without a precision begins to write exponents; what is smaller than 1e-4 has one too."""


class TemplateFailed(Exception):
    """A template that cannot be read or carried out; the text is Go's."""


class StringMap(dict[str, str]):
    """Go's map[string]string: what is missing is an empty text."""


class TypedList(list[Any]):
    """A list of a type that has a name of its own."""

    def __init__(self, type_name: str, items: Sequence[Any]) -> None:
        super().__init__(items)
        self.type_name = type_name


@dataclass(frozen=True, slots=True)
class Struct:
    """A value with fields; one that is a function is called with the arguments that stand behind it.

    `shown` is how it is printed, where that is not a list of its fields.
    """

    type_name: str
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    shown: str = ""


class Missing:
    """The value of a key that is not there."""


MISSING: Final = Missing()


def type_of(value: object) -> str:
    """Go's name of a value's type."""
    match value:
        case None | Missing():
            return "<nil>"
        case bool():
            return "bool"
        case str():
            return "string"
        case int():
            return "int"
        case float():
            return "float64"
        case StringMap():
            return "map[string]string"
        case Mapping():
            return "map[string]interface {}"
        case Struct() | TypedList():
            return value.type_name
        case Sequence():
            return "[]interface {}"
        case _:
            return "func" if isinstance(value, Callable) else type(value).__name__  # type: ignore[arg-type]


def is_true(value: object) -> bool:
    """Whether `if` takes it."""
    match value:
        case None | Missing():
            return False
        case Struct():
            return True
        case float():
            return bool(value)
        case str() | Mapping() | Sequence():
            return len(value) > 0
        case _:
            return bool(value)


def show(value: object) -> str:
    """A value as fmt's %v prints it."""
    match value:
        case None | Missing():
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int():
            return str(value)
        case float():
            return show_float(value)
        case Mapping():
            return f"map[{' '.join(f'{key}:{show(value[key])}' for key in sorted(value))}]"
        case Struct(shown=shown) if shown:
            return shown
        case Struct():
            plain = (one for one in value.fields.values() if not callable(one))
            return "{" + " ".join(show(one) for one in plain) + "}"
        case Sequence():
            return "[" + " ".join(show(one) for one in value) + "]"
        case _:
            return str(value)


def show_float(value: float, verb: str = "g", precision: int = -1) -> str:
    """A number by one of the verbs e, E, f, g, G; a precision of -1 is the shortest that reads back the same.

    Source: Go's strconv.FormatFloat.
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if precision < 0:
        text = _shortest(value, verb.lower())
    elif verb in "gG":
        text = _general(value, precision or 1)
    else:
        text = f"{value:.{precision}{verb.lower()}}"
    return text.upper() if verb.isupper() else text


def _digits(value: float) -> tuple[str, str, int]:
    """(sign, shortest digits, exponent of the first of them)."""
    mantissa, _, exponent = f"{value!r}".lower().partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    point = len(whole) + int(exponent or 0)
    raw = whole + fraction
    digits = raw.lstrip("0")
    point -= len(raw) - len(digits)
    digits = digits.rstrip("0")
    return (sign, digits, point - 1) if digits else (sign, "0", 0)


def _shortest(value: float, verb: str) -> str:
    sign, digits, exponent = _digits(value)
    if verb == "e" or (verb == "g" and (exponent < -4 or exponent >= SHORTEST_EXPONENT)):
        return sign + _exponential(digits, exponent)
    return sign + _fixed(digits, exponent)


def _general(value: float, precision: int) -> str:
    """%.ng: as many digits at the most, without zeros at the end."""
    mantissa, _, exponent_text = f"{value:.{precision - 1}e}".partition("e")
    sign, exponent = "-" if mantissa.startswith("-") else "", int(exponent_text)
    digits = mantissa.lstrip("-").replace(".", "").rstrip("0") or "0"
    # Go decides with the digits that are left where they reach beyond the point.
    limit = len(digits) if precision > len(digits) >= exponent + 1 else precision
    if exponent < -4 or exponent >= limit:
        return sign + _exponential(digits, exponent)
    return sign + _fixed(digits, exponent)


def _exponential(digits: str, exponent: int) -> str:
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{tail}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _fixed(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole, fraction = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole
