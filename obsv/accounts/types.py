"""Values that cross the package's border: who is acting, and what the API answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from obsv.accounts.preferences import Preferences
from obsv.accounts.scopes import Role

ActorKind = Literal["user", "token", "anonymous"]
TokenKind = Literal["pat", "org", "ing"]
"""A member's own, the organisation's, and the organisation's that only writes metrics."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a request, and for which organisation.

    `org` is the organisation's number all through the metrics layer; None where the request names none. `role` is a
    person's; `scopes` hold for tokens and persons alike. A token with a `user_id` is that person's own. `is_fresh`: the
    person proved to be themself a moment ago. `is_support`: one of the instance's staff, whom the organisation let in.
    """

    kind: ActorKind = "anonymous"
    user_id: str = ""
    token_id: str = ""
    org: int | None = None
    org_slug: str = ""
    role: Role | None = None
    scopes: frozenset[str] = frozenset()
    session_id: str = ""
    is_fresh: bool = False
    is_support: bool = False


ANONYMOUS = Actor()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: cut address (/24, /48) and browser family; enough for a list of devices."""

    ip_trunc: str = ""
    ua_family: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """An account, readable."""

    id: str
    email: str
    name: str
    is_instance_admin: bool
    has_attested_16: bool
    has_verified_email: bool


@dataclass(frozen=True, slots=True)
class Organisation:
    """One tenant."""

    id: int
    slug: str
    name: str
    plan: str
    requires_mfa: bool
    created_at_ms: int


@dataclass(frozen=True, slots=True)
class Member:
    """A person's place in an organisation; `role` is the highest that membership and teams give.

    With a `grant_id` it is none of the person's: the organisation lets the instance's staff in until
    `support_until_ms`.
    """

    org: int
    slug: str
    name: str
    role: Role
    requires_mfa: bool = False
    grant_id: str = ""
    support_until_ms: int = 0


class UserView(msgspec.Struct, frozen=True):
    """The person signed in."""

    id: str
    name: str
    email: str


class Device(msgspec.Struct, frozen=True):
    """Where the person is signed in: browser and system, the /24 or /48 network, and how they proved themself."""

    id: str
    device: str
    network: str
    methods: list[str]
    created_at_ms: int
    last_seen_at_ms: int
    is_current: bool


class OrgView(msgspec.Struct, frozen=True):
    """An organisation of the person, with the role there; `support_until_ms` where it is not theirs and let them in."""

    slug: str
    name: str
    role: str
    support_until_ms: int | None = None


class SessionView(msgspec.Struct, frozen=True):
    """What the cabinet needs to start. `csrf` goes into `X-CSRF-Token` of every request that changes something."""

    user: UserView
    orgs: list[OrgView]
    csrf: str
    version: str
    base_url: str
    instance_admin: bool
    preferences: Preferences


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wish for an API token, which is taken from `allowed_networks` alone (CIDR, at most 20), or from anywhere.

    Without `expires_days` one of the organisation that only writes metrics never expires, all others after 90.
    """

    name: str
    scopes: list[str]
    expires_days: int | None = None
    allowed_networks: list[str] = []


class TokenView(msgspec.Struct, frozen=True):
    """An API token, without its secret: a person's own (`pat`), the organisation's (`org`), or one to write (`ing`).

    `last_used_on` is a UTC day, `last_used_network` a /24 or /48; a personal token has an owner.
    """

    id: str
    kind: TokenKind
    name: str
    scopes: list[str]
    allowed_networks: list[str]
    created_at_ms: int
    expires_at_ms: int | None
    last_used_on: str | None
    last_used_network: str
    owner_id: str = ""
    owner_name: str = ""


class CreatedToken(msgspec.Struct, frozen=True):
    """A new API token; `token` is shown this once."""

    id: str
    kind: TokenKind
    name: str
    token: str
    scopes: list[str]
    allowed_networks: list[str]
    created_at_ms: int
    expires_at_ms: int | None


class TokenList(msgspec.Struct, frozen=True):
    """API tokens, newest first."""

    tokens: list[TokenView]
