"""What the API of announcements takes and answers."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from obsv.status.types import MailingView

AnnouncementKind = Literal["incident", "maintenance", "security"]
AudienceName = Literal["all", "owners", "organisation", "administrators"]
AnnouncementState = Literal["draft", "sending", "paused", "sent"]


class AnnouncementWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mail as it is to be. `audience`: everybody, the owners of organisations, one organisation's members
    (`organisation` is its slug), or who runs the instance.

    People can switch mail about incidents and maintenance off, but not about security.
    """

    kind: AnnouncementKind
    subject: Annotated[str, Meta(min_length=1, max_length=200)]
    text: Annotated[str, Meta(min_length=1, max_length=20_000)]
    audience: AudienceName = "all"
    organisation: Annotated[str, Meta(max_length=48)] = ""


class AnnouncementView(msgspec.Struct, frozen=True):
    """An announcement; `recipients` is how many it went to, or would go to while it is a draft."""

    id: str
    kind: AnnouncementKind
    subject: str
    text: str
    audience: AudienceName
    organisation: str
    state: AnnouncementState
    recipients: int
    created_at_ms: int
    sent_at_ms: int | None
    mailing: MailingView | None


class AnnouncementList(msgspec.Struct, frozen=True):
    """Announcements, newest first."""

    announcements: list[AnnouncementView]


class AnnouncementPreview(msgspec.Struct, frozen=True):
    """The mail as it would arrive, and to how many it would go."""

    subject: str
    html: str
    text: str
    recipients: int


class MailWishes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of what the person wants mail; about security and what they asked for there is always some."""

    incident: bool = True
    maintenance: bool = True
