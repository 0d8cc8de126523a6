"""How a person can sign in, so that the last way is never taken away."""

from __future__ import annotations

from obsv.core.errors import Conflict
from obsv.db import fetch_value, hold_lock


def lock_of(user_id: str) -> str:
    """Held to the end of a transaction that counts a person's ways in, or factors, and changes them."""
    return f"factors.{user_id}"


async def require_way_in(user_id: str) -> None:
    """After one was taken away, in the same transaction.  Raises `Conflict` if none is left, which undoes it.

    An authenticator app is none: it opens nothing by itself.
    """
    await hold_lock(lock_of(user_id))
    ways = await fetch_value(
        "SELECT (SELECT COUNT(*) FROM users WHERE id = {} AND password_hash IS NOT NULL)"
        " + (SELECT COUNT(*) FROM passkeys WHERE user_id = {})"
        " + (SELECT COUNT(*) FROM oauth_identities WHERE user_id = {}) AS ways",
        *(user_id, user_id, user_id),
    )
    if not ways:
        raise Conflict("This is the only way into your account: set a password first.", code="last_way_in")
