"""What rules are wired to, and what goes over to whom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from obsv.core.clock import Clock
from obsv.metrics.promql import Engine
from obsv.metrics.promql.read import Source
from obsv.metrics.rules.model import AlertingRule, RuleGroup
from obsv.metrics.rules.states import Alert
from obsv.metrics.store.types import WriteBatch, WriteResult


@dataclass(frozen=True, slots=True)
class Told:
    """An alert to be posted; `ends_ms` in the past: it is over."""

    rule: AlertingRule
    alert: Alert
    ends_ms: int


@dataclass(frozen=True, slots=True)
class Turn:
    """An alert began to fire, or it resolved."""

    group: RuleGroup
    rule: AlertingRule
    alert: Alert


@dataclass(slots=True)
class Outcome:
    """What evaluations of one organisation changed: states to keep and to drop, by the rule's key; turns; messages."""

    kept: list[tuple[str, Alert]] = field(default_factory=list[tuple[str, Alert]])
    gone: list[tuple[str, Alert]] = field(default_factory=list[tuple[str, Alert]])
    turns: list[Turn] = field(default_factory=list[Turn])
    told: list[Told] = field(default_factory=list[Told])

    def __len__(self) -> int:
        return len(self.kept) + len(self.gone) + len(self.turns) + len(self.told)


@dataclass(frozen=True, slots=True)
class Restored:
    """States that were kept: by (organisation, key of the rule); `beat_ms` is when rules were evaluated last."""

    alerts: Mapping[tuple[int, str], Sequence[Alert]] = field(default_factory=dict[tuple[int, str], Sequence[Alert]])
    beat_ms: int = 0


class Journal(Protocol):
    """Keeps the states of alerts, and hands on what is to be told.  `commit` keeps all of it, or nothing."""

    async def load(self, org: int | None = None) -> Restored:
        """Of an organisation, or of all."""
        ...

    async def commit(self, org: int, outcome: Outcome) -> None: ...

    async def beat(self, at_ms: int) -> None:
        """Rules are being evaluated."""
        ...


class Groups(Protocol):
    """Groups that are made elsewhere than in files."""

    async def groups(self) -> Sequence[RuleGroup]: ...

    async def changed(self) -> None:
        """Come back once they are others than those that were given last."""
        ...


@dataclass(frozen=True)
class Ports:
    """What rules are wired to.  `organisation` gives the id of a slug, None where there is none.

    Without a journal states live as long as the process, and nobody is told.
    """

    clock: Clock
    engine: Callable[[], Engine]
    store: Callable[[], Source]
    write: Callable[[int, WriteBatch], Awaitable[WriteResult]]
    organisation: Callable[[str], Awaitable[int | None]]
    journal: Journal | None = None
    made: Groups | None = None
    external_url: str = ""
    external_labels: Mapping[str, str] = field(default_factory=dict[str, str])
    at_once: int = 4
    """Groups that are evaluated at the same time."""
