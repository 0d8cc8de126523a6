"""Whose account an identity elsewhere belongs to; found by issuer and subject, never by an email address."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from obsv.accounts.oauth.tables import OAuthIdentity
from obsv.accounts.oauth.types import Identity
from obsv.core.clock import Clock
from obsv.core.errors import Conflict, NotFound
from obsv.core.ids import new_id
from obsv.db import execute, fetch, fetch_value, insert, is_unique_violation, write_tx
from obsv.keys import KeyStore

_TABLE: Final = "oauth_identities"


@dataclass(frozen=True, slots=True)
class Linked:
    """An account elsewhere that signs a person in."""

    provider: str
    created_at_ms: int
    last_used_at_ms: int | None


@dataclass(frozen=True, slots=True)
class Consent:
    """What can be taken back at a provider; `token` may be ""."""

    provider: str
    token: str


class Identities:
    """The only writer of `oauth_identities`."""

    def __init__(self, clock: Clock, keys: KeyStore) -> None:
        self._clock = clock
        self._keys = keys

    async def owner(self, identity: Identity) -> str | None:
        """Id of the account that it signs in."""
        found = await fetch_value(
            "SELECT user_id FROM oauth_identities WHERE subject_index = {}", self._index(identity)
        )
        return None if found is None else str(found)

    async def of(self, user_id: str) -> list[Linked]:
        """A person's, the oldest first."""
        rows = await fetch(
            "SELECT provider, created_at_ms, last_used_at_ms FROM oauth_identities WHERE user_id = {} "
            "ORDER BY created_at_ms, provider",
            user_id,
        )
        return [Linked(**row) for row in rows]

    async def link(self, user_id: str, identity: Identity) -> None:
        """Let it sign this person in.  Raises `Conflict`: it is somebody's, or they have another of this provider."""
        identity_id = new_id("oid")
        row = {
            "id": identity_id,
            "user_id": user_id,
            "provider": identity.provider,
            "subject_index": self._index(identity),
            "token_enc": self._sealed(user_id, identity_id, identity.token),
            "created_at_ms": self._clock.now_ms(),
            "last_used_at_ms": None,
        }
        try:
            async with write_tx():
                await insert(OAuthIdentity, row)
        except Exception as error:
            if is_unique_violation(error):
                raise await self._taken(user_id, identity) from None
            raise

    async def used(self, identity: Identity) -> None:
        """It signed its person in: keep the newest token, the one before may have run out."""
        rows = await fetch("SELECT id, user_id FROM oauth_identities WHERE subject_index = {}", self._index(identity))
        for row in rows:
            await execute(
                "UPDATE oauth_identities SET token_enc = {}, last_used_at_ms = {} WHERE id = {}",
                *(self._sealed(row["user_id"], row["id"], identity.token), self._clock.now_ms(), row["id"]),
            )

    async def unlink(self, user_id: str, provider: str) -> Consent:
        """Let it sign nobody in any more; what is to be revoked after the commit.  Raises `NotFound`."""
        consents = await self._delete("user_id = {} AND provider = {}", user_id, provider)
        if not consents:
            raise NotFound("This sign-in is not linked to your account.", code="no_identity")
        return consents[0]

    async def unlink_all(self, user_id: str) -> list[Consent]:
        """The same of an account that closes."""
        return await self._delete("user_id = {}", user_id)

    async def _delete(self, condition: str, *wanted: str) -> list[Consent]:
        rows = await fetch(
            f"DELETE FROM oauth_identities WHERE {condition} RETURNING id, user_id, provider, token_enc",  # noqa: S608
            *wanted,
        )
        return [Consent(row["provider"], self._opened(row["user_id"], row["id"], row["token_enc"])) for row in rows]

    async def _taken(self, user_id: str, identity: Identity) -> Conflict:
        if await self.owner(identity) not in {None, user_id}:
            return Conflict("It signs somebody else in here already.", code="identity_taken")
        return Conflict("You have linked an account of this provider already; unlink it first.", code="identity_linked")

    def _index(self, identity: Identity) -> str:
        # Hashed before it is indexed: the index folds case, and subjects that differ in it are different people.
        exact = hashlib.sha256(f"{identity.issuer}\0{identity.subject}".encode()).hexdigest()
        return self._keys.blind_index(exact)

    def _sealed(self, user_id: str, identity_id: str, token: str) -> str | None:
        return self._keys.encrypt(user_id, _TABLE, "token_enc", identity_id, token.encode()) if token else None

    def _opened(self, user_id: str, identity_id: str, sealed: str | None) -> str:
        return self._keys.decrypt(user_id, _TABLE, "token_enc", identity_id, sealed).decode() if sealed else ""
