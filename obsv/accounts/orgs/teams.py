"""Teams: groups of members to whom an organisation gives a role at once.

A member's role is the highest of their own and of their teams'. A team never gives ownership, nobody gives by a team
more than they have, and every change holds the lock of the organisation's members.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final

from obsv.accounts.names import clean_name
from obsv.accounts.orgs import tables
from obsv.accounts.orgs.policy import require_may_change, require_team_role
from obsv.accounts.orgs.types import TeamMemberView, TeamView
from obsv.accounts.parts import Parts
from obsv.accounts.scopes import Role
from obsv.audit import Who
from obsv.core.errors import Conflict, Invalid, NotFound
from obsv.core.ids import new_id
from obsv.db import execute, fetch, fetch_value, hold_lock, write_tx

MOST_TEAMS: Final = 200


class Teams:
    """The only writer of teams; the role of who changes comes from the guard."""

    def __init__(self, parts: Parts, forget: Callable[[str], None]) -> None:
        """`forget` drops what is remembered of a person's memberships."""
        self._parts, self._forget = parts, forget

    async def listed(self, org: int) -> list[TeamView]:
        """All teams by name, with their members by name."""
        rows = await fetch("SELECT id, name, role, created_at_ms FROM teams WHERE org = {} ORDER BY name_folded", org)
        members = await fetch("SELECT team_id, user_id FROM team_members WHERE org = {}", org)
        names = {row["user_id"]: await self._name(row["user_id"]) for row in members}
        return [_view(row, members, names) for row in rows]

    async def create(self, org: int, name: str, role: Role, *, changer: Role, by: Who) -> TeamView:
        """A team without members.  Raises `Forbidden`, `Conflict` (the name is taken), `Invalid`."""
        name = clean_name(name, "the team")
        require_team_role(changer, role)
        async with self._locked(org):
            if await fetch_value("SELECT COUNT(*) AS n FROM teams WHERE org = {}", org) >= MOST_TEAMS:
                raise Invalid(f"An organisation has {MOST_TEAMS} teams at most.", code="too_many_teams")
            await self._require_free(org, name)
            row = tables.Team(
                id=new_id("team"),
                org=org,
                name=name,
                name_folded=name.casefold(),
                role=role.value,
                created_at_ms=self._parts.clock.now_ms(),
            )
            await tables.Team.insert(row)
            details = {"role": role.value}
            await self._parts.audit.write("team.created", org=org, actor=by, target=("team", row.id), details=details)
        return TeamView(row.id, name, role, row.created_at_ms, [])

    async def change(
        self, org: int, team_id: str, *, name: str | None, role: Role | None, changer: Role, by: Who
    ) -> None:
        """Another name, another role; what is None stays.  Raises `NotFound`, `Forbidden`, `Conflict`, `Invalid`."""
        async with self._locked(org):
            before = Role((await self._team(org, team_id))["role"])
            if name is not None:
                await self._rename(org, team_id, clean_name(name, "the team"), by)
            if role is not None and role is not before:
                require_may_change(changer, before, role)
                require_team_role(changer, role)
                await execute("UPDATE teams SET role = {} WHERE org = {} AND id = {}", role.value, org, team_id)
                details = {"role_before": before.value, "role_after": role.value}
                await self._tell("team.role_changed", org, team_id, by, details)
            members = await self._members(team_id)
        self._forget_all(members)

    async def remove(self, org: int, team_id: str, *, changer: Role, by: Who) -> None:
        """Let a team go, and with it the role that it gave.  Raises `NotFound`, `Forbidden`."""
        async with self._locked(org):
            require_may_change(changer, Role((await self._team(org, team_id))["role"]), None)
            members = await self._members(team_id)
            await execute("DELETE FROM team_members WHERE team_id = {}", team_id)
            await execute("DELETE FROM teams WHERE org = {} AND id = {}", org, team_id)
            await self._tell("team.removed", org, team_id, by)
        self._forget_all(members)

    async def add(self, org: int, team_id: str, user_id: str, *, changer: Role, by: Who) -> None:
        """Put a member into a team.  Raises `NotFound`, `Forbidden`, `Conflict` (is in it)."""
        async with self._locked(org):
            require_team_role(changer, Role((await self._team(org, team_id))["role"]))
            role = await fetch_value("SELECT role FROM memberships WHERE org = {} AND user_id = {}", org, user_id)
            if role is None:
                raise NotFound("The organisation has no such member.", code="no_member")
            if user_id in await self._members(team_id):
                raise Conflict("This member is in the team already.", code="member_already")
            row = tables.TeamMember(
                id=new_id("tm"),
                team_id=team_id,
                org=org,
                user_id=user_id,
                created_at_ms=self._parts.clock.now_ms(),
            )
            await tables.TeamMember.insert(row)
            await self._tell("team.member_added", org, team_id, by, {"member": user_id})
        self._forget(user_id)

    async def take_out(self, org: int, team_id: str, user_id: str, *, changer: Role, by: Who) -> None:
        """Take a member out of a team.  Raises `NotFound`, `Forbidden`."""
        async with self._locked(org):
            require_may_change(changer, Role((await self._team(org, team_id))["role"]), None)
            gone = await fetch(
                "DELETE FROM team_members WHERE team_id = {} AND user_id = {} RETURNING id", team_id, user_id
            )
            if not gone:
                raise NotFound("The team has no such member.", code="no_member")
            await self._tell("team.member_removed", org, team_id, by, {"member": user_id})
        self._forget(user_id)

    async def _rename(self, org: int, team_id: str, name: str, by: Who) -> None:
        await self._require_free(org, name, but=team_id)
        folded = name.casefold()
        await execute("UPDATE teams SET name = {}, name_folded = {} WHERE id = {}", name, folded, team_id)
        await self._tell("team.renamed", org, team_id, by)

    async def _require_free(self, org: int, name: str, but: str = "") -> None:
        taken = await fetch_value(
            "SELECT COUNT(*) AS n FROM teams WHERE org = {} AND name_folded = {} AND id <> {}",
            *(org, name.casefold(), but),
        )
        if taken:
            raise Conflict("The organisation has a team of this name.", code="name_taken")

    async def _team(self, org: int, team_id: str) -> dict[str, Any]:
        rows = await fetch("SELECT role FROM teams WHERE org = {} AND id = {}", org, team_id)
        if not rows:
            raise NotFound("There is no such team.", code="no_team")
        return rows[0]

    async def _members(self, team_id: str) -> list[str]:
        rows = await fetch("SELECT user_id FROM team_members WHERE team_id = {}", team_id)
        return [row["user_id"] for row in rows]

    async def _name(self, user_id: str) -> str:
        person = await self._parts.people.get(user_id)
        return person.name if person else ""

    async def _tell(self, event: str, org: int, team_id: str, by: Who, details: dict[str, str] | None = None) -> None:
        await self._parts.audit.write(event, org=org, actor=by, target=("team", team_id), details=details)

    def _forget_all(self, members: Iterable[str]) -> None:
        for user_id in members:
            self._forget(user_id)

    @asynccontextmanager
    async def _locked(self, org: int) -> AsyncGenerator[None]:
        async with write_tx():
            await hold_lock(f"members:{org}")
            yield


def _view(row: dict[str, Any], members: list[dict[str, Any]], names: dict[str, str]) -> TeamView:
    inside = [TeamMemberView(one["user_id"], names[one["user_id"]]) for one in members if one["team_id"] == row["id"]]
    inside.sort(key=lambda member: (member.name.casefold(), member.user_id))
    return TeamView(row["id"], row["name"], Role(row["role"]), row["created_at_ms"], inside)
