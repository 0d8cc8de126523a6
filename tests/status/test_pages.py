"""Pages, components and what the public sees of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.dashboards.stage import BASE_URL
from tests.status.conftest import PAGE, Day


def today(house: Any) -> Any:
    return datetime.fromtimestamp(house.stage.clock.now_ms() / 1000, UTC).date()


async def test_a_page_without_anything(open_house: Any) -> None:
    async with open_house() as house:
        shown = await house.read()
        assert "All systems operational" in shown
        assert "<script" not in shown
        assert 'style="' not in shown
        (page,) = (await house.editor.get("/status-pages"))["pages"]
        assert (page["url"], page["state"], page["subscribers"]) == (f"{BASE_URL}/status/acme", "operational", 0)


async def test_a_draft_is_not_there(open_house: Any) -> None:
    async with open_house() as house:
        await house.editor.do("PUT", f"/status-pages/{house.page_id}", {**PAGE, "is_public": False})
        for path in ("", "/history", "/feed.rss", "/feed.atom", "/feed.json", "/summary.json", "/subscribe"):
            await house.read(path, 404)


async def test_addresses_are_the_instances(open_house: Any) -> None:
    async with open_house() as house:
        eve = await house.stage.person("eve")
        assert await eve.refused("POST", "/status-pages", PAGE) == (409, "status_page_taken")
        for slug, code in (("assets", "reserved_slug"),):
            assert (await eve.refused("POST", "/status-pages", {**PAGE, "slug": slug}))[1] == code
        other = {**PAGE, "slug": "other", "host": "status.other.example"}
        made = await eve.do("POST", "/status-pages", other)
        assert made["url"] == "http://status.other.example/status/other"
        assert await eve.refused("POST", "/status-pages", {**other, "slug": "third"}) == (409, "status_page_taken")
        # Nobody sees another organisation's.
        assert await house.editor.refused("GET", f"/status-pages/{made['id']}") == (404, "no_status_page")
        assert await house.editor.refused("DELETE", f"/status-pages/{made['id']}") == (404, "no_status_page")


async def test_a_page_on_its_own_host(open_house: Any) -> None:
    async with open_house() as house:
        await house.editor.do("PUT", f"/status-pages/{house.page_id}", {**PAGE, "host": "status.acme.example"})
        asked = house.public.client
        answer = await asked.get("/", headers={"Host": "status.acme.example"})
        assert answer.status_code == 200
        assert "All systems operational" in answer.text
        css = re.search(r'href="(/status/assets/[^"]+)"', answer.text)
        assert css is not None
        for path, status in (("/status/acme/history", 200), (css[1], 200), ("/login", 404), ("/app", 404)):
            assert (await asked.get(path, headers={"Host": "status.acme.example"})).status_code == status, path
        # At the instance's own address nothing changed.
        assert (await asked.get("/")).status_code == 200
        assert "obsv" in (await asked.get("/")).text


async def test_what_may_be_cached(open_house: Any) -> None:
    async with open_house() as house:
        first = await house.public.client.get("/status/acme")
        assert first.headers["cache-control"] == "public, max-age=15"
        tag = first.headers["etag"]
        again = await house.public.client.get("/status/acme", headers={"If-None-Match": f'W/{tag}, "x"'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        await house.component("API")
        changed = await house.public.client.get("/status/acme", headers={"If-None-Match": tag})
        assert changed.status_code == 200
        assert "API" in changed.text


async def test_components_in_groups_and_order(open_house: Any) -> None:
    async with open_house() as house:
        for name, group in (("Login", "Web"), ("API", ""), ("Search", "Web")):
            await house.component(name, group=group)
        shown = await house.read()
        places = [shown.index(f"<strong>{name}</strong>") for name in ("Login", "Search", "API")]
        assert places == sorted(places)
        ids = {name: one["id"] for name, one in (await house.components()).items()}
        order = {"ids": [ids["API"], ids["Search"], ids["Login"]]}
        path = f"/status-pages/{house.page_id}/components"
        listed = await house.editor.do("PUT", f"{path}/order", order)
        assert [one["name"] for one in listed["components"]] == ["API", "Search", "Login"]
        assert (await house.editor.refused("PUT", f"{path}/order", {"ids": [ids["API"]]}))[1] == "bad_order"


async def test_a_state_set_by_hand(open_house: Any) -> None:
    async with open_house() as house:
        path = f"/status-pages/{house.page_id}/components/{await house.component('API')}/state"
        made = await house.editor.do("PUT", path, {"state": "major_outage"})
        assert (made["state"], made["set_by_hand"]) == ("major_outage", "major_outage")
        assert '<h1 class="sentence major_outage">' in await house.read()
        made = await house.editor.do("PUT", path, {"state": None})
        assert (made["state"], made["set_by_hand"]) == ("operational", None)
        assert "All systems operational" in await house.read()


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("up", "up"), "operational"),
        (("up", "down"), "partial_outage"),
        (("down", "down"), "major_outage"),
        (("down", "paused"), "major_outage"),
        (("degraded", "up"), "degraded"),
        (("paused", "unknown"), "operational"),
        (("up", "maintenance"), "maintenance"),
    ],
)
async def test_a_state_of_monitors(open_house: Any, states: tuple[str, ...], expected: str) -> None:
    async with open_house() as house:
        house.monitors.now = dict(zip(("one", "two"), states, strict=True))
        await house.component("API", monitors=["one", "two"])
        assert (await house.components())["API"]["state"] == expected


async def test_bars_of_monitors_with_known_days(open_house: Any) -> None:
    async with open_house() as house:
        end = today(house)
        days = [Day(end - timedelta(days=ago), 86_400.0, 0.0) for ago in range(40, -1, -1)]
        days[10] = Day(days[10].day, 86_400.0 - 600, 600.0)
        days[20] = Day(days[20].day, 21_600.0, 64_800.0)
        house.monitors.past = {"one": days}
        await house.component("API", monitors=["one"])
        shown = await house.read()
        bars = re.findall(r'class="bar (\w+)"[^>]* title="([^"]+)"', shown)
        assert len(bars) == 90
        assert [state for state, _ in bars[:49]] == ["unknown"] * 49
        told = {title.partition(":")[0]: (state, title.partition(": ")[2]) for state, title in bars}

        def of(ago: int) -> tuple[str, str]:
            day = end - timedelta(days=ago)
            return told[f"{day.day} {day:%b %Y}"]

        assert of(0) == ("operational", "100 %")
        assert of(30) == ("degraded", "99.30 %, 10 min down")
        assert of(20) == ("major_outage", "25.00 %, 18 h 0 min down")
        up = sum(day.up_s for day in days) / (41 * 86_400)
        assert f"{int(up * 10_000) / 100:.2f} % up in 90 days" in shown
        # What a title tells is there for who has no pointer, too.
        assert f'<span class="hidden">{(end - timedelta(days=20)).day} ' in shown


async def test_bars_without_monitors_come_from_incidents(open_house: Any) -> None:
    async with open_house() as house:
        component_id = await house.component("API")
        now = house.stage.clock.now_ms()
        two_days = now - now % 86_400_000 - 2 * 86_400_000
        made = await house.incident(
            started_at_ms=two_days + 3_600_000, components={component_id: "major_outage"}, impact="critical"
        )
        assert (await house.components())["API"]["state"] == "major_outage"
        body = {"status": "resolved", "text": "Done.", "at_ms": two_days + 3 * 3_600_000}
        await house.editor.do("POST", f"/incidents/{made['id']}/updates", body)
        assert (await house.components())["API"]["state"] == "operational"
        titles = re.findall(r'class="bar (\w+)"[^>]* title="([^"]+)"', await house.read())
        assert titles[-3][0] == "major_outage"
        assert "2 h 0 min down" in titles[-3][1]
        await house.editor.do("PATCH", f"/incidents/{made['id']}", {"started_at_ms": two_days + 2 * 3_600_000})
        titles = re.findall(r'class="bar (\w+)"[^>]* title="([^"]+)"', await house.read())
        assert "1 h 0 min down" in titles[-3][1]


async def test_the_operators_page(open_house: Any) -> None:
    async with open_house() as house:
        answer = await house.public.client.get("/status")
        assert (answer.status_code, "none here yet" in answer.text) == (200, True)
        ops = await house.stage.token("status:write", org="Acme")
        assert (await ops.ask("GET", "/status-pages")).status_code == 403
        from obsv.db import execute

        await execute("UPDATE organisations SET is_operator = {}", False)
        await execute("UPDATE organisations SET is_operator = {} WHERE slug = {}", True, "acme")
        answer = await house.public.client.get("/status")
        assert (answer.status_code, answer.headers["location"]) == (303, "/status/acme")


async def test_deleting_a_page_leaves_nothing(open_house: Any) -> None:
    from obsv.db import fetch_value

    async with open_house() as house:
        component_id = await house.component("API")
        await house.incident(components={component_id: "degraded"})
        await house.subscribe("ann@reader.example")
        await house.editor.do("DELETE", f"/status-pages/{house.page_id}")
        for table in ("pages", "components", "periods", "incidents", "updates", "subscribers"):
            assert await fetch_value(f"SELECT count(*) FROM status_{table}") == 0, table
        await house.read(status=404)
