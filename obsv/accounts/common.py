"""Passwords that are guessed first, although they are long enough.

A list of what people really choose at twelve characters and more, and three shapes that stand for endless further
lists: a short piece repeated, a walk along the keyboard or the alphabet, a common word with digits around it.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "qsdfghjklm",
    "yxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujmikolp",
)
_WALKS: Final = frozenset(
    row[at : at + 4] for line in _ROWS for row in (line, line[::-1]) for at in range(len(row) - 3)
)
_LEET: Final = str.maketrans("4@301!5$7", "aaeoiisst")


@cache
def _listed() -> frozenset[str]:
    text = files("obsv.accounts").joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def _words() -> frozenset[str]:
    """The listed passwords' bare words: `password` of `password1234`."""
    return frozenset(bare for entry in _listed() if len(bare := _bare(entry)) >= 4)


def _bare(text: str) -> str:
    return re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)


def _is_walk(text: str) -> bool:
    """Whether nearly all of it runs along a row of the keyboard, the alphabet, or the digits."""
    steps = sum(text[at : at + 4] in _WALKS for at in range(len(text) - 3))
    return steps >= 0.6 * (len(text) - 3)


def _is_repeated(text: str) -> bool:
    """Whether it is a piece of at most six characters over and over."""
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, 7))


def is_common(password: str) -> bool:
    """Whether an attacker tries it early."""
    folded = password.casefold()
    plain = folded.translate(_LEET)
    listed, words = _listed(), _words()
    return (
        folded in listed
        or plain in listed
        or _is_repeated(folded)
        or _is_walk(folded)
        or _bare(folded) in words
        or _bare(plain) in words
        or _bare(folded).translate(_LEET) in words
    )
