"""Who may change whose role: nobody gives or takes more than they have, and an organisation always has an owner."""

from __future__ import annotations

from typing import Final

from obsv.accounts.scopes import Role
from obsv.core.errors import Conflict, Forbidden

RANK: Final = {Role.VIEWER: 0, Role.EDITOR: 1, Role.ADMIN: 2, Role.OWNER: 3}


def may_give(giver: Role, role: Role) -> bool:
    """Whether somebody of the role `giver`, who administers, may make somebody `role`."""
    return RANK[giver] >= RANK[Role.ADMIN] and RANK[role] <= RANK[giver]


def require_may_change(changer: Role, before: Role, after: Role | None) -> None:
    """Raise `Forbidden` unless `changer` may turn `before` into `after` (None: out of the organisation)."""
    if not may_give(changer, before) or (after is not None and not may_give(changer, after)):
        raise Forbidden(f"As {changer.value} you cannot change this: ask an owner.", code="role_too_high")


def require_owner_left(before: Role, after: Role | None, owners: int) -> None:
    """Raise `Conflict` if the change would leave nobody who owns it; `owners` counts those of now."""
    if before is Role.OWNER and after is not Role.OWNER and owners <= 1:
        raise Conflict("Somebody must own the organisation: make another member an owner first.", code="last_owner")
