"""What this package is wired to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from obsv.core.clock import Clock
from obsv.metrics.promql import Engine
from obsv.metrics.store.base import MetricStore


class Posted(Protocol):
    """An alert as a sender tells of it; `ends_at_ms` in the past: it is over."""

    @property
    def labels(self) -> Mapping[str, str]: ...

    @property
    def annotations(self) -> Mapping[str, str]: ...

    @property
    def starts_at_ms(self) -> int: ...

    @property
    def ends_at_ms(self) -> int: ...

    @property
    def generator_url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class PostedAlert:
    """One, as it is made here."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at_ms: int
    ends_at_ms: int
    generator_url: str = ""


Post = Callable[[int, Sequence[PostedAlert]], Awaitable[None]]
"""Tells whoever routes alerts, of an organisation; durable on return, within the transaction that is open."""


async def post_nothing(_: int, __: Sequence[PostedAlert]) -> None:
    """Where nobody routes."""


@dataclass(frozen=True, slots=True)
class AlertPorts:
    """`most` is how many rules an organisation's plan allows; `slug` names an organisation in addresses."""

    clock: Clock
    engine: Callable[[], Engine]
    store: Callable[[], MetricStore]
    most: Callable[[int], Awaitable[int]]
    base_url: str = ""
    post: Post = post_nothing
