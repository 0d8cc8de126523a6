"""Shared links: what a visitor without a cookie sees, and all that they do not, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from obsv.core.days import day_of
from obsv.dashboards.api_shared import RATE
from tests.dashboards.stage import BASE_URL, Caller, Stage

StageOf = Callable[..., Any]
DAY_MS = 86_400_000
MINUTE_MS = 60_000
DOCUMENT = {
    "key": "disks",
    "title": "Disks",
    "variables": [
        {"name": "job", "query": "label_values(disk_used, job)", "multi": True, "all": True},
        {"name": "disk", "query": 'label_values(disk_used{job=~"$job"}, disk)', "value": ["sda"]},
        {"name": "way", "kind": "custom", "options": [{"value": "avg"}, {"value": "max", "text": "most"}]},
        {"name": "note", "kind": "text", "query": "sda"},
        {"name": "span", "kind": "interval", "options": [{"value": "$__interval"}, {"value": "5m"}, {"value": "auto"}]},
        {"name": "secret", "kind": "filters", "value": ['room!="vault"']},
    ],
    "annotations": [{"name": "hidden", "source": "expression", "expr": "annotated"}],
    "panels": [
        {
            "id": 1,
            "queries": [{"expr": 'disk_used{job=~"$job",disk=~"$disk"}'}, {"ref": "B", "expr": "up", "hidden": True}],
        },
        {"id": 2, "queries": [{"expr": '${way} by (job) (disk_used{disk="$note"})'}]},
        {"id": 3, "last": "10m", "queries": [{"expr": "disk_used"}]},
        {"id": 4, "queries": [{"expr": "count_over_time(disk_used[$span])"}]},
        {"id": 5, "queries": [{"expr": "disk_used{"}]},
        {"id": 6, "queries": [{"expr": "$note"}]},
        {"id": 7, "view": {"kind": "placeholder", "was": "map", "source": "placed"}},
        {"id": 8, "view": {"kind": "alert-list", "matchers": ['team="hushed"']}},
    ],
}


class Visitor:
    """Whoever has the token."""

    def __init__(self, caller: Caller, token: str, now_ms: int) -> None:
        self.caller, self.path, self.now_ms = caller, f"/shared/{token}", now_ms

    async def series(self, panel: int, *, minutes: int = 30, **more: Any) -> list[tuple[str, str, int]]:
        """(job, disk, number of points) of what a panel shows."""
        answer = await self.query(panel, minutes=minutes, **more)
        found = answer["data"]["result"]
        shown = [(one["metric"].get("job", ""), one["metric"].get("disk", ""), len(one["values"])) for one in found]
        return sorted(shown)

    def body(self, panel: int, *, minutes: int = 30, **more: Any) -> dict[str, Any]:
        start_ms = self.now_ms - minutes * MINUTE_MS
        return {"panel": panel, "start_ms": start_ms, "end_ms": self.now_ms, "step_ms": MINUTE_MS, **more}

    async def query(self, panel: int, **more: Any) -> Any:
        return await self.caller.do("POST", f"{self.path}/query", self.body(panel, **more))

    async def refused(self, panel: int, **more: Any) -> tuple[int, str]:
        return await self.caller.refused("POST", f"{self.path}/query", self.body(panel, **more))

    async def variables(self, **chosen: list[str]) -> dict[str, Any]:
        body = {"start_ms": self.now_ms - 30 * MINUTE_MS, "end_ms": self.now_ms, "variables": chosen}
        answer = await self.caller.do("POST", f"{self.path}/variables", body)
        return {one["name"]: one for one in answer["variables"]}


async def report(stage: Stage, now_ms: int) -> None:
    """An hour of three disks, one of them in the vault."""
    writer = await stage.token("metrics:write")
    disks = (("db", "sda", "hall"), ("web", "sda", "hall"), ("web", "sdb", "hall"), ("db", "sdz", "vault"))
    lines = [
        f'disk_used{{job="{job}",disk="{disk}",room="{room}"}} {minute} {now_ms - minute * MINUTE_MS}'
        for job, disk, room in disks
        for minute in range(60)
    ]
    answer = await writer.client.post("/api/v1/import/prometheus", content="\n".join(lines) + "\n")
    assert answer.is_success, answer.text


async def shared(stage: Stage, **wish: Any) -> Visitor:
    """Disks, shared as wished."""
    now_ms = stage.clock.now_ms() // MINUTE_MS * MINUTE_MS
    edi = await stage.person("edi")
    if (await edi.ask("GET", "/dashboards/disks")).status_code == 404:
        await report(stage, now_ms)
        await edi.do("POST", "/dashboards", {"dashboard": DOCUMENT})
    made = await edi.do("POST", "/dashboards/disks/links", {"expires_at_ms": now_ms + DAY_MS, **wish})
    assert made["url"] == f"{BASE_URL}/shared/{made['token']}"
    return Visitor(await stage.nobody(), made["token"], now_ms)


async def test_a_visitor_sees_what_is_stored_and_no_question(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        visitor = await shared(stage, title="For you")
        answer = await visitor.caller.ask("GET", visitor.path)
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert "set-cookie" not in answer.headers
        seen = answer.json()
        assert (seen["title"], seen["dashboard"]["title"], seen["variables"]) == ("For you", "Disks", [])
        for hidden in ("disk_used", "annotated", "vault", "placed", "hushed", "label_values"):
            assert hidden not in answer.text
        assert await visitor.series(1) == [("db", "sda", 31), ("web", "sda", 31)]
        (row,) = (await visitor.query(1, at="instant", variables={"job": ["db"]}))["data"]["result"]
        assert (row["metric"]["disk"], row["value"][1]) == ("sda", "0")


async def test_a_visitor_asks_nothing_else(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        visitor = await shared(stage)
        assert await visitor.refused(1, ref="B") == (404, "no_query")
        assert await visitor.refused(9) == (404, "no_query")
        assert await visitor.refused(5) == (422, "bad_query")
        assert await visitor.refused(1, minutes=12_000) == (422, "too_many_points")
        assert (
            await visitor.caller.ask("POST", f"{visitor.path}/query", {**visitor.body(1), "expr": "up"})
        ).status_code == 400
        assert (await visitor.caller.ask("GET", "/dashboards/disks")).status_code == 401
        assert await visitor.caller.refused("GET", "/shared/" + "x" * 43) == (404, "no_link")
        # The matchers of the dashboard's filters hold, wherever they are asked for.
        assert await visitor.series(3, minutes=5) == [("db", "sda", 6), ("web", "sda", 6), ("web", "sdb", 6)]


async def test_variables_that_are_not_theirs(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        visitor = await shared(stage, chosen={"job": ["web"], "disk": ["sda"]})
        assert await visitor.series(1) == [("web", "sda", 31)]
        assert await visitor.refused(1, variables={"job": ["db"]}) == (422, "bad_variable")
        assert await visitor.refused(1, variables={"job": ["$__all"]}) == (422, "bad_variable")
        assert await visitor.refused(2, variables={"way": ["max"]}) == (422, "bad_variable")
        assert await visitor.refused(2, variables={"note": ["sdb"]}) == (422, "bad_variable")
        # A panel that is repeated asks for one value of those that are chosen.
        assert await visitor.series(1, variables={"job": ["web"]}) == [("web", "sda", 31)]
        seen = await visitor.variables()
        assert (seen["job"]["values"], seen["job"]["choices"]) == (["web"], [])


async def test_variables_that_are_theirs(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        visitor = await shared(stage, variables=["job", "disk", "way", "note"])
        seen = await visitor.variables()
        assert [one["value"] for one in seen["job"]["choices"]] == ["db", "web"]
        assert (seen["job"]["is_all"], seen["job"]["values"]) == (True, ["db", "web"])
        assert [one["value"] for one in seen["disk"]["choices"]] == ["sda", "sdb", "sdz"]
        assert [one["value"] for one in (await visitor.variables(job=["web"]))["disk"]["choices"]] == ["sda", "sdb"]
        assert await visitor.series(1, variables={"job": ["web"], "disk": ["sdb"]}) == [("web", "sdb", 31)]
        assert await visitor.refused(1, variables={"job": ["web"], "disk": ["sdz"]}) == (422, "bad_variable")
        assert await visitor.refused(1, variables={"disk": ['.*"} or up{x="']}) == (422, "bad_variable")
        (row,) = (await visitor.query(2, variables={"note": ["sdb"], "way": ["max"]}))["data"]["result"]
        assert row["metric"] == {"job": "web"}
        # What a visitor writes stays within its string.
        assert (await visitor.query(2, variables={"note": ['x"} or disk_used{job="web']}))["data"]["result"] == []
        # Outside of a string, it is a word.
        assert (await visitor.query(6, variables={"note": ["disk_unknown"]}))["data"]["result"] == []
        assert await visitor.refused(6, variables={"note": ["up or disk_used"]}) == (422, "bad_variable")


async def test_intervals(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        visitor = await shared(stage, variables=["span"])
        offered = (await visitor.variables())["span"]
        assert ([one["value"] for one in offered["choices"]], offered["values"]) == (
            ["$__interval", "5m", "auto"],
            ["$__interval"],
        )
        for span, count in (("$__interval", "1"), ("5m", "5"), ("auto", "2")):
            answer = await visitor.query(4, at="instant", variables={"span": [span]})
            assert [row["value"][1] for row in answer["data"]["result"]] == [count] * 3


@pytest.mark.parametrize(("start", "minutes"), [("now-10m", 10), ("now-1h", 30)])
async def test_a_fixed_time(stage_of: StageOf, start: str, minutes: int) -> None:
    async with stage_of() as stage:
        visitor = await shared(stage, start=start, end="now")
        points = {count for _, _, count in await visitor.series(1)}
        # As far as the server's clock, and the visitor's, may differ.
        assert points <= {minutes + extra for extra in (1, 2, 3)}
        assert {count for _, _, count in await visitor.series(3)} <= {11, 12, 13}
        old = {**visitor.body(1), "start_ms": 0, "end_ms": visitor.now_ms - 10 * DAY_MS, "step_ms": DAY_MS}
        assert await visitor.caller.refused("POST", f"{visitor.path}/query", old) == (422, "bad_range")


async def test_they_end(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        edi, dot, eve = [await stage.person(name) for name in ("edi", "dot", "eve")]
        first, second = await shared(stage), await shared(stage, title="second")
        links = (await edi.get("/dashboards/disks/links"))["links"]
        assert [one["title"] for one in links] == ["second", ""]
        assert "token" not in links[0]
        assert [one["last_used_on"] for one in links] == [None, None]
        await first.caller.get(first.path)
        links = (await edi.get("/dashboards/disks/links"))["links"]
        assert [one["last_used_on"] for one in links] == [None, str(day_of(stage.clock.now_ms()))]
        assert await dot.refused("GET", "/dashboards/disks/links") == (403, "missing_scope")
        assert await eve.refused("DELETE", f"/dashboards/disks/links/{links[0]['id']}") == (404, "no_dashboard")
        await edi.do("DELETE", f"/dashboards/disks/links/{links[0]['id']}")
        assert await second.refused(1) == (404, "no_link")
        await edi.do("DELETE", "/dashboards/disks")
        assert await first.refused(1) == (404, "no_link")
        await edi.do("POST", "/dashboards/disks/undelete")
        assert await first.series(1)
        stage.clock.ahead_ms = DAY_MS
        assert await first.caller.refused("GET", first.path) == (404, "no_link")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"expires_at_ms": 0}, "bad_expiry"),
        ({"expires_at_ms": 2**50}, "bad_expiry"),
        ({"variables": ["nobody"]}, "bad_variable"),
        ({"variables": ["secret"]}, "bad_variable"),
        ({"chosen": {"nobody": []}}, "bad_variable"),
        ({"start": "now-1h"}, "bad_range"),
        ({"start": "now", "end": "now-1h"}, "bad_range"),
        ({"start": "yesterday", "end": "now"}, "bad_range"),
    ],
)
async def test_links_that_cannot_be(stage_of: StageOf, wish: dict[str, Any], code: str) -> None:
    async with stage_of() as stage:
        edi = await stage.token("dashboards:read", "dashboards:write")
        await edi.do("POST", "/dashboards", {"dashboard": DOCUMENT})
        body = {"expires_at_ms": stage.clock.now_ms() + DAY_MS, **wish}
        assert await edi.refused("POST", "/dashboards/disks/links", body) == (422, code)


async def test_too_many_calls(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        nobody = await stage.nobody()
        stage.clock.held_s = stage.clock.monotonic()
        answers = [await nobody.ask("GET", "/shared/" + "x" * 43) for _ in range(RATE.calls + 1)]
        assert {answer.status_code for answer in answers[:-1]} == {404}
        assert (answers[-1].status_code, int(answers[-1].headers["retry-after"])) == (429, 1)
