"""What the API says of the instance to who runs it."""

from __future__ import annotations

from typing import Literal

import msgspec

from obsv.accounts.registration.mode import Mode


class InstanceView(msgspec.Struct, frozen=True):
    """The instance at a glance. `data_bytes` is what its folder holds, `free_bytes` what is left beside it."""

    version: str
    database: Literal["sqlite", "postgres"]
    node: str
    is_leader: bool
    users: int
    organisations: int
    data_bytes: int
    free_bytes: int


class InstanceUser(msgspec.Struct, frozen=True):
    """An account. `last_seen_at_ms` is of the sessions that are still open."""

    id: str
    name: str
    email: str
    status: str
    is_instance_admin: bool
    has_verified_email: bool
    has_second_factor: bool
    organisations: int
    created_at_ms: int
    last_seen_at_ms: int | None
    factors_gone_at_ms: int | None


class InstanceUserList(msgspec.Struct, frozen=True):
    """Newest first; `next_before` goes into `before` of the next page, null on the last one."""

    users: list[InstanceUser]
    next_before: str | None


class InstanceAdminChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the person runs the instance."""

    is_instance_admin: bool


class Tenant(msgspec.Struct, frozen=True):
    """An organisation from outside."""

    slug: str
    name: str
    plan: str
    members: int
    requires_mfa: bool
    has_support_access: bool
    created_at_ms: int


class TenantList(msgspec.Struct, frozen=True):
    """All organisations by name."""

    organisations: list[Tenant]


class NewTenant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An organisation to be made, and whom to invite as its owner."""

    name: str
    owner_email: str


class RegistrationView(msgspec.Struct, frozen=True):
    """Who may make an account; `is_fixed` where the configuration says so."""

    mode: Mode
    is_fixed: bool


class RegistrationChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may make an account from now on."""

    mode: Mode


class InstanceJob(msgspec.Struct, frozen=True):
    """Recurring work: how its last run ended (`done`, `failed`, `lost`, or "" while it runs or before the first)."""

    name: str
    every_s: float
    node: str
    started_at_ms: int | None
    ended_at_ms: int | None
    outcome: str
    error: str
    runs_24h: int
    failures_24h: int


class InstanceJobList(msgspec.Struct, frozen=True):
    """All jobs by name."""

    jobs: list[InstanceJob]
