"""What goes over the API of monitors, and what other features ask of them."""

from __future__ import annotations

from datetime import date

import msgspec

from obsv.monitors.machine import Outcome, State
from obsv.monitors.model import Key, Monitor, Name


class Certificate(msgspec.Struct, frozen=True):
    """A server's certificate, times in Unix ms."""

    subject: str
    issuer: str
    names: list[str]
    begins_at_ms: int
    ends_at_ms: int
    fingerprint: str


class PhaseTimes(msgspec.Struct, frozen=True):
    """Seconds of each phase of a check; `wait_s` is from the request to the first byte of the answer."""

    resolve_s: float = 0.0
    connect_s: float = 0.0
    tls_s: float = 0.0
    wait_s: float = 0.0
    transfer_s: float = 0.0


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a check went.  What does not belong to its kind is left out."""

    at_ms: int
    outcome: Outcome
    reason: str = ""
    duration_s: float = 0.0
    phases: PhaseTimes = PhaseTimes()
    address: str = ""
    status: int | None = None
    url: str = ""
    redirects: int = 0
    version: str = ""
    bytes: int = 0
    certificate: Certificate | None = None
    code: str = ""
    records: list[str] = []
    exit_code: int | None = None


class Share(msgspec.Struct, frozen=True):
    """Seconds of a time in each state; `ratio` is up of up and down, None where neither was seen."""

    up_s: float
    down_s: float
    maintenance_s: float
    unknown_s: float
    ratio: float | None


class Availability(msgspec.Struct, frozen=True):
    """Of the last 24 hours to the second; of more, of so many days (UTC) with today."""

    day: Share
    week: Share
    month: Share
    quarter: Share


class MonitorSummary(msgspec.Struct, frozen=True):
    """What a list shows.  Times are Unix ms, 0 where there is none; `error` is why the last check failed."""

    id: str
    key: str
    name: str
    kind: str
    target: str
    tags: list[str]
    state: State
    since_at_ms: int
    checked_at_ms: int
    response_s: float | None
    error: str
    certificate_ends_at_ms: int
    ratio_24h: float | None
    ratio_30d: float | None


class MonitorList(msgspec.Struct, frozen=True):
    """Monitors by name: `total` fit, `count` are there of the `most` that the plan allows."""

    monitors: list[MonitorSummary]
    total: int
    count: int
    most: int
    now_ms: int


class MonitorCounts(msgspec.Struct, frozen=True):
    """How many monitors are in each state."""

    pending: int = 0
    up: int = 0
    down: int = 0
    unknown: int = 0
    paused: int = 0
    maintenance: int = 0


class MonitorView(msgspec.Struct, frozen=True):
    """A monitor with its last result; `ping_url` is empty for all but heartbeats, and for who may not edit.

    Secrets are None, whatever they are. `due_at_ms` is when it is checked next; of a heartbeat, when it is down unless
    it is heard of.
    """

    id: str
    monitor: Monitor
    state: State
    since_at_ms: int
    checked_at_ms: int
    due_at_ms: int
    started_at_ms: int
    pinged_at_ms: int
    result: Result | None
    availability: Availability
    ping_url: str
    version: int
    is_applied: bool
    created_at_ms: int
    updated_at_ms: int


class Saved(msgspec.Struct, frozen=True):
    """What saving made of it."""

    id: str
    key: str
    version: int
    is_new: bool
    is_changed: bool


class NewMonitor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A monitor to be made or tried."""

    monitor: Monitor


class MonitorChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A monitor as it shall be; `version` is the one that it was made from, None: whatever is there is replaced."""

    monitor: Monitor
    version: int | None = None


class Copy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a copy is called; without a name, as the original with a word behind."""

    key: Key | None = None
    name: Name | None = None


class EventView(msgspec.Struct, frozen=True):
    """A change of state; `until_ms` is when the next one came, None for the last."""

    at_ms: int
    until_ms: int | None
    before: State
    state: State
    reason: str


class EventList(msgspec.Struct, frozen=True):
    """Changes of state, newest first; `is_complete`: there are none older."""

    events: list[EventView]
    is_complete: bool


class Day(msgspec.Struct, frozen=True):
    """Seconds of a day (UTC) in each state; of today, so far."""

    day: date
    up_s: float
    down_s: float
    maintenance_s: float = 0.0
    unknown_s: float = 0.0


class DayList(msgspec.Struct, frozen=True):
    """Days, oldest first; those before the monitor was made are all unknown."""

    days: list[Day]


class Points(msgspec.Struct, frozen=True):
    """A series at whole steps: times in Unix ms, and values in seconds, None where nothing was measured."""

    times: list[int]
    average: list[float | None]
    highest: list[float | None]


class PingView(msgspec.Struct, frozen=True):
    """What a job reported; `duration_s` where it had said that it began, `body` the end of what it sent along."""

    at_ms: int
    signal: str
    exit_code: int | None
    duration_s: float | None
    body: str


class PingList(msgspec.Struct, frozen=True):
    """Newest first."""

    pings: list[PingView]


class PingAddress(msgspec.Struct, frozen=True):
    """Where a job reports in."""

    ping_url: str
