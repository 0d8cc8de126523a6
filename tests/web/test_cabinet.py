"""The cabinet in a real browser, on a real appliance with a fleet."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.live import Live, appliance
from tests.web import fleet
from tests.web.browser import assert_accessible, open_page
from tests.web.shots import PAGES, prepare, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]
HOME = "/app/operator"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with appliance(tmp_path_factory.mktemp("cabinet")) as live:
        prepare(live)
        yield live


@pytest.fixture
async def page(live: Live, chromium: str) -> AsyncIterator[Page]:
    """Signed in, wide and light; whatever the page complains about fails the test."""
    async with signed_in(live, chromium, "wide", "light") as page:
        yield page
        assert not page.problems, page.problems  # type: ignore[attr-defined]  # collected by open_page


async def charts(page: Page) -> None:
    """Wait until a chart has drawn points."""
    await page.wait_for_selector("[data-chart-points]:not([data-chart-points='0'], [data-chart-points='1']) .uplot")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["wide", "phone"])
async def test_every_page_is_accessible_and_fits(live: Live, chromium: str, size: str, scheme: Any) -> None:
    async with signed_in(live, chromium, size, scheme) as page:
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        for path in PAGES.values():
            await page.goto(live.url + HOME + path)
            await page.wait_for_load_state("networkidle")
            await assert_accessible(page)
            width = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert width <= 0, f"{path or '/'} is {width}px too wide"
        foreign = [url for url in requested if not url.startswith((live.url, "data:"))]
        assert not foreign
        assert not page.problems, page.problems  # type: ignore[attr-defined]  # collected by open_page


async def test_the_overview_tells_the_fleet(page: Page) -> None:
    rows = page.get_by_role("table").get_by_role("row")
    await expect(rows).to_have_count(1 + len(fleet.FLEET))
    await expect(page.get_by_role("row", name=re.compile("edge-fra"))).to_contain_text("Stale")
    await expect(page.get_by_role("row", name=re.compile("db-1"))).to_contain_text(re.compile(r"\d+(\.\d+)?\s%"))


async def test_sorted_and_searched_hosts_have_an_address(page: Page, live: Live) -> None:
    await page.goto(live.url + HOME + "/hosts")
    await page.get_by_role("button", name="Disk").click()
    await expect(page).to_have_url(re.compile("sort=-disk"))
    first = page.get_by_role("table").get_by_role("row").nth(1)
    await expect(first).to_contain_text("backup-1")
    await page.keyboard.press("/")
    await page.keyboard.type("web")
    await expect(page.get_by_role("table").get_by_role("row")).to_have_count(3)
    await page.reload()
    await expect(first).to_contain_text("web-1")


async def test_a_range_is_picked_zoomed_and_undone(page: Page, live: Live) -> None:
    await page.goto(live.url + HOME + PAGES["host"])
    await charts(page)
    await page.get_by_role("button", name="Last 1 h").click()
    await page.get_by_role("button", name="Last 15 min").click()
    await expect(page).to_have_url(re.compile("from=now-15m"))
    await charts(page)
    box = await page.locator(".u-over").first.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 40)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 40, steps=4)
    await page.mouse.up()
    await expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    span = re.search(r"from=(\d+)&to=(\d+)", page.url)
    assert span is not None
    assert 200_000 < int(span[2]) - int(span[1]) < 340_000
    await page.go_back()
    await expect(page).to_have_url(re.compile("from=now-15m"))


async def test_new_points_come_without_reload(page: Page, live: Live) -> None:
    await page.goto(live.url + HOME + PAGES["host"] + "?from=now-5m")
    await charts(page)
    panel = page.locator("[data-chart-points]", has=page.get_by_role("heading", name="Load"))
    value = panel.get_by_role("button", name=re.compile("^1 min"))
    before = await value.inner_text()
    machine = next(machine for machine in fleet.FLEET if machine.name == "db-1")
    busy = fleet.Machine(machine.name, machine.cpus, machine.memory, 0.9, machine.disk, machine.network)
    fleet.send(live.url, live.token("metrics:write"), int(time.time() * 1000), length_s=20, machines=(busy,))
    await expect(value).not_to_have_text(before, timeout=25_000)


async def test_the_command_of_the_dialog_brings_a_host_in(page: Page, live: Live, tmp_path: Path) -> None:
    await page.get_by_role("button", name="Add a host").click()
    dialog = page.get_by_role("dialog")
    command = (await dialog.locator("code, pre").first.inner_text()).strip()
    assert command.startswith("curl ")
    await assert_accessible(page)
    once = f"{command} --once --name new-host --state-dir {shlex.quote(str(tmp_path / 'state'))}"
    done = subprocess.run(["bash", "-c", once], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    await page.wait_for_url(re.compile("/hosts/new-host"), timeout=20_000)


async def test_a_token_is_made_shown_once_and_revoked(page: Page, live: Live) -> None:
    await page.goto(live.url + HOME + "/settings")
    await page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("ci runner")
    await dialog.get_by_role("button", name=re.compile("Create|Make")).click()
    shown = page.get_by_text(re.compile(r"obsv_(ing|org)_\w{8}_"))
    token = (await shown.first.inner_text()).strip()
    assert re.fullmatch(r"obsv_\w+", token)
    await page.reload()
    row = page.get_by_role("listitem").filter(has_text="ci runner")
    await expect(row).to_be_visible()
    await expect(shown).to_have_count(0)
    await row.get_by_role("button", name=re.compile("Revoke")).click()
    await dialog.get_by_label(re.compile("to revoke it")).fill("ci runner")
    await dialog.get_by_role("button", name="Revoke").click()
    await expect(row).to_have_count(0)


async def test_keys_lead_everywhere(page: Page) -> None:
    await page.wait_for_selector("table")
    await page.keyboard.press("g")
    await page.keyboard.press("h")
    await expect(page).to_have_url(re.compile("/hosts$"))
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("Keyboard shortcuts")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("g")
    await page.keyboard.press("s")
    await expect(page).to_have_url(re.compile("/settings$"))


async def test_the_chosen_colours_stay(page: Page, live: Live) -> None:
    await page.goto(live.url + HOME + "/settings")
    await page.get_by_role("radio", name="Dark").check()
    background = "getComputedStyle(document.body).backgroundColor"
    dark = await page.evaluate(background)
    await page.reload()
    await page.wait_for_selector("h1")
    assert await page.evaluate(background) == dark
    await page.get_by_role("radio", name="Light").check()
    assert await page.evaluate(background) != dark


async def test_an_ended_session_leads_to_the_door_and_back(live: Live, chromium: str) -> None:
    async with signed_in(live, chromium, "wide", "light") as page:
        await page.context.clear_cookies()
        await page.goto(live.url + HOME + "/hosts?sort=-cpu")
        await page.wait_for_url(re.compile("/login"))
        await page.get_by_label("Email").fill("ann@example.org")
        await page.get_by_label("Password", exact=True).fill("correct horse battery 9")
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url(re.compile(r"/hosts\?sort=-cpu"))


async def test_a_server_that_is_away_is_told_and_survived(tmp_path: Path, chromium: str) -> None:
    with appliance(tmp_path) as live:
        prepare(live)
        async with signed_in(live, chromium, "wide", "light") as page:
            await page.wait_for_selector("table")
            live.stop()
            await page.get_by_role("button", name="Refresh").click()
            await expect(page.get_by_role("alert").first).to_be_visible(timeout=10_000)
            await expect(page.get_by_role("table")).to_be_visible()
            live.start()
            await page.get_by_role("button", name=re.compile("Try again|Retry")).first.click()
            await expect(page.get_by_role("alert")).to_have_count(0)


async def test_nothing_yet_shows_how_to_begin(tmp_path: Path, chromium: str) -> None:
    with appliance(tmp_path) as live:
        arguments = ("--email", "ann@example.org", "--name", "Ann", "--org", "operator", "--role", "owner")
        live.cli("admin", "create-user", *arguments, "--password-stdin", stdin="correct horse battery 9")
        async with signed_in(live, chromium, "phone", "light") as page:
            await page.get_by_role("button", name="Make the command").click()
            await expect(page.get_by_text(re.compile("curl -fsS"))).to_be_visible()
            await assert_accessible(page)


async def test_doors_need_no_script(live: Live, chromium: str) -> None:
    async with open_page(chromium, width=390, height=844) as page:
        browser = page.context.browser
        assert browser is not None
        context = await browser.new_context(java_script_enabled=False)
        plain = await context.new_page()
        await plain.goto(live.url + "/login")
        await plain.get_by_label("Email").fill("ann@example.org")
        await plain.get_by_label("Password", exact=True).fill("wrong password here")
        await plain.get_by_role("button", name="Sign in").click()
        await expect(plain.get_by_role("alert")).to_contain_text("not right")
