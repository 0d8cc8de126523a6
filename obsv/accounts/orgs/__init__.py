"""Organisations from inside: members and their roles, invitations, settings."""

from __future__ import annotations

from obsv.accounts.orgs.invitations import Invitations, Invited, Newcomer
from obsv.accounts.orgs.members import Members

__all__ = ["Invitations", "Invited", "Members", "Newcomer"]
