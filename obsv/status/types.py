"""What the API of status pages takes and answers."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

StateName = Literal["operational", "degraded", "partial_outage", "major_outage", "maintenance"]
Affected = Literal["operational", "degraded", "partial_outage", "major_outage"]
Impact = Literal["none", "minor", "major", "critical"]
Status = Literal["investigating", "identified", "monitoring", "resolved"]
AlertAction = Literal["state", "draft", "published"]

Id = Annotated[str, Meta(pattern="^[a-z0-9_]{1,40}$")]
Ids = Annotated[list[Id], Meta(max_length=200)]
MonitorIds = Annotated[list[Annotated[str, Meta(pattern=r"^[\w.-]{1,40}$")]], Meta(max_length=50)]
Slug = Annotated[str, Meta(pattern="^[a-z0-9](-?[a-z0-9]){0,47}$", max_length=48)]
Host = Annotated[
    str, Meta(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+)?$", max_length=253)
]
Line = Annotated[str, Meta(min_length=1, max_length=200)]
Short = Annotated[str, Meta(max_length=100)]
Words = Annotated[str, Meta(max_length=500)]
Markdown = Annotated[str, Meta(max_length=10_000)]
Millis = Annotated[int, Meta(ge=0, le=4_102_444_800_000)]
"""Unix milliseconds, up to the year 2100."""
States = Annotated[dict[Id, Affected], Meta(max_length=200)]


class PageWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A status page as it is to be; one that is not public is a draft that nobody but members sees."""

    slug: Slug
    title: Annotated[str, Meta(min_length=1, max_length=100)]
    description: Annotated[str, Meta(max_length=2000)] = ""
    host: Host = ""
    is_public: bool = False


class PageView(msgspec.Struct, frozen=True):
    """A status page; `url` is where people find it, `subscribers` how many confirmed."""

    id: str
    slug: str
    title: str
    description: str
    host: str
    is_public: bool
    url: str
    state: StateName
    subscribers: int
    created_at_ms: int


class PageList(msgspec.Struct, frozen=True):
    """An organisation's status pages, by title."""

    pages: list[PageView]


class ComponentWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A component as it is to be.

    `matchers` is a selector such as `{service="api"}`: while an alert that it selects fires, the component is in
    `alert_state`; `alert_action` says whether that also opens an incident, as a draft or published.
    """

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    group: Short = ""
    description: Words = ""
    monitors: MonitorIds = []
    matchers: Annotated[str, Meta(max_length=1000)] = ""
    alert_state: Affected = "partial_outage"
    alert_action: AlertAction = "state"
    shows_uptime: bool = True


class ComponentView(msgspec.Struct, frozen=True):
    """A component and how it does; `set_by_hand` is the state that a person said, if one did."""

    id: str
    page_id: str
    name: str
    group: str
    description: str
    monitors: list[str]
    matchers: str
    alert_state: Affected
    alert_action: AlertAction
    shows_uptime: bool
    state: StateName
    set_by_hand: StateName | None


class ComponentList(msgspec.Struct, frozen=True):
    """The components of a page, in its order."""

    components: list[ComponentView]


class ComponentOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All components of the page, in the order wanted."""

    ids: Ids


class ComponentState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Set by hand; null leaves it to monitors, alerts and incidents again."""

    state: StateName | None


class MailingView(msgspec.Struct, frozen=True):
    """How far a mail to many is: `queued` of `total` are on their way, of them `sent` left and `failed` did not."""

    id: str
    topic: str
    state: Literal["sending", "paused", "done"]
    total: int
    queued: int
    sent: int
    failed: int
    created_at_ms: int


class UpdateView(msgspec.Struct, frozen=True):
    """What was told at a moment; `mailing` if subscribers were."""

    id: str
    status: Status
    text: str
    at_ms: int
    edited_at_ms: int | None
    mailing: MailingView | None


class IncidentView(msgspec.Struct, frozen=True):
    """An incident with its updates, newest first; `by_alert`: an alert opened it."""

    id: str
    page_id: str
    title: str
    impact: Impact
    status: Status
    components: dict[str, Affected]
    is_draft: bool
    by_alert: bool
    started_at_ms: int
    resolved_at_ms: int | None
    postmortem: str
    postmortem_at_ms: int | None
    url: str
    updates: list[UpdateView]


class IncidentList(msgspec.Struct, frozen=True):
    """Incidents, newest first; `is_complete`: there are no older ones."""

    incidents: list[IncidentView]
    is_complete: bool


class IncidentWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new incident; `started_at_ms` may lie in the past. `notify` mails subscribers, unless it is a draft."""

    page_id: Id
    title: Line
    text: Markdown
    impact: Impact = "minor"
    status: Status = "investigating"
    components: States = {}
    is_draft: bool = False
    started_at_ms: Millis | None = None
    notify: bool = True


class IncidentChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be different; what is left out stays. Nobody is mailed."""

    title: Line | None = None
    impact: Impact | None = None
    components: States | None = None
    started_at_ms: Millis | None = None
    resolved_at_ms: Millis | None = None


class Publish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether subscribers get a mail."""

    notify: bool = True


class UpdateWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An update; `at_ms` may lie in the past. With `components` they are in these states from now on."""

    status: Status
    text: Markdown
    components: States | None = None
    at_ms: Millis | None = None
    notify: bool = True


class UpdateChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another text, or time, of an update that was given."""

    text: Markdown
    at_ms: Millis | None = None


class Postmortem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was learnt, in Markdown; an empty one is taken away."""

    text: Annotated[str, Meta(max_length=50_000)]


class MaintenanceWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Work that is planned; it begins and ends by itself. `reminder_min` minutes before, subscribers are reminded."""

    page_id: Id
    title: Line
    text: Markdown
    starts_at_ms: Millis
    ends_at_ms: Millis
    components: Ids = []
    reminder_min: Annotated[int, Meta(ge=0, le=20_160)] = 0
    notify: bool = True


class MaintenanceChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be different; what is left out stays."""

    title: Line | None = None
    text: Markdown | None = None
    starts_at_ms: Millis | None = None
    ends_at_ms: Millis | None = None
    components: Ids | None = None
    reminder_min: Annotated[int, Meta(ge=0, le=20_160)] | None = None


class MaintenanceStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Begin now, end now, or call it off."""

    step: Literal["begin", "end", "cancel"]


class MaintenanceView(msgspec.Struct, frozen=True):
    """A maintenance, and the mails that told of it."""

    id: str
    page_id: str
    title: str
    text: str
    components: list[str]
    state: Literal["scheduled", "in_progress", "completed", "cancelled"]
    starts_at_ms: int
    ends_at_ms: int
    reminder_min: int
    notify: bool
    url: str
    mailings: list[MailingView]


class MaintenanceList(msgspec.Struct, frozen=True):
    """Maintenances, the latest first."""

    maintenances: list[MaintenanceView]


class SubscriberView(msgspec.Struct, frozen=True):
    """Who wants mail; `components` empty for all of them."""

    id: str
    page_id: str
    email: str
    components: list[str]
    is_confirmed: bool
    created_at_ms: int


class SubscriberCount(msgspec.Struct, frozen=True):
    """How many get a mail."""

    count: int


class SubscriberList(msgspec.Struct, frozen=True):
    """Newest first; `next` asks for the next page as `before`, empty at the end."""

    subscribers: list[SubscriberView]
    total: int
    next: str
