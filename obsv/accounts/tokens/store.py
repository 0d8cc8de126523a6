"""API tokens: made, listed, revoked.

The database keeps SHA-256 of the whole token: 256 random bits need no slow hash. Those of the organisation outlive who
made them; a personal one is its maker's, counts for as much as that person's role at each request, and ends with the
membership.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from obsv.accounts import tables
from obsv.accounts.names import clean_name
from obsv.accounts.scopes import METRICS_WRITE, join_scopes
from obsv.accounts.tokens.format import new_token
from obsv.accounts.tokens.known import KnownTokens, hash_token
from obsv.accounts.tokens.networks import join_networks, parse_networks
from obsv.accounts.tokens.stages import DAY_MS, stage_at
from obsv.accounts.types import CreatedToken, TokenKind, TokenView
from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.core.errors import Invalid, NotFound
from obsv.db import after_commit, fetch, in_transaction

DEFAULT_DAYS: Final = 90
MAX_DAYS: Final = 365
KEEP_ENDED_DAYS: Final = 30

_COLUMNS: Final = (
    "id, kind, name, scopes, allowed_networks, created_by, created_at_ms, expires_at_ms, last_used_on, "
    "last_used_network"
)


class Tokens:
    """The only one that makes and ends API tokens; `known` recognises them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.known = KnownTokens(clock)

    async def create(
        self,
        org: int,
        name: str,
        scopes: frozenset[str],
        *,
        expires_days: int | None,
        networks: Sequence[str] = (),
        created_by: str = "",
        is_personal: bool = False,
    ) -> CreatedToken:
        """A new one, for who made it if `is_personal`.  Raises `Invalid`, `BadRequest` (networks).

        One of the organisation that can only write metrics may live for ever, others 90 days if nothing is said.
        """
        name, allowed = clean_name(name, "the token"), parse_networks(networks)
        kind: TokenKind = "pat" if is_personal else "ing" if scopes == frozenset({METRICS_WRITE}) else "org"
        now = self._clock.now_ms()
        expires = _expiry(kind, expires_days, now)
        raw = new_token(kind)
        await tables.ApiToken.insert(
            tables.ApiToken(
                id=raw.id,
                org=org,
                kind=kind,
                name=name,
                token_hash=hash_token(raw.text),
                scopes=join_scopes(scopes),
                allowed_networks=join_networks(allowed),
                created_by=created_by,
                created_at_ms=now,
                expires_at_ms=expires,
                expiry_stage=stage_at(now, expires).value,
                erase_on=None if expires is None else erase_on(expires, days=KEEP_ENDED_DAYS),
            )
        )
        shown = [str(network) for network in allowed]
        return CreatedToken(raw.id, kind, name, raw.text, join_scopes(scopes).split(), shown, now, expires)

    async def listed(self, org: int) -> list[TokenView]:
        """The organisation's tokens and its members' own that are not revoked, newest first."""
        return await self._listed("org = {}", org)

    async def listed_own(self, org: int, user_id: str) -> list[TokenView]:
        """The same of one person's own alone."""
        return await self._listed("org = {} AND kind = 'pat' AND created_by = {}", org, user_id)

    async def revoke(self, org: int, token_id: str) -> None:
        """End one of the organisation or its members, at once.  Raises `NotFound`, also for another organisation's."""
        await self._end_one("id = {} AND org = {}", token_id, org)

    async def revoke_own(self, org: int, token_id: str, user_id: str) -> None:
        """End one of a person's own.  Raises `NotFound`, also for anybody else's."""
        await self._end_one("id = {} AND org = {} AND kind = 'pat' AND created_by = {}", token_id, org, user_id)

    async def end_personal(self, org: int, user_id: str) -> None:
        """End all of a person's own in an organisation, which they leave."""
        await self._end("org = {} AND kind = 'pat' AND created_by = {}", org, user_id)

    def forget(self) -> None:
        """Ask the database anew: a revocation was just committed."""
        self.known.forget()

    async def _listed(self, condition: str, *args: object) -> list[TokenView]:
        rows = await fetch(
            f"SELECT {_COLUMNS} FROM api_tokens WHERE {condition} AND revoked_at_ms IS NULL "  # noqa: S608
            "ORDER BY created_at_ms DESC, id",
            *args,
        )
        return [_view(row) for row in rows]

    async def _end_one(self, condition: str, *args: object) -> None:
        if not await self._end(condition, *args):
            raise NotFound("There is no such token.", code="no_token")

    async def _end(self, condition: str, *args: object) -> int:
        now = self._clock.now_ms()
        ended = await fetch(
            "UPDATE api_tokens SET revoked_at_ms = {}, erase_on = {} "  # noqa: S608
            f"WHERE {condition} AND revoked_at_ms IS NULL RETURNING id",
            *(now, erase_on(now, days=KEEP_ENDED_DAYS)),
            *args,
        )
        self.forget()
        if in_transaction():
            # Until the commit a request may still read, and remember, the old.
            after_commit(self.forget)
        return len(ended)


def _expiry(kind: TokenKind, days: int | None, now_ms: int) -> int | None:
    if days is None:
        return None if kind == "ing" else now_ms + DEFAULT_DAYS * DAY_MS
    if not 1 <= days <= MAX_DAYS:
        raise Invalid(f"Let it expire in 1 to {MAX_DAYS} days.", code="bad_expiry")
    return now_ms + days * DAY_MS


def _day(value: object) -> date | None:
    """A date column as raw SQL gives it: a date on Postgres, text or a date on SQLite."""
    return date.fromisoformat(value) if isinstance(value, str) else value if isinstance(value, date) else None


def _view(row: dict[str, Any]) -> TokenView:
    used = _day(row["last_used_on"])
    return TokenView(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        scopes=str(row["scopes"]).split(),
        allowed_networks=str(row["allowed_networks"]).split(),
        created_at_ms=row["created_at_ms"],
        expires_at_ms=row["expires_at_ms"],
        last_used_on=used.isoformat() if used else None,
        last_used_network=row["last_used_network"],
        owner_id=row["created_by"] if row["kind"] == "pat" else "",
    )
