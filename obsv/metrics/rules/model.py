"""What a recording rule is, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Health = Literal["unknown", "ok", "err"]


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """The result of `query` is stored as `name`, with `labels` on top of its own."""

    name: str
    query: str
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules that are evaluated together, in order.  `org` is a slug; `limit` 0 is none; `alerts` are names alone."""

    org: str
    file: str
    name: str
    interval_ms: int
    limit: int
    query_offset_ms: int
    rules: tuple[RecordingRule, ...]
    alerts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What names it among all."""
        return f"{self.file};{self.name}"


@dataclass(slots=True)
class Run:
    """How the last evaluation of a rule or a group went; `at_ms` 0 is never."""

    health: Health = "unknown"
    error: str = ""
    at_ms: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class GroupStatus:
    """A group, the last evaluation of all of it, and that of each rule."""

    group: RuleGroup
    run: Run
    rules: list[Run] = field(default_factory=list[Run])
