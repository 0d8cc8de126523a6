"""Dashboards over the API, on both engines: saving, conflicts, versions, the bin, copies, folders, stars, search."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from obsv.dashboards.tables import DashboardRow
from obsv.db import fetch_value
from tests.dashboards.stage import Caller

StageOf = Callable[..., Any]
PANEL = {"id": 1, "title": "Load", "queries": [{"expr": "node_load1{job='node'}"}]}
DISKS = {"key": "disks", "title": "Disks", "folder": "Machines/Storage", "tags": ["linux"], "panels": [PANEL]}


async def save(caller: Caller, **changes: Any) -> Any:
    """Disks as changed, in place of what is there."""
    document = {**DISKS, **changes}
    return await caller.do("PUT", f"/dashboards/{document['key']}", {"dashboard": document})


def titles(answer: Any) -> list[str]:
    return [one["title"] for one in answer["dashboards"]]


async def test_making_and_reading(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        edi, dot, eve = [await stage.person(name) for name in ("edi", "dot", "eve")]
        saved = await edi.do("POST", "/dashboards", {"dashboard": DISKS, "message": " first\n one "})
        assert (saved["key"], saved["version"], saved["is_new"]) == ("disks", 1, True)
        seen = await dot.get("/dashboards/disks")
        assert seen["dashboard"] == DISKS
        assert (seen["source"], seen["may_edit"], seen["created_by"]["name"]) == ("stored", False, "Edi")
        assert (await edi.get("/dashboards/disks"))["may_edit"]
        (version,) = (await dot.get("/dashboards/disks/versions"))["versions"]
        assert (version["version"], version["message"]) == (1, "first one")
        assert await edi.refused("POST", "/dashboards", {"dashboard": DISKS}) == (409, "key_taken")
        assert await eve.refused("GET", "/dashboards/disks") == (404, "no_dashboard")
        assert titles(await eve.get("/dashboards")) == []


async def test_what_is_no_dashboard(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        edi = await stage.token("dashboards:read", "dashboards:write")
        twice = {**DISKS, "panels": [PANEL, PANEL], "folder": "a//b", "links": [{"title": "x", "url": "javascript:1"}]}
        answer = await edi.ask("POST", "/dashboards", {"dashboard": twice})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_dashboard")
        assert [one["pointer"] for one in answer.json()["errors"]] == [
            *("/dashboard/folder", "/dashboard/panels/1/id", "/dashboard/links/0/url")
        ]
        marked = {
            **DISKS,
            "annotations": [{"name": "a", "source": "alerts", "matchers": ['team=~"$team"', "team=~("]}],
            "panels": [{"id": 1, "view": {"kind": "alert-list", "matchers": ["team"]}}],
        }
        answer = await edi.ask("POST", "/dashboards", {"dashboard": marked})
        assert [one["pointer"] for one in answer.json()["errors"]] == [
            *("/dashboard/annotations/0/matchers/1", "/dashboard/panels/0/view/matchers/0")
        ]
        assert (await edi.ask("POST", "/dashboards", {"dashboard": {**DISKS, "colour": 1}})).status_code == 400
        large = {
            **DISKS,
            "panels": [{"id": n + 1, "view": {"kind": "text", "markdown": "x" * 20_000}} for n in range(60)],
        }
        assert await edi.refused("POST", "/dashboards", {"dashboard": large}) == (413, "document_too_large")
        assert await edi.refused("PUT", "/dashboards/other", {"dashboard": DISKS}) == (422, "key_differs")
        assert await edi.refused("POST", "/dashboards", {"dashboard": {**DISKS, "key": "import"}}) == (
            422,
            "bad_dashboard",
        )


async def test_names_that_nothing_has(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        ann = await stage.person("ann")
        for name in ("nothing", "a%00b", "%C3%A4", "a'b"):
            assert (await ann.ask("GET", f"/dashboards/{name}")).status_code == 404
            assert (await ann.ask("PUT", f"/folders/{name}", {"path": "x"})).status_code == 404
            assert (await ann.ask("DELETE", f"/events/{name}")).status_code == 404
            assert (await ann.ask("DELETE", f"/folder-editors/{name}")).status_code == 404
            assert (await ann.ask("GET", f"/shared/{name}")).status_code == 404
            assert (await ann.ask("GET", f"/events?tag={name}")).json()["events"] == []


async def test_two_save_the_same(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        ann, edi = await stage.person("ann"), await stage.person("edi")
        await save(ann)
        change = {"dashboard": {**DISKS, "title": "Edi's"}, "version": 1}
        saved = await edi.do("PUT", "/dashboards/disks", change)
        assert saved["version"] == 2
        answer = await ann.ask("PUT", "/dashboards/disks", {"dashboard": {**DISKS, "title": "Ann's"}, "version": 1})
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["current_version"]) == (409, "version_conflict", 2)
        assert problem["updated_by"] == {"id": stage.users["edi"], "name": "Edi"}
        assert problem["updated_at_ms"] == saved["updated_at_ms"]
        assert (await ann.get("/dashboards/disks"))["dashboard"]["title"] == "Edi's"
        again = await edi.do("PUT", "/dashboards/disks", {**change, "version": 2})
        assert (again["version"], again["is_changed"]) == (2, False)


async def test_versions(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        edi = await stage.person("edi")
        await save(edi)
        other = {**PANEL, "id": 2, "title": "Memory"}
        await save(edi, panels=[other, {**PANEL, "queries": [{"expr": "node_load5"}]}])
        changes = (await edi.get("/dashboards/disks/diff", **{"from": 1, "to": 2}))["changes"]
        assert [(one["path"], one["panel"]) for one in changes] == [
            ("panels.1.queries.A.expr", "Load"),
            ("panels.2", "Memory"),
            ("panels.(order)", ""),
        ]
        assert (changes[0]["before"], changes[0]["after"]) == ("node_load1{job='node'}", "node_load5")
        restored = await edi.do("POST", "/dashboards/disks/versions/1/restore")
        assert restored["version"] == 3
        assert (await edi.get("/dashboards/disks/versions/3"))["dashboard"] == DISKS
        assert await edi.refused("GET", "/dashboards/disks/versions/9") == (404, "no_version")
        for number in range(100):
            await save(edi, title=f"Disks {number}")
        kept = (await edi.get("/dashboards/disks/versions"))["versions"]
        assert [one["version"] for one in kept] == list(range(103, 3, -1))


async def test_the_bin(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        edi, dot = await stage.person("edi"), await stage.person("dot")
        await save(edi)
        await save(edi, title="All disks")
        await dot.do("PUT", "/dashboards/disks/star")
        await edi.do("DELETE", "/dashboards/disks")
        assert await edi.refused("GET", "/dashboards/disks") == (404, "no_dashboard")
        assert titles(await edi.get("/dashboards")) == []
        (binned,) = (await edi.get("/dashboards", deleted=True))["dashboards"]
        assert (binned["title"], binned["deleted_at_ms"] > 0) == ("All disks", True)
        assert await edi.refused("PUT", "/dashboards/disks", {"dashboard": DISKS, "version": 2}) == (
            404,
            "no_dashboard",
        )
        await edi.do("POST", "/dashboards/disks/undelete")
        seen = await dot.get("/dashboards/disks")
        assert (seen["version"], seen["is_starred"]) == (2, True)
        await edi.do("DELETE", "/dashboards/disks")
        await save(edi)
        assert await edi.refused("POST", "/dashboards/disks/undelete") == (409, "key_taken")


async def test_the_bin_is_emptied(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        edi = await stage.person("edi")
        expires_at_ms = stage.clock.now_ms() + 300 * 86_400_000
        for key in ("disks", "nets"):
            await save(edi, key=key)
            await edi.do("PUT", f"/dashboards/{key}/star")
            await edi.do("POST", f"/dashboards/{key}/links", {"expires_at_ms": expires_at_ms})
        await edi.do("DELETE", "/dashboards/disks")
        today = stage.clock.now().date()
        assert await DashboardRow.sweep(today + timedelta(days=30), 100) == 0
        assert await DashboardRow.sweep(today + timedelta(days=31), 100) == 1
        assert await edi.refused("POST", "/dashboards/disks/undelete") == (404, "no_dashboard")
        for table in ("dashboards", "dashboard_versions", "dashboard_stars", "dashboard_links"):
            assert await fetch_value(f"SELECT count(*) FROM {table}") == 1


async def test_copies(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        edi = await stage.person("edi")
        await save(edi)
        assert (await edi.do("POST", "/dashboards/disks/duplicate", {}))["key"] == "disks-copy"
        assert (await edi.do("POST", "/dashboards/disks-copy/duplicate", {}))["key"] == "disks-copy-2"
        wish = {"title": "Mine", "key": "mine", "folder": ""}
        await edi.do("POST", "/dashboards/disks/duplicate", wish)
        copied = (await edi.get("/dashboards/mine"))["dashboard"]
        assert copied == {
            name: value for name, value in {**DISKS, "key": "mine", "title": "Mine"}.items() if name != "folder"
        }
        assert await edi.refused("POST", "/dashboards/disks/duplicate", wish) == (409, "key_taken")


async def test_folders_and_who_edits_them(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        ann, edi, dot = [await stage.person(name) for name in ("ann", "edi", "dot")]
        await save(edi)
        await save(edi, key="nets", title="Nets", folder="Machinesque")
        assert await dot.refused("PUT", "/dashboards/disks", {"dashboard": DISKS}) == (403, "missing_scope")
        team = (await ann.do("POST", "/org/teams", {"name": "Storage"}))["id"]
        await ann.do("PUT", f"/org/teams/{team}/members/{stage.users['dot']}")
        made = await ann.do("POST", "/folder-editors", {"folder": "Machines", "team_id": team})
        assert made["team_name"] == "Storage"
        await save(dot, title="Dot's disks")
        nets = {**DISKS, "key": "nets", "folder": "Machinesque"}
        assert await dot.refused("PUT", "/dashboards/nets", {"dashboard": nets}) == (403, "missing_scope")
        out = {"dashboard": {**DISKS, "folder": "Elsewhere"}}
        assert await dot.refused("PUT", "/dashboards/disks", out) == (403, "missing_scope")
        assert (await edi.do("PUT", "/folders/Machines", {"path": "Hosts"}))["dashboards"] == 1
        seen = await dot.get("/dashboards/disks")
        assert (seen["dashboard"]["folder"], seen["may_edit"]) == ("Hosts/Storage", True)
        folders = (await edi.get("/folders"))["folders"]
        assert [(one["path"], one["dashboards"]) for one in folders] == [
            ("Hosts", 1),
            ("Hosts/Storage", 1),
            ("Machinesque", 1),
        ]
        assert (await edi.do("PUT", "/folders/Hosts/Storage", {"path": ""}))["dashboards"] == 1
        assert await edi.refused("PUT", "/folders/Hosts", {"path": "x"}) == (404, "no_folder")
        (editors,) = (await ann.get("/folder-editors"))["editors"]
        await ann.do("DELETE", f"/folder-editors/{editors['id']}")
        assert await dot.refused("PUT", "/dashboards/disks", {"dashboard": DISKS}) == (403, "missing_scope")


async def test_stars(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        edi, dot = await stage.person("edi"), await stage.person("dot")
        await save(edi)
        await save(edi, key="nets", title="Nets")
        for _ in range(2):
            await dot.do("PUT", "/dashboards/nets/star")
        assert titles(await dot.get("/dashboards", starred=True)) == ["Nets"]
        assert titles(await edi.get("/dashboards", starred=True)) == []
        await dot.do("DELETE", "/dashboards/nets/star")
        assert titles(await dot.get("/dashboards", starred=True)) == []
        robot = await stage.token("dashboards:read")
        assert await robot.refused("PUT", "/dashboards/nets/star") == (403, "person_needed")


async def test_finding(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        edi = await stage.person("edi")
        await save(edi, description="Space, as Ärzte like 100%_it")
        await save(edi, key="nets", title="Networks of disks", folder="Machines", tags=["linux", "net"], panels=[])
        await save(edi, key="cpu", title="Processors", folder="", tags=[])
        found = await edi.get("/dashboards", q="NODE_LOAD1")
        assert titles(found) == ["Disks", "Processors"]
        (match,) = found["dashboards"][0]["matches"]
        assert (match["where"], match["panel"], match["panel_title"]) == ("expression", 1, "Load")
        assert titles(await edi.get("/dashboards", q="disks")) == ["Disks", "Networks of disks"]
        assert titles(await edi.get("/dashboards", q="disks net")) == ["Networks of disks"]
        assert titles(await edi.get("/dashboards", q="ärzte 100%_it")) == ["Disks"]
        assert titles(await edi.get("/dashboards", q="0_%")) == []
        assert titles(await edi.get("/dashboards", tag="linux")) == ["Disks", "Networks of disks"]
        assert titles(await edi.get("/dashboards", folder="Machines")) == ["Disks", "Networks of disks"]
        assert titles(await edi.get("/dashboards", folder="Machines/Storage")) == ["Disks"]
        page = await edi.get("/dashboards", limit=1, offset=1)
        assert (titles(page), page["total"], page["stored"]) == (["Networks of disks"], 3, 3)


async def test_the_plan_has_an_end(stage_of: StageOf) -> None:
    from obsv.config import Plan

    async with stage_of(plans=(Plan(name="small", dashboards=1),)) as stage:
        edi = await stage.person("edi")
        await save(edi)
        more = {"dashboard": {**DISKS, "key": "nets"}}
        assert await edi.refused("POST", "/dashboards", more) == (422, "plan_limit")
        await save(edi, title="Still mine")
        await edi.do("DELETE", "/dashboards/disks")
        await edi.do("POST", "/dashboards", more)
        assert await edi.refused("POST", "/dashboards/disks/undelete") == (422, "plan_limit")
