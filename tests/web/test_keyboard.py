"""The cabinet without a mouse."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.web.browser import assert_accessible
from tests.web.cabinet import HOST, Cabinet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

RING = "getComputedStyle(document.activeElement).outlineStyle !== 'none'"


async def press(page: Page, *keys: str) -> None:
    """One after the other."""
    for key in keys:
        await page.keyboard.press(key)


async def test_keys_lead_everywhere(page: Page) -> None:
    await page.wait_for_selector("table")
    await press(page, "g", "h")
    await expect(page).to_have_url(re.compile("/hosts$"))
    await press(page, "?")
    await expect(page.get_by_role("dialog")).to_contain_text("Keyboard shortcuts")
    await assert_accessible(page)
    await press(page, "Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await press(page, "g", "s")
    await expect(page).to_have_url(re.compile("/status$"))
    await press(page, "g", ",")
    await expect(page).to_have_url(re.compile("/settings$"))
    await expect(page.get_by_role("navigation", name="Settings")).to_be_visible()
    await press(page, "/")
    await expect(page.get_by_role("combobox", name="Go to or do")).to_be_focused()
    await press(page, "Escape", "g", "h")
    await expect(page.get_by_role("searchbox")).to_be_visible()
    await press(page, "/")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await press(page, "Escape", "g", "o")
    await expect(page).to_have_url(re.compile("/operator$"))


async def test_tab_reaches_a_host_and_the_focus_is_seen(page: Page) -> None:
    await page.wait_for_selector("table")
    await press(page, "Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await press(page, "Enter", "Tab")
    await expect(page.get_by_role("button", name="Add a host")).to_be_focused()
    assert await page.evaluate(RING)
    await press(page, "Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await press(page, "Escape")
    await expect(page.get_by_role("button", name="Add a host")).to_be_focused()
    await press(page, "Tab", "Enter")
    await expect(page).to_have_url(re.compile("/hosts/backup-1"))


async def test_the_time_range_by_keys(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + HOST)
    opener = page.get_by_role("button", name="Time range")
    await expect(opener).to_be_visible()
    await press(page, "t")
    await expect(page.get_by_role("button", name="Last 1 h", pressed=True)).to_be_focused()
    assert await page.evaluate(RING)
    await press(page, "Escape")
    await expect(opener).to_be_focused()
    await press(page, "-")
    await expect(page).to_have_url(re.compile("from=now-120m"))
    await expect(opener).to_contain_text("Last 2 h")
    await press(page, "[")
    await expect(page).to_have_url(re.compile(r"from=\d+&to=\d+"))
    await press(page, "]")
    await expect(page.get_by_role("heading", level=1)).to_have_text("db-1")
