"""Who owns an organisation, for the channel that every organisation has from the start."""

from __future__ import annotations

from collections.abc import Sequence

from obsv.accounts import Role, accounts
from obsv.db import fetch
from obsv.notify.base import Recipient


async def owners_of(org: int) -> Sequence[Recipient]:
    """Its owners with an account in use, in the order in which they came."""
    rows = await fetch(
        "SELECT m.user_id FROM memberships m JOIN users u ON u.id = m.user_id "
        "WHERE m.org = {} AND m.role = {} AND u.status = 'active' ORDER BY m.id",
        *(org, Role.OWNER.value),
    )
    people = [await accounts().people.get(row["user_id"]) for row in rows]
    return [Recipient(person.id, person.email) for person in people if person is not None]
