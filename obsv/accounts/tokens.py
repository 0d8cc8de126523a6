"""API tokens: made, listed, revoked, and recognised on every request of a machine.

The database keeps SHA-256 of the whole token (256 random bits need no slow hash). A recognised one is remembered for a
few seconds under that hash, so a sender of many requests costs one lookup in that time.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from obsv.accounts import tables
from obsv.accounts.cache import Remembered
from obsv.accounts.names import clean_name
from obsv.accounts.scopes import METRICS_WRITE, join_scopes
from obsv.accounts.token_format import Kind, RawToken, new_token, parse_token
from obsv.accounts.types import Actor, CreatedToken, TokenView
from obsv.core.clock import Clock
from obsv.core.days import day_of, erase_on
from obsv.core.errors import Invalid, NotFound, Unauthorized
from obsv.db import execute, fetch

DAY_MS: Final = 86_400_000
DEFAULT_DAYS: Final = 90
MAX_DAYS: Final = 365
KEEP_ENDED_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class _Known:
    actor: Actor
    expires_at_ms: int | None


class Tokens:
    """The only writer of API tokens."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known = Remembered[_Known](clock)

    async def create(
        self, org: int, name: str, scopes: frozenset[str], *, expires_days: int | None, created_by: str = ""
    ) -> CreatedToken:
        """A new one. One that can only write metrics may live for ever, others 90 days if nothing is said."""
        name = clean_name(name, "the token")
        kind: Kind = "ing" if scopes == frozenset({METRICS_WRITE}) else "org"
        now = self._clock.now_ms()
        expires = _expiry(kind, expires_days, now)
        raw = new_token(kind)
        await tables.ApiToken.insert(
            tables.ApiToken(
                id=raw.id,
                org=org,
                kind=kind,
                name=name,
                token_hash=_hash(raw.text),
                scopes=join_scopes(scopes),
                created_by=created_by,
                created_at_ms=now,
                expires_at_ms=expires,
                erase_on=None if expires is None else erase_on(expires, days=KEEP_ENDED_DAYS),
            )
        )
        return CreatedToken(raw.id, name, raw.text, join_scopes(scopes).split(), now, expires)

    async def listed(self, org: int) -> list[TokenView]:
        """The organisation's tokens that are not revoked, newest first."""
        rows = await fetch(
            "SELECT id, name, scopes, created_at_ms, expires_at_ms, last_used_on FROM api_tokens "
            "WHERE org = {} AND revoked_at_ms IS NULL ORDER BY created_at_ms DESC, id",
            org,
        )
        return [_view(row) for row in rows]

    async def revoke(self, org: int, token_id: str) -> str:
        """End one of the organisation's, at once; its name.  Raises `NotFound`, also for another organisation's."""
        now = self._clock.now_ms()
        rows = await fetch(
            "UPDATE api_tokens SET revoked_at_ms = {}, erase_on = {} "
            "WHERE id = {} AND org = {} AND revoked_at_ms IS NULL RETURNING name",
            now,
            erase_on(now, days=KEEP_ENDED_DAYS),
            token_id,
            org,
        )
        if not rows:
            raise NotFound("There is no such token.", code="no_token")
        self.forget()
        return str(rows[0]["name"])

    def forget(self) -> None:
        """Ask the database anew: a revocation was just committed."""
        self._known.clear()

    async def actor(self, text: str) -> Actor:
        """Who is behind a token.  Raises `Unauthorized` for any that is not valid now, always in the same words."""
        digest = _hash(text)
        known = self._known.get(digest) or await self._recognise(text, digest)
        if known is None or (known.expires_at_ms is not None and known.expires_at_ms <= self._clock.now_ms()):
            raise Unauthorized(
                "The API token is not valid: mistyped, revoked, or expired. Make a new one under Settings, API tokens.",
                code="bad_token",
            )
        return known.actor

    async def _recognise(self, text: str, digest: str) -> _Known | None:
        raw = parse_token(text)
        return None if raw is None else await self._load(raw, digest)

    async def _load(self, raw: RawToken, digest: str) -> _Known | None:
        generation = self._known.generation
        rows = await fetch(
            "SELECT t.token_hash, t.org, o.slug, t.scopes, t.expires_at_ms, t.last_used_on "
            "FROM api_tokens t JOIN organisations o ON o.id = t.org WHERE t.id = {} AND t.revoked_at_ms IS NULL",
            raw.id,
        )
        if not rows or not hmac.compare_digest(str(rows[0]["token_hash"]), digest):
            return None
        row = rows[0]
        await self._note_use(raw.id, row["last_used_on"])
        actor = Actor(
            kind="token",
            token_id=raw.id,
            org=row["org"],
            org_slug=row["slug"],
            scopes=frozenset(str(row["scopes"]).split()),
        )
        known = _Known(actor, row["expires_at_ms"])
        self._known.put(digest, known, generation=generation)
        return known

    async def _note_use(self, token_id: str, last_used_on: object) -> None:
        """Once a day; when exactly is nobody's business."""
        today = day_of(self._clock.now_ms())
        if _day(last_used_on) != today:
            await execute("UPDATE api_tokens SET last_used_on = {} WHERE id = {}", today, token_id)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _expiry(kind: Kind, days: int | None, now_ms: int) -> int | None:
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
        name=row["name"],
        scopes=str(row["scopes"]).split(),
        created_at_ms=row["created_at_ms"],
        expires_at_ms=row["expires_at_ms"],
        last_used_on=used.isoformat() if used else None,
    )
