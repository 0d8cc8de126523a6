"""Quantities as people read and write them."""

from __future__ import annotations

import re

_SIZES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_SIZE = re.compile(r"(\d+)\s*(B|KiB|MiB|GiB|TiB)")


def parse_size(text: str) -> int:
    """Bytes of a size such as `16MiB`.  Raises ValueError, in words, when it is none."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise ValueError(f'expected a size like "16MiB", got {text!r}')
    return int(found[1]) * _SIZES[found[2]]


def format_size(size: int) -> str:
    """An exact size in the largest unit that divides it."""
    unit = next(unit for unit in reversed(_SIZES) if size % _SIZES[unit] == 0)
    return f"{size // _SIZES[unit]}{unit if size else 'B'}"
