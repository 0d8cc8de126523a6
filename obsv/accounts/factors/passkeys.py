"""Passkeys as they are stored: the public half of each, how often it signed, and what its owner calls it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Final

from obsv.accounts.factors import tables
from obsv.accounts.factors.ceremonies import Credential, Known
from obsv.accounts.factors.ways_in import lock_of
from obsv.core.clock import Clock
from obsv.core.errors import Conflict, NotFound
from obsv.core.ids import new_id
from obsv.db import execute, fetch, fetch_value, hold_lock, is_unique_violation, write_tx

MOST: Final = 20
_COLUMNS: Final = (
    "p.id, p.user_id, p.credential_id, p.public_key, p.sign_count, p.transports, p.is_backed_up, p.rp_id, p.name, "
    "p.created_at_ms, p.last_used_at_ms"
)


@dataclass(frozen=True, slots=True)
class Passkey:
    """One of a person's passkeys."""

    id: str
    user_id: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    is_backed_up: bool
    rp_id: str
    name: str
    created_at_ms: int
    last_used_at_ms: int | None

    @property
    def known(self) -> Known:
        """As it is named to a browser."""
        return Known(self.credential_id, self.transports)


class Passkeys:
    """The only writer of passkeys."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def handle_of(self, user_id: str) -> bytes:
        """What stands for a person in their authenticators: 64 random bytes that say nothing."""
        rows = await fetch("SELECT webauthn_handle FROM users WHERE id = {}", user_id)
        if not rows:
            raise NotFound("There is no such account.", code="no_user")
        return _decoded(rows[0]["webauthn_handle"])

    async def of(self, user_id: str) -> list[Passkey]:
        """A person's passkeys, the oldest first."""
        rows = await fetch(
            f"SELECT {_COLUMNS} FROM passkeys p WHERE p.user_id = {{}} ORDER BY p.created_at_ms, p.id",  # noqa: S608
            user_id,
        )
        return [_read(row) for row in rows]

    async def find(self, credential_id: bytes) -> Passkey | None:
        """The passkey that a browser used, if its owner's account is active."""
        rows = await fetch(
            f"SELECT {_COLUMNS} FROM passkeys p JOIN users u ON u.id = p.user_id "  # noqa: S608
            "WHERE p.credential_id = {} AND u.status = {}",
            *(_encoded(credential_id), "active"),
        )
        return _read(rows[0]) if rows else None

    async def add(self, user_id: str, made: Credential, *, name: str, rp_id: str) -> Passkey:
        """Store a new one.  Raises `Conflict` for one too many, or for one that somebody has registered already."""
        passkey_id, now = new_id("pky"), self._clock.now_ms()
        try:
            async with write_tx():
                await hold_lock(lock_of(user_id))
                if len(await self.of(user_id)) >= MOST:
                    raise Conflict(f"{MOST} passkeys are the most; remove one first.", code="too_many_passkeys")
                await tables.Passkey.insert(
                    tables.Passkey(
                        id=passkey_id,
                        user_id=user_id,
                        credential_id=_encoded(made.credential_id),
                        public_key=_encoded(made.public_key),
                        sign_count=made.sign_count,
                        transports=" ".join(made.transports),
                        aaguid=made.aaguid,
                        is_backed_up=made.is_backed_up,
                        rp_id=rp_id,
                        name=name,
                        created_at_ms=now,
                    )
                )
        except Exception as error:
            if is_unique_violation(error):
                raise Conflict("This passkey is registered already.", code="passkey_known") from None
            raise
        return Passkey(
            id=passkey_id,
            user_id=user_id,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            transports=made.transports,
            is_backed_up=made.is_backed_up,
            rp_id=rp_id,
            name=name,
            created_at_ms=now,
            last_used_at_ms=None,
        )

    async def used(self, passkey: Passkey, *, sign_count: int, is_backed_up: bool) -> bool:
        """Record a use; False when another use came between, so that a count is taken once."""
        return bool(
            await fetch(
                "UPDATE passkeys SET sign_count = {}, is_backed_up = {}, last_used_at_ms = {} "
                "WHERE id = {} AND sign_count = {} RETURNING id",
                *(sign_count, is_backed_up, self._clock.now_ms(), passkey.id, passkey.sign_count),
            )
        )

    async def rename(self, user_id: str, passkey_id: str, name: str) -> Passkey:
        """Call it something else.  Raises `NotFound`, also for another person's."""
        await execute("UPDATE passkeys SET name = {} WHERE id = {} AND user_id = {}", name, passkey_id, user_id)
        found = next((passkey for passkey in await self.of(user_id) if passkey.id == passkey_id), None)
        if found is None:
            raise _absent()
        return found

    async def remove(self, user_id: str, passkey_id: str) -> None:
        """Forget it.  Raises `NotFound`, also for another person's."""
        gone = await fetch("DELETE FROM passkeys WHERE id = {} AND user_id = {} RETURNING id", passkey_id, user_id)
        if not gone:
            raise _absent()

    async def elsewhere(self, rp_id: str) -> int:
        """How many were made at another address of this instance, where alone they work."""
        return int(await fetch_value("SELECT COUNT(*) AS stranded FROM passkeys WHERE rp_id <> {}", rp_id))


def _absent() -> NotFound:
    return NotFound("There is no such passkey.", code="no_passkey")


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _read(row: dict[str, Any]) -> Passkey:
    return Passkey(
        id=row["id"],
        user_id=row["user_id"],
        credential_id=_decoded(row["credential_id"]),
        public_key=_decoded(row["public_key"]),
        sign_count=row["sign_count"],
        transports=tuple(row["transports"].split()),
        is_backed_up=bool(row["is_backed_up"]),
        rp_id=row["rp_id"],
        name=row["name"],
        created_at_ms=row["created_at_ms"],
        last_used_at_ms=row["last_used_at_ms"],
    )
