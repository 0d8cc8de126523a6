"""The link in a message by which whoever reads it says that they are at it.

It carries 256 random bits, the database their SHA-256, and works for six days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.core.errors import Gone
from obsv.core.ids import random_token
from obsv.db import execute, fetch

LIVES_MS: Final = 6 * 86_400_000
PATH: Final = "/alert"


@dataclass(frozen=True, slots=True)
class Link:
    """Which alerts it is about, and who was told."""

    org: int
    fingerprints: tuple[str, ...]
    receiver: str
    channel: str


class Links:
    """The only writer of links."""

    def __init__(self, clock: Clock, base_url: str) -> None:
        self._clock, self._base_url = clock, base_url.rstrip("/")

    async def make(self, org: int, fingerprints: Iterable[str], receiver: str, channel: str) -> str:
        """The address of a new one; in the transaction of the message that it stands in."""
        code, expires_at_ms = random_token(), self._clock.now_ms() + LIVES_MS
        await execute(
            "INSERT INTO alert_links (code_hash, org, fingerprints, receiver, channel, expires_at_ms, erase_on) "
            "VALUES ({}, {}, {}, {}, {}, {}, {})",
            *(_hash(code), org, msgspec.json.encode(list(fingerprints)).decode(), receiver, channel),
            *(expires_at_ms, erase_on(expires_at_ms)),
        )
        return f"{self._base_url}{PATH}?code={code}"

    async def read(self, code: str) -> Link:
        """What it is about; it may be used more than once.  Raises `Gone`."""
        rows = await fetch(
            "SELECT org, fingerprints, receiver, channel FROM alert_links WHERE code_hash = {} AND expires_at_ms > {}",
            *(_hash(code), self._clock.now_ms()),
        )
        if not rows:
            raise Gone("This link is too old, or lost a part when it was copied.", code="link_gone")
        row = rows[0]
        return Link(row["org"], tuple(msgspec.json.decode(row["fingerprints"])), row["receiver"], row["channel"])


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
