"""Incidents from draft to postmortem, maintenances that turn by themselves, feeds, and alerts that open incidents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from obsv.db import write_tx
from obsv.status import incidents

ATOM = "{http://www.w3.org/2005/Atom}"
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Alert:
    labels: Mapping[str, str]
    fingerprint: str
    annotations: Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """What alerting tells."""

    status: str
    labels: Mapping[str, str]
    fingerprint: str = "f1"
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def alert(self) -> Alert:
        return Alert(self.labels, self.fingerprint, self.annotations)


async def told(house: Any, *changes: Change) -> None:
    async with write_tx():
        await house.services.alerts.changed(house.stage.orgs["Acme"], list(changes))


async def test_the_life_of_an_incident(open_house: Any) -> None:
    async with open_house() as house:
        component_id = await house.component("API")
        made = await house.incident(
            "Slow & <b>odd</b>", components={component_id: "degraded"}, text="**Looking** <script>"
        )
        path = f"/incidents/{made['id']}"
        shown = await house.read()
        assert "Slow &amp; &lt;b&gt;odd&lt;/b&gt;" in shown
        assert "<strong>Looking</strong> &lt;script&gt;" in shown
        assert "Some systems are degraded" in shown
        for status in ("identified", "monitoring", "resolved"):
            made = await house.editor.do("POST", f"{path}/updates", {"status": status, "text": f"Now {status}."})
            assert made["status"] == status
        assert made["resolved_at_ms"] is not None
        shown = await house.read()
        assert "All systems operational" in shown
        assert "Now resolved." in shown
        update_id = made["updates"][1]["id"]
        made = await house.editor.do("PUT", f"{path}/updates/{update_id}", {"text": "Watching."})
        assert made["updates"][1]["edited_at_ms"] is not None
        await house.editor.do("PUT", f"{path}/postmortem", {"text": "A cable."})
        own = await house.read(f"/incidents/{made['id']}")
        assert own.index("A cable.") < own.index("Now resolved.") < own.index("Watching.") < own.index("Looking")
        assert "(edited)" in own
        await house.editor.do("DELETE", f"{path}/updates/{made['updates'][0]['id']}")
        assert (await house.editor.get(path))["status"] == "monitoring"
        await house.editor.do("DELETE", path)
        await house.read(f"/incidents/{made['id']}", 404)


async def test_a_draft_is_hidden_until_it_is_published(open_house: Any) -> None:
    async with open_house() as house:
        component_id = await house.component("API")
        made = await house.incident("Secret", is_draft=True, components={component_id: "major_outage"})
        for path in ("", "/feed.rss", "/summary.json", "/history"):
            assert "Secret" not in await house.read(path)
        await house.read(f"/incidents/{made['id']}", 404)
        assert (await house.components())["API"]["state"] == "operational"
        await house.editor.do("POST", f"/incidents/{made['id']}/publish", {})
        assert "Secret" in await house.read()
        assert (await house.components())["API"]["state"] == "major_outage"
        refused = await house.editor.refused("POST", f"/incidents/{made['id']}/publish", {})
        assert refused == (422, "published")


async def test_backdating_and_history_by_month(open_house: Any) -> None:
    async with open_house() as house:
        now = house.stage.clock.now_ms()
        began = now - 40 * 24 * HOUR_MS
        made = await house.incident("Long ago", started_at_ms=began)
        body = {"status": "resolved", "text": "Done.", "at_ms": began + HOUR_MS}
        await house.editor.do("POST", f"/incidents/{made['id']}/updates", body)
        assert "Long ago" not in await house.read()
        from datetime import UTC, datetime

        month = datetime.fromtimestamp(began / 1000, UTC).strftime("%Y-%m")
        assert "Long ago" in await house.read(f"/history?month={month}")
        assert "Long ago" not in await house.read("/history")
        assert "There was none" in await house.read("/history?month=nonsense")
        for wrong in ({"started_at_ms": now + HOUR_MS}, {"resolved_at_ms": began - 1}):
            assert (await house.editor.refused("PATCH", f"/incidents/{made['id']}", wrong))[1] == "bad_times"
        early = {"status": "identified", "text": "x", "at_ms": began - 1}
        assert (await house.editor.refused("POST", f"/incidents/{made['id']}/updates", early))[1] == "bad_times"


async def test_what_no_incident_takes(open_house: Any) -> None:
    async with open_house() as house:
        body = {"page_id": house.page_id, "title": "x", "text": "y"}
        wrong = {**body, "components": {"cmp_nope": "degraded"}}
        assert (await house.editor.refused("POST", "/incidents", wrong))[1] == "unknown_component"
        assert (await house.editor.refused("POST", "/incidents", {**body, "page_id": "spg_x"}))[1] == "no_status_page"
        assert (await house.editor.refused("POST", "/incidents", {**body, "title": " "}))[1] == "no_title"
        made = await house.incident()
        assert (await house.editor.refused("PUT", f"/incidents/{made['id']}/postmortem", {"text": "x"}))[0] == 422
        only = made["updates"][0]["id"]
        assert (await house.editor.refused("DELETE", f"/incidents/{made['id']}/updates/{only}"))[1] == "last_update"
        viewer, eve = await house.stage.person("dot"), await house.stage.person("eve")
        assert (await viewer.ask("GET", f"/incidents/{made['id']}")).status_code == 200
        assert (await viewer.ask("POST", "/incidents", body)).status_code == 403
        assert (await eve.ask("GET", f"/incidents/{made['id']}")).status_code == 404


async def test_feeds(open_house: Any) -> None:
    async with open_house() as house:
        component_id = await house.component("API")
        made = await house.incident("Odd \x0b & slow", components={component_id: "partial_outage"})
        now = house.stage.clock.now_ms()
        plan = {"page_id": house.page_id, "title": "Disks", "text": "New ones.", "components": [component_id]}
        times = {"starts_at_ms": now + HOUR_MS, "ends_at_ms": now + 2 * HOUR_MS}
        await house.editor.do("POST", "/maintenances", {**plan, **times})
        rss = ET.fromstring(await house.read("/feed.rss"))
        items = rss.findall("channel/item")
        assert {item.findtext("title") for item in items} == {
            "Odd & slow (investigating)",
            "Disks (maintenance, scheduled)",
        }
        assert all(parsedate_to_datetime(item.findtext("pubDate") or "") for item in items)
        atom = ET.fromstring(await house.read("/feed.atom"))
        links = {entry.findtext(f"{ATOM}id") for entry in atom.findall(f"{ATOM}entry")}
        assert made["url"] in links
        assert len(links) == 2
        feed = (await house.public.client.get("/status/acme/feed.json")).json()
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert "We look into it." in "".join(item["content_html"] for item in feed["items"])
        answer = await house.public.client.get("/status/acme/summary.json")
        assert answer.headers["access-control-allow-origin"] == "*"
        summary = answer.json()
        assert (summary["state"], summary["components"][0]["state"]) == ("partial_outage", "partial_outage")
        assert summary["incidents"][0]["url"] == made["url"]
        assert summary["maintenances"][0]["state"] == "scheduled"
        for path, kind in (("feed.rss", "application/rss+xml"), ("feed.atom", "application/atom+xml")):
            answer = await house.public.client.get(f"/status/acme/{path}")
            assert answer.headers["content-type"].startswith(kind)
            tag = {"If-None-Match": answer.headers["etag"]}
            assert (await house.public.client.get(f"/status/acme/{path}", headers=tag)).status_code == 304


async def test_a_maintenance_begins_and_ends_by_itself(open_house: Any) -> None:
    async with open_house() as house:
        component_id, now = await house.component("API"), house.stage.clock.now_ms()
        body = {
            "page_id": house.page_id,
            "title": "Disks",
            "text": "New ones.",
            "components": [component_id],
            "starts_at_ms": now + HOUR_MS,
            "ends_at_ms": now + 2 * HOUR_MS,
        }
        made = await house.editor.do("POST", "/maintenances", body)
        assert made["state"] == "scheduled"
        assert "Disks" in await house.read()
        house.stage.clock.ahead_ms = HOUR_MS + 1000
        assert await house.services.maintenances.turn() == 1
        assert (await house.components())["API"]["state"] == "maintenance"
        assert "Maintenance under way" in await house.read()
        house.stage.clock.ahead_ms = 2 * HOUR_MS + 1000
        assert await house.services.maintenances.turn() == 1
        assert await house.services.maintenances.turn() == 0
        assert (await house.editor.get(f"/maintenances/{made['id']}"))["state"] == "completed"
        assert (await house.components())["API"]["state"] == "operational"
        assert "Over" in await house.read(f"/maintenances/{made['id']}")
        assert (await house.editor.refused("POST", f"/maintenances/{made['id']}/step", {"step": "end"}))[0] == 422


async def test_a_maintenance_by_hand(open_house: Any) -> None:
    async with open_house() as house:
        now = house.stage.clock.now_ms()
        body = {"page_id": house.page_id, "title": "Disks", "text": "", "starts_at_ms": now + HOUR_MS}
        for wrong in ({"ends_at_ms": now}, {"ends_at_ms": now + 200 * 24 * HOUR_MS}):
            assert (await house.editor.refused("POST", "/maintenances", {**body, **wrong}))[1] == "bad_times"
        made = await house.editor.do("POST", "/maintenances", {**body, "ends_at_ms": now + 2 * HOUR_MS})
        path = f"/maintenances/{made['id']}"
        made = await house.editor.do("PATCH", path, {"ends_at_ms": now + 3 * HOUR_MS, "title": "More disks"})
        assert (made["title"], made["ends_at_ms"]) == ("More disks", now + 3 * HOUR_MS)
        made = await house.editor.do("POST", f"{path}/step", {"step": "begin"})
        assert made["state"] == "in_progress"
        assert made["starts_at_ms"] < now + HOUR_MS
        made = await house.editor.do("POST", f"{path}/step", {"step": "end"})
        assert made["state"] == "completed"
        assert (await house.editor.get("/maintenances"))["maintenances"] == []
        assert len((await house.editor.get("/maintenances", is_over=True))["maintenances"]) == 1


@pytest.mark.parametrize("action", ["state", "draft", "published"])
async def test_an_alert_sets_a_state_and_opens_an_incident(open_house: Any, action: str) -> None:
    async with open_house() as house:
        more = {"matchers": '{service="api", severity=~"critical|page"}', "alert_state": "major_outage"}
        await house.component("API", **more, alert_action=action)
        labels = {"alertname": "Down", "service": "api", "severity": "page"}
        await told(house, Change("firing", {**labels, "severity": "info"}))
        assert (await house.components())["API"]["state"] == "operational"
        await told(house, Change("firing", labels, annotations={"summary": "The API is down"}))
        await told(house, Change("firing", labels, annotations={"summary": "The API is down"}))
        await told(house, Change("firing", labels, fingerprint="f2"))
        assert (await house.components())["API"]["state"] == "major_outage"
        listed = (await house.editor.get("/incidents"))["incidents"]
        assert len(listed) == (0 if action == "state" else 1)
        if listed:
            assert (listed[0]["title"], listed[0]["by_alert"]) == ("The API is down", True)
            assert listed[0]["is_draft"] == (action == "draft")
            assert listed[0]["impact"] == "critical"
        assert ("The API is down" in await house.read()) == (action == "published")
        await told(house, Change("resolved", labels))
        # The other one still fires.
        assert (await house.components())["API"]["state"] == "major_outage"
        await told(house, Change("resolved", labels, fingerprint="f2"))
        assert (await house.components())["API"]["state"] == "operational"
        assert [one["status"] for one in (await house.editor.get("/incidents"))["incidents"]] in ([], ["resolved"])


async def test_an_incident_that_people_touched_is_theirs(open_house: Any) -> None:
    async with open_house() as house:
        await house.component("API", matchers='{service="api"}', alert_action="published")
        labels = {"alertname": "Down", "service": "api"}
        await told(house, Change("firing", labels))
        (incident,) = (await house.editor.get("/incidents"))["incidents"]
        body = {"status": "identified", "text": "A cable."}
        await house.editor.do("POST", f"/incidents/{incident['id']}/updates", body)
        await told(house, Change("resolved", labels))
        assert (await house.editor.get(f"/incidents/{incident['id']}"))["status"] == "identified"


async def test_an_alert_that_is_undone_leaves_nothing(open_house: Any) -> None:
    async with open_house() as house:
        await house.component("API", matchers='{service="api"}', alert_action="published")

        async def undone() -> None:
            async with write_tx():
                change = Change("firing", {"service": "api"})
                await house.services.alerts.changed(house.stage.orgs["Acme"], [change])
                raise RuntimeError("undone")

        with pytest.raises(RuntimeError):
            await undone()
        assert (await house.components())["API"]["state"] == "operational"
        assert (await house.editor.get("/incidents"))["incidents"] == []


async def test_matchers_are_checked(open_house: Any) -> None:
    async with open_house() as house:
        path = f"/status-pages/{house.page_id}/components"
        wrong = {"name": "API", "matchers": "{service=api}"}
        assert await house.editor.refused("POST", path, wrong) == (422, "bad_matchers")


async def test_an_alert_goes_on_whatever_becomes_of_the_incident(
    open_house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house() as house:
        await house.component("API", matchers='{service="api"}', alert_action="published")
        await house.component("Web", matchers='{service="web"}', alert_action="published")
        await told(house, Change("firing", {"alertname": "Down", "service": "api"}, annotations={"summary": " \n"}))
        assert [one["title"] for one in (await house.editor.get("/incidents"))["incidents"]] == ["API: Down"]
        monkeypatch.setattr(incidents, "MOST", 1)
        await told(house, Change("firing", {"alertname": "Down", "service": "web"}, fingerprint="f2"))
        assert (await house.components())["Web"]["state"] == "partial_outage"
        assert len((await house.editor.get("/incidents"))["incidents"]) == 1
