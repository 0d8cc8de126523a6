"""The list of hosts, and bringing one in."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.web import fleet as machines
from tests.web.browser import assert_accessible
from tests.web.cabinet import Cabinet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def test_the_overview_tells_the_fleet(page: Page) -> None:
    for machine in machines.FLEET:
        row = page.get_by_role("row", name=re.compile(machine.name))
        await expect(row).to_contain_text("Stale" if machine.silent_s else "Up")
    await expect(page.get_by_role("row", name=re.compile("edge-fra"))).to_contain_text(re.compile(r"\d+\s+min\s+ago"))
    await expect(page.get_by_role("row", name=re.compile("db-1"))).to_contain_text("83.0 %")
    facts = page.get_by_role("region", name="Facts")
    await expect(facts).to_contain_text("Fullest disk 93 % backup-1")


async def test_sorted_and_searched_hosts_have_an_address(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/hosts")
    await page.get_by_role("button", name="Disk").click()
    await expect(page).to_have_url(re.compile("sort=-disk"))
    first = page.get_by_role("table").get_by_role("row").nth(1)
    await expect(first).to_contain_text("backup-1")
    await page.keyboard.press("/")
    await page.keyboard.type("web")
    await expect(page.get_by_role("table").get_by_role("row")).to_have_count(3)
    await page.reload()
    await expect(first).to_contain_text("web-1")
    await page.get_by_role("searchbox").fill("nothing like this")
    await page.get_by_role("button", name="Clear the search").click()
    await expect(first).to_contain_text("backup-1")


async def test_a_silent_host_is_told_as_stale_on_its_page(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/hosts/edge-fra%3A9100")
    await expect(page.get_by_text("Stale", exact=True)).to_be_visible()
    await page.wait_for_selector("[data-chart-points]:not([data-chart-points='0']) .uplot")


async def test_an_unknown_host_is_told_as_unknown(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/hosts/nobody")
    await expect(page.get_by_text("No host “nobody” has sent anything")).to_be_visible()


async def test_what_stands_under_the_charts(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/hosts/backup-1%3A9100")
    await expect(page.get_by_role("row", name="/var")).to_contain_text("74.4 %")
    await expect(page.get_by_role("row", name=re.compile("eth0"))).to_contain_text("up")
    await expect(page.get_by_role("region", name="Services")).to_contain_text("1 failed: restic.service")


async def test_the_command_of_the_dialog_brings_a_host_in(page: Page, tmp_path: Path) -> None:
    await page.get_by_role("button", name="Add a host").click()
    dialog = page.get_by_role("dialog")
    command = await dialog.locator("pre").inner_text()
    assert command.startswith("curl ")
    await expect(dialog).to_contain_text("leads to this machine only")
    await assert_accessible(page)
    once = f"{command.strip()} --once --name new-host --state-dir {shlex.quote(str(tmp_path / 'state'))}"
    done = subprocess.run(["bash", "-c", once], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    await page.wait_for_url(re.compile("/hosts/new-host"), timeout=20_000)


async def test_what_is_known_stays_from_page_to_page(page: Page) -> None:
    await expect(page.get_by_role("row", name=re.compile("db-1"))).to_be_visible()
    await page.route("**/api/obsv/v1/hosts", lambda _: None)  # never answered
    await page.get_by_role("link", name="Hosts").click()
    await expect(page.get_by_role("searchbox")).to_be_visible()
    await expect(page.get_by_role("row", name=re.compile("db-1"))).to_be_visible()
