"""A server that is killed goes on where it was: no check twice, none left out, nobody down for it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.database import database_url, engine_name
from tests.live import Live
from tests.monitors.servers import web

__all__ = ["database_url", "engine_name"]

EVERY_S = 10


@pytest.mark.slow
async def test_kill_and_restart(tmp_path: Path, database_url: str) -> None:
    live = Live(tmp_path, database_url, env={"OBSV_EGRESS__HOSTS": "127.0.0.0/8"})
    await asyncio.to_thread(live.start)
    try:
        async with web() as server:
            token = await asyncio.to_thread(live.token, "monitors:read,monitors:write")
            seen: list[float] = []
            server.answer = lambda path: _noted(seen, path)
            async with httpx.AsyncClient(
                base_url=f"{live.url}/api/obsv/v1", headers={"Authorization": f"Bearer {token}"}
            ) as client:
                check = {"kind": "http", "url": f"http://127.0.0.1:{server.port}/"}
                shop = {"key": "shop", "name": "Shop", "interval_s": EVERY_S, "timeout_s": 5, "check": check}
                beat = {"key": "beat", "name": "Beat", "check": {"kind": "heartbeat", "period_s": 60}}
                for document in (shop, beat):
                    made = await client.put(f"/monitors/{document['key']}", json={"monitor": document})
                    assert made.is_success, made.text
                url = (await client.get("/monitors/beat")).json()["ping_url"]
                assert httpx.get(url).status_code == 200

                async def state(key: str) -> Any:
                    return (await client.get(f"/monitors/{key}")).json()["state"]

                await _until(lambda: len(seen) >= 2)
                due_ms = 0
                while due_ms < time.time() * 1000:
                    await asyncio.sleep(0.1)
                    due_ms = (await client.get("/monitors/shop")).json()["due_at_ms"]
                done = len(seen)
                live.kill()
                await asyncio.to_thread(live.start)
                assert await state("beat") == "up"
                await _until(lambda: len(seen) > done)
                # Where it started in time, the next check is when it was due; else it is made up for at once.
                assert seen[done] * 1000 >= due_ms - 500
                await _until(lambda: len(seen) >= done + 3)
                assert [later - one > 1 for one, later in zip(seen[done:], seen[done + 1 :], strict=False)] == [
                    True
                ] * (len(seen) - done - 1)
                assert (await state("shop"), await state("beat")) == ("up", "up")
                events = (await client.get("/monitors/shop/events")).json()["events"]
                assert [event["state"] for event in events] == ["up"]
                log = live.log
                assert url.rsplit("/", 1)[1] not in log
    finally:
        await asyncio.to_thread(live.stop)


def _noted(seen: list[float], _: str) -> bytes:
    seen.append(time.time())
    return b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"


async def _until(holds: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
