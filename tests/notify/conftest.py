"""Channels and their queue on a database of each engine, with a real HTTP server that takes what is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from obsv_plugins.notify_email import EmailNotifier
from obsv_plugins.notify_webhook import WebhookNotifier

from obsv.audit import SYSTEM, close_audit, open_audit
from obsv.core.clock import ManualClock
from obsv.db import fetch, write_tx
from obsv.egress import Policy, close_egress, open_egress
from obsv.keys import close_keys, open_keys
from obsv.notify import Notification, NotifyServices, Sender, make_notify
from obsv.notify.types import ChannelView, ChannelWish
from obsv.outbox import ConsoleTransport, close_outbox, open_outbox
from obsv.testing import HttpSink, http_sink
from obsv.testing.notifier_contract import some_alerts
from tests.database import database, database_url, engine_name

__all__ = ["database", "database_url", "engine_name"]

ORG = 7


class SlowHook(WebhookNotifier):
    """Sends 4 messages a minute."""

    per_minute = 4


KINDS: dict[str, type] = {"webhook": WebhookNotifier, "slow": SlowHook, "email": EmailNotifier}


@dataclass
class Stand:
    clock: ManualClock
    sink: HttpSink
    notify: NotifyServices
    printed: list[str] = field(default_factory=list[str])

    async def channel(self, name: str = "ops", kind: str = "webhook", **settings: Any) -> ChannelView:
        wish = ChannelWish(name, kind, {"url": self.sink.url + f"/{name}", **settings})
        return await self.notify.channels.create(ORG, wish, by=SYSTEM)

    async def enqueue(self, once_key: str, channel: str = "ops", told: Notification | None = None) -> str | None:
        async with write_tx():
            return await self.notify.deliveries.enqueue(ORG, channel, told or some_alerts(1), once_key=once_key)

    async def send(self, *, seconds: float = 0) -> int:
        self.clock.advance(seconds)
        return await self.notify.sender.send_due()

    async def row(self, delivery_id: str | None) -> dict[str, Any]:
        return (await fetch("SELECT * FROM deliveries WHERE id = {}", delivery_id))[0]

    def another(self) -> Sender:
        """The sender of another replica."""
        return Sender(self.clock, self.notify.channels, self.notify.deliveries)

    @property
    def keys(self) -> list[str]:
        return [received.headers["idempotency-key"] for received in self.sink.received]


@pytest.fixture
async def stand(database: str, tmp_path: Path) -> AsyncIterator[Stand]:
    clock, printed = ManualClock(), list[str]()
    keys = open_keys(tmp_path)
    open_audit(keys, clock)
    open_egress(Policy(allow=("127.0.0.1",)), clock)
    open_outbox(keys, clock, ConsoleTransport(printed.append), sender="obsv@obsv.example")
    async with http_sink() as sink:
        yield Stand(clock, sink, make_notify(clock, lambda: KINDS), printed)
        await close_egress()
    close_outbox()
    close_audit()
    close_keys()
