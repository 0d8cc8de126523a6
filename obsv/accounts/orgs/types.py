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
    """A member; `has_second_factor` is what an organisation that asks for one wants to know."""

    user_id: str
    name: str
    email: str
    role: Role
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
