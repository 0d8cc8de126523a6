"""Links that work once: to verify an address, to set a new password, to change an address or take that back, to keep
second factors that somebody else wants removed.

The link carries 256 random bits, the database their SHA-256; what the link is about is sealed with the person's key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from obsv.accounts import tables
from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.core.errors import Gone
from obsv.core.ids import random_token
from obsv.db import execute, fetch
from obsv.keys import KeyStore

HOUR_MS: Final = 3_600_000


class LinkKind(StrEnum):
    """What a link does when it is confirmed."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105  # a kind of link
    CHANGE_EMAIL = "change_email"
    UNDO_EMAIL = "undo_email"
    KEEP_FACTORS = "keep_factors"


LIVES_MS: Final = {
    LinkKind.VERIFY_EMAIL: 24 * HOUR_MS,
    LinkKind.RESET_PASSWORD: HOUR_MS,
    LinkKind.CHANGE_EMAIL: 24 * HOUR_MS,
    LinkKind.UNDO_EMAIL: 7 * 24 * HOUR_MS,
    LinkKind.KEEP_FACTORS: 72 * HOUR_MS,
}


@dataclass(frozen=True, slots=True)
class Link:
    """Whose link it is, and what it is about (an address)."""

    user_id: str
    state: str


class Links:
    """The only writer of one-time links."""

    def __init__(self, clock: Clock, keys: KeyStore) -> None:
        self._clock = clock
        self._keys = keys

    async def make(self, kind: LinkKind, user_id: str, state: str = "") -> str:
        """The code of a new link."""
        now, code = self._clock.now_ms(), random_token()
        code_hash = _hash(code)
        await tables.OneTimeLink.insert(
            tables.OneTimeLink(
                code_hash=code_hash,
                kind=kind.value,
                user_id=user_id,
                state_enc=self._keys.encrypt(user_id, "one_time_links", "state_enc", code_hash, state.encode()),
                created_at_ms=now,
                expires_at_ms=now + LIVES_MS[kind],
                erase_on=erase_on(now + LIVES_MS[kind]),
            )
        )
        return code

    async def peek(self, kind: LinkKind, code: str) -> Link:
        """What a link would do, without using it: mail scanners open links too.  Raises `Gone`."""
        return self._read(
            await fetch(
                "SELECT code_hash, user_id, state_enc FROM one_time_links "
                "WHERE code_hash = {} AND kind = {} AND expires_at_ms > {}",
                *(_hash(code), kind.value, self._clock.now_ms()),
            )
        )

    async def use(self, kind: LinkKind, code: str) -> Link:
        """Use it up (in the transaction of what it does); of two at once one gets it.  Raises `Gone`."""
        return self._read(
            await fetch(
                "DELETE FROM one_time_links WHERE code_hash = {} AND kind = {} AND expires_at_ms > {} "
                "RETURNING code_hash, user_id, state_enc",
                *(_hash(code), kind.value, self._clock.now_ms()),
            )
        )

    async def void(self, kind: LinkKind, user_id: str) -> None:
        """Make all of a person's links of this kind useless."""
        await execute("DELETE FROM one_time_links WHERE user_id = {} AND kind = {}", user_id, kind.value)

    def _read(self, rows: list[dict[str, Any]]) -> Link:
        if not rows:
            raise Gone("This link was used already, is too old, or lost a part when it was copied.", code="link_gone")
        row = rows[0]
        place = ("one_time_links", "state_enc", row["code_hash"])
        return Link(row["user_id"], self._keys.decrypt(row["user_id"], *place, row["state_enc"]).decode())


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
