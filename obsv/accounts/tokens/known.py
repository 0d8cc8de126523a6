"""API tokens recognised, on every request of a machine.

A recognised one is remembered for a few seconds under its hash, with its networks parsed, so a sender of many requests
costs one lookup in that time.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any, Final

from obsv.accounts.cache import Remembered
from obsv.accounts.factors.enrolled import enrolled
from obsv.accounts.origin import truncate_ip
from obsv.accounts.people import ACTIVE
from obsv.accounts.tokens.format import RawToken, parse_token
from obsv.accounts.tokens.networks import Network, is_within, split_networks
from obsv.accounts.tokens.stages import DAY_MS
from obsv.accounts.types import Actor
from obsv.core.clock import Clock
from obsv.core.days import day_of
from obsv.core.errors import Forbidden, Unauthorized
from obsv.db import execute, fetch

NOTE_USE_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a personal token is, and what its use takes of them beside a role."""

    user_id: str
    is_instance_admin: bool
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class KnownToken:
    """A token that is valid now; the scopes of a personal one are yet to be cut to its owner's role."""

    actor: Actor
    expires_at_ms: int | None
    networks: tuple[Network, ...] = ()
    owner: Owner | None = None

    def require_address(self, address: str) -> None:
        """Raise `Forbidden` for an address that the token is not taken from."""
        if self.networks and not is_within(address, self.networks):
            where = address or "a place without an address"
            raise Forbidden(
                f"This token is not taken from {where}: make one that allows this network.", code="address_not_allowed"
            )


def hash_token(text: str) -> str:
    """What the database knows of a token."""
    return hashlib.sha256(text.encode()).hexdigest()


def bad_token() -> Unauthorized:
    """For any token that is not valid now, always in the same words."""
    return Unauthorized(
        "The API token is not valid: mistyped, revoked, or expired. Make a new one under Settings, API tokens.",
        code="bad_token",
    )


class KnownTokens:
    """Which tokens are valid, and when they were last used."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known = Remembered[KnownToken](clock)
        self._noted = Remembered[int](clock, keep_s=NOTE_USE_S)

    def forget(self) -> None:
        """Ask the database anew."""
        self._known.clear()

    async def recognise(self, text: str) -> KnownToken:
        """The token behind its text.  Raises `Unauthorized` for any that is not valid now."""
        digest = hash_token(text)
        known = self._known.get(digest) or await self._find(text, digest)
        if known is None or (known.expires_at_ms is not None and known.expires_at_ms <= self._clock.now_ms()):
            raise bad_token()
        return known

    async def note_use(self, token: KnownToken, address: str) -> None:
        """The day and the cut network, once an hour; when exactly is nobody's business."""
        now, token_id = self._clock.now_ms(), token.actor.token_id
        if self._noted.get(token_id) == now // DAY_MS:
            return
        generation = self._noted.generation
        await execute(
            "UPDATE api_tokens SET last_used_on = {}, last_used_network = {} WHERE id = {}",
            *(day_of(now), truncate_ip(address), token_id),
        )
        self._noted.put(token_id, now // DAY_MS, generation=generation)

    async def _find(self, text: str, digest: str) -> KnownToken | None:
        raw = parse_token(text)
        return None if raw is None else await self._load(raw, digest)

    async def _load(self, raw: RawToken, digest: str) -> KnownToken | None:
        generation = self._known.generation
        rows = await fetch(
            "SELECT t.id, t.kind, t.token_hash, t.org, o.slug, t.scopes, t.allowed_networks, t.created_by, "
            "t.expires_at_ms, u.status, u.is_instance_admin "
            "FROM api_tokens t JOIN organisations o ON o.id = t.org LEFT JOIN users u ON u.id = t.created_by "
            "WHERE t.id = {} AND t.revoked_at_ms IS NULL",
            raw.id,
        )
        if not rows or not hmac.compare_digest(str(rows[0]["token_hash"]), digest):
            return None
        is_personal = rows[0]["kind"] == "pat"
        if is_personal and rows[0]["status"] != ACTIVE:
            return None
        known = _known(rows[0], await _owner(rows[0]) if is_personal else None)
        self._known.put(digest, known, generation=generation)
        return known


async def _owner(row: dict[str, Any]) -> Owner:
    factors = await enrolled(row["created_by"])
    return Owner(row["created_by"], bool(row["is_instance_admin"]), factors.any)


def _known(row: dict[str, Any], owner: Owner | None) -> KnownToken:
    actor = Actor(
        kind="token",
        user_id=owner.user_id if owner else "",
        token_id=row["id"],
        org=row["org"],
        org_slug=row["slug"],
        scopes=frozenset(str(row["scopes"]).split()),
    )
    return KnownToken(actor, row["expires_at_ms"], split_networks(row["allowed_networks"]), owner)
