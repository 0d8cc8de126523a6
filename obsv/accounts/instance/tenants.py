"""All organisations from outside, for who runs the instance."""

from __future__ import annotations

from obsv.accounts.instance.types import Tenant
from obsv.accounts.orgs import Invitations
from obsv.accounts.parts import Parts
from obsv.accounts.scopes import Role
from obsv.audit import Who
from obsv.db import fetch, write_tx

_SQL = """
SELECT o.slug, o.name, o.plan, o.requires_mfa, o.created_at_ms,
    (SELECT COUNT(*) FROM memberships m WHERE m.org = o.id) AS members,
    (SELECT COUNT(*) FROM support_grants g
        WHERE g.org = o.id AND g.revoked_at_ms IS NULL AND g.expires_at_ms > {}) AS grants
FROM organisations o ORDER BY o.name, o.id
"""


class Tenants:
    """What may be known and done without being let in."""

    def __init__(self, parts: Parts, invitations: Invitations) -> None:
        self._parts, self._invitations = parts, invitations

    async def listed(self) -> list[Tenant]:
        """All of them by name."""
        rows = await fetch(_SQL, self._parts.clock.now_ms())
        return [
            Tenant(
                slug=row["slug"],
                name=row["name"],
                plan=row["plan"],
                members=row["members"],
                requires_mfa=bool(row["requires_mfa"]),
                has_support_access=row["grants"] > 0,
                created_at_ms=row["created_at_ms"],
            )
            for row in rows
        ]

    async def create(self, name: str, owner_email: str, *, by: Who) -> str:
        """Make an organisation and invite its owner; its slug.  Raises `Invalid`, `TooMany`, `Forbidden`."""
        async with write_tx():
            made = await self._parts.organisations.create(name)
            await self._parts.audit.write("org.created", org=made.id, actor=by, target=("org", str(made.id)))
            await self._invitations.create(made.id, owner_email, Role.OWNER, giver=Role.OWNER, by=by)
        return made.slug
