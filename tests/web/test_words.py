"""Language, time zone and clock of a person: chosen once, kept with the account, heard and seen on every page."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.live import Live
from tests.web.browser import assert_accessible, new_page
from tests.web.cabinet import CHAINED, EMAIL, HOST, KINDS, SECTIONS, SIZES, prefer, settle, sign_in
from tests.web.fleet import Fleet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

GERMAN = json.loads((Path(__file__).parents[2] / "obsv/web/src/lib/words/de.json").read_text(encoding="utf-8"))
PATHS = ("", "/hosts", HOST, "/dashboards", KINDS, CHAINED, "/nowhere", *(f"/settings/{name}" for name in SECTIONS))
# Labels of metrics, tags of dashboards, and what the example's dashboards call their panels and variables.
DATA = {"user", "host", "job", "Disk", "Disk usage", "Fullest disk", "Memory", "Network", "Every"}

HEARD = """() => {
  const texts = []
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT)
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (!node.parentElement.closest('code, pre, script, style')) texts.push(node.data)
      continue
    }
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) texts.push(node.getAttribute(name) ?? '')
  }
  return texts.map((text) => text.trim()).filter(Boolean)
}"""


def english_only() -> set[str]:
    """Texts that are no German; those with a name in them cannot be recognised by comparing."""
    plain = {text for text, told in GERMAN.items() if isinstance(told, str) and "{" not in text}
    return plain - {told for told in GERMAN.values() if isinstance(told, str)} - DATA


@pytest_asyncio.fixture(loop_scope="session")
async def ann(live: Live, browser: Browser, fleet: Fleet) -> AsyncIterator[Page]:
    """Ann in a browser of her own, who has all of it as before when the test is over."""
    assert fleet
    width, height = SIZES["wide"]
    async with new_page(browser, width=width, height=height, reduced_motion="reduce") as page:
        await sign_in(page, live, EMAIL)
        yield page
        await prefer(page)
        assert not page.problems, page.problems  # type: ignore[attr-defined]  # collected by new_page


async def test_german_is_chosen_and_spoken_at_once_and_in_every_browser(
    ann: Page, live: Live, browser: Browser
) -> None:
    await ann.goto(f"{live.url}/app/operator/settings/profile")
    await ann.get_by_label("Language", exact=True).select_option("Deutsch")
    await expect(ann.get_by_role("link", name="Übersicht", exact=True)).to_be_visible()
    await expect(ann.locator("html")).to_have_attribute("lang", "de")
    await expect(ann.get_by_role("status").filter(has_text="Gespeichert.")).to_be_visible()
    await expect(ann.get_by_label("Sprache", exact=True)).to_be_focused()
    await assert_accessible(ann)
    async with new_page(browser, width=1280, height=800) as other:
        await sign_in(other, live, EMAIL)
        # The overview's title is there in German from the first: nothing is shown before the words are.
        await expect(other.get_by_role("heading", level=1)).to_have_text("Übersicht")


async def test_no_page_speaks_english_any_more(ann: Page, live: Live) -> None:
    await prefer(ann, language="de")
    english = english_only()
    left: dict[str, list[str]] = {}
    for path in PATHS:
        await ann.goto(f"{live.url}/app/operator{path}")
        await settle(ann)
        heard = await ann.evaluate(HEARD)
        assert len(heard) > 5
        if found := [text for text in heard if text in english]:
            left[path] = sorted(set(found))
    assert not left


@pytest.mark.parametrize("path", ["", "/hosts", "/settings/security", "/settings/tokens", KINDS])
async def test_german_fits_a_phone(live: Live, browser: Browser, ann: Page, path: str) -> None:
    await prefer(ann, language="de")
    width, height = SIZES["small"]
    state = await ann.context.storage_state()
    async with new_page(browser, width=width, height=height, storage_state=state) as phone:
        await phone.goto(f"{live.url}/app/operator{path}")
        await settle(phone)
        assert await phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        await assert_accessible(phone)


async def test_times_are_those_of_the_chosen_zone_and_clock(ann: Page, live: Live) -> None:
    await ann.goto(f"{live.url}/app/operator/settings/profile")
    await ann.get_by_label("Time zone", exact=True).select_option("Australia/Adelaide")
    await expect(ann.get_by_text("in Australia/Adelaide.")).to_be_visible()
    await ann.get_by_label("Clock", exact=True).select_option("12 hours")
    await expect(ann.get_by_text(re.compile(r"^It is .*, \d{1,2}:\d\d\s[ap]m in Australia/Adelaide"))).to_be_visible()
    await ann.goto(f"{live.url}/app/operator{HOST}?from=2026-11-20T00:00:00Z&to=2026-11-20T06:00:00Z")
    await settle(ann)
    # Adelaide is ten hours and a half ahead in its summer.
    await expect(ann.get_by_role("button", name="Time range")).to_contain_text(re.compile(r"10:30\sam .* 4:30\spm"))


async def test_colours_follow_the_person(ann: Page, live: Live, browser: Browser) -> None:
    await ann.goto(f"{live.url}/app/operator/settings/profile")
    await ann.get_by_label("Dark", exact=True).check()
    await expect(ann.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    async with new_page(browser, width=1280, height=800) as other:
        await sign_in(other, live, EMAIL)
        await expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    await prefer(ann, theme="system")
