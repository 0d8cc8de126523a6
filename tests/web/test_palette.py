"""The command palette: everything of the cabinet by its name, with the keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect

from tests.web.browser import assert_accessible
from tests.web.cabinet import prefer

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def open_palette(page: Page) -> None:
    await page.wait_for_selector("table")
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox", name="Go to or do")).to_be_focused()


def selected(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Found").get_by_role("option", selected=True)


async def test_a_host_is_found_by_some_of_its_name(page: Page) -> None:
    await open_palette(page)
    await page.keyboard.type("zz backup-1")
    await expect(page.get_by_text("Nothing here has")).to_be_visible()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("backup-1")
    await expect(selected(page)).to_contain_text("backup-1")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/hosts/backup-1"))
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_arrows_lead_through_places_and_enter_takes_one(page: Page) -> None:
    await open_palette(page)
    await expect(selected(page)).to_contain_text("Overview")
    await page.keyboard.press("ArrowUp")
    await expect(selected(page)).to_contain_text("Sign out")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(selected(page)).to_contain_text("Hosts")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/hosts$"))


async def test_it_finds_dashboards_sections_and_actions(page: Page) -> None:
    await open_palette(page)
    theme = page.locator("html")
    before = await theme.get_attribute("data-theme")
    await page.keyboard.type("colours")
    await page.keyboard.press("Enter")
    await expect(theme).not_to_have_attribute("data-theme", before or "")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("members")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("/settings/members$"))
    await page.keyboard.press("Control+k")
    await page.keyboard.type("host")
    await expect(page.get_by_role("option").filter(has_text="Dashboard").first).to_be_visible()
    await prefer(page)


async def test_it_is_accessible_and_gives_the_focus_back(page: Page) -> None:
    await page.wait_for_selector("table")
    opener = page.get_by_role("button", name="Go to or do")
    await opener.click()
    await expect(page.get_by_role("listbox")).to_be_visible()
    await assert_accessible(page)
    await page.keyboard.press("Escape")
    await expect(opener).to_be_focused()
