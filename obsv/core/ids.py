"""Identifiers and random tokens."""

from __future__ import annotations

import secrets
import time
import zlib

_BASE32 = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's alphabet: no i, l, o, u
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def new_id(prefix: str) -> str:
    """A new id such as `usr_01j…`: 26 characters, the first ten of them the time, so ids sort by age."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    digits = "".join(_BASE32[number >> shift & 31] for shift in range(125, -1, -5))
    return f"{prefix}_{digits}"


def random_token(nbytes: int = 32) -> str:
    """A secret of `nbytes` random bytes, base64url."""
    return secrets.token_urlsafe(nbytes)


def crc32_base62(text: str) -> str:
    """CRC-32 of a text as six base-62 digits."""
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits
