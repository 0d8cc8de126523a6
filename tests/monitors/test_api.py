"""Monitors over HTTP, and as samples in a real store."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from pathlib import Path
from typing import Any

from obsv.db import execute_many, write_tx
from tests.dashboards.stage import staged
from tests.monitors.servers import answer, web

LOOPBACK = {"egress.hosts": ("127.0.0.0/8",)}


async def until(what: Any, seconds: float = 15) -> Any:
    """Its answer, once it has one."""
    end = time.monotonic() + seconds
    while not (found := await what()):
        assert time.monotonic() < end
        await asyncio.sleep(0.1)
    return found


async def test_a_monitor_s_life(tmp_path: Path, database_url: str) -> None:
    async with web() as server, staged(tmp_path, database_url, LOOPBACK) as stage:
        ann, dot, eve = await stage.person("ann"), await stage.person("dot"), await stage.person("eve")
        url = f"http://127.0.0.1:{server.port}/"
        document = {"key": "shop", "name": "Shop", "tags": ["web"], "check": {"kind": "http", "url": url}}
        tried = await ann.do("POST", "/monitors/test", {"monitor": document})
        assert (tried["outcome"], tried["status"]) == ("ok", 200)
        assert await dot.refused("POST", "/monitors/test", {"monitor": document}) == (403, "missing_scope")
        saved = await ann.do("POST", "/monitors", {"monitor": document})
        assert (saved["is_new"], saved["version"]) == (True, 1)

        async def up() -> Any:
            listed = (await dot.get("/monitors"))["monitors"]
            return listed if listed[0]["state"] == "up" else None

        (one,) = await until(up)
        assert (one["name"], one["target"], one["kind"], one["tags"]) == ("Shop", url, "http", ["web"])
        assert one["response_s"] > 0
        assert {state for state, count in (await dot.get("/monitor-counts")).items() if count} == {"up"}

        async def stored() -> Any:
            answer = await ann.client.get("/api/v1/query", params={"query": 'monitor_up{monitor="Shop"}'})
            return answer.json()["data"]["result"]

        (sample,) = await until(stored)
        assert (sample["value"][1], sample["metric"]["instance"]) == ("1", url)
        server.answer = lambda _: answer("", "500 Oops")
        tried = await ann.do("POST", "/monitors/shop/test")
        assert (tried["outcome"], tried["reason"]) == ("failed", "it answered 500, expected 200-299")
        assert (await ann.get("/monitors/shop"))["result"]["outcome"] == "ok"  # nothing of a test is kept
        assert await eve.refused("GET", f"/monitors/{saved['id']}") == (404, "no_monitor")
        assert (await eve.get("/monitors"))["total"] == 0
        assert not any((await eve.get("/monitor-counts")).values())
        times = await ann.get("/monitors/shop/response-times", points=10)
        assert len(times["times"]) == len(times["average"]) == len(times["highest"])
        assert any(value for value in times["highest"])
        changed = {**document, "key": "store", "name": "Store", "check": {"kind": "http", "url": url, "statuses": []}}
        status, code = await ann.refused("PUT", f"/monitors/{saved['id']}", {"monitor": changed})
        assert (status, code) == (422, "bad_monitor")
        changed["check"] = {"kind": "http", "url": url, "statuses": ["500"]}
        assert (await ann.do("PUT", f"/monitors/{saved['id']}", {"monitor": changed, "version": 1}))["version"] == 2
        assert (await ann.get("/monitors/store"))["monitor"]["check"]["statuses"] == ["500"]
        assert await ann.refused("PUT", "/monitors/shop", {"monitor": changed}) == (422, "key_differs")
        await ann.do("POST", "/monitors/store/pause")
        assert (await ann.get("/monitors", state="paused", q="sto 127", tag="web"))["total"] == 1
        await ann.do("POST", "/monitors/store/resume")
        days = (await ann.get("/monitors/store/days", last=3))["days"]
        assert len(days) == 3
        await ann.do("DELETE", "/monitors/store")
        assert (await ann.get("/monitors"))["total"] == 0
        trail = [entry["event"] for entry in (await ann.get("/audit"))["entries"]]
        for event in ("created", "tested", "updated", "paused", "resumed", "deleted"):
            assert f"monitor.{event}" in trail


async def test_loopback_is_refused_where_it_is_not_listed(tmp_path: Path, database_url: str) -> None:
    async with web() as server, staged(tmp_path, database_url, {}) as stage:
        ann = await stage.person("ann")
        for url in (f"http://127.0.0.1:{server.port}/", f"http://localhost:{server.port}/"):
            document = {"key": "x", "name": "X", "check": {"kind": "http", "url": url}}
            tried = await ann.do("POST", "/monitors/test", {"monitor": document})
            assert tried["outcome"] == "refused"
        assert server.requests == []
        for _ in range(40):
            status = (await ann.ask("POST", "/monitors/test", {"monitor": document})).status_code
        assert status == 429


async def test_a_thousand_in_one_answer(tmp_path: Path, database_url: str) -> None:
    """Quick and light, with ninety days of history and changes of today behind it."""
    async with staged(tmp_path, database_url, {}) as stage:
        org, now = stage.orgs["Acme"], int(time.time() * 1000)
        ids = [f"mon_{number:026}" for number in range(1000)]
        result = '{"at_ms":1,"outcome":"ok","duration_s":0.1}'
        async with write_tx():
            await execute_many(
                "INSERT INTO monitors (id, org, key, name, kind, target, tags, document, secrets_enc, version, "
                "is_applied, created_at_ms, created_by, updated_at_ms, updated_by) VALUES "
                "({}, {}, {}, {}, 'heartbeat', '1d', '', {}, '', 1, {}, {}, '', {}, '')",
                [
                    (one, org, f"m{n}", f"M{n}", '{"key":"a","name":"A","check":{"kind":"heartbeat"}}', False, 1, 1)
                    for n, one in enumerate(ids)
                ],
            )
            await execute_many(
                "INSERT INTO monitor_standings (monitor_id, org, kind, state, since_at_ms, checked_at_ms, "
                "accounted_at_ms, failures, failing_at_ms, due_at_ms, started_at_ms, pinged_at_ms, seq, result) "
                "VALUES ({}, {}, 'heartbeat', 'up', {}, {}, {}, 0, 0, 0, 0, 0, 0, {})",
                [(one, org, now, now, now, result) for one in ids],
            )
            for back in range(90):
                at = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=back)
                await execute_many(
                    "INSERT INTO monitor_days (org, monitor_id, day, up_ms, down_ms, maintenance_ms) "
                    "VALUES ({}, {}, {}, 90, 10, 0)",
                    [(org, one, at) for one in ids],
                )
            await execute_many(
                "INSERT INTO monitor_events (org, monitor_id, at_ms, before, state, reason) "
                "VALUES ({}, {}, {}, 'down', 'up', '')",
                [(org, one, now - 3600_000) for one in ids],
            )
        ann = await stage.person("ann")
        took = []
        for _ in range(3):
            begun = time.perf_counter()
            found = await ann.ask("GET", "/monitors")
            took.append(time.perf_counter() - begun)
        shown = found.json()
        assert (len(shown["monitors"]), shown["total"]) == (1000, 1000)
        assert shown["monitors"][0]["ratio_30d"] == 0.9
        print(f"\n1000 monitors: {min(took) * 1000:.0f} ms, {len(found.content) / 1000:.0f} kB")
        assert len(found.content) < 500_000
        assert min(took) < 1.5
