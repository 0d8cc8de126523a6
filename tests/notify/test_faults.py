"""Real server processes that are killed, doubled, or left without a mail server: everything arrives all the same."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.smtp import SMTP

from obsv.audit import SYSTEM, close_audit, open_audit
from obsv.core.clock import SystemClock
from obsv.db import close_database, connect, fetch, fetch_value, write_tx
from obsv.keys import close_keys, open_keys
from obsv.notify import NotifyServices, make_notify
from obsv.notify.types import ChannelWish
from obsv.plugin_loader import notifiers
from obsv.testing import Answer, HttpSink, http_sink
from obsv.testing.notifier_contract import some_alerts
from tests.database import database_url, engine_name
from tests.live import Live
from tests.outbox.conftest import MailServer
from tests.ports import free_port
from tests.postgres import create_database

__all__ = ["database_url", "engine_name"]

pytestmark = pytest.mark.slow

ORG = 1  # the operator's
KILLS = int(os.environ.get("OBSV_KILLS", "6"))
EACH_TIME = 8
OUTAGE_S = float(os.environ.get("OBSV_OUTAGE_S", "0"))
START_S = 120


@asynccontextmanager
async def running(*servers: Live) -> AsyncIterator[None]:
    """Started, and stopped whatever happens."""
    try:
        for live in servers:
            await asyncio.to_thread(live.start, START_S)
        yield
    finally:
        for live in servers:
            await asyncio.to_thread(live.stop)


@asynccontextmanager
async def beside(live: Live) -> AsyncIterator[NotifyServices]:
    """Services of this process on the data of a server, which alone sends."""
    await connect(live.database, live.folder / "data", pool_size=3)
    clock, keys = SystemClock(), open_keys(live.folder / "data")
    open_audit(keys, clock)
    yield make_notify(clock, notifiers)
    close_audit()
    close_keys()
    await close_database()


async def enqueue(notify: NotifyServices, channel: str, number: int) -> str:
    told = msgspec.structs.replace(some_alerts(1), group_key=f"group {number}")
    async with write_tx():
        made = await notify.deliveries.enqueue(ORG, channel, told, once_key=str(number))
    assert made
    return made


async def drained(timeout_s: float) -> None:
    async with asyncio.timeout(timeout_s):
        while await fetch_value("SELECT count(*) FROM deliveries WHERE state IN ('queued', 'leased')"):
            await asyncio.sleep(0.1)


def keys_of(sink: HttpSink) -> Counter[str]:
    return Counter(received.headers["idempotency-key"] for received in sink.received)


async def moody(sink: HttpSink, stopped: asyncio.Event) -> None:
    """Lets it fail at times."""
    while not stopped.is_set():
        sink.answers.append(Answer(503, {"retry-after": "0"}))
        await asyncio.sleep(0.5)


@pytest.mark.timeout(900)
async def test_killed_at_any_moment_each_arrives(tmp_path: Path, database_url: str) -> None:
    live = Live(tmp_path, database_url, env={"OBSV_EGRESS__HOSTS": "127.0.0.1"})
    chance = random.Random(7)
    async with running(live), http_sink() as sink, beside(live) as notify:
        await notify.channels.create(ORG, ChannelWish("ops", "webhook", {"url": sink.url}), by=SYSTEM)
        stopped = asyncio.Event()
        mood = asyncio.create_task(moody(sink, stopped))
        made: list[str] = []
        for _ in range(KILLS):
            for _ in range(EACH_TIME):
                made.append(await enqueue(notify, "ops", len(made)))
                await asyncio.sleep(chance.uniform(0, 0.05))
            await asyncio.sleep(chance.uniform(0, 1.2))
            live.kill()
            await asyncio.to_thread(live.start, START_S)
        stopped.set()
        await mood
        await drained(240)
        states = await fetch("SELECT state, count(*) AS n FROM deliveries GROUP BY state")
    arrived = keys_of(sink)
    assert [(row["state"], row["n"]) for row in states] == [("sent", len(made))]
    assert set(arrived) == set(made)


@pytest.mark.timeout(300)
async def test_two_replicas_send_each_once(tmp_path: Path, postgres_url: str) -> None:
    url = await create_database(postgres_url)
    env = {"OBSV_EGRESS__HOSTS": "127.0.0.1"}
    first, second = Live(tmp_path, url, env=env), Live(tmp_path, url, env=env)
    async with running(first, second), http_sink() as sink, beside(first) as notify:
        await notify.channels.create(ORG, ChannelWish("ops", "webhook", {"url": sink.url}), by=SYSTEM)
        made = [await enqueue(notify, "ops", number) for number in range(60)]
        await drained(90)
        senders = await fetch_value("SELECT count(DISTINCT lease_owner) FROM deliveries")
    assert keys_of(sink) == Counter(made)
    assert senders == 2


@pytest.mark.timeout(300 + 3 * OUTAGE_S)
async def test_a_mail_server_that_was_down(tmp_path: Path, database_url: str) -> None:
    port, mails = free_port(), MailServer()
    env: dict[str, Any] = {
        "OBSV_MAIL__TRANSPORT": "smtp",
        "OBSV_MAIL__SMTP_HOST": "localhost",
        "OBSV_MAIL__SMTP_PORT": str(port),
        "OBSV_MAIL__SMTP_SECURITY": "none",
    }
    live = Live(tmp_path, database_url, env=env)
    async with running(live), beside(live) as notify:
        await notify.channels.create(ORG, ChannelWish("mail", "email", {"to": ["ops@example.org"]}), by=SYSTEM)
        await enqueue(notify, "mail", 1)
        await drained(20)
        async with asyncio.timeout(20):
            while not await fetch_value("SELECT count(*) FROM outbox_messages WHERE error <> ''"):
                await asyncio.sleep(0.1)
        await asyncio.sleep(OUTAGE_S)
        server = await asyncio.get_running_loop().create_server(lambda: SMTP(mails), "127.0.0.1", port)
        async with asyncio.timeout(60 + OUTAGE_S):
            while not mails.messages:
                await asyncio.sleep(0.1)
        server.close()
    (mail,) = mails.messages
    assert mail["Subject"] == "[FIRING] Disk of web-1 is almost full"
    assert mail["References"].startswith("<")
    text = mail.get_body(("plain",))
    assert text is not None
    assert "web-0" in text.get_content()
    html = mail.get_body(("html",))
    assert html is not None
    assert "&lt;b&gt;x&lt;/b&gt;" in html.get_content()
