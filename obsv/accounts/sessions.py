"""Sessions on the server: the browser holds 256 random bits, the database their SHA-256.

Nobody but the server ever chooses a value: it is made at sign-in and made anew when rights change, so one that was
planted beforehand never becomes valid. Anonymous visitors have no session and no cookie, but for those who began to
sign in with a passkey or another provider: their challenge has to wait somewhere (`begin_anonymous`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from obsv.accounts import tables
from obsv.accounts.cache import Remembered
from obsv.accounts.types import Device, Origin
from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.core.errors import Unauthorized
from obsv.core.ids import new_id, random_token
from obsv.db import after_commit, execute, fetch, fetch_value, in_transaction, write_tx
from obsv.keys import INSTANCE, KeyStore

MINUTE_MS: Final = 60_000
DAY_MS: Final = 24 * 60 * MINUTE_MS
SEEN_EVERY_MS: Final = MINUTE_MS
PENDING_MS: Final = 10 * MINUTE_MS
ADMIN_IDLE_MS: Final = DAY_MS // 2
UNREMEMBERED_MS: Final = DAY_MS
SUDO_MS: Final = 10 * MINUTE_MS
ANONYMOUS: Final = "anonymous"
SECOND_FACTORS: Final = frozenset({"totp", "passkey", "recovery_code"})

_COLUMNS: Final = (
    "s.id, s.id_hash, s.user_id, s.pending, s.methods, s.is_remembered, s.sudo_until_ms, s.created_at_ms, "
    "s.last_seen_at_ms, s.expires_idle_at_ms, s.expires_abs_at_ms, s.ip_trunc, s.ua_family"
)

Ended = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is alive. `pending` names the step still to be taken; until then nobody is signed in.

    `methods` are the ways in which the person proved to be themself. The public `id` outlives a new value.
    """

    id: str
    id_hash: str
    user_id: str
    pending: str
    methods: tuple[str, ...]
    is_remembered: bool
    sudo_until_ms: int
    created_at_ms: int
    last_seen_at_ms: int
    expires_idle_at_ms: int
    expires_abs_at_ms: int
    ip_trunc: str
    ua_family: str
    is_instance_admin: bool

    @property
    def has_second_factor(self) -> bool:
        """Whether more than a password was shown."""
        return not SECOND_FACTORS.isdisjoint(self.methods)


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

    def __init__(self, clock: Clock, keys: KeyStore, *, idle_ms: int, absolute_ms: int) -> None:
        self._clock = clock
        self._keys = keys
        self._idle_ms = idle_ms
        self._absolute_ms = absolute_ms
        self._known = Remembered[Session](clock)

    # -- begin --------------------------------------------------------------------------------------------------

    async def create(
        self,
        user_id: str,
        origin: Origin,
        *,
        methods: Iterable[str] = (),
        is_admin: bool = False,
        remember: bool = False,
        pending: str = "",
    ) -> NewSession:
        """Begin one. Without `remember` it ends with the browser, and after a day.

        Who just signed in may do what needs a fresh proof for `SUDO_MS`.
        """
        now = self._clock.now_ms()
        absolute = self._absolute_ms if remember else min(UNREMEMBERED_MS, self._absolute_ms)
        if pending:
            absolute = PENDING_MS
        value, ends = random_token(), now + absolute
        await tables.Session.insert(
            tables.Session(
                id_hash=hash_value(value),
                id=new_id("ses"),
                user_id=user_id,
                pending=pending,
                methods=" ".join(methods),
                is_remembered=remember,
                sudo_until_ms=0 if pending else now + SUDO_MS,
                state_enc="",
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

    async def begin_anonymous(self, origin: Origin) -> NewSession:
        """One of nobody, for ten minutes: somewhere to keep the challenge of a sign-in under way."""
        return await self.create("", origin, pending=ANONYMOUS)

    async def rotate(self, session: Session, *, methods: Iterable[str] | None = None, sudo: bool = False) -> NewSession:
        """Give the browser another value, as must be done whenever its rights change; the old one is void at once.

        `sudo` lets the person do for `SUDO_MS` what needs a fresh proof.  Raises `Unauthorized` when the session has
        ended, or got another value, meanwhile.
        """
        value, now = random_token(), self._clock.now_ms()
        rotated = await fetch(
            "UPDATE sessions SET id_hash = {}, methods = {}, sudo_until_ms = {} WHERE id_hash = {} RETURNING id",
            hash_value(value),
            " ".join(session.methods if methods is None else methods),
            now + SUDO_MS if sudo else session.sudo_until_ms,
            session.id_hash,
        )
        self._drop((session.id_hash,))
        if not rotated:
            raise Unauthorized("Sign in again.", code="not_signed_in")
        left_s = (session.expires_abs_at_ms - now) // 1000
        return NewSession(value, max(1, left_s) if session.is_remembered else None)

    # -- what a step must remember ------------------------------------------------------------------------------

    async def keep_state(self, session: Session, state: bytes) -> None:
        """Seal what the next step needs (a challenge, a secret that is not confirmed yet); the latest counts."""
        sealed = self._keys.encrypt(session.user_id or INSTANCE, "sessions", "state_enc", session.id, state)
        await execute("UPDATE sessions SET state_enc = {} WHERE id_hash = {}", sealed, session.id_hash)

    async def take_state(self, session: Session) -> bytes | None:
        """What was kept, once: of two requests at the same time one gets it."""
        async with write_tx():
            sealed = await self._sealed_state(session)
            taken = await fetch(
                "UPDATE sessions SET state_enc = {} WHERE id_hash = {} AND state_enc = {} AND state_enc <> {} "
                "RETURNING id",
                *("", session.id_hash, sealed, ""),
            )
        return self._opened_state(session, sealed) if taken else None

    async def peek_state(self, session: Session) -> bytes | None:
        """What is kept, which stays: for the page before the step."""
        return self._opened_state(session, await self._sealed_state(session))

    async def _sealed_state(self, session: Session) -> str:
        return str(await fetch_value("SELECT state_enc FROM sessions WHERE id_hash = {}", session.id_hash) or "")

    def _opened_state(self, session: Session, sealed: str) -> bytes | None:
        if not sealed:
            return None
        return self._keys.decrypt(session.user_id or INSTANCE, "sessions", "state_enc", session.id, sealed)

    # -- find ---------------------------------------------------------------------------------------------------

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

    async def devices(self, user_id: str, *, current: str) -> list[Device]:
        """Where a person is signed in, the last used first; `current` is the id of the session that asks."""
        now = self._clock.now_ms()
        rows = await fetch(
            f"SELECT {_COLUMNS} FROM sessions s WHERE s.user_id = {{}} AND s.pending = {{}} "  # noqa: S608
            "AND s.expires_idle_at_ms > {} AND s.expires_abs_at_ms > {} ORDER BY s.last_seen_at_ms DESC, s.id",
            *(user_id, "", now, now),
        )
        return [
            Device(
                id=row["id"],
                device=row["ua_family"],
                network=row["ip_trunc"],
                methods=str(row["methods"]).split(),
                created_at_ms=row["created_at_ms"],
                last_seen_at_ms=row["last_seen_at_ms"],
                is_current=row["id"] == current,
            )
            for row in rows
        ]

    async def is_new_device(self, user_id: str, origin: Origin) -> bool:
        """Whether the person has sessions, and none of this browser and network; asked before one is made."""
        rows = await fetch("SELECT ip_trunc, ua_family FROM sessions WHERE user_id = {} AND pending = {}", user_id, "")
        return bool(rows) and (origin.ip_trunc, origin.ua_family) not in {(r["ip_trunc"], r["ua_family"]) for r in rows}

    # -- end ----------------------------------------------------------------------------------------------------

    async def end(self, value: str) -> Ended:
        """Sign this browser out, at once (in a transaction: once `forget` was called after it)."""
        return await self._delete("id_hash = {}", hash_value(value))

    async def end_one(self, user_id: str, session_id: str) -> Ended:
        """Sign one of a person's devices out, by its public id; empty when there is none."""
        return await self._delete("user_id = {} AND id = {}", user_id, session_id)

    async def end_others(self, user_id: str, session_id: str) -> Ended:
        """Sign a person out everywhere but here."""
        return await self._delete("user_id = {} AND id <> {}", user_id, session_id)

    async def end_all(self, user_id: str) -> Ended:
        """Sign a person out everywhere, at once (in a transaction: once `forget` was called after it)."""
        return await self._delete("user_id = {}", user_id)

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
            f"SELECT {_COLUMNS}, COALESCE(u.is_instance_admin, {{}}) AS is_instance_admin FROM sessions s "  # noqa: S608
            "LEFT JOIN users u ON u.id = s.user_id WHERE s.id_hash = {} AND (u.status = {} OR s.pending = {})",
            *(False, id_hash, "active", ANONYMOUS),
        )
        if not rows:
            return None
        session = _session(rows[0])
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

    async def _delete(self, condition: str, *wanted: str) -> Ended:
        rows = await fetch(f"DELETE FROM sessions WHERE {condition} RETURNING id_hash", *wanted)  # noqa: S608
        ended = tuple(str(row["id_hash"]) for row in rows)
        self._drop(ended)
        return ended

    def _drop(self, changed: Ended) -> None:
        """Forget now, and once more after the commit: until then a request may still read, and remember, the old."""
        self.forget(changed)
        if in_transaction():
            after_commit(lambda: self.forget(changed))


def _session(row: dict[str, Any]) -> Session:
    methods = tuple(str(row.pop("methods")).split())
    is_remembered, is_instance_admin = bool(row.pop("is_remembered")), bool(row.pop("is_instance_admin"))
    return Session(**row, methods=methods, is_remembered=is_remembered, is_instance_admin=is_instance_admin)
