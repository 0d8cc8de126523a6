"""Teams and support access over our own API, under `/org/teams` and `/org/support`."""

from __future__ import annotations

import msgspec
from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT

from obsv.accounts.guards import requires_scope
from obsv.accounts.installed import accounts
from obsv.accounts.orgs.types import (
    NewSupportGrant,
    NewTeam,
    SupportGrantList,
    SupportGrantView,
    TeamChange,
    TeamList,
    TeamView,
)
from obsv.accounts.people_names import PeopleNames
from obsv.accounts.requests import AnyRequest, author_of, org_of, role_of
from obsv.accounts.scopes import OWNER


class TeamController(Controller):
    """Groups of members, to whom the organisation gives a role at once."""

    path = "/org/teams"
    tags = ["Teams"]

    @get("/", guards=[requires_scope("members:read")], summary="List teams", operation_id="listTeams")
    async def index(self, request: AnyRequest) -> TeamList:
        """By name, with their members."""
        return TeamList(await accounts().teams.listed(org_of(request)))

    @post("/", guards=[requires_scope("admin:org", step_up=True)], summary="Make a team", operation_id="createTeam")
    async def create(self, request: AnyRequest, data: JSONBody[NewTeam]) -> TeamView:
        """Without members; `role` is what its members have in the organisation, unless their own is higher."""
        return await accounts().teams.create(
            org_of(request), data.name, data.role, changer=role_of(request), by=author_of(request)
        )

    @patch(
        "/{team_id:str}",
        guards=[requires_scope("admin:org", step_up=True)],
        status_code=HTTP_204_NO_CONTENT,
        summary="Change a team",
        operation_id="changeTeam",
    )
    async def change(self, request: AnyRequest, team_id: FromPath[str], data: JSONBody[TeamChange]) -> None:
        """Its name, the role that it gives."""
        await accounts().teams.change(
            org_of(request),
            team_id,
            name=data.name,
            role=data.role,
            changer=role_of(request),
            by=author_of(request),
        )

    @delete("/{team_id:str}", guards=[requires_scope("admin:org")], summary="Remove a team", operation_id="removeTeam")
    async def remove(self, request: AnyRequest, team_id: FromPath[str]) -> None:
        """Its members stay in the organisation, with their own roles."""
        await accounts().teams.remove(org_of(request), team_id, changer=role_of(request), by=author_of(request))

    @put(
        "/{team_id:str}/members/{user_id:str}",
        guards=[requires_scope("admin:org", step_up=True)],
        status_code=HTTP_204_NO_CONTENT,
        summary="Put a member into a team",
        operation_id="addTeamMember",
    )
    async def add(self, request: AnyRequest, team_id: FromPath[str], user_id: FromPath[str]) -> None:
        """It counts from their next request on, in other replicas within five seconds."""
        await accounts().teams.add(org_of(request), team_id, user_id, changer=role_of(request), by=author_of(request))

    @delete(
        "/{team_id:str}/members/{user_id:str}",
        guards=[requires_scope("admin:org")],
        summary="Take a member out of a team",
        operation_id="removeTeamMember",
    )
    async def take_out(self, request: AnyRequest, team_id: FromPath[str], user_id: FromPath[str]) -> None:
        """They stay in the organisation."""
        await accounts().teams.take_out(
            org_of(request), team_id, user_id, changer=role_of(request), by=author_of(request)
        )


class SupportController(Controller):
    """Whether the instance's staff may come in."""

    path = "/org/support"
    tags = ["Support access"]

    @get("/", guards=[requires_scope("audit:read")], summary="List support access", operation_id="listSupportGrants")
    async def index(self, request: AnyRequest) -> SupportGrantList:
        """Of the last month, with who came in."""
        names = PeopleNames()
        return SupportGrantList([await _named(one, names) for one in await accounts().support.listed(org_of(request))])

    @post(
        "/",
        guards=[requires_scope(OWNER, step_up=True)],
        summary="Let support in",
        operation_id="createSupportGrant",
    )
    async def grant(self, request: AnyRequest, data: JSONBody[NewSupportGrant]) -> SupportGrantView:
        """For 72 hours at most. They may do what the role may, but for what changes who gets in."""
        made = await accounts().support.grant(
            org_of(request), data.role, data.hours, data.reason, by=author_of(request)
        )
        return await _named(made, PeopleNames())

    @delete(
        "/{grant_id:str}", guards=[requires_scope(OWNER)], summary="End support access", operation_id="endSupportGrant"
    )
    async def revoke(self, request: AnyRequest, grant_id: FromPath[str]) -> None:
        """At once, in other replicas within five seconds."""
        await accounts().support.revoke(org_of(request), grant_id, by=author_of(request))


async def _named(grant: SupportGrantView, names: PeopleNames) -> SupportGrantView:
    visits = [msgspec.structs.replace(visit, name=await names.of(visit.user_id)) for visit in grant.visits]
    return msgspec.structs.replace(grant, visits=visits, granted_by_name=await names.of(grant.granted_by))


HANDLERS = [TeamController, SupportController]
