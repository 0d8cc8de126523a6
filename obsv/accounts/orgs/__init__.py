"""Organisations from inside: members and their roles, invitations, settings."""

from __future__ import annotations

from obsv.accounts.orgs.invitations import Invitations, Invited, Newcomer
from obsv.accounts.orgs.members import Members
from obsv.accounts.orgs.support import Support
from obsv.accounts.orgs.teams import Teams

__all__ = ["Invitations", "Invited", "Members", "Newcomer", "Support", "Teams"]
