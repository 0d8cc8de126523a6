"""Killed anywhere between the sample and the message, or run twice: each alert is told, and counted once."""

from __future__ import annotations

import asyncio
import os
import random
import time
import urllib.error
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from obsv.testing import HttpSink, http_sink
from tests.database import database_url, engine_name
from tests.journeys.test_alert_to_reader import Api
from tests.live import Live
from tests.notify.test_faults import START_S, running
from tests.postgres import create_database
from tests.web.fleet import write

__all__ = ["database_url", "engine_name"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

KILLS = int(os.environ.get("OBSV_KILLS", "6"))
ENV = {"OBSV_EGRESS__HOSTS": "127.0.0.1"}
ROUTING = """
route: {receiver: ops, group_by: [instance], group_wait: 0s, group_interval: 1s, repeat_interval: 12h}
receivers: [{name: ops, channels: [ops]}]
"""
RULES = {"name": "parts", "interval": "1s", "rules": [{"alert": "Broken", "expr": "part_broken > 0"}]}
Keys = dict[tuple[str, str], set[str]]


def set_up(api: Api, sink: HttpSink) -> None:
    api.ask("POST", "/channels", {"name": "ops", "kind": "webhook", "settings": {"url": sink.url}})
    api.ask("PUT", "/routing", {"yaml": ROUTING})
    api.ask("POST", "/rule-groups", {"group": RULES})


async def tell(api: Api, parts: Sequence[str], value: float) -> None:
    """Samples of now, until they are acknowledged."""
    for _ in range(100):
        now_ms = int(time.time() * 1000)
        lines = [({"__name__": "part_broken", "instance": part}, [(now_ms, value)]) for part in parts]
        try:
            await asyncio.to_thread(write, api.live.url, api.token, lines)
        except (OSError, urllib.error.URLError):
            await asyncio.sleep(0.1)
        else:
            return
    raise TimeoutError


def told(sink: HttpSink) -> Keys:
    """The idempotency keys under which each alert was told, by instance and status."""
    keys: Keys = defaultdict(set)
    for received in sink.received:
        for alert in received.content["alerts"]:
            keys[alert["labels"]["instance"], alert["status"]].add(received.headers["idempotency-key"])
    return keys


async def until(holds: Callable[[], Any], timeout_s: float = 90) -> None:
    async with asyncio.timeout(timeout_s):
        while not holds():
            await asyncio.sleep(0.1)


async def test_each_alert_is_told_and_counted_once(tmp_path: Path, database_url: str) -> None:
    live, chance = Live(tmp_path, database_url, env=ENV), random.Random(11)
    async with running(live), http_sink() as sink:
        api = await asyncio.to_thread(Api, live)
        await asyncio.to_thread(set_up, api, sink)
        parts: list[str] = []
        for number in range(KILLS):
            parts.append(f"part-{number}")
            await tell(api, parts, 1)
            await asyncio.sleep(chance.uniform(0, 2.5))
            live.kill()
            await asyncio.to_thread(live.start, START_S)
        await tell(api, parts, 1)
        await until(lambda: all((part, "firing") in told(sink) for part in parts))
        await tell(api, parts, 0)
        await until(lambda: all((part, "resolved") in told(sink) for part in parts))
    keys = told(sink)
    assert keys.keys() == {(part, status) for part in parts for status in ("firing", "resolved")}
    assert {who: len(found) for who, found in keys.items() if len(found) > 1} == {}


async def test_two_replicas_tell_each_alert_once(tmp_path: Path, postgres_url: str) -> None:
    url = await create_database(postgres_url)
    first, second = Live(tmp_path, url, env=ENV), Live(tmp_path, url, env=ENV)
    async with running(first, second), http_sink() as sink:
        api = await asyncio.to_thread(Api, first)
        await asyncio.to_thread(set_up, api, sink)
        parts = [f"part-{number}" for number in range(12)]
        for number in range(len(parts)):
            await tell(api, parts[: number + 1], 1)
            await asyncio.sleep(0.3)
        await until(lambda: all((part, "firing") in told(sink) for part in parts))
        # Whoever leads is killed, and the other goes on where it was.
        first.kill()
        api.live = second
        parts.append("part-after")
        await tell(api, parts, 1)
        await until(lambda: ("part-after", "firing") in told(sink))
        await tell(api, parts, 0)
        await until(lambda: all((part, "resolved") in told(sink) for part in parts))
    assert len(sink.received) == 2 * len(parts), {who: len(found) for who, found in told(sink).items()}
