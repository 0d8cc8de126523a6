"""What this package is wired to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from obsv.alertmanager import PostedAlert
from obsv.core.clock import Clock
from obsv.metrics.promql import Engine
from obsv.metrics.store.base import MetricStore

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
