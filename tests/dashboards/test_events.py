"""Events over the API, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from obsv.core.clock import ManualClock
from obsv.dashboards.jobs import events_job

StageOf = Callable[..., Any]


def titles(answer: Any) -> list[str]:
    return [one["title"] for one in answer["events"]]


async def test_noting_and_finding(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        robot, dot, eve = await stage.token("dashboards:write"), await stage.person("dot"), await stage.person("eve")
        first = {"title": "Deployed 1.2", "time": 1_000_000, "tags": ["deploy", "web"], "text": "by CI"}
        made = await robot.do("POST", "/events", first)
        assert (made["time"], made["end"], made["tags"], made["text"]) == (1_000_000, None, ["deploy", "web"], "by CI")
        assert made["created_by"]["name"] == "robot"
        await robot.do("POST", "/events", {"title": "Upgrade", "time": 1_500_000, "end": 3_000_000, "tags": ["Deploy"]})
        assert titles(await dot.get("/events", since_ms=0, until_ms=1_200_000)) == ["Deployed 1.2"]
        assert titles(await dot.get("/events", since_ms=2_000_000, until_ms=2_500_000)) == ["Upgrade"]
        assert titles(await dot.get("/events", since_ms=0, until_ms=4_000_000)) == ["Upgrade", "Deployed 1.2"]
        assert titles(await dot.get("/events", since_ms=0, until_ms=4_000_000, tag="deploy")) == ["Deployed 1.2"]
        assert titles(await dot.get("/events", since_ms=0, until_ms=4_000_000, tag=["web", "deploy"])) == [
            "Deployed 1.2"
        ]
        assert titles(await dot.get("/events", since_ms=0, until_ms=4_000_000, tag=["web", "x"])) == []
        some = await dot.get("/events", since_ms=0, until_ms=4_000_000, limit=1)
        assert (titles(some), some["is_complete"]) == (["Upgrade"], False)
        now = await robot.do("POST", "/events", {"title": "Now"})
        assert titles(await dot.get("/events")) == ["Now"]
        assert titles(await eve.get("/events")) == []
        assert await eve.refused("DELETE", f"/events/{now['id']}") == (404, "no_event")
        assert await dot.refused("DELETE", f"/events/{now['id']}") == (403, "missing_scope")
        await robot.do("DELETE", f"/events/{now['id']}")
        assert titles(await dot.get("/events")) == []


async def test_what_is_no_event(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        robot = await stage.token("dashboards:write")
        for wrong in ({"title": " "}, {"title": "x", "tags": [" "]}, {"title": "x", "time": 2, "end": 1}):
            assert await robot.refused("POST", "/events", wrong) == (422, "bad_event")
        assert (await robot.ask("POST", "/events", {"title": "x", "time": "soon"})).status_code == 400


async def test_they_go_with_the_metrics_of_their_time(stage_of: StageOf) -> None:
    async with stage_of() as stage:
        robot = await stage.token("dashboards:read", "dashboards:write")
        for time, title in ((1000, "old"), (9000, "new")):
            await robot.do("POST", "/events", {"title": title, "time": time})

        async def organisations() -> list[int]:
            return list(stage.orgs.values())

        async def retention_ms(_: int) -> int:
            return 5000

        assert await events_job(ManualClock(10_000), organisations, retention_ms).run() == 1
        assert titles(await robot.get("/events", since_ms=0, until_ms=20_000)) == ["new"]
