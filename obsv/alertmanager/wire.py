"""What goes over obsv's own API of alerts, silences and routing."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from obsv.alertmanager.document import RoutingDocument
from obsv.alertmanager.intervals import TimeIntervalText

Millis = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Text = Annotated[str, msgspec.Meta(max_length=2000)]
Labels = Annotated[dict[str, str], msgspec.Meta(max_length=100)]
Yaml = Annotated[str, msgspec.Meta(max_length=512 * 1024)]


class Person(msgspec.Struct, frozen=True):
    """Who did something; the name is empty where nobody is known by the id."""

    id: str
    name: str


class AlertView(msgspec.Struct, frozen=True):
    """An alert; `state` is what keeps it quiet, if anything does. Times are Unix milliseconds, 0 is never."""

    fingerprint: str
    labels: dict[str, str]
    annotations: dict[str, str]
    status: Literal["firing", "resolved"]
    state: Literal["active", "acknowledged", "silenced", "inhibited", "muted"]
    starts_at_ms: int
    ends_at_ms: int
    updated_at_ms: int
    generator_url: str
    receivers: list[str]
    silenced_by: list[str]
    inhibited_by: list[str]
    muted_by: list[str]
    acknowledged_at_ms: int
    acknowledged_by: Person


class AlertList(msgspec.Struct, frozen=True):
    """Those that fire, the newest first, of `total` that were found."""

    alerts: list[AlertView]
    total: int


class AlertCounts(msgspec.Struct, frozen=True):
    """For the sidebar: `waiting` fire, nothing mutes them, and nobody has acknowledged them."""

    firing: int
    waiting: int
    acknowledged: int
    silenced: int
    inhibited: int
    silences: int


class Marked(msgspec.Struct, frozen=True):
    """How many alerts that changed."""

    changed: int


class Fingerprints(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Alerts."""

    fingerprints: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=16)]], msgspec.Meta(min_length=1, max_length=1000)
    ]


class SilenceMatchers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The matchers of a silence that might be."""

    matchers: Annotated[list[Text], msgspec.Meta(max_length=50)]


class SilenceForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A silence as it shall be: `matchers` such as `instance=~"db.*"`; without a start it holds now.

    With `times` it recurs: it holds only while one of the intervals does.
    """

    matchers: Annotated[list[Text], msgspec.Meta(max_length=50)]
    ends_at_ms: Millis
    comment: Text
    starts_at_ms: Millis = 0
    times: Annotated[list[TimeIntervalText], msgspec.Meta(max_length=20)] = []


class SilenceView(msgspec.Struct, frozen=True):
    """A silence; `hits` alerts that fire now are matched by it."""

    id: str
    state: Literal["pending", "active", "expired"]
    matchers: list[str]
    times: list[TimeIntervalText]
    starts_at_ms: int
    ends_at_ms: int
    updated_at_ms: int
    created_by: Person
    comment: str
    hits: int


class SilenceList(msgspec.Struct, frozen=True):
    """Those that hold, those to come, those that ended in the last days."""

    silences: list[SilenceView]


class RoutingView(msgspec.Struct, frozen=True):
    """The routing that holds, as a document, YAML and TOML; `version` 0 is the default, which nobody has changed."""

    document: RoutingDocument
    yaml: str
    toml: str
    version: int
    is_applied: bool
    updated_at_ms: int
    updated_by: Person
    channels: list[str]


class RoutingChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The routing as it shall be, one of the two; `version` is the one that it was made from, None for any."""

    document: RoutingDocument | None = None
    yaml: Yaml = ""
    version: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None = None


class RoutingTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Labels of an alert that might be; without a document or YAML it is asked of the routing that holds."""

    labels: Labels
    document: RoutingDocument | None = None
    yaml: Yaml = ""


class RouteHit(msgspec.Struct, frozen=True):
    """A route that would take it; `path` are the matchers from the root on, waits are in milliseconds.

    `pointer` is where it stands in the document, such as `/route/routes/1`.
    """

    pointer: str
    path: list[str]
    receiver: str
    channels: list[str]
    group_labels: dict[str, str]
    group_key: str
    group_wait_ms: int
    group_interval_ms: int
    repeat_interval_ms: int
    escalate: list[tuple[int, str]]
    muted_by: list[str]


class RoutingHits(msgspec.Struct, frozen=True):
    """Where it would go, and what would keep it quiet now."""

    routes: list[RouteHit]
    silenced_by: list[str]
    inhibited_by: list[str]


class ImportForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The text of an alertmanager.yml; `channels` stand for a receiver whose name is no channel's."""

    yaml: Yaml
    channels: Annotated[dict[str, list[str]], msgspec.Meta(max_length=200)] = {}


class ImportedRouting(msgspec.Struct, frozen=True):
    """What it comes to; nothing is kept. `unmapped` receivers have no channel, `ignored` parts no meaning here."""

    document: RoutingDocument
    yaml: str
    unmapped: list[str]
    ignored: list[str]
