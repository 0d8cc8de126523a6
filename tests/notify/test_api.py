"""The API of channels in the whole application: who may, what is shown, and mails to the owners."""

from __future__ import annotations

import asyncio
from pathlib import Path

from obsv.core.clock import SystemClock
from obsv.db import fetch, fetch_value, write_tx
from obsv.notify import make_notify
from obsv.plugin_loader import notifiers
from obsv.testing import http_sink
from obsv.testing.notifier_contract import some_alerts
from tests.dashboards.stage import staged


async def test_from_a_channel_to_its_deliveries(tmp_path: Path, database_url: str) -> None:
    async with http_sink() as sink, staged(tmp_path, database_url, {"egress.hosts": ("127.0.0.1",)}) as stage:
        edi, dot, eve = [await stage.person(name) for name in ("edi", "dot", "eve")]
        kinds = {kind["name"]: kind for kind in (await edi.get("/channel-kinds"))["kinds"]}
        assert {"email", "webhook", "slack", "pagerduty", "matrix", "apprise"} <= set(kinds)
        assert kinds["webhook"]["schema"]["properties"]["url"]["format"] == "password"
        wish = {"name": "Ops", "kind": "webhook", "settings": {"url": sink.url + "/hook"}}
        made = await edi.do("POST", "/channels", wish)
        assert sink.url not in str(await dot.get(f"/channels/{made['id']}"))
        assert await dot.refused("POST", "/channels", wish) == (403, "missing_scope")
        assert await eve.refused("GET", f"/channels/{made['id']}") == (404, "no_channel")
        assert [one["name"] for one in (await eve.get("/channels"))["channels"]] == ["Owners by email"]
        tried = await edi.do("POST", f"/channels/{made['id']}/test")
        assert (tried["is_sent"], tried["detail"]) == (True, "answered 200: {}")

        notify = make_notify(SystemClock(), notifiers)
        async with write_tx():
            delivery = await notify.deliveries.enqueue(stage.orgs["Acme"], "Ops", some_alerts(2), once_key="1")
        async with asyncio.timeout(10):
            while (await edi.get(f"/deliveries/{delivery}"))["delivery"]["state"] != "sent":
                await asyncio.sleep(0.1)
        (listed,) = (await edi.get("/deliveries", state="sent"))["deliveries"]
        assert (listed["id"], listed["alerts"], listed["channel"]) == (delivery, 2, "Ops")
        assert (await edi.get("/deliveries", state="dead"))["deliveries"] == []
        assert (await eve.get("/deliveries"))["deliveries"] == []
        assert await edi.refused("POST", f"/deliveries/{delivery}/retry") == (409, "not_dead")
        assert (await edi.ask("DELETE", f"/channels/{made['id']}")).status_code == 204


async def test_owners_get_mail(tmp_path: Path, database_url: str) -> None:
    async with staged(tmp_path, database_url, {}) as stage:
        org, notify = stage.orgs["Acme"], make_notify(SystemClock(), notifiers)
        async with write_tx():
            delivery = await notify.deliveries.enqueue(org, "Owners by email", some_alerts(1), once_key="1")
        async with asyncio.timeout(10):
            while not await fetch_value("SELECT count(*) FROM outbox_messages WHERE once_key = {}", f"{delivery}:0"):
                await asyncio.sleep(0.1)
        rows = await fetch("SELECT subject_ref, org, kind FROM outbox_messages WHERE once_key = {}", f"{delivery}:0")
        assert rows == [{"subject_ref": stage.users["ann"], "org": org, "kind": "alert"}]
