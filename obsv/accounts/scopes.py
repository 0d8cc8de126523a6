"""Who may do what: scopes, roles, and the scopes that a role carries.

A token has scopes; a person has a role in an organisation. Routes ask for a scope alone, so one table answers for both.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from obsv.core.errors import Invalid

METRICS_WRITE: Final = "metrics:write"
INSTANCE: Final = "admin:instance"
OWNER: Final = "owner:org"
"""What only an owner may; it is in no list of scopes, so that no token ever has it."""

SCOPES: Final = (
    "metrics:read",
    METRICS_WRITE,
    "stats:read",
    "sites:provision",
    "dashboards:read",
    "dashboards:write",
    "alerts:read",
    "alerts:write",
    "monitors:read",
    "monitors:write",
    "status:write",
    "members:read",
    "audit:read",
    "admin:org",
    INSTANCE,
)


class Role(StrEnum):
    """What a person is in an organisation, from most to least."""

    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"


RANK: Final = {Role.VIEWER: 0, Role.EDITOR: 1, Role.ADMIN: 2, Role.OWNER: 3}


def highest(roles: Iterable[Role]) -> Role:
    """The role that counts for who has several; there is one at least."""
    return max(roles, key=RANK.__getitem__)


_VIEWER = frozenset({"metrics:read", "stats:read", "dashboards:read", "alerts:read", "monitors:read"})
_EDITOR = _VIEWER | {"dashboards:write", "alerts:write", "monitors:write", "status:write"}
_ADMIN = _EDITOR | {METRICS_WRITE, "sites:provision", "members:read", "audit:read", "admin:org"}

ROLE_SCOPES: Final = MappingProxyType(
    {Role.OWNER: _ADMIN | {OWNER}, Role.ADMIN: _ADMIN, Role.EDITOR: _EDITOR, Role.VIEWER: _VIEWER}
)

SUPPORT_SCOPES: Final = MappingProxyType(
    {Role.ADMIN: _ADMIN - {"admin:org"}, Role.EDITOR: _EDITOR, Role.VIEWER: _VIEWER}
)
"""What the instance's staff may do in an organisation that let them in: nothing that changes who gets in."""


def scopes_of(role: Role, *, is_instance_admin: bool, is_support: bool = False) -> frozenset[str]:
    """What a person of this role may do; `admin:instance` comes with the person, never with a role."""
    return (SUPPORT_SCOPES if is_support else ROLE_SCOPES)[role] | ({INSTANCE} if is_instance_admin else frozenset())


def parse_scopes(wanted: Iterable[str]) -> frozenset[str]:
    """The scopes by these names; raises `Invalid` for none at all or for an unknown one."""
    names = frozenset(name.strip() for name in wanted if name.strip())
    unknown = sorted(names - set(SCOPES))
    if unknown:
        raise Invalid(f"unknown scope {', '.join(unknown)}; known: {', '.join(SCOPES)}", code="unknown_scope")
    if not names:
        raise Invalid(f"name at least one scope of: {', '.join(SCOPES)}", code="no_scope")
    return names


def join_scopes(scopes: Iterable[str]) -> str:
    """Scopes as one text, in the order of `SCOPES`."""
    chosen = set(scopes)
    return " ".join(name for name in SCOPES if name in chosen)
