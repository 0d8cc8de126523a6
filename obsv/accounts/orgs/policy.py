"""Who may change whose role: nobody gives or takes more than they have, and an organisation always has an owner."""

from __future__ import annotations

from obsv.accounts.scopes import RANK, Role
from obsv.core.errors import Conflict, Forbidden


def may_give(giver: Role, role: Role) -> bool:
    """Whether somebody of the role `giver`, who administers, may make somebody `role`."""
    return RANK[giver] >= RANK[Role.ADMIN] and RANK[role] <= RANK[giver]


def require_may_change(changer: Role, before: Role, after: Role | None) -> None:
    """Raise `Forbidden` unless `changer` may turn `before` into `after` (None: out of the organisation)."""
    if not may_give(changer, before) or (after is not None and not may_give(changer, after)):
        raise Forbidden(f"As {changer.value} you cannot change this: ask an owner.", code="role_too_high")


def require_team_role(giver: Role, role: Role) -> None:
    """Raise `Forbidden` unless somebody of the role `giver` may have a team give its members `role`."""
    if role is Role.OWNER or not may_give(giver, role):
        raise Forbidden(f"As {giver.value} you cannot make a team's members {role.value}.", code="role_too_high")


def require_owner_left(before: Role, after: Role | None, owners: int) -> None:
    """Raise `Conflict` if the change would leave nobody who owns it; `owners` counts those of now."""
    if before is Role.OWNER and after is not Role.OWNER and owners <= 1:
        raise Conflict("Somebody must own the organisation: make another member an owner first.", code="last_owner")
