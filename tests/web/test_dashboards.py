"""Dashboards: found, looked at, and all that can be done with them without changing them."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Locator, Page, Request, expect

from tests.web.browser import assert_accessible
from tests.web.cabinet import CHAINED, KINDS, Cabinet, settle
from tests.web.shots import TOLD_IN_ROWS, as_tables
from tests.web.test_charts import drag, panel, span_ms

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def open_dashboard(page: Page, cabinet: Cabinet, path: str) -> None:
    """A dashboard with its first chart drawn."""
    await page.goto(cabinet.url + path)
    await page.wait_for_selector("[data-panel='1'] .uplot")


def legend(chart: Locator, name: str) -> Locator:
    """An entry of a chart's legend."""
    return chart.locator("[data-entry]", has_text=name)


async def test_dashboards_are_found_and_starred(page: Page, cabinet: Cabinet) -> None:
    await settle(page)
    await page.keyboard.press("g")
    await page.keyboard.press("d")
    await expect(page).to_have_url(re.compile("/dashboards$"))
    names = page.get_by_role("main").get_by_role("list").get_by_role("link")
    for title in ("Every kind of panel", "Host", "Fleet by host"):  # Host comes with obsv; other tests make more
        await expect(names.get_by_text(title, exact=True)).to_have_count(1)
    await page.get_by_role("searchbox").fill("node_load1 floor")
    await expect(page).to_have_url(re.compile(r"q=node_load1\+floor"))
    await expect(names).to_have_text(["Fleet by host"])
    await expect(page.get_by_text("query: node_load1")).to_be_visible()
    await page.get_by_role("searchbox").fill("")
    await page.get_by_role("button", name="example", exact=True).click()
    await expect(names).to_have_text(["Every kind of panel"])
    await page.go_back()
    await expect(names.get_by_text("Fleet by host", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Star Fleet by host").click()
    await page.get_by_role("button", name="Starred", exact=True).click()
    await expect(names).to_have_text(["Fleet by host"])
    await names.click()
    star = page.get_by_role("button", name="Star Fleet by host")
    await expect(star).to_have_attribute("aria-pressed", "true")
    await star.click()
    await page.reload()
    await expect(star).to_have_attribute("aria-pressed", "false")


async def test_each_kind_of_panel_shows_what_there_is(page: Page, cabinet: Cabinet) -> None:
    await page.set_viewport_size({"width": 1280, "height": 2000})
    await open_dashboard(page, cabinet, KINDS)
    await expect(panel(page, "CPU by host").get_by_role("img")).to_have_attribute(
        "aria-label", re.compile(r"^CPU by host: backup-1:9100 [\d.]+ last, max [\d.]+ at (\w{3} )?\d\d:\d\d; db-1")
    )
    await expect(panel(page, "Hosts")).to_contain_text(re.compile(r"[56]"))
    await expect(panel(page, "Disks").get_by_role("listitem")).to_contain_text(
        ["web-1:9100 41 %", "web-2:9100 38 %", "db-1:9100 83 %", "queue-1:9100 22 %", "backup-1:9100 93 %"]
    )
    await expect(panel(page, "Fullest disk").get_by_role("img")).to_have_attribute("aria-label", re.compile("93\xa0%$"))
    await expect(panel(page, "Memory").get_by_role("img")).to_have_attribute("aria-label", re.compile("db-1:9100 59.3"))
    await expect(panel(page, "Disk usage").get_by_role("listitem")).to_have_count(5)
    rows = panel(page, "Hosts in rows").get_by_role("row")
    await expect(rows.nth(0).get_by_role("columnheader")).to_have_text(["Host", "Disk", "Memory"])
    await expect(rows.nth(1).get_by_role("cell")).to_have_text(["backup-1:9100", "93 %", "4 GiB"])
    await expect(rows.get_by_role("link", name="db-1:9100")).to_have_attribute(
        "href", "/app/operator/hosts/db-1%3A9100"
    )
    await expect(panel(page, "Busy").get_by_role("img").nth(1)).to_have_attribute(
        "aria-label", re.compile("db-1:9100: (busy|calm) since")
    )
    await expect(panel(page, "Load as a heatmap").get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("24 buckets")
    )
    await expect(panel(page, "How often which load").get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("most values between 0")
    )
    await expect(panel(page, "Notes").get_by_role("heading", name="Runbook")).to_be_visible()
    await expect(panel(page, "Notes")).to_contain_text("<b>raw</b>")
    await expect(panel(page, "Was elsewhere")).to_contain_text("canvas")
    await expect(panel(page, "Empty")).to_contain_text("No data in this time.")
    await panel(page, "Network").get_by_role("button", name="Network: more").click()
    await panel(page, "Network").get_by_role("link", name="Explore").click()
    await expect(page).to_have_url(
        re.compile(r"/explore\?q=.*rate.*node_network_receive.*&q=.*transmit.*from=now-1h&to=now")
    )


async def test_a_table_is_sorted_and_a_chart_told_in_rows_and_files(page: Page, cabinet: Cabinet) -> None:
    await page.set_viewport_size({"width": 1280, "height": 2000})
    await open_dashboard(page, cabinet, KINDS)
    table = panel(page, "Hosts in rows")
    await table.get_by_role("button", name="Memory").click()
    await expect(table.get_by_role("row").nth(1)).to_contain_text("db-1:9100")
    await table.get_by_role("button", name="Memory").click()
    await expect(table.get_by_role("row").nth(1)).to_contain_text("backup-1:9100")
    network = panel(page, "Network")
    await network.get_by_role("button", name="Network: more").click()
    await network.get_by_role("button", name="View as table").click()
    heads = ["Time", "web-1:9100 in", "web-2:9100 in", "web-1:9100 out", "web-2:9100 out"]
    await expect(network.get_by_role("columnheader")).to_have_text(heads)
    files = []
    for kind in ("CSV", "JSON"):
        await network.get_by_role("button", name="Network: more").click()
        async with page.expect_download() as started:
            await network.get_by_role("button", name=f"Download as {kind}").click()
        files.append(Path(await (await started.value).path()).read_text(encoding="utf-8"))
    rows = list(csv.reader(io.StringIO(files[0])))
    assert rows[0] == heads
    assert len(rows) > 100
    assert {len(row) for row in rows} == {5}
    kept = json.loads(files[1])
    assert [series["name"] for series in kept["series"]] == heads[1:]


async def test_each_kind_of_panel_is_told_in_rows(page: Page, cabinet: Cabinet) -> None:
    await open_dashboard(page, cabinet, KINDS)
    await as_tables(page)
    for title in TOLD_IN_ROWS:
        rows = panel(page, title).get_by_role("region", name=f"{title}, as a table").get_by_role("row")
        await expect(rows.nth(2)).to_have_text(re.compile(r"\d"))
    await assert_accessible(page)


async def test_charts_share_a_pointer_and_are_zoomed(page: Page, cabinet: Cabinet) -> None:
    await open_dashboard(page, cabinet, KINDS)
    cpu, network = panel(page, "CPU by host"), panel(page, "Network")
    box = await cpu.locator(".u-over").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    await expect(page.locator(".tip")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d.*db-1:9100", re.DOTALL))
    line = await network.locator(".u-cursor-x").bounding_box()
    own = await network.locator(".u-over").bounding_box()
    assert line is not None
    assert own is not None
    assert (line["x"] - own["x"]) / own["width"] == pytest.approx(0.5, abs=0.03)
    await drag(page, network, 0.25, 0.75)
    await expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    assert span_ms(page.url) == pytest.approx(1_800_000, rel=0.05)
    await page.go_back()
    await expect(page).to_have_url(re.compile("/d/kinds$"))


async def test_the_keys_read_a_chart_and_zoom_it(page: Page, cabinet: Cabinet) -> None:
    await open_dashboard(page, cabinet, KINDS)
    cpu = panel(page, "CPU by host")
    await cpu.get_by_role("img").focus()
    await page.keyboard.press("Home")
    await page.keyboard.press("PageDown")
    await expect(cpu.get_by_role("status")).to_contain_text(re.compile(r"^(\w{3} )?\d\d:\d\d:\d\d: db-1:9100 [\d.]+, "))
    for _ in range(6):
        await page.keyboard.press("Shift+PageDown")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))


async def test_a_legend_isolates_and_hides(page: Page, cabinet: Cabinet) -> None:
    await open_dashboard(page, cabinet, KINDS)
    cpu = panel(page, "CPU by host")
    await legend(cpu, "db-1").click()
    await expect(legend(cpu, "db-1")).to_have_attribute("aria-pressed", "true")
    await expect(legend(cpu, "web-1")).to_have_attribute("aria-pressed", "false")
    await legend(cpu, "web-1").click(modifiers=["Control"])
    await expect(legend(cpu, "web-1")).to_have_attribute("aria-pressed", "true")
    await expect(legend(cpu, "web-2")).to_have_attribute("aria-pressed", "false")
    await cpu.get_by_role("button", name="Max").click()
    await expect(cpu.locator("[data-entry]").first).to_contain_text("db-1")


async def test_a_panel_is_viewed_alone(page: Page, cabinet: Cabinet) -> None:
    await open_dashboard(page, cabinet, KINDS)
    await panel(page, "Network").hover()
    await page.keyboard.press("v")
    await expect(page).to_have_url(re.compile("view=2"))
    await expect(page.locator("[data-panel]")).to_have_count(1)
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-panel='1'] .uplot")).to_be_visible()
    await expect(page).to_have_url(re.compile("/d/kinds$"))


async def test_variables_are_chained_chosen_and_in_the_address(page: Page, cabinet: Cabinet) -> None:
    await open_dashboard(page, cabinet, CHAINED)
    await expect(page.get_by_role("button", name="Last 30 min")).to_be_visible()
    await expect(page.get_by_role("combobox", name="job")).to_have_value("node")
    await expect(panel(page, "Load of All")).to_have_attribute("data-series", "6")
    await page.get_by_role("button", name="Host: All").click()
    await page.get_by_role("checkbox", name="web-1:9100").check()
    await page.get_by_role("checkbox", name="web-2:9100").check()
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(re.compile("var-host=web-1%3A9100&var-host=web-2%3A9100"))
    await expect(panel(page, "Load of web-1:9100 + web-2:9100")).to_have_attribute("data-series", "2")
    await expect(panel(page, "web-2:9100")).to_be_visible()
    await expect(panel(page, "db-1:9100")).to_have_count(0)
    await page.get_by_label("Filter: add a matcher").fill("instance=~web-1.*")
    await page.keyboard.press("Enter")
    await expect(panel(page, "Load of web-1:9100 + web-2:9100")).to_have_attribute("data-series", "1")
    await page.reload()
    await expect(panel(page, "Load of web-1:9100 + web-2:9100")).to_have_attribute("data-series", "1")
    await page.get_by_role("button", name="Folded").click()
    await expect(panel(page, "Processes")).to_be_visible()


async def test_only_what_is_new_is_fetched(page: Page, cabinet: Cabinet) -> None:
    spans: list[int] = []

    def note(request: Request) -> None:
        query = parse_qs(urlsplit(request.url).query)
        if "node_load1" in "".join(query.get("query", [])):
            spans.append(int(query["end"][0]) - int(query["start"][0]))

    page.on("request", note)
    await open_dashboard(page, cabinet, CHAINED + "?refresh=5s")
    await page.wait_for_timeout(1000)
    first = len(spans)
    assert spans[0] > 1700
    async with page.expect_request(lambda request: "node_load1" in request.url, timeout=15_000):
        pass
    assert max(spans[first:]) <= 200


async def test_an_error_stays_in_its_panel(page: Page, cabinet: Cabinet) -> None:
    error = {"status": "error", "errorType": "timeout", "error": "The query took too long."}
    await page.route(lambda url: "node_network" in url, lambda route: route.fulfill(status=503, json=error))
    await open_dashboard(page, cabinet, KINDS)
    await expect(panel(page, "Network").get_by_role("alert")).to_contain_text("The query took too long.")
    await expect(page.get_by_role("alert")).to_have_count(1)
    await page.unroute_all()
    await panel(page, "Network").get_by_role("button", name="Try again").click()
    await expect(panel(page, "Network").locator(".uplot")).to_be_visible()
    page.problems.clear()  # type: ignore[attr-defined]  # the refusals that were wanted


async def test_a_dashboard_that_is_not_there(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/d/nothing-here")
    await expect(page.get_by_role("alert")).to_contain_text("There is no such dashboard.")
    page.problems.clear()  # type: ignore[attr-defined]  # the refusal that was wanted
