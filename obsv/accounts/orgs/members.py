"""Members of an organisation: seen, given other roles, let go; and the organisation's own settings.

Every change holds the organisation's lock, so that of two owners who leave at the same time one stays.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from obsv.accounts.factors import enrolled
from obsv.accounts.orgs.policy import require_may_change, require_owner_left
from obsv.accounts.orgs.types import MemberView
from obsv.accounts.parts import Parts
from obsv.accounts.scopes import Role, highest
from obsv.audit import Who
from obsv.core.errors import Conflict, NotFound
from obsv.db import execute, fetch, fetch_value, hold_lock, write_tx


class Members:
    """Changes that carry rights within an organisation; the role of who changes comes from the guard."""

    def __init__(self, parts: Parts, forget: Callable[[str], None]) -> None:
        """`forget` drops what is remembered of a person's memberships."""
        self._parts = parts
        self._forget = forget

    async def listed(self, org: int) -> list[MemberView]:
        """All members, by name."""
        rows = await fetch("SELECT user_id, role, created_at_ms FROM memberships WHERE org = {} ORDER BY id", org)
        given = await fetch(
            "SELECT m.user_id, t.role FROM team_members m JOIN teams t ON t.id = m.team_id WHERE m.org = {}", org
        )
        found: list[MemberView] = []
        for row in rows:
            person = await self._parts.people.get(row["user_id"])
            if person is None:
                continue
            factors, role = await enrolled(person.id), Role(row["role"])
            teams = [Role(one["role"]) for one in given if one["user_id"] == person.id]
            found.append(
                MemberView(
                    user_id=person.id,
                    name=person.name,
                    email=person.email,
                    role=role,
                    effective_role=highest([role, *teams]),
                    joined_at_ms=row["created_at_ms"],
                    has_second_factor=factors.any,
                    has_verified_email=person.has_verified_email,
                )
            )
        return sorted(found, key=lambda member: (member.name.casefold(), member.user_id))

    async def change_role(self, org: int, user_id: str, role: Role, *, changer: Role, by: Who) -> None:
        """Give a member another role.  Raises `NotFound`, `Forbidden`, `Conflict` (the last owner)."""
        async with self._locked(org):
            before = await self._role(org, user_id)
            require_may_change(changer, before, role)
            if before is role:
                return
            require_owner_left(before, role, await self._owners(org))
            await self._set(org, user_id, before, role, by)
        self._forget(user_id)

    async def remove(self, org: int, user_id: str, *, changer: Role, by: Who) -> None:
        """Let a member go, and their personal tokens; who leaves by themself may do so in any role.

        Raises `NotFound`, `Forbidden`, `Conflict` (the last owner).
        """
        async with self._locked(org):
            before = await self._role(org, user_id)
            if by.ref != user_id:
                require_may_change(changer, before, None)
            require_owner_left(before, None, await self._owners(org))
            await execute("DELETE FROM memberships WHERE org = {} AND user_id = {}", org, user_id)
            await execute("DELETE FROM team_members WHERE org = {} AND user_id = {}", org, user_id)
            await self._parts.tokens.end_personal(org, user_id)
            await self._parts.audit.write(
                "member.removed", org=org, actor=by, target=("user", user_id), details={"role_before": before.value}
            )
        self._forget(user_id)

    async def transfer(self, org: int, to: str, *, giver: str, by: Who) -> None:
        """Make another member the owner; who gives it away stays as admin.  Raises `NotFound`, `Conflict`."""
        if to == giver:
            raise Conflict("You own it already: choose another member.", code="same_owner")
        async with self._locked(org):
            before = await self._role(org, to)
            await self._set(org, to, before, Role.OWNER, by)
            await self._set(org, giver, await self._role(org, giver), Role.ADMIN, by)
            await self._parts.audit.write("org.transferred", org=org, actor=by, target=("user", to))
        for user_id in (to, giver):
            self._forget(user_id)

    async def require_second_factor(self, org: int, *, required: bool, owner: str, by: Who) -> None:
        """Ask all members for a second factor, or no longer.  Raises `Conflict` while the owner has none."""
        if required and not (await enrolled(owner)).any:
            raise Conflict("Set up a second factor yourself first: you would lock yourself out.", code="no_factor")
        async with self._locked(org):
            before = bool(await fetch_value("SELECT requires_mfa FROM organisations WHERE id = {}", org))
            await execute("UPDATE organisations SET requires_mfa = {} WHERE id = {}", required, org)
            await self._parts.audit.write(
                "org.mfa_required", org=org, actor=by, details={"before": before, "after": required}
            )
        for row in await fetch("SELECT user_id FROM memberships WHERE org = {}", org):
            self._forget(row["user_id"])

    async def rename(self, org: int, name: str, *, by: Who) -> None:
        """Give the organisation another name, and the address that goes with it.  Raises `Invalid`."""
        found = await self._parts.organisations.by_id(org)
        if found is None:
            raise NotFound("There is no such organisation.", code="no_organisation")
        async with self._locked(org):
            await self._parts.organisations.rename(found, name)
            await self._parts.audit.write("org.renamed", org=org, actor=by, target=("org", str(org)))
        for row in await fetch("SELECT user_id FROM memberships WHERE org = {}", org):
            self._forget(row["user_id"])

    @asynccontextmanager
    async def _locked(self, org: int) -> AsyncGenerator[None]:
        async with write_tx():
            await hold_lock(f"members:{org}")
            yield

    async def _role(self, org: int, user_id: str) -> Role:
        role = await fetch_value("SELECT role FROM memberships WHERE org = {} AND user_id = {}", org, user_id)
        if role is None:
            raise NotFound("The organisation has no such member.", code="no_member")
        return Role(role)

    async def _owners(self, org: int) -> int:
        return int(
            await fetch_value(
                "SELECT COUNT(*) AS owners FROM memberships WHERE org = {} AND role = {}", org, Role.OWNER.value
            )
        )

    async def _set(self, org: int, user_id: str, before: Role, after: Role, by: Who) -> None:
        await execute("UPDATE memberships SET role = {} WHERE org = {} AND user_id = {}", after.value, org, user_id)
        await self._parts.audit.write(
            "member.role_changed",
            org=org,
            actor=by,
            target=("user", user_id),
            details={"role_before": before.value, "role_after": after.value},
        )
