"""What goes over the API of rules."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from obsv.accounts.authors import Author
from obsv.alerts.documents import GroupDocument, RuleDocument, Span

Message = Annotated[str, msgspec.Meta(max_length=500)]
Instant = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
State = Literal["unknown", "inactive", "pending", "firing", "paused"]
Source = Literal["stored", "file"]


class NewGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group to be made, and why in a few words."""

    group: GroupDocument
    message: Message = ""


class GroupChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group as it shall be; another `version` there now than the one it was made from is a conflict (None: any)."""

    group: GroupDocument
    version: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    message: Message = ""


class NewRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule to be put at the end of a group."""

    group_id: Annotated[str, msgspec.Meta(max_length=40)]
    rule: RuleDocument
    message: Message = ""


class RuleChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule as it shall be; another `version` there now than the one it was made from is a conflict (None: any)."""

    rule: RuleDocument
    version: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    message: Message = ""


class Pause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a rule rests: it is not evaluated, and its alerts resolve."""

    paused: bool


class AlertView(msgspec.Struct, frozen=True):
    """An alert that is pending or fires; 0 is never."""

    labels: dict[str, str]
    annotations: dict[str, str]
    state: Literal["inactive", "pending", "firing"]
    value: float | None
    active_at_ms: int
    fired_at_ms: int
    fingerprint: str


class RuleView(msgspec.Struct, frozen=True):
    """A rule, how its last evaluation went, and its alerts."""

    id: str
    group_id: str
    group: str
    source: Source
    rule: RuleDocument
    version: int
    state: State
    health: Literal["unknown", "ok", "err"]
    error: str
    evaluated_at_ms: int
    seconds: float
    alerts: list[AlertView]


class GroupView(msgspec.Struct, frozen=True):
    """A group; one that stands in a `file` is read only and has no id."""

    id: str
    group: GroupDocument
    source: Source
    file: str
    version: int
    is_applied: bool
    preset: str
    updated_at_ms: int
    updated_by: Author
    evaluated_at_ms: int
    seconds: float
    rules: list[RuleView]


class GroupList(msgspec.Struct, frozen=True):
    """By name; `stored` rules of the plan's `limit` are kept."""

    groups: list[GroupView]
    stored: int
    limit: int


class RuleList(msgspec.Struct, frozen=True):
    """Those that fire first, then pending ones, then by group and name; of `total` that were found."""

    rules: list[RuleView]
    total: int


class SavedGroup(msgspec.Struct, frozen=True):
    """What is there now; `rules` are the ids of its rules in order."""

    id: str
    name: str
    version: int
    is_changed: bool
    rules: list[str]


class RuleVersionView(msgspec.Struct, frozen=True):
    """A rule as it was saved."""

    version: int
    rule: RuleDocument
    message: str
    made_at_ms: int
    made_by: Author


class RuleVersionList(msgspec.Struct, frozen=True):
    """Newest first; the last hundred are kept."""

    versions: list[RuleVersionView]


class ImportText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prometheus' rule file; groups of a name that is there already are replaced with `replace`, else refused."""

    text: Annotated[str, msgspec.Meta(max_length=1 << 20)]
    replace: bool = False


class Imported(msgspec.Struct, frozen=True):
    """The groups that are there now."""

    groups: list[SavedGroup]


class Exported(msgspec.Struct, frozen=True):
    """Prometheus' rule file."""

    text: str


class Points(msgspec.Struct, frozen=True):
    """What `query` gave for an alert's series, every `step_ms` from `start_ms`; None where it gave nothing."""

    query: str
    start_ms: int
    step_ms: int
    values: list[float | None]


class AlertFacts(msgspec.Struct, frozen=True):
    """What is kept of an alert; `link` shows the query at that time."""

    id: str
    rule_id: str
    rule_version: int
    group: str
    rule: str
    fingerprint: str
    active_at_ms: int
    fired_at_ms: int
    labels: dict[str, str]
    annotations: dict[str, str]
    query: str
    value: float
    link: str


class AlertEventView(AlertFacts, frozen=True):
    """An alert began to fire, or it resolved."""

    status: Literal["firing", "resolved"]
    at_ms: int
    points: Points | None = None


class AlertEventList(msgspec.Struct, frozen=True):
    """Newest first; `is_complete` unless there are more."""

    events: list[AlertEventView]
    is_complete: bool


class FiringView(AlertFacts, frozen=True):
    """An alert that fired; `ended_at_ms` is 0 while it does.  `id` is the event of its beginning."""

    ended_at_ms: int


class FiringList(msgspec.Struct, frozen=True):
    """Those that began last come first; `is_complete` unless there are more."""

    firings: list[FiringView]
    is_complete: bool


class Backtest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule to be tried over the past `days`, evaluated every `interval`; and how its alerts would be grouped."""

    rule: RuleDocument
    interval: Span = "1m"
    days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 30
    group_by: Annotated[tuple[Annotated[str, msgspec.Meta(max_length=200)], ...], msgspec.Meta(max_length=30)] = (
        "alertname",
    )
    group_wait: Span = "30s"
    group_interval: Span = "5m"
    repeat_interval: Span = "4h"
    send_resolved: bool = True


class Firing(msgspec.Struct, frozen=True):
    """From when to when an alert would have been pending, and have fired (`fired_at_ms` 0: it did not)."""

    active_at_ms: int
    fired_at_ms: int
    ended_at_ms: int
    is_over: bool


class SeriesFirings(msgspec.Struct, frozen=True):
    """What would have become of one series, by time; the seconds for which it fired."""

    labels: dict[str, str]
    firings: list[Firing]
    fired: int
    firing_s: float


class BacktestResult(msgspec.Struct, frozen=True):
    """What would have been.

    `step_ms` is how often the rule was evaluated: less often than asked where that is too much.
    The series that fired longest come first, 200 at the most; `series`, `fired`, `firing_s` and `notifications` count
    all.  Not `is_complete`: the time did not suffice, and what is before `since_ms` was left out.
    """

    start_ms: int
    end_ms: int
    since_ms: int
    step_ms: int
    is_complete: bool
    series: int
    fired: int
    firing_s: float
    notifications: int
    lines: list[SeriesFirings]


class PresetView(msgspec.Struct, frozen=True):
    """A ready group, and whether it was taken."""

    key: str
    title: str
    description: str
    group: GroupDocument
    is_on: bool
    group_id: str
    is_changed: bool


class PresetList(msgspec.Struct, frozen=True):
    """In the order in which one meets them."""

    presets: list[PresetView]


class Switch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a ready group shall be there."""

    on: bool
