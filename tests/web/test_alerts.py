"""What fires, in the cabinet: found, acknowledged, silenced; and the links of messages, which lead here."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.live import Live
from tests.web.browser import assert_accessible
from tests.web.cabinet import Cabinet, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

ALERTS = [
    {
        "labels": {"alertname": "DiskFull", "severity": "critical", "instance": "db-1:9100", "job": "node"},
        "annotations": {"summary": "The disk of db-1 is full", "description": "93 % used"},
        "generatorURL": "/app/operator/explore?q=node_filesystem_avail_bytes",
    },
    {"labels": {"alertname": "Slow", "severity": "warning", "instance": "web-1:9100", "job": "node"}},
]


def post(live: Live, path: str, body: object) -> None:
    request = urllib.request.Request(
        live.url + path,
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {live.token('alerts:write')}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


@pytest.fixture
def firing(live: Live) -> Iterator[None]:
    """Two alerts from elsewhere; over at the end."""
    post(live, "/api/v2/alerts", ALERTS)
    yield
    post(live, "/api/v2/alerts", [one | {"endsAt": "2026-01-01T00:00:00Z"} for one in ALERTS])


async def test_nothing_fires(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/alerts")
    await expect(page.get_by_role("heading", name="Nothing fires")).to_be_visible()
    await assert_accessible(page)


@pytest.mark.usefixtures("firing")
async def test_an_alert_is_found_and_acknowledged(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url)
    await page.get_by_role("link", name=re.compile("^Alerts")).click()
    row = page.get_by_role("listitem").filter(has_text="The disk of db-1 is full").last
    await expect(page.get_by_role("status").filter(has_text="2 alerts")).to_be_visible()
    await expect(page.get_by_label("2 wait for somebody")).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("searchbox", name="Search alerts").fill("web-1")
    await expect(page.get_by_role("status").filter(has_text="1 alert")).to_be_visible()
    await expect(row).to_have_count(0)
    await page.get_by_role("searchbox", name="Search alerts").fill("disk FULL")
    await page.get_by_role("button", name="Acknowledge The disk of db-1 is full").click()
    await expect(page.get_by_text("Acknowledged, Ann Example")).to_be_visible()
    await expect(page.get_by_label("1 wait for somebody")).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("button", name="Acknowledge The disk of db-1 is full")).to_be_visible()
    await page.get_by_role("link", name="Query The disk of db-1 is full").click()
    await expect(page).to_have_url(re.compile(r"/explore\?q=node_filesystem"))


@pytest.mark.usefixtures("firing")
async def test_alerts_are_silenced_and_heard_again(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/alerts")
    await page.get_by_role("link", name="Silence Slow").click()
    await expect(page).to_have_url(re.compile(r"/alerts/silences/new\?matcher="))
    form = page.get_by_role("form", name="New silence")
    await expect(form.get_by_role("status")).to_contain_text("Hits 1 alert that fires now. Slow")
    matchers = form.get_by_label("Alerts with all of these labels")
    await expect(matchers).to_have_value(re.compile('alertname="Slow"\n'))
    await matchers.fill('job="node"')
    await expect(form.get_by_role("status")).to_contain_text("Hits 2 alerts that fire now.")
    await matchers.fill("job=~(")
    await expect(form.get_by_role("status")).to_contain_text("cannot be used")
    page.problems.clear()  # type: ignore[attr-defined]  # the refusal that was wanted
    await matchers.fill('alertname="Slow"')
    await expect(form.get_by_role("button", name="Silence them")).to_be_disabled()
    await form.get_by_label("Why").fill("We are at it")
    await form.get_by_label("For").select_option("1 day")
    await assert_accessible(page)
    await form.get_by_role("button", name="Silence them").click()
    entry = page.get_by_role("listitem").filter(has_text="We are at it")
    await expect(entry).to_contain_text("hits 1 alert")
    await expect(entry).to_contain_text('alertname="Slow"')
    await page.get_by_role("link", name="Firing").click()
    await expect(page.get_by_role("listitem").filter(has_text="Silenced")).to_contain_text("Slow")
    await page.get_by_role("link", name="Silences").click()
    await entry.get_by_role("button", name="End it").click()
    await expect(entry).to_contain_text("Over")


@pytest.mark.usefixtures("firing")
async def test_a_message_leads_to_its_alert(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/alerts")
    await expect(page.get_by_role("status").filter(has_text="2 alerts")).to_be_visible()
    told = await page.evaluate(
        "fetch('/api/obsv/v1/alerts', {headers: {'x-obsv-org': 'operator'}}).then((a) => a.json())"
    )
    fingerprint = next(one["fingerprint"] for one in told["alerts"] if one["labels"]["alertname"] == "Slow")
    await page.goto(f"{cabinet.url}/alerts?alert={fingerprint}")
    await expect(page.get_by_role("status").filter(has_text="1 alert")).to_be_visible()
    await page.get_by_role("button", name="Show all").click()
    await expect(page.get_by_role("status").filter(has_text="2 alerts")).to_be_visible()
    await page.goto(f"{cabinet.url}/alerts?alert=0000000000000000")
    await expect(page.get_by_text("This alert does not fire any more.")).to_be_visible()


@pytest.mark.usefixtures("firing")
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_a_phone(cabinet: Cabinet, scheme: str) -> None:
    for path in ("/alerts", "/alerts/silences/new?matcher=job%3D%22node%22"):
        async with cabinet.open("small", scheme) as page:  # type: ignore[arg-type]
            await page.goto(cabinet.url + path)
            await settle(page)
            assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
            await assert_accessible(page)
            await page.get_by_role("button", name="More", exact=True).click()
            await expect(page.get_by_role("link", name="Settings")).to_be_visible()
            await assert_accessible(page)
