"""Organisations and who belongs to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from obsv.accounts import tables
from obsv.accounts.names import SLUG_MAX, clean_name, slugify
from obsv.accounts.scopes import Role, highest
from obsv.accounts.types import Member, Organisation
from obsv.core.clock import Clock
from obsv.db import execute, fetch, fetch_value, is_unique_violation, write_tx

OPERATOR: Final = "operator"
_COLUMNS: Final = "id, slug, name, plan, requires_mfa, created_at_ms"
RESERVED: Final = frozenset(
    {OPERATOR, "instance", "new", "settings", "account", "admin", "api", "assets", "static", "login"}
)


class Organisations:
    """The only writer of organisations and memberships."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def ensure_operator(self) -> Organisation:
        """The organisation of whoever runs this instance; made at the first start, named at set-up."""
        found = await self.operator()
        if found is not None:
            return found
        try:
            async with write_tx():
                await self._insert(OPERATOR, "Operator", is_operator=True)
        except Exception as error:
            # Another replica was first.
            if not is_unique_violation(error):
                raise
        made = await self.operator()
        assert made is not None
        return made

    async def operator(self) -> Organisation | None:
        """The operator's organisation, whatever it is called by now."""
        return await self._one("is_operator = {}", True)

    async def by_name(self, wanted: str) -> Organisation | None:
        """By slug or by name made one; `operator` always finds the operator's own."""
        slug = slugify(wanted)
        found = await self._one("slug = {}", slug)
        return found or (await self.operator() if slug == OPERATOR else None)

    async def by_id(self, org: int) -> Organisation | None:
        """By number."""
        return await self._one("id = {}", org)

    async def create(self, name: str) -> Organisation:
        """A new one; its slug comes from the name, with a number behind it where that is taken."""
        name = clean_name(name, "the organisation")
        slug = await self._free_slug(name)
        async with write_tx():
            org = await self._insert(slug, name, is_operator=False)
        made = await self.by_id(org)
        assert made is not None
        return made

    async def rename(self, org: Organisation, name: str) -> Organisation:
        """Give it another name, and the slug that goes with it."""
        name = clean_name(name, "the organisation")
        slug = org.slug if slugify(name) == org.slug else await self._free_slug(name, mine=org.id)
        await execute("UPDATE organisations SET name = {}, slug = {} WHERE id = {}", name, slug, org.id)
        return replace(org, slug=slug, name=name)

    async def add_member(self, org: int, user_id: str, role: Role) -> None:
        """Make a person a member."""
        row = tables.Membership(user_id=user_id, org=org, role=role.value, created_at_ms=self._clock.now_ms())
        await tables.Membership.insert(row)

    async def memberships(self, user_id: str) -> tuple[Member, ...]:
        """A person's organisations by name; the role in each is the highest that membership and teams give."""
        given = await fetch(
            "SELECT t.org, t.role FROM team_members m JOIN teams t ON t.id = m.team_id WHERE m.user_id = {}", user_id
        )
        rows = await fetch(
            "SELECT o.id, o.slug, o.name, m.role, o.requires_mfa "
            "FROM memberships m JOIN organisations o ON o.id = m.org "
            "WHERE m.user_id = {} ORDER BY o.name, o.id",
            user_id,
        )
        found: list[Member] = []
        for row in rows:
            teams = [Role(one["role"]) for one in given if one["org"] == row["id"]]
            role = highest([Role(row["role"]), *teams])
            found.append(Member(row["id"], row["slug"], row["name"], role, bool(row["requires_mfa"])))
        return tuple(found)

    async def has_owner(self, org: int) -> bool:
        """Whether anybody owns it."""
        count = await fetch_value(
            "SELECT COUNT(*) AS owners FROM memberships WHERE org = {} AND role = {}", org, Role.OWNER.value
        )
        return bool(count)

    async def _one(self, condition: str, value: object) -> Organisation | None:
        rows = await fetch(f"SELECT {_COLUMNS} FROM organisations WHERE {condition}", value)  # noqa: S608
        if not rows:
            return None
        requires_mfa = bool(rows[0].pop("requires_mfa"))
        return Organisation(**rows[0], requires_mfa=requires_mfa)

    async def _insert(self, slug: str, name: str, *, is_operator: bool) -> int:
        row = tables.Organisation(
            slug=slug, name=name, plan="", is_operator=is_operator, created_at_ms=self._clock.now_ms()
        )
        inserted = await tables.Organisation.insert(row)
        return int(inserted[0]["id"])

    async def _free_slug(self, name: str, mine: int = 0) -> str:
        base = slugify(name)
        rows = await fetch("SELECT slug FROM organisations WHERE slug LIKE {} AND id <> {}", f"{base}%", mine)
        taken = {row["slug"] for row in rows} | RESERVED
        if base not in taken:
            return base
        numbered = (f"{base[: SLUG_MAX - 6]}-{number}" for number in range(2, 100_000))
        return next(slug for slug in numbered if slug not in taken)
