"""Shared links: made and taken back in the cabinet, looked at by somebody who is nobody here; panels as pictures."""

from __future__ import annotations

import json
import os
import re
import time
import urllib.request
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Request, Response, expect

from tests.web.browser import Scheme, assert_accessible, new_page
from tests.web.cabinet import CHAINED, KINDS, Cabinet
from tests.web.dashboards import SCOPES
from tests.web.test_charts import panel

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
SHOTS = os.environ.get("OBSV_SHOTS")
GONE = "This link does not work any more"
# How many colours a picture has, and what stands in its first corner.
LOOK_AT = """async (bytes) => {
  const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }))
  const canvas = new OffscreenCanvas(picture.width, picture.height)
  const context = canvas.getContext('2d')
  context.drawImage(picture, 0, 0)
  const { data } = context.getImageData(0, 0, picture.width, picture.height)
  const seen = new Map()
  for (let at = 0; at < data.length; at += 4) {
    const colour = data[at] * 65536 + data[at + 1] * 256 + data[at + 2]
    seen.set(colour, (seen.get(colour) ?? 0) + 1)
  }
  const [ground] = [...seen].sort((a, b) => b[1] - a[1])[0]
  return { width: picture.width, height: picture.height, colours: seen.size, ground }
}"""


async def make_link(page: Page, cabinet: Cabinet, path: str, fill: Callable[[Any], Any] | None = None) -> str:
    """Share a dashboard through its dialog; the address."""
    await page.goto(cabinet.url + path)
    await page.get_by_role("button", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("Loading", exact=True)).to_have_count(0)
    if fill is not None:
        await fill(dialog)
    await dialog.get_by_role("button", name="Make a link").click()
    return (await dialog.get_by_label("The new link").inner_text()).strip()


@asynccontextmanager
async def visit(
    cabinet: Cabinet, url: str, *, scheme: Scheme = "light", size: tuple[int, int] = (1280, 900)
) -> AsyncGenerator[Page]:
    """A private window on an address."""
    width, height = size
    async with new_page(cabinet.browser, width=width, height=height, color_scheme=scheme) as page:
        await page.goto(url)
        yield page


async def test_a_private_window_sees_a_shared_dashboard_and_keeps_nothing(page: Page, cabinet: Cabinet) -> None:
    async def fill(dialog: Any) -> None:
        await dialog.get_by_label("Title for visitors").fill("The fleet, for you")
        await dialog.get_by_label("Host", exact=True).check()
        await assert_accessible(page)

    url = await make_link(page, cabinet, CHAINED, fill)
    assert url.startswith(f"{cabinet.live.url}/shared/")
    requests: list[Request] = []
    responses: list[Response] = []
    async with new_page(cabinet.browser, width=1280, height=900) as visitor:
        visitor.on("request", lambda one: requests.append(one))  # noqa: PLW0108  # the library marks what it is given
        visitor.on("response", lambda one: responses.append(one))  # noqa: PLW0108
        answer = await visitor.goto(url)
        assert answer is not None
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        await expect(visitor.get_by_role("heading", level=1)).to_have_text("The fleet, for you")
        await expect(panel(visitor, "Load of All")).to_have_attribute(
            "data-series", re.compile("[67]")
        )  # test_hosts adds one
        await expect(visitor.get_by_role("combobox", name="job")).to_have_count(0)
        await visitor.get_by_role("button", name="Host: All").click()
        await visitor.get_by_role("checkbox", name="web-1:9100").check()
        await visitor.keyboard.press("Escape")
        await expect(panel(visitor, "Load of web-1:9100")).to_have_attribute("data-series", "1")
        await expect(panel(visitor, "web-1:9100")).to_have_attribute("data-series", "4")  # repeated, a line a processor
        before = len(responses)
        await visitor.reload()
        await expect(panel(visitor, "Load of web-1:9100")).to_have_attribute("data-series", "1")
        told = "".join([await one.text() for one in responses[before:] if "/api/" in one.url])
        assert "web-1:9100" in told
        assert not re.search("node_cpu_seconds|label_values", told)
        assert await visitor.context.cookies() == []
        kept = "[localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases()).length]"
        assert await visitor.evaluate(f"async () => {kept}") == [0, 0, "", 0]
        assert all(request.url.startswith((cabinet.live.url, "data:")) for request in requests)
        assert not [one for one in requests if "cookie" in await one.all_headers()]
        assert not [one for one in responses if "set-cookie" in await one.all_headers()]
        assert not visitor.problems, visitor.problems  # type: ignore[attr-defined]  # collected by new_page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (360, 740)])
async def test_the_shared_page_is_accessible(
    page: Page, cabinet: Cabinet, scheme: Scheme, size: tuple[int, int]
) -> None:
    url = await make_link(page, cabinet, KINDS)
    async with visit(cabinet, url, scheme=scheme, size=size) as visitor:
        await visitor.wait_for_selector("[data-panel='1'] .uplot")
        await panel(visitor, "Disks").scroll_into_view_if_needed()
        await expect(panel(visitor, "Disks")).to_contain_text("83 %")
        await assert_accessible(visitor)
        assert await visitor.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert not visitor.problems, visitor.problems  # type: ignore[attr-defined]


async def test_a_fixed_time_is_all_that_a_visitor_sees(page: Page, cabinet: Cabinet) -> None:
    async def fix(dialog: Any) -> None:
        await dialog.get_by_label("What this page shows now").check()

    url = await make_link(page, cabinet, KINDS + "?from=now-30m&to=now-10m", fix)
    async with visit(cabinet, url + "?from=now-30d&to=now") as visitor:
        await expect(visitor.get_by_role("button", name="Show all of it")).to_be_visible()
        await visitor.get_by_role("button", name="Show all of it").click()
        await visitor.wait_for_selector("[data-panel='1'] .uplot")
        await expect(visitor.get_by_role("button", name="Time range")).to_have_count(0)
        times = await visitor.locator("header .muted").inner_text()
        assert re.fullmatch(r".*\d\d:\d\d \u2013 .*\d\d:\d\d", times)


async def test_a_link_that_was_taken_back_shows_a_calm_page(page: Page, cabinet: Cabinet) -> None:
    async def name(dialog: Any) -> None:
        await dialog.get_by_label("Title for visitors").fill("Short lived")

    url = await make_link(page, cabinet, KINDS, name)
    async with visit(cabinet, url) as visitor:
        await visitor.wait_for_selector("[data-panel='1'] .uplot")
        dialog = page.get_by_role("dialog")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Share", exact=True).click()
        row = dialog.get_by_role("listitem").filter(has_text="Short lived")
        await expect(row).to_contain_text("last opened")
        await row.get_by_role("button", name="Take back Short lived").click()
        await expect(row).to_have_count(0)
        await visitor.get_by_role("button", name="Refresh now").click()
        await expect(visitor.get_by_role("heading", level=1)).to_have_text(GONE)
        await visitor.reload()
        await expect(visitor.get_by_role("heading", level=1)).to_have_text(GONE)
        await assert_accessible(visitor)
        visitor.problems.clear()  # type: ignore[attr-defined]  # the refusals that were wanted


async def test_a_link_that_ended_shows_a_calm_page(cabinet: Cabinet) -> None:
    headers = {"Authorization": f"Bearer {cabinet.live.token(SCOPES)}", "Content-Type": "application/json"}
    body = json.dumps({"expires_at_ms": int(time.time() * 1000) + 3000}).encode()
    path = f"{cabinet.live.url}/api/obsv/v1/dashboards/kinds/links"
    with urllib.request.urlopen(urllib.request.Request(path, body, headers), timeout=30) as answer:
        url = json.load(answer)["url"]
    time.sleep(3)  # the link's time has to pass
    async with visit(cabinet, url, scheme="dark", size=(390, 844)) as visitor:
        await expect(visitor.get_by_role("heading", level=1)).to_have_text(GONE)
        await assert_accessible(visitor)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_panels_are_kept_as_pictures(cabinet: Cabinet, tmp_path: Path, scheme: Scheme) -> None:
    async with cabinet.open("wide", scheme) as page:
        await page.set_viewport_size({"width": 1280, "height": 2000})
        await page.goto(cabinet.url + KINDS)
        await page.wait_for_selector("[data-panel='1'] .uplot")
        for title in ("CPU by host", "Disks", "Fullest disk", "Memory", "Load as a heatmap", "Hosts in rows", "Notes"):
            one = panel(page, title)
            box = await one.bounding_box()
            assert box is not None
            await one.get_by_role("button", name=f"{title}: more").click()
            async with page.expect_download() as started:
                await one.get_by_role("button", name="Download as PNG").click()
            kept = Path(SHOTS or tmp_path) / f"{scheme}-{(await started.value).suggested_filename}"
            await (await started.value).save_as(kept)
            content = kept.read_bytes()
            assert content.startswith(b"\x89PNG\r\n\x1a\n"), title
            seen = await page.evaluate(LOOK_AT, list(content))
            assert seen["width"] == pytest.approx(2 * box["width"], abs=2)
            assert seen["height"] == pytest.approx(2 * box["height"], abs=2)
            assert seen["colours"] > 20, title
            assert seen["ground"] == (0xFFFFFF if scheme == "light" else 0x161A1D), title
        assert not page.problems, page.problems  # type: ignore[attr-defined]
