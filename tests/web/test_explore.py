"""Explore: queries written, checked, run, looked at, remembered, and put on a dashboard."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.web.browser import Scheme, assert_accessible
from tests.web.cabinet import Cabinet, settle
from tests.web.fleet import Fleet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

LOAD = "/explore?q=node_load1"
CPU = 'sum by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[$__rate_interval]))'


def queries_of(url: str) -> list[str]:
    """The queries of an address."""
    return parse_qs(urlsplit(url).query, keep_blank_values=True).get("q", [])


def editor(page: Page, ref: str = "A") -> Locator:
    """Where a query is written."""
    return page.get_by_role("textbox", name=f"Query {ref}", exact=True)


def row(page: Page, ref: str = "A") -> Locator:
    """A query with all that belongs to it."""
    return page.get_by_role("region", name=f"Query {ref}", exact=True)


def results(page: Page) -> Locator:
    """What came of the queries."""
    return page.get_by_role("region", name="Results", exact=True)


def series(page: Page) -> Locator:
    """What says how many series came."""
    return results(page).locator("[data-series]")


def forget_refusals(page: Page) -> None:
    """What a browser notes of queries that were wrong on purpose, and no other line."""
    wanted = re.compile(r"status of 400.*/api/v1/(parse_query|query_range|query)\?")
    page.problems[:] = [line for line in page.problems if not wanted.search(line)]  # type: ignore[attr-defined]


@pytest_asyncio.fixture(loop_scope="session")
async def explore(cabinet: Cabinet, fleet: Fleet) -> AsyncIterator[Page]:
    """Explore, empty; no complaint but of queries that are wrong, so no policy was violated."""
    assert fleet
    async with cabinet.open() as page:
        await page.goto(cabinet.url + "/explore")
        await expect(editor(page)).to_be_visible()
        yield page
        forget_refusals(page)
        assert not page.problems, page.problems  # type: ignore[attr-defined]


async def test_a_query_is_completed_and_run(explore: Page) -> None:
    await editor(explore).click()
    await explore.keyboard.type("ra")
    await expect(explore.get_by_role("option", name=re.compile("^rate")).first).to_be_visible()
    await explore.keyboard.type("te(node_cpu")
    option = explore.get_by_role("option", name="node_cpu_seconds_total")
    await expect(option).to_be_visible()
    await explore.wait_for_timeout(200)  # completion does not take a key that comes too soon
    await explore.keyboard.press("Enter")
    await explore.keyboard.type("{mo")
    await expect(explore.get_by_role("option", name="mode", exact=True)).to_be_visible()
    await explore.wait_for_timeout(200)
    await explore.keyboard.press("Enter")
    await explore.keyboard.type('="')
    await expect(explore.get_by_role("option", name="idle", exact=True)).to_be_visible()
    await explore.keyboard.type("user")
    await explore.keyboard.press("Escape")
    await expect(editor(explore)).to_be_focused()
    await explore.keyboard.press("End")
    await explore.keyboard.press("ArrowLeft")
    await explore.keyboard.type("[")
    await expect(explore.get_by_role("option", name="$__rate_interval")).to_be_visible()
    await explore.keyboard.type("5m")
    await expect(row(explore)).to_contain_text("rate(range vector) → instant vector")
    await explore.keyboard.press("Control+Enter")
    await expect(series(explore)).to_have_attribute("data-series", re.compile("[1-9]"))
    assert queries_of(explore.url) == ['rate(node_cpu_seconds_total{mode="user"}[5m])']
    await expect(row(explore).get_by_role("status").first).to_have_text(
        re.compile(r"\d+ series · [\d,]+ samples · [\d.]+ m?s · step \d+s")
    )


async def test_what_is_wrong_is_told_in_the_servers_words(explore: Page) -> None:
    await editor(explore).fill("sum(rate(node_load1))")
    await expect(row(explore)).to_contain_text('expected type range vector in call to function "rate"')
    await expect(editor(explore)).to_have_attribute("aria-invalid", "true")
    await expect(explore.locator(".cm-lintRange-error")).to_have_text("node_load1")
    await editor(explore).fill("topk($n, rate($metric[$__rate_interval])) > $least")
    await expect(editor(explore)).to_have_attribute("aria-invalid", "false")
    await expect(explore.locator(".cm-lintRange-error")).to_have_count(0)
    await editor(explore).fill("sum by(a)(rate($x[$__rate_interval]))/$y")
    await explore.keyboard.press("Shift+Alt+F")
    await expect(editor(explore)).to_have_text("sum by (a) (rate($x[$__rate_interval])) / $y")


async def test_an_error_stays_with_its_query(explore: Page, cabinet: Cabinet) -> None:
    await explore.goto(cabinet.url + LOAD + "&q=" + quote("node_load5 +"))
    await expect(series(explore)).to_have_attribute("data-series", "6")
    await expect(row(explore, "B")).to_contain_text("unexpected end of input")
    await expect(row(explore, "A").get_by_role("status").first).to_contain_text("6 series")


async def test_several_queries_and_the_way_back(explore: Page, cabinet: Cabinet) -> None:
    await explore.goto(cabinet.url + LOAD)
    await expect(series(explore)).to_have_attribute("data-series", "6")
    await explore.get_by_role("button", name="Duplicate query A").click()
    await expect(editor(explore, "B")).to_have_text("node_load1")
    await editor(explore, "B").fill("node_load5")
    await explore.keyboard.press("Control+Enter")
    await expect(series(explore)).to_have_attribute("data-series", "12")
    await explore.get_by_role("button", name="Hide query A").click()
    await expect(series(explore)).to_have_attribute("data-series", "6")
    await explore.get_by_role("textbox", name="Name of query B").fill("five")
    await explore.keyboard.press("Enter")
    await row(explore, "five").get_by_role("button", name="Legend and step").click()
    await row(explore, "five").get_by_label("Legend", exact=True).fill("{{instance}}")
    await row(explore, "five").get_by_label("Least step").fill("1m")
    await explore.get_by_role("button", name="Run", exact=True).click()
    await expect(results(explore).locator("[data-entry]").first).to_contain_text("backup-1:9100")
    await expect(row(explore, "five").get_by_role("status").first).to_contain_text("step 1m")
    kept = explore.url
    assert len(queries_of(kept)) == 2
    await explore.reload()
    await expect(editor(explore, "five")).to_have_text("node_load5")
    await expect(explore.get_by_role("button", name="Hide query A")).to_have_attribute("aria-pressed", "true")
    await expect(series(explore)).to_have_attribute("data-series", "6")
    await explore.get_by_role("button", name="Remove query five").click()
    await expect(editor(explore, "five")).to_have_count(0)
    await explore.go_back()
    await expect(editor(explore, "five")).to_have_text("node_load5")
    assert explore.url == kept


async def test_rows_bars_moments_and_files(explore: Page, cabinet: Cabinet) -> None:
    await explore.goto(cabinet.url + LOAD)
    await explore.get_by_role("button", name="Table", exact=True).click()
    heads = results(explore).get_by_role("columnheader")
    await expect(heads).to_have_text(["Time", "instance", "job", "Value"])
    await explore.get_by_role("button", name="At the end").click()
    await expect(heads).to_have_text(["instance", "job", "Value"])
    await expect(explore).to_have_url(re.compile("view=table&at=instant"))
    await results(explore).get_by_role("button", name="Results: more").click()
    async with explore.expect_download() as started:
        await results(explore).get_by_role("button", name="Download as CSV").click()
    rows = list(csv.reader(io.StringIO(Path(await (await started.value).path()).read_text(encoding="utf-8"))))
    assert rows[0] == ["instance", "job", "Value"]
    assert "web-1:9100" in {line[0] for line in rows}
    await explore.get_by_role("button", name="Graph", exact=True).click()
    await expect(results(explore).get_by_role("listitem")).not_to_have_count(0)
    await explore.go_back()
    await expect(heads).to_have_text(["instance", "job", "Value"])


async def test_history_is_kept_searched_and_starred(explore: Page) -> None:
    for text in ("node_load1", "node_load15", "node_load1"):
        await editor(explore).fill(text)
        await explore.keyboard.press("Control+Enter")
        await expect(explore).to_have_url(re.compile(f"q={text}$"))
    await explore.get_by_role("button", name="History", exact=True).click()
    side = explore.get_by_role("complementary", name="History")
    await expect(side).to_contain_text("stay in this browser")
    await expect(side.locator("code")).to_have_text(["node_load1", "node_load15"])
    await side.get_by_role("button", name="Star node_load15").click()
    await side.get_by_role("button", name="Clear").click()
    await expect(side.locator("code")).to_have_text(["node_load15"])
    await explore.reload()
    await explore.get_by_role("button", name="History", exact=True).click()
    await side.get_by_role("searchbox").fill("nothing")
    await expect(side).to_contain_text("Nothing matches.")
    await side.get_by_role("searchbox").fill("LOAD15")
    await side.get_by_role("button", name="Run node_load15").click()
    await expect(explore).to_have_url(re.compile("q=node_load15$"))
    await expect(editor(explore)).to_have_text("node_load15")


async def test_metrics_are_browsed_and_taken_over(explore: Page) -> None:
    side = explore.get_by_role("complementary", name="Metrics")
    search = side.get_by_role("searchbox", name="Search metrics")
    await search.fill("memory memtotal")
    await expect(side.get_by_role("status")).to_have_text("1 metric")
    await side.get_by_label("Only what no dashboard and no rule reads").check()
    await expect(side.get_by_role("status")).to_have_text("0 metrics")  # the built-in dashboard of hosts reads it
    await side.get_by_label("Only what no dashboard and no rule reads").uncheck()
    await search.press("ArrowDown")
    await explore.keyboard.press("ArrowRight")
    await expect(side).to_contain_text("6 series in the last hour")
    await explore.keyboard.press("Enter")
    await expect(editor(explore)).to_have_text("node_memory_MemTotal_bytes")
    await expect(editor(explore)).to_be_focused()
    await side.get_by_text("instance 6 values").click()
    await side.get_by_role("button", name="Filter by instance db-1:9100 1").click()
    await expect(editor(explore)).to_have_text('node_memory_MemTotal_bytes{instance="db-1:9100"}')
    await explore.get_by_role("button", name="Run", exact=True).click()
    await expect(series(explore)).to_have_attribute("data-series", "1")


async def test_a_query_is_built_and_read_back(explore: Page, cabinet: Cabinet) -> None:
    await row(explore).get_by_role("button", name="Builder").click()
    built = row(explore)
    await built.get_by_label("Metric", exact=True).fill("node_cpu_seconds_total")
    await built.get_by_role("button", name="add rate").click()
    await built.get_by_role("button", name="Filter", exact=True).click()
    await built.get_by_label("Label", exact=True).fill("mode")
    await built.get_by_label("is", exact=True).select_option("is not")
    await built.get_by_label("Value of mode").fill("idle")
    await built.get_by_label("Add a step").select_option("Sum of series")
    await built.get_by_label("Labels, with commas between").fill("instance")
    await explore.keyboard.press("Tab")
    await expect(built).to_contain_text(CPU)
    await built.get_by_label("Add a step").select_option("Multiply by a number")
    await explore.get_by_role("button", name="Run", exact=True).click()
    await expect(series(explore)).to_have_attribute("data-series", re.compile("[1-9]"))
    assert queries_of(explore.url) == [CPU + " * 100"]
    await explore.reload()
    await row(explore).get_by_role("button", name="Builder").click()
    await expect(built.get_by_label("Value of mode")).to_have_value("idle")
    await expect(built.get_by_role("group", name="*").get_by_label("Number")).to_have_value("100")
    await row(explore).get_by_role("button", name="Code").click()
    await expect(editor(explore)).to_have_text(CPU + " * 100")
    await editor(explore).fill("node_load1 / on(instance) node_load5")
    await row(explore).get_by_role("button", name="Builder").click()
    await expect(row(explore)).to_contain_text("more than the builder can show")


async def test_what_was_found_goes_to_a_dashboard(explore: Page, cabinet: Cabinet) -> None:
    await explore.goto(f"{cabinet.url}/explore?q={quote(CPU)}")
    await explore.get_by_role("button", name="Add to dashboard").click()
    dialog = explore.get_by_role("dialog", name="Add to a dashboard")
    await assert_accessible(explore)
    await dialog.get_by_label("Title of the panel").fill("Busy CPUs")
    await dialog.get_by_label("Title of the dashboard").fill("From Explore")
    await dialog.get_by_role("button", name="Add the panel").click()
    await dialog.get_by_role("link", name="Open the dashboard").click()
    await expect(explore.get_by_role("heading", level=1)).to_have_text("From Explore")
    await expect(explore.get_by_role("heading", name="Busy CPUs")).to_be_visible()
    await expect(explore.locator("[data-panel='1']")).to_have_attribute("data-series", re.compile("[1-9]"))
    key = urlsplit(explore.url).path.rsplit("/", 1)[1]
    await explore.goto(cabinet.url + LOAD + "&view=table&at=instant")
    await explore.get_by_role("button", name="Add to dashboard").click()
    await dialog.get_by_label("Dashboard", exact=True).select_option("From Explore")
    await dialog.get_by_role("button", name="Add the panel").click()
    await dialog.get_by_role("link", name="Open the dashboard").click()
    await expect(explore.get_by_role("region", name="node_load1, as a table")).to_contain_text("web-1:9100")
    told = await explore.request.delete(
        f"{cabinet.live.url}/api/obsv/v1/dashboards/{key}",
        headers={"authorization": f"Bearer {cabinet.live.token('dashboards:read,dashboards:write')}"},
    )
    assert told.status == 204  # other tests count dashboards


async def test_without_a_mouse(explore: Page) -> None:
    await explore.get_by_role("main").focus()
    await explore.keyboard.press("g")
    await explore.keyboard.press("o")
    await expect(explore).to_have_url(re.compile("/operator$"))
    await explore.keyboard.press("g")
    await explore.keyboard.press("e")
    await expect(explore).to_have_url(re.compile("/explore$"))
    await expect(editor(explore)).to_be_visible()
    for _ in range(20):
        await explore.keyboard.press("Tab")
        if await editor(explore).evaluate("element => element === document.activeElement"):
            break
    await expect(editor(explore)).to_be_focused()
    await explore.keyboard.type("node_load1")
    await explore.keyboard.press("Escape")
    await explore.keyboard.press("Control+Enter")
    await expect(series(explore)).to_have_attribute("data-series", "6")
    await explore.keyboard.press("Tab")
    await expect(row(explore).get_by_role("button", name="Format")).to_be_focused()
    await explore.keyboard.press("Shift+Tab")
    await expect(editor(explore)).to_be_focused()
    await explore.keyboard.press("Escape")
    await expect(editor(explore)).not_to_be_focused()


@pytest.mark.parametrize(
    ("size", "scheme"), [("wide", "light"), ("wide", "dark"), ("phone", "dark"), ("small", "light")]
)
async def test_it_is_accessible_and_fits(cabinet: Cabinet, fleet: Fleet, size: str, scheme: Scheme) -> None:
    assert fleet
    async with cabinet.open(size, scheme) as page:
        await page.goto(f"{cabinet.url}{LOAD}&q={quote('rate(node_load1)')}&q={quote(CPU)}")
        await expect(series(page)).to_have_attribute("data-series", re.compile("[1-9]"))
        await settle(page)
        await assert_accessible(page)
        await row(page, "C").get_by_role("button", name="Builder").click()
        if size != "wide":
            await page.get_by_role("button", name="Metrics", exact=True).click()
        await page.get_by_role("button", name="About node_cpu_seconds_total").click()
        await expect(page.get_by_text("series in the last hour")).to_be_visible()
        await page.get_by_role("button", name="Table", exact=True).click()
        await settle(page)
        await assert_accessible(page)
        await page.get_by_role("button", name="History", exact=True).click()
        await page.get_by_role("button", name="Run", exact=True).click()
        await editor(page).click()
        await page.keyboard.press("Control+Space")
        await expect(page.get_by_role("listbox")).to_be_visible()
        await assert_accessible(page)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        forget_refusals(page)
        assert not page.problems, page.problems  # type: ignore[attr-defined]
