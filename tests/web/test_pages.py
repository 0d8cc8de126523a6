"""Every page of the cabinet, at every width and in both themes."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.live import Live
from tests.web.browser import assert_accessible, new_page
from tests.web.cabinet import NEWCOMER, PAGES, PASSWORD, SIZES, Cabinet, settle, sign_in
from tests.web.fleet import Fleet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

PUBLIC = {"/": "localhost", "/login": "Sign in", "/docs": "Documentation", "/docs/agent": "The agent"}

# Elements that reach out of the page, but not those that scroll by themselves or stand in what does.
OVERFLOWING = """() => [...document.querySelectorAll('#app *')].filter((element) => {
  if (element.getBoundingClientRect().right <= innerWidth + 1 || element.closest('.skip')) return false
  for (let at = element; at && at.id !== 'app'; at = at.parentElement)
    if (getComputedStyle(at).overflowX !== 'visible') return false
  return true
}).map((element) => element.outerHTML.slice(0, 120))"""


@pytest.mark.timeout(400)
@pytest.mark.parametrize("size", ["wide", "phone"])
async def test_every_page_is_accessible_and_asks_nobody_else(cabinet: Cabinet, fleet: Fleet, size: str) -> None:
    async with cabinet.open(size) as page:
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        for path in PAGES.values():
            await page.emulate_media(color_scheme="light")
            await page.goto(cabinet.url + path)
            await settle(page)
            await assert_accessible(page)
            await page.emulate_media(color_scheme="dark")
            await assert_accessible(page)
        assert not [url for url in requested if not url.startswith((cabinet.live.url, "data:"))]
        assert not page.problems, page.problems  # type: ignore[attr-defined]  # collected by new_page


@pytest.mark.timeout(400)
async def test_every_page_fits_every_width(cabinet: Cabinet, fleet: Fleet) -> None:
    async with cabinet.open() as page:
        for name, path in PAGES.items():
            await page.goto(cabinet.url + path)
            await settle(page)
            for size, (width, height) in SIZES.items():
                await page.set_viewport_size({"width": width, "height": height})
                await page.wait_for_timeout(50)
                assert await page.evaluate(OVERFLOWING) == [], f"{name} at {size}"
                assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (
                    f"{name} at {size}"
                )


@pytest.mark.parametrize("path", [PAGES["overview"], PAGES["host"]])
async def test_nothing_moves_when_data_come_anew(page: Page, cabinet: Cabinet, path: str) -> None:
    await page.goto(cabinet.url + path)
    await settle(page)
    await page.evaluate("""() => {
      window.shifted = 0
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.shifted += entry.value)))
        .observe({ type: 'layout-shift' })
    }""")
    await page.get_by_role("button", name="Refresh now").click()
    await settle(page)
    assert await page.evaluate("window.shifted") == 0


async def test_the_chosen_colours_stay(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/settings")
    await page.get_by_role("radio", name="Dark").check()
    background = "getComputedStyle(document.body).backgroundColor"
    dark = await page.evaluate(background)
    await page.reload()
    await page.wait_for_selector("h1")
    assert await page.evaluate(background) == dark
    async with page.expect_response(lambda answer: answer.request.method in {"PUT", "PATCH"}) as kept:
        await page.get_by_role("radio", name="Light").check()
    assert (await kept.value).ok
    assert await page.evaluate(background) != dark
    async with page.expect_response(lambda answer: answer.request.method in {"PUT", "PATCH"}) as kept:  # as it was
        await page.get_by_role("radio", name="System").check()
    assert (await kept.value).ok


async def test_an_ended_session_leads_to_the_door_and_back(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/hosts?sort=-cpu")
    await page.wait_for_selector("table")
    await page.context.clear_cookies()
    await page.get_by_role("button", name="Refresh now").click()
    await page.wait_for_url("**/login?next=*")
    page.problems.clear()  # type: ignore[attr-defined]  # Chromium tells of the refused request by itself
    await page.get_by_label("Email").fill("ann@example.org")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url("**/hosts?sort=-cpu")


async def test_nothing_yet_shows_how_to_begin(cabinet: Cabinet) -> None:
    async with new_page(cabinet.browser, width=390, height=844) as page:
        await sign_in(page, cabinet.live, NEWCOMER)
        await page.get_by_role("button", name="Make a token, and wait for data").click()
        await expect(page.get_by_text("curl -fsS")).to_be_visible()
        await assert_accessible(page)


async def test_public_pages_are_accessible_and_fit(cabinet: Cabinet) -> None:
    async with new_page(cabinet.browser, width=360, height=740, reduced_motion="reduce") as page:
        for path, heading in PUBLIC.items():
            await page.goto(cabinet.live.url + path)
            await expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
            assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
            for scheme in ("light", "dark"):
                await page.emulate_media(color_scheme=scheme)
                await assert_accessible(page)
        assert not page.problems, page.problems  # type: ignore[attr-defined]  # collected by new_page


async def test_doors_need_no_script(live: Live, cabinet: Cabinet) -> None:
    context = await cabinet.browser.new_context(java_script_enabled=False)
    plain = await context.new_page()
    await plain.goto(live.url + "/login")
    await plain.get_by_label("Email").fill("ann@example.org")
    await plain.get_by_label("Password", exact=True).fill("wrong password here")
    await plain.get_by_role("button", name="Sign in", exact=True).click()
    await expect(plain.get_by_role("alert")).to_contain_text("not right")
    await context.close()
