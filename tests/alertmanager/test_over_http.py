"""Alerts over HTTP in the whole application: the page of a message's link, and Alertmanager's API."""

from __future__ import annotations

import tomllib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec

from obsv.alertmanager.document import RoutingDocument, read_yaml
from obsv.alertmanager.links import LIVES_MS, Links
from obsv.db import execute, fetch, write_tx
from tests.dashboards.stage import Caller, Stage, staged
from tests.database import database_url, engine_name

__all__ = ["database_url", "engine_name"]

DISK = {"labels": {"alertname": "DiskFull", "instance": "web-1"}}


async def code_for(stage: Stage, org: str, *fingerprints: str) -> str:
    """As it stands in a message."""
    async with write_tx():
        link = await Links(stage.clock, "http://localhost").make(stage.orgs[org], fingerprints, "owners", "Ops")
    return parse_qs(urlsplit(link).query)["code"][0]


async def opened(nobody: Caller, code: str) -> httpx.Response:
    return await nobody.client.get("/alert", params={"code": code})


async def pressed(nobody: Caller, code: str, action: str = "resolve", site: str = "same-origin") -> httpx.Response:
    form = {"code": code, "action": action}
    return await nobody.client.post("/alert", data=form, headers={"Sec-Fetch-Site": site})


async def gone(nobody: Caller, code: str) -> None:
    """The page says so, and a button does nothing."""
    for answer in (await opened(nobody, code), await pressed(nobody, code)):
        assert answer.status_code == 410
        assert "This link does not work" in answer.text
        assert "DiskFull" not in answer.text


async def states() -> list[tuple[str, bool]]:
    rows = await fetch("SELECT status, acknowledged_at_ms FROM alerts")
    return [(row["status"], bool(row["acknowledged_at_ms"])) for row in rows]


async def test_the_link_of_a_message(tmp_path: Path, database_url: str) -> None:
    async with staged(tmp_path, database_url, {}) as stage:
        robot, nobody = await stage.token("alerts:read", "alerts:write"), await stage.nobody()
        assert (await robot.client.post("/api/v2/alerts", json=[DISK])).status_code == 200
        (alert,) = (await robot.get("/alerts"))["alerts"]
        code = await code_for(stage, "Acme", alert["fingerprint"])
        # Who knows another organisation's fingerprint has no alert of it.
        foreign = await opened(nobody, await code_for(stage, "Other", alert["fingerprint"]))
        assert "None of the alerts" in foreign.text
        for wrong in ("", "x", code[:-1], code + "x", code.swapcase()):
            await gone(nobody, wrong)
        assert "DiskFull" in (await opened(nobody, code)).text

        # Another site's form does nothing, nor does a button that is none.
        assert (await pressed(nobody, code, site="cross-site")).status_code == 403
        assert (await pressed(nobody, code, "delete")).status_code == 422
        assert await states() == [("firing", False)]
        said = await pressed(nobody, code, "acknowledge")
        assert "You are at it" in said.text
        assert "set-cookie" not in said.headers
        assert await states() == [("firing", True)]

        stage.clock.ahead_ms = LIVES_MS
        await gone(nobody, code)
        stage.clock.ahead_ms = 0
        # They go with their organisation: its table says so.
        await execute("DELETE FROM alert_links WHERE org = {}", stage.orgs["Acme"])
        await gone(nobody, code)
        assert await states() == [("firing", True)]


async def test_alertmanagers_api(tmp_path: Path, database_url: str) -> None:
    async with staged(tmp_path, database_url, {}) as stage:
        robot = await stage.token("alerts:read", "alerts:write")
        late = {"labels": {"alertname": "Late"}, "endsAt": "9999-12-31T23:59:59-14:00"}
        assert (await robot.client.post("/api/v2/alerts", json=[DISK, late])).status_code == 200
        for receiver, found in (("own.*", 2), ("owners|somebody-else", 2), ("owner", 0)):
            answer = await robot.client.get("/api/v2/alerts", params={"receiver": receiver})
            assert (answer.status_code, len(answer.json())) == (200, found), answer.text
        assert (await robot.client.get("/api/v2/alerts", params={"receiver": "("})).status_code == 400
        for wanted, listed in (
            ('instance=""', ["Late"]),
            ('instance!=""', ["DiskFull"]),
            ("instance=~web.*", ["DiskFull"]),
        ):
            answer = await robot.client.get("/api/v2/alerts", params={"filter": wanted})
            assert [one["labels"]["alertname"] for one in answer.json()] == listed


async def test_silences_count_what_they_hit(tmp_path: Path, database_url: str) -> None:
    async with staged(tmp_path, database_url, {}) as stage:
        robot = await stage.token("alerts:read", "alerts:write")
        await robot.client.post("/api/v2/alerts", json=[DISK, {"labels": {"alertname": "DiskFull"}}])
        ends_at_ms = stage.clock.now_ms() + 60_000
        for matcher, hits in (("alertname=DiskFull", 2), ("instance=web-1", 1), ("instance=web-2", 0)):
            form = {"matchers": [matcher], "ends_at_ms": ends_at_ms, "comment": ""}
            made = await robot.do("POST", "/silences", form)
            assert (made["hits"], (await robot.get(f"/silences/{made['id']}"))["hits"]) == (hits, hits)
        assert sorted(one["hits"] for one in (await robot.get("/silences"))["silences"]) == [0, 1, 2]


async def test_a_routing_is_tried_and_told_as_a_file(tmp_path: Path, database_url: str) -> None:
    async with staged(tmp_path, database_url, {}) as stage:
        edi, eve = await stage.person("edi"), await stage.person("eve")
        yaml = """
            route: {receiver: a, routes: [{matchers: [x="1"], continue: true}, {matchers: [x="1"], routes: [{}]}]}
            receivers: [{name: a}]
        """
        saved = await edi.do("PUT", "/routing", {"yaml": yaml, "version": 0})
        assert msgspec.convert(tomllib.loads(saved["toml"]), RoutingDocument) == read_yaml(yaml)
        hits = await edi.do("POST", "/routing/test", {"labels": {"x": "1"}})
        assert [one["pointer"] for one in hits["routes"]] == ["/route/routes/0", "/route/routes/1/routes/0"]
        # Another organisation's is another one.
        assert [one["pointer"] for one in (await eve.do("POST", "/routing/test", {"labels": {}}))["routes"]] == [
            "/route"
        ]
        assert await edi.refused("PUT", "/routing", {"yaml": yaml, "version": 0}) == (409, "routing_changed")
