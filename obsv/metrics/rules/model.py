"""What rules are, and what is known of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from obsv.metrics.rules.states import Alert

Health = Literal["unknown", "ok", "err"]
Policy = Literal["keep", "ok", "alert"]
"""What becomes of a rule without data, or whose query fails: its state stays, it resolves, it alerts."""


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """The result of `query` is stored as `name`, with `labels` on top of its own."""

    name: str
    query: str
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class AlertingRule:
    """What `query` gives alerts, once it did for `for_ms`; texts of labels and annotations are templates.

    `key` names the rule among all of its organisation, whatever becomes of its other parts; `version` counts its edits
    (0: it stands in a file).
    """

    name: str
    query: str
    labels: dict[str, str]
    annotations: dict[str, str] = field(default_factory=dict[str, str])
    for_ms: int = 0
    keep_firing_ms: int = 0
    no_data: Policy = "ok"
    on_error: Policy = "keep"
    key: str = ""
    version: int = 0


Rule = RecordingRule | AlertingRule


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules that are evaluated together, in order.  `org` is a slug; `limit` 0 is none."""

    org: str
    file: str
    name: str
    interval_ms: int
    limit: int
    query_offset_ms: int
    rules: tuple[Rule, ...]

    @property
    def key(self) -> str:
        """What names it among all."""
        return f"{self.file};{self.name}"

    @property
    def alerting(self) -> Iterator[AlertingRule]:
        """Its alerting rules."""
        return (rule for rule in self.rules if isinstance(rule, AlertingRule))


@dataclass(slots=True)
class Run:
    """How the last evaluation of a rule or a group went; `at_ms` 0 is never."""

    health: Health = "unknown"
    error: str = ""
    at_ms: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class GroupStatus:
    """A group, the last evaluation of all of it, that of each rule, and each rule's alerts."""

    group: RuleGroup
    run: Run
    rules: list[Run] = field(default_factory=list[Run])
    alerts: Mapping[str, list[Alert]] = field(default_factory=dict[str, list[Alert]])
    """By the key of the rule; pending and firing ones."""
