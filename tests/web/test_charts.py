"""A host's charts: the time they show, what can be done with them, and that they live."""

from __future__ import annotations

import re
import time

import pytest
from playwright.async_api import Locator, Page, expect

from tests.web import fleet as machines
from tests.web.cabinet import HOST, Cabinet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def open_host(page: Page, cabinet: Cabinet, query: str = "") -> None:
    """The page of a host, with its charts drawn."""
    await page.goto(cabinet.url + HOST + query)
    await page.wait_for_selector("[data-chart-points]:not([data-chart-points='0'], [data-chart-points='1']) .uplot")


def panel(page: Page, title: str) -> Locator:
    """The chart of that title."""
    return page.get_by_role("region", name=title, exact=True)


async def drag(page: Page, chart: Locator, start: float, end: float) -> None:
    """Over a chart, between two parts of its width."""
    box = await chart.locator(".u-over").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] * start, box["y"] + 40)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * end, box["y"] + 40, steps=4)
    await page.mouse.up()


def span_ms(url: str) -> int:
    """Length of the fixed range of an address."""
    found = re.search(r"from=(\d+)&to=(\d+)", url)
    assert found is not None, url
    return int(found[2]) - int(found[1])


async def test_a_range_is_picked_zoomed_widened_and_undone(page: Page, cabinet: Cabinet) -> None:
    await open_host(page, cabinet)
    await page.get_by_role("button", name="Last 1 h").click()
    await page.get_by_role("button", name="Last 15 min").click()
    await expect(page).to_have_url(re.compile("from=now-15m"))
    await expect(panel(page, "Load")).to_have_attribute("aria-busy", "false")
    await drag(page, panel(page, "Load"), 0.3, 0.6)
    await expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    address, zoomed = page.url, span_ms(page.url)
    assert 200_000 < zoomed < 340_000
    await page.get_by_role("button", name="Zoom out").click()
    await expect(page).not_to_have_url(address)
    assert span_ms(page.url) == pytest.approx(2 * zoomed, abs=2)
    await page.go_back()
    await page.go_back()
    await expect(page).to_have_url(re.compile("from=now-15m"))
    await expect(page.get_by_role("button", name="Last 15 min")).to_be_visible()


async def test_a_range_is_given_by_hand(page: Page, cabinet: Cabinet) -> None:
    await open_host(page, cabinet)
    await page.get_by_role("button", name="Time range").click()
    await page.get_by_label("From").fill("2026-01-02T10:00")
    await page.get_by_label("To", exact=True).fill("2026-01-02T09:00")
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_role("alert")).to_contain_text("after the beginning")
    await page.get_by_label("To", exact=True).fill("2026-01-02T11:30")
    await page.get_by_role("button", name="Show").click()
    await expect(page).to_have_url(re.compile(r"to=\d+"))
    assert span_ms(page.url) == 5_400_000
    await expect(page.get_by_text("No data in this time.").first).to_be_visible()


async def test_new_points_come_without_reload(page: Page, cabinet: Cabinet, fleet: machines.Fleet) -> None:
    await open_host(page, cabinet, "?from=now-5m")
    load = panel(page, "Load")
    value = load.get_by_role("button", name=re.compile("^1 min"))
    await expect(value).not_to_contain_text("77.7")
    labels = {"__name__": "node_load1", "job": "node", "instance": "db-1:9100"}
    machines.write(fleet.url, fleet.token, [(labels, [(int(time.time() * 1000), 77.7)])])
    await expect(value).to_contain_text("77.7", timeout=25_000)
    await expect(load.get_by_role("img")).to_have_attribute("aria-label", re.compile("1 min 77.7 last"))


async def test_a_pointer_reads_all_charts_at_one_time(page: Page, cabinet: Cabinet) -> None:
    await open_host(page, cabinet)
    box = await panel(page, "Memory").locator(".u-over").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    clock = re.compile(r"\d\d:\d\d:\d\d")
    await expect(panel(page, "Memory").get_by_text(clock)).to_be_visible()
    told = await panel(page, "Memory").get_by_text(clock).inner_text()
    await expect(panel(page, "Network").get_by_text(told)).to_be_visible()


async def test_a_series_is_hidden_and_a_chart_is_read_as_a_table(page: Page, cabinet: Cabinet) -> None:
    await open_host(page, cabinet)
    network = panel(page, "Network")
    await network.get_by_role("button", name="view as table").click()
    await expect(network.get_by_role("columnheader")).to_have_text(["Time", "eth0 in", "eth0 out"])
    await network.get_by_role("button", name=re.compile("^eth0 in")).click()
    await expect(network.get_by_role("columnheader")).to_have_text(["Time", "eth0 out"])
    await network.get_by_role("button", name="view as chart").click()
    await expect(network.get_by_role("img")).to_be_visible()


async def test_an_error_of_one_chart_stays_in_it(page: Page, cabinet: Cabinet) -> None:
    await page.route(
        lambda url: "node_load" in url,
        lambda route: route.fulfill(
            status=503, json={"status": "error", "errorType": "timeout", "error": "The query took too long."}
        ),
    )
    await open_host(page, cabinet)
    await expect(panel(page, "Load").get_by_role("alert")).to_contain_text("The query took too long.")
    await expect(page.get_by_role("alert")).to_have_count(1)
    await page.unroute_all()
    await panel(page, "Load").get_by_role("button", name="Try again").click()
    await expect(panel(page, "Load").get_by_role("img")).to_be_visible()
    page.problems.clear()  # type: ignore[attr-defined]  # Chromium tells of the refused request by itself
