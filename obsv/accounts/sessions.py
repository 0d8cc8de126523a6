"""Sessions on the server: the browser holds 256 random bits, the database their SHA-256.

Nobody but the server ever chooses an id: it is made at sign-in and made anew when rights change, so one that was
planted beforehand never becomes valid. Anonymous visitors have no session and no cookie.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Final

from obsv.accounts import tables
from obsv.accounts.cache import Remembered
from obsv.accounts.types import Origin
from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.core.ids import random_token
from obsv.db import execute, fetch

MINUTE_MS: Final = 60_000
DAY_MS: Final = 24 * 60 * MINUTE_MS
SEEN_EVERY_MS: Final = MINUTE_MS
PENDING_MS: Final = 10 * MINUTE_MS
ADMIN_IDLE_MS: Final = DAY_MS // 2
UNREMEMBERED_MS: Final = DAY_MS


Ended = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is alive. `pending` names the step still to be taken; until then nobody is signed in."""

    id_hash: str
    user_id: str
    pending: str
    created_at_ms: int
    last_seen_at_ms: int
    expires_idle_at_ms: int
    expires_abs_at_ms: int
    is_instance_admin: bool


@dataclass(frozen=True, slots=True)
class NewSession:
    """What the browser is given."""

    value: str
    max_age_s: int | None


def hash_value(value: str) -> str:
    """What the database knows of a cookie's value."""
    return hashlib.sha256(value.encode()).hexdigest()


class Sessions:
    """The only writer of sessions."""

    def __init__(self, clock: Clock, *, idle_ms: int, absolute_ms: int) -> None:
        self._clock = clock
        self._idle_ms = idle_ms
        self._absolute_ms = absolute_ms
        self._known = Remembered[Session](clock)

    async def create(
        self, user_id: str, origin: Origin, *, is_admin: bool = False, remember: bool = False, pending: str = ""
    ) -> NewSession:
        """Begin one. Without `remember` it ends with the browser, and after a day."""
        now = self._clock.now_ms()
        absolute = self._absolute_ms if remember else min(UNREMEMBERED_MS, self._absolute_ms)
        if pending:
            absolute = PENDING_MS
        value, ends = random_token(), now + absolute
        await tables.Session.insert(
            tables.Session(
                id_hash=hash_value(value),
                user_id=user_id,
                pending=pending,
                created_at_ms=now,
                last_seen_at_ms=now,
                expires_idle_at_ms=self._idle_end(now, ends, is_admin=is_admin),
                expires_abs_at_ms=ends,
                ip_trunc=origin.ip_trunc,
                ua_family=origin.ua_family,
                erase_on=erase_on(ends),
            )
        )
        return NewSession(value, absolute // 1000 if remember and not pending else None)

    async def find(self, value: str) -> Session | None:
        """The living session of a cookie's value; being found keeps it from idling out."""
        if not value:
            return None
        id_hash, now = hash_value(value), self._clock.now_ms()
        session = self._known.get(id_hash) or await self._load(id_hash)
        if session is None or now >= min(session.expires_idle_at_ms, session.expires_abs_at_ms):
            self._known.forget(id_hash)
            return None
        if now - session.last_seen_at_ms >= SEEN_EVERY_MS and not session.pending:
            session = await self._touch(session, now)
        return session

    async def end(self, value: str) -> Ended:
        """Sign this browser out, at once (in a transaction: once `forget` was called after it)."""
        return await self._delete("id_hash", hash_value(value))

    async def end_all(self, user_id: str) -> Ended:
        """Sign a person out everywhere, at once (in a transaction: once `forget` was called after it)."""
        return await self._delete("user_id", user_id)

    def forget(self, ended: Ended) -> None:
        """Drop what was remembered of sessions whose end was just committed."""
        for id_hash in ended:
            self._known.forget(id_hash)

    async def sweep(self) -> int:
        """Delete those that have run out; how many."""
        now = self._clock.now_ms()
        rows = await fetch(
            "DELETE FROM sessions WHERE expires_idle_at_ms <= {} OR expires_abs_at_ms <= {} RETURNING id_hash", now, now
        )
        return len(rows)

    def _idle_end(self, now: int, absolute_end: int, *, is_admin: bool) -> int:
        idle = min(self._idle_ms, ADMIN_IDLE_MS) if is_admin else self._idle_ms
        return min(now + idle, absolute_end)

    async def _load(self, id_hash: str) -> Session | None:
        generation = self._known.generation
        rows = await fetch(
            "SELECT s.id_hash, s.user_id, s.pending, s.created_at_ms, s.last_seen_at_ms, s.expires_idle_at_ms, "
            "s.expires_abs_at_ms, u.is_instance_admin FROM sessions s JOIN users u ON u.id = s.user_id "
            "WHERE s.id_hash = {} AND u.status = {}",
            id_hash,
            "active",
        )
        if not rows:
            return None
        session = Session(**{**rows[0], "is_instance_admin": bool(rows[0]["is_instance_admin"])})
        self._known.put(id_hash, session, generation=generation)
        return session

    async def _touch(self, session: Session, now: int) -> Session:
        idle_end = self._idle_end(now, session.expires_abs_at_ms, is_admin=session.is_instance_admin)
        touched = replace(session, last_seen_at_ms=now, expires_idle_at_ms=idle_end)
        # A session that was ended meanwhile must not come back through the cache.
        self._known.forget(session.id_hash)
        await execute(
            "UPDATE sessions SET last_seen_at_ms = {}, expires_idle_at_ms = {} WHERE id_hash = {}",
            now,
            idle_end,
            session.id_hash,
        )
        return touched

    async def _delete(self, column: str, wanted: str) -> Ended:
        rows = await fetch(f"DELETE FROM sessions WHERE {column} = {{}} RETURNING id_hash", wanted)  # noqa: S608
        ended = tuple(str(row["id_hash"]) for row in rows)
        self.forget(ended)
        return ended
