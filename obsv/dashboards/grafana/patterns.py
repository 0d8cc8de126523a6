"""Regular expressions: Grafana writes `/…/flags` or a whole name, obsv what is searched for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_SLASHED: Final = re.compile(r"/(.*)/([gimyus]*)", re.DOTALL)
_PIECE: Final = re.compile(r"\\[pPu]\{[^}]*\}|\\k<[^>]*>|\\x..|\\u....|\\c.|\\.|\(\?<\w+>|.", re.DOTALL)
_QUIET: Final = {"g", "y", "u"}


def to_pattern(text: str) -> tuple[str, str]:
    """What to search for, and what was lost.  Without slashes a text must match from end to end."""
    if not text.startswith("/"):
        return (f"^{text}$" if text else "", "")
    found = _SLASHED.fullmatch(text)
    if found is None:
        return "", f"{text!r} is not a regular expression"
    pattern, flags = found[1], set(found[2])
    if "i" in flags:
        pattern = any_case(pattern)
    lost = "".join(sorted(flags - _QUIET - {"i"}))
    return pattern, f"the flags {lost!r} of {text!r}" if lost else ""


def to_filter(text: str) -> tuple[str, str]:
    """The same for a variable's `regex`, which is searched for with or without slashes."""
    return to_pattern(text if text.startswith("/") or not text else f"/{text}/")


def from_pattern(pattern: str) -> str:
    """The pattern as Grafana writes it."""
    return f"/{pattern}/"


def exact(names: list[str]) -> str:
    """A pattern of just these names."""
    return f"^(?:{'|'.join(_quoted(name) for name in names)})$"


def all_but(names: list[str]) -> str:
    """A pattern of every other name."""
    return f"^(?!(?:{'|'.join(_quoted(name) for name in names)})$)"


def names_of(pattern: str) -> list[str] | None:
    """The names that a pattern of plain alternatives stands for; None if it is more than that."""
    inner = re.fullmatch(r"\^\(?(?:\?:)?([^()\[\]{}*+?.^$\\]*)\)?\$", pattern)
    return None if inner is None else inner[1].split("|")


def any_case(pattern: str) -> str:
    """The pattern with each letter in either case, for inline flags are not known everywhere."""
    made: list[str] = []
    of_class: list[str] | None = None
    for piece in _PIECE.findall(pattern):
        if of_class is not None and piece == "]":
            made += [*of_class, *_other_case(of_class), "]"]
            of_class = None
        elif of_class is not None:
            of_class.append(piece)
        elif piece == "[":
            made.append(piece)
            of_class = []
        else:
            made.append(f"[{piece.lower()}{piece.upper()}]" if _is_letter(piece) else piece)
    return "".join([*made, *(of_class or ())])


def _other_case(of_class: list[str]) -> Iterator[str]:
    """The letters and ranges of letters of a class, in their other case."""
    for at, piece in enumerate(of_class):
        in_range = of_class[at - 1 : at] == ["-"] and at > 1
        if _is_letter(piece) and in_range and _is_letter(of_class[at - 2]):
            yield f"-{piece.swapcase()}"
        elif _is_letter(piece):
            yield piece.swapcase()


def _is_letter(piece: str) -> bool:
    return len(piece) == 1 and piece.lower() != piece.upper()


def _quoted(name: str) -> str:
    return re.sub(r"([\\^$.|?*+()\[\]{}])", r"\\\1", name)
