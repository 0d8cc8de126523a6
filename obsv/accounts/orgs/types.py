"""What the API says of organisations, their members and invitations."""

from __future__ import annotations

import msgspec

from obsv.accounts.scopes import Role


class OrganisationView(msgspec.Struct, frozen=True):
    """The organisation, and the role in it of who asks ("" for a token)."""

    slug: str
    name: str
    role: str
    requires_mfa: bool
    created_at_ms: int


class OrganisationChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not given stays. `requires_mfa` is for owners, with a fresh proof."""

    name: str | None = None
    requires_mfa: bool | None = None


class MemberView(msgspec.Struct, frozen=True):
    """A member; `has_second_factor` is what an organisation that asks for one wants to know.

    `role` is their own, `effective_role` the highest with their teams'.
    """

    user_id: str
    name: str
    email: str
    role: Role
    effective_role: Role
    joined_at_ms: int
    has_second_factor: bool
    has_verified_email: bool


class MemberList(msgspec.Struct, frozen=True):
    """All members by name."""

    members: list[MemberView]


class RoleChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another role for a member."""

    role: Role


class Transfer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who owns the organisation from now on; who gives it away stays as admin."""

    user_id: str


class NewTeam(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A team; `role` is `viewer`, `editor` or `admin`."""

    name: str
    role: Role = Role.VIEWER


class TeamChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is not given stays."""

    name: str | None = None
    role: Role | None = None


class TeamMemberView(msgspec.Struct, frozen=True):
    """Somebody in a team."""

    user_id: str
    name: str


class TeamView(msgspec.Struct, frozen=True):
    """A team, and the role that it gives its members in the organisation."""

    id: str
    name: str
    role: Role
    created_at_ms: int
    members: list[TeamMemberView]


class TeamList(msgspec.Struct, frozen=True):
    """All teams by name."""

    teams: list[TeamView]


class NewSupportGrant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Let the instance's staff in, for 1 to 72 hours, as `viewer`, `editor` or `admin`; why is up to you to say."""

    hours: int
    role: Role = Role.VIEWER
    reason: str = ""


class SupportVisitView(msgspec.Struct, frozen=True):
    """Somebody of the staff who came in by a grant; `last_at_ms` is exact to the hour."""

    user_id: str
    name: str
    first_at_ms: int
    last_at_ms: int


class SupportGrantView(msgspec.Struct, frozen=True):
    """A grant; it has ended at `expires_at_ms`, or at `revoked_at_ms`."""

    id: str
    role: Role
    reason: str
    granted_by: str
    created_at_ms: int
    expires_at_ms: int
    revoked_at_ms: int | None
    visits: list[SupportVisitView]
    granted_by_name: str = ""


class SupportGrantList(msgspec.Struct, frozen=True):
    """Those of the last month, newest first."""

    grants: list[SupportGrantView]


class NewInvitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to invite, as what."""

    email: str
    role: Role


class InvitationView(msgspec.Struct, frozen=True):
    """An invitation that was not taken yet.

    `link` is there only in the answer that makes it, and only where mail is printed instead of sent.
    """

    id: str
    email: str
    role: Role
    created_at_ms: int
    expires_at_ms: int
    link: str = ""


class InvitationList(msgspec.Struct, frozen=True):
    """The open invitations, newest first."""

    invitations: list[InvitationView]
