"""Label sets as Alertmanager identifies, orders and writes them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cmp_to_key
from typing import Final

Labels = Mapping[str, str]

_OFFSET: Final = 14695981039346656037
_PRIME: Final = 1099511628211
_MASK: Final = (1 << 64) - 1
_ESCAPES: Final = {
    "\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v", "\\": r"\\", '"': r"\"",
}  # fmt: skip


def fingerprint(labels: Labels) -> str:
    """The identity of a label set: 16 hexadecimal digits.  Source: FNV-1a as prometheus/common computes it."""
    number = _OFFSET
    for name in sorted(labels):
        for byte in b"%b\xff%b\xff" % (name.encode(), labels[name].encode()):
            number = (number ^ byte) * _PRIME & _MASK
    return f"{number:016x}"


def go_quoted(text: str) -> str:
    """A text in double quotes, with what does not print escaped as Go does."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if found := _ESCAPES.get(character):
        return found
    if character.isprintable():
        return character
    code = ord(character)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def labels_text(labels: Labels) -> str:
    """A label set as it stands in a group's key: `{a="b", c="d"}`."""
    return "{" + ", ".join(f"{name}={go_quoted(labels[name])}" for name in sorted(labels)) + "}"


def _before(one: Labels, other: Labels) -> int:
    """Fewer labels first; then by the first name (in order) that differs: who lacks it, or has the lesser value."""
    if len(one) != len(other):
        return len(one) - len(other)
    for name in sorted({*one, *other}):
        if name not in one:
            return -1
        if name not in other:
            return 1
        if one[name] != other[name]:
            return -1 if one[name] < other[name] else 1
    return 0


def _alert_order(one: Labels, other: Labels) -> int:
    for name in ("job", "instance"):
        mine, theirs = one.get(name), other.get(name)
        if mine == theirs:
            continue
        if mine is None:
            return 1
        if theirs is None:
            return -1
        return -1 if mine < theirs else 1
    return _before(one, other)


label_order = cmp_to_key(_before)
"""Key that sorts label sets."""
alert_order = cmp_to_key(_alert_order)
"""Key that sorts the label sets of a notification's alerts: by job, by instance, by the rest."""
