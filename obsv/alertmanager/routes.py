"""The tree of routes: where an alert goes, what it is grouped with, and how long one waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from obsv.alertmanager.document import Receiver
from obsv.alertmanager.inhibition import InhibitRule
from obsv.alertmanager.intervals import TimeInterval, is_in_any
from obsv.alertmanager.labels import Labels, labels_text
from obsv.alertmanager.matchers import Matcher, all_match

GROUP_WAIT_MS: Final = 30_000
GROUP_INTERVAL_MS: Final = 300_000
REPEAT_INTERVAL_MS: Final = 14_400_000


@dataclass(frozen=True, slots=True)
class Step:
    """Tell `receiver` too, `after_ms` after the first notification that nobody acknowledged."""

    after_ms: int
    receiver: str


@dataclass(frozen=True, slots=True)
class Options:
    """What a node inherits from the one above unless it says otherwise; `group_by` None is every label."""

    receiver: str = ""
    group_by: frozenset[str] | None = frozenset()
    group_wait_ms: int = GROUP_WAIT_MS
    group_interval_ms: int = GROUP_INTERVAL_MS
    repeat_interval_ms: int = REPEAT_INTERVAL_MS
    escalate: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A node. `key` is what its matchers and those above say, `id` also which of its siblings it is.

    Mute and active intervals are not inherited.
    """

    key: str
    id: str
    options: Options
    matchers: tuple[Matcher, ...] = ()
    is_continuing: bool = False
    mute_intervals: tuple[str, ...] = ()
    active_intervals: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()

    def match(self, labels: Labels) -> list[Route]:
        """The nodes that take an alert: depth first, the first child that matches unless it says `continue`."""
        if not all_match(self.matchers, labels):
            return []
        found: list[Route] = []
        for route in self.routes:
            taken = route.match(labels)
            found += taken
            if taken and not route.is_continuing:
                break
        return found or [self]

    def group_labels(self, labels: Labels) -> dict[str, str]:
        """What an alert is grouped by."""
        wanted = self.options.group_by
        return {name: value for name, value in labels.items() if wanted is None or name in wanted}

    def group_key(self, labels: Labels) -> str:
        """The key under which a group is known to receivers."""
        return f"{self.key}:{labels_text(labels)}"

    def path_to(self, route: Route) -> list[Route]:
        """The nodes from here to one below, which is the last; none if it is not there."""
        if route is self:
            return [self]
        for one in self.routes:
            if found := one.path_to(route):
                return [self, *found]
        return []

    def walk(self) -> Iterator[Route]:
        """It and all below."""
        yield self
        for route in self.routes:
            yield from route.walk()


@dataclass(frozen=True, slots=True)
class Routing:
    """A document, ready to be asked. `version` tells it from others of the organisation."""

    root: Route
    receivers: Mapping[str, Receiver]
    inhibit_rules: tuple[InhibitRule, ...] = ()
    intervals: Mapping[str, tuple[TimeInterval, ...]] = field(default_factory=dict[str, tuple[TimeInterval, ...]])
    resolve_timeout_ms: int = GROUP_INTERVAL_MS
    is_resolved_despite_silence: bool = False
    version: int = 0

    def at_version(self, version: int) -> Routing:
        """The same under another version."""
        return replace(self, version=version)

    def routes(self) -> dict[str, Route]:
        """All nodes by id."""
        return {route.id: route for route in self.root.walk()}

    def muted_by(self, route: Route, at_ms: int) -> list[str]:
        """Names of the intervals on account of which a route tells nobody at this moment."""
        if route.active_intervals and not self._holding(route.active_intervals, at_ms):
            return list(route.active_intervals)
        return self._holding(route.mute_intervals, at_ms)

    def _holding(self, names: tuple[str, ...], at_ms: int) -> list[str]:
        return [name for name in names if is_in_any(self.intervals[name], at_ms)]
