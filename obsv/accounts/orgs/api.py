"""The organisation over our own API, under `/org`: itself, its members, its invitations."""

from __future__ import annotations

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT

from obsv.accounts.guards import require_fresh, requires_scope
from obsv.accounts.installed import accounts
from obsv.accounts.orgs import api_teams
from obsv.accounts.orgs.types import (
    InvitationList,
    InvitationView,
    MemberList,
    NewInvitation,
    OrganisationChange,
    OrganisationView,
    RoleChange,
    Transfer,
)
from obsv.accounts.requests import AnyRequest, actor_of, author_of, org_of, role_of
from obsv.accounts.scopes import OWNER
from obsv.core.errors import Forbidden, NotFound


async def _view(request: AnyRequest) -> OrganisationView:
    found = await accounts().organisations.by_id(org_of(request))
    if found is None:
        raise NotFound("There is no such organisation.", code="no_organisation")
    role = actor_of(request).role
    return OrganisationView(found.slug, found.name, role.value if role else "", found.requires_mfa, found.created_at_ms)


class OrganisationController(Controller):
    """The organisation of `X-Obsv-Org`."""

    path = "/org"
    tags = ["Organisation"]

    @get("/", guards=[requires_scope("metrics:read")], summary="The organisation", operation_id="getOrganisation")
    async def show(self, request: AnyRequest) -> OrganisationView:
        """Its name and settings."""
        return await _view(request)

    @patch("/", guards=[requires_scope("admin:org")], summary="Change it", operation_id="changeOrganisation")
    async def change(self, request: AnyRequest, data: JSONBody[OrganisationChange]) -> OrganisationView:
        """Its name; whether it asks its members for a second factor (owners only, with a fresh proof)."""
        actor, org, author = actor_of(request), org_of(request), author_of(request)
        if data.requires_mfa is not None:
            if OWNER not in actor.scopes:
                raise Forbidden("Only an owner may change this.", code="missing_scope")
            require_fresh(actor)
            members = accounts().members
            await members.require_second_factor(org, required=data.requires_mfa, owner=actor.user_id, by=author)
        if data.name is not None:
            await accounts().members.rename(org, data.name, by=author)
        return await _view(request)

    @post(
        "/transfer",
        guards=[requires_scope(OWNER, step_up=True)],
        status_code=HTTP_204_NO_CONTENT,
        summary="Give the organisation to another member",
        operation_id="transferOrganisation",
    )
    async def transfer(self, request: AnyRequest, data: JSONBody[Transfer]) -> None:
        """Who gives it away stays as admin."""
        giver = actor_of(request).user_id
        await accounts().members.transfer(org_of(request), data.user_id, giver=giver, by=author_of(request))


class MemberController(Controller):
    """Who belongs to the organisation."""

    path = "/org/members"
    tags = ["Members"]

    @get("/", guards=[requires_scope("members:read")], summary="List members", operation_id="listMembers")
    async def index(self, request: AnyRequest) -> MemberList:
        """By name."""
        return MemberList(await accounts().members.listed(org_of(request)))

    @patch(
        "/{user_id:str}",
        guards=[requires_scope("admin:org", step_up=True)],
        status_code=HTTP_204_NO_CONTENT,
        summary="Give a member another role",
        operation_id="changeMember",
    )
    async def change(self, request: AnyRequest, user_id: FromPath[str], data: JSONBody[RoleChange]) -> None:
        """It counts from the member's next request on, in other replicas within five seconds."""
        await accounts().members.change_role(
            org_of(request), user_id, data.role, changer=role_of(request), by=author_of(request)
        )

    @delete(
        "/{user_id:str}",
        guards=[requires_scope("metrics:read")],
        summary="Remove a member",
        operation_id="removeMember",
    )
    async def remove(self, request: AnyRequest, user_id: FromPath[str]) -> None:
        """Who administers may remove others up to their own role; everybody may leave."""
        actor = actor_of(request)
        is_leaving = actor.kind == "user" and actor.user_id == user_id
        if not is_leaving and "admin:org" not in actor.scopes:
            raise Forbidden("Your role here does not include the scope admin:org.", code="missing_scope")
        await accounts().members.remove(org_of(request), user_id, changer=role_of(request), by=author_of(request))


class InvitationController(Controller):
    """Who was asked to come."""

    path = "/org/invitations"
    tags = ["Members"]
    guards = [requires_scope("admin:org")]

    @get("/", summary="List open invitations", operation_id="listInvitations")
    async def index(self, request: AnyRequest) -> InvitationList:
        """Newest first."""
        return InvitationList(await accounts().invitations.listed(org_of(request)))

    @post("/", summary="Invite somebody", operation_id="createInvitation")
    async def create(self, request: AnyRequest, data: JSONBody[NewInvitation]) -> InvitationView:
        """The link goes by mail; it works once and for a week."""
        return await accounts().invitations.create(
            org_of(request), data.email, data.role, giver=role_of(request), by=author_of(request)
        )

    @delete("/{invitation_id:str}", summary="Take an invitation back", operation_id="revokeInvitation")
    async def revoke(self, request: AnyRequest, invitation_id: FromPath[str]) -> None:
        """Its link does nothing from now on."""
        await accounts().invitations.revoke(org_of(request), invitation_id, by=author_of(request))


HANDLERS = [OrganisationController, MemberController, InvitationController, *api_teams.HANDLERS]
