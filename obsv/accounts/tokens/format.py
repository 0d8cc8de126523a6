"""What an API token looks like: `obsv_<kind>_<8 characters: id>_<43: secret>_<6: check>`.

The prefix lets secret scanners find a leaked one; the check refuses typing errors without asking the database.
"""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass
from typing import Final, cast

from obsv.accounts.types import TokenKind
from obsv.core.ids import crc32_base62

"""A person's own, the organisation's, and one of those that can only write metrics."""

_ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
ID_LENGTH: Final = 8
SECRET_LENGTH: Final = 43  # 62**43 > 2**256
_SHAPE: Final = re.compile(r"(obsv_(pat|org|ing)_([0-9A-Za-z]{8})_[0-9A-Za-z]{43})_([0-9A-Za-z]{6})")
_LEAK: Final = re.compile(rb"obsv_(?:pat|org|ing)_[0-9A-Za-z]{8}_")


@dataclass(frozen=True, slots=True)
class RawToken:
    """A well-formed token as it was sent; whether it is known is another question."""

    text: str
    kind: TokenKind
    id: str


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def new_token(kind: TokenKind) -> RawToken:
    """A fresh one, 256 bits strong."""
    token_id = _random(ID_LENGTH)
    body = f"obsv_{kind}_{token_id}_{_random(SECRET_LENGTH)}"
    return RawToken(f"{body}_{crc32_base62(body)}", kind, token_id)


def parse_token(text: str) -> RawToken | None:
    """The token, or None if it cannot be one: wrong shape or wrong check."""
    match = _SHAPE.fullmatch(text)
    if match is None or crc32_base62(match[1]) != match[4]:
        return None
    return RawToken(text, cast("TokenKind", match[2]), match[3])


def holds_token(raw: bytes) -> bool:
    """Whether these bytes (a query string) have an API token in them."""
    return _LEAK.search(raw) is not None
