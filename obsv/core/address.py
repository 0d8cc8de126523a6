"""Addresses to listen on."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^:\s\[\]]+)):(\d{1,5})", re.ASCII)


def parse_address(text: str) -> tuple[str, int]:
    """(host, port) of `127.0.0.1:2003` or `[::1]:2003`.  Raises ValueError, in words, when it is none."""
    found = _ADDRESS.fullmatch(text.strip())
    if not found or not 1 <= int(found[3]) <= 65535:
        raise ValueError(f'expected an address like "127.0.0.1:2003", got {text!r}')
    return found[1] or found[2], int(found[3])
