"""The history of alerts: what fired, how long, why, and what was told; found from a rule and from an alert."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.live import Live
from tests.web.browser import assert_accessible, new_page
from tests.web.cabinet import PASSWORD, Cabinet, sign_in
from tests.web.test_channels_ui import Api

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

HISTORY = "/alerts/history"
V1 = "/api/obsv/v1"
ROUTING = """
route: {receiver: owners, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: owners, channels: [Owners by email]}]
"""
GROUP = {
    "name": "History tests",
    "interval": "1s",
    "rules": [
        {
            "alert": "LoadThere",
            "expr": 'node_load1{instance="web-1:9100"} >= 0',
            "labels": {"severity": "critical"},
            "annotations": {"summary": "{{ $labels.instance }} has a load", "runbook_url": "https://example.org/run"},
        }
    ],
}


def until(api: Api, path: str, key: str) -> Any:
    """The first thing of a list, once there is one."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if found := api.call("GET", path)[key]:
            return found[0]
        time.sleep(0.2)
    raise AssertionError(f"{path} stays empty")


@pytest.fixture(scope="module")
def fired(live: Live, reporting: Any) -> Iterator[Any]:
    """An alert that fires, of which somebody was told."""
    assert reporting.url == live.url
    reporting.report(int(time.time() * 1000))
    api = Api(live.url, live.token("alerts:read,alerts:write"))
    before = api.call("GET", V1 + "/routing")["document"]
    api.call("PUT", V1 + "/routing", {"yaml": ROUTING})
    made = api.call("POST", V1 + "/rule-groups", {"group": GROUP})
    firing = until(api, f"{V1}/alert-firings?rule_id={made['rules'][0]}", "firings")
    until(api, f"{V1}/deliveries?fingerprint={firing['fingerprint']}", "deliveries")
    yield firing
    api.call("DELETE", f"{V1}/rule-groups/{made['id']}")
    api.call("PUT", V1 + "/routing", {"document": before})


async def test_an_alert_stands_in_the_history_with_its_delivery(page: Page, cabinet: Cabinet, fired: Any) -> None:
    await page.goto(cabinet.url + "/alerts")
    await page.get_by_role("link", name="History web-1:9100 has a load").click()
    await expect(page).to_have_url(re.compile(f"{HISTORY}\\?alert={fired['fingerprint']}$"))
    row = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="Why"))
    await expect(row).to_contain_text("web-1:9100 has a load")
    for told in ("LoadThere", "critical", "History tests", "fires still", "instance=web-1:9100"):
        await expect(row).to_contain_text(told)
    await row.get_by_role("button", name="Why").click()
    await expect(row.get_by_role("img", name=re.compile("^Between"))).to_be_visible()
    delivery = row.get_by_role("listitem").filter(has_text="Owners by email")
    await expect(delivery).to_contain_text("1 alert")
    await expect(row.get_by_role("link", name="runbook_url")).to_have_attribute("href", "https://example.org/run")
    await assert_accessible(page)
    await row.get_by_role("link", name="Explore at that time").click()
    await expect(page).to_have_url(re.compile(r"/app/operator/explore\?q=node_load1.*&from=\d+&to=\d+"))


async def test_filters_stand_in_the_address(page: Page, cabinet: Cabinet, fired: Any) -> None:
    await page.goto(f"{cabinet.url}/alerts/rules/{fired['rule_id']}")
    await page.locator("a[href*='history?rule=']").click()
    await expect(page.get_by_text("Of the rule LoadThere")).to_be_visible()
    await expect(page.get_by_role("status").filter(has_text="1 alert")).to_be_visible()
    await page.get_by_label("Severity").select_option("info")
    await expect(page).to_have_url(re.compile("severity=info"))
    await expect(page.get_by_text("Nothing like this fired in this time.")).to_be_visible()
    await page.get_by_label("Severity").select_option("critical")
    await page.get_by_role("searchbox", name="Search the history").fill("elsewhere")
    await expect(page.get_by_role("status").filter(has_text="0 alerts")).to_be_visible()
    await page.goto(cabinet.url + HISTORY + "?from=2026-01-01&to=2026-01-02")
    await expect(page.get_by_text("Nothing like this fired in this time.")).to_be_visible()


@pytest.mark.usefixtures("fired")
async def test_a_viewer_reads_it_on_a_phone(live: Live, browser: Browser, cabinet: Cabinet) -> None:
    who = ("--email", "historian@example.org", "--name", "Historian", "--org", "operator", "--role", "viewer")
    live.cli("admin", "create-user", *who, "--password-stdin", stdin=PASSWORD)
    async with new_page(browser, width=360, height=740) as page:
        await sign_in(page, live, "historian@example.org")
        await page.goto(cabinet.url + HISTORY + "?severity=critical")
        row = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="Why"))
        await row.get_by_role("button", name="Why").click()
        await expect(row.get_by_role("listitem").filter(has_text="Owners by email")).to_be_visible()
        await expect(row.get_by_role("button", name="Try again")).to_have_count(0)
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        await assert_accessible(page)


def board(**more: Any) -> dict[str, Any]:
    """A chart that alerts and incidents mark, and lists of alerts."""
    marks = [
        {"name": "Alerts", "source": "alerts", "matchers": ['severity="critical"']},
        {"name": "Others", "source": "alerts", "matchers": ['severity="$none"']},
        {"name": "Incidents", "source": "incidents"},
    ]
    panels = [
        {"id": 1, "title": "Load", "queries": [{"expr": "vector(1)"}], "grid": {"w": 24, "h": 8}},
        {"id": 2, "title": "Firing", "view": {"kind": "alert-list"}, "grid": {"y": 8, "w": 8, "h": 6}},
        {
            "id": 3,
            "title": "Fired",
            "view": {"kind": "alert-list", "matchers": ['alertname="LoadThere"'], "history": True},
            "grid": {"x": 8, "y": 8, "w": 8, "h": 6},
        },
        {
            "id": 4,
            "title": "None",
            "view": {"kind": "alert-list", "matchers": ['alertname="Elsewhere"']},
            "grid": {"x": 16, "y": 8, "w": 8, "h": 6},
        },
    ]
    return {"key": "alerting", "title": "Alerting", "annotations": marks, "panels": panels, **more}


async def test_dashboards_list_and_mark_alerts_and_incidents(
    page: Page, cabinet: Cabinet, live: Live, fired: Any
) -> None:
    api = Api(live.url, live.token("dashboards:read,dashboards:write,status:write"))
    at_ms = fired["fired_at_ms"]
    status = api.call("POST", V1 + "/status-pages", {"slug": "marks", "title": "Marks"})
    wish = {"page_id": status["id"], "title": "The shop is slow", "text": "We look.", "started_at_ms": at_ms}
    api.call("POST", V1 + "/incidents", wish)
    api.call("POST", V1 + "/dashboards", {"dashboard": board()})
    await page.goto(f"{cabinet.url}/d/alerting?from={at_ms - 60_000}&to={at_ms + 60_000}")
    for title in ("Firing", "Fired"):
        panel = page.get_by_role("region", name=title, exact=True)
        await expect(panel.get_by_role("link", name="web-1:9100 has a load").first).to_be_visible()
    await expect(page.get_by_role("region", name="None", exact=True)).to_contain_text("Nothing fires")
    chart = page.get_by_role("region", name="Load", exact=True).locator(".u-over")
    box = await chart.bounding_box()
    assert box
    # A second after it fired.
    await page.mouse.move(box["x"] + box["width"] * 61 / 120, box["y"] + box["height"] / 2)
    tip = page.get_by_role("tooltip").or_(page.locator(".tip")).filter(has_text="The shop is slow")
    await expect(tip).to_contain_text("web-1:9100 has a load")
    await assert_accessible(page)
    await page.get_by_role("region", name="Fired", exact=True).get_by_role("link").first.click()
    await expect(page.get_by_role("button", name="Why").first).to_have_attribute("aria-expanded", "true")


async def test_a_list_of_alerts_is_made_in_the_editor(page: Page, cabinet: Cabinet, live: Live, fired: Any) -> None:
    api = Api(live.url, live.token("dashboards:read,dashboards:write"))
    api.call("POST", V1 + "/dashboards", {"dashboard": board(key="alerting-made", panels=board()["panels"][1:2])})
    await page.goto(cabinet.url + "/d/alerting-made?edit=2")
    assert fired
    panel = page.get_by_role("region", name="Firing", exact=True)
    await expect(panel.get_by_role("link", name="web-1:9100 has a load")).to_be_visible()
    await expect(page.get_by_label("Expression")).to_have_count(0)
    await page.get_by_label("With all of these labels").fill('severity="info"')
    await page.get_by_label("With all of these labels").press("Tab")
    await expect(panel.get_by_role("link", name="web-1:9100 has a load")).to_have_count(0)
    await assert_accessible(page)
