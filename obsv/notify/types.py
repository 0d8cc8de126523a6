"""What the API of channels and deliveries takes and gives."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Template = Annotated[str, Meta(max_length=20_000)]


class ChannelWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A channel as it shall be.

    `settings` are what the kind's schema asks for; a secret that is left out stays as it is.  The templates are Go
    templates over Alertmanager's data; empty ones stand for obsv's own words.
    """

    name: Name
    kind: Annotated[str, Meta(min_length=1, max_length=40)]
    settings: dict[str, Any] = {}
    subject_template: Template = ""
    text_template: Template = ""
    sends_resolved: bool = True
    is_enabled: bool = True


class ChannelView(msgspec.Struct, frozen=True):
    """A channel as it is shown: `secrets` names those that are set.  `queued` and `dead` count its deliveries."""

    id: str
    name: str
    kind: str
    settings: dict[str, Any]
    secrets: list[str]
    subject_template: str
    text_template: str
    sends_resolved: bool
    is_enabled: bool
    is_default: bool
    is_applied: bool
    created_at_ms: int
    updated_at_ms: int
    queued: int = 0
    dead: int = 0
    problem: str = ""


class ChannelList(msgspec.Struct, frozen=True):
    """All channels by name."""

    channels: list[ChannelView]


class KindView(msgspec.Struct, frozen=True):
    """A kind of channel; `schema` (JSON schema) draws its form, its fields in order."""

    name: str
    title: str
    schema: dict[str, Any]
    secrets: list[str]


class KindList(msgspec.Struct, frozen=True):
    """All kinds that are installed, by title."""

    kinds: list[KindView]


class TestResult(msgspec.Struct, frozen=True):
    """What became of a trial message: what the other side answered, or why there was no answer."""

    is_sent: bool
    detail: str
    reference: str = ""
    took_ms: int = 0


class AttemptView(msgspec.Struct, frozen=True):
    """One attempt; `outcome` is sent, failed (tried again later) or dead (given up)."""

    at_ms: int
    took_ms: int
    outcome: str
    detail: str
    reference: str


class DeliveryView(msgspec.Struct, frozen=True):
    """A notification on its way: `state` is queued, leased, sent, dead or skipped.

    `due_at_ms` is when it is tried next.  `can_retry`: it was given up, and its content is still there.
    """

    id: str
    channel_id: str
    channel: str
    status: str
    group_key: str
    alerts: int
    state: str
    attempts: int
    due_at_ms: int
    created_at_ms: int
    ended_at_ms: int | None
    detail: str
    can_retry: bool


class DeliveryDetail(msgspec.Struct, frozen=True):
    """One with the log of its attempts; `mails` counts those it became, by their state."""

    delivery: DeliveryView
    attempts: list[AttemptView]
    mails: dict[str, int]


class DeliveryList(msgspec.Struct, frozen=True):
    """Newest first; `next` goes into `before` for those that are older."""

    deliveries: list[DeliveryView]
    next: str | None
