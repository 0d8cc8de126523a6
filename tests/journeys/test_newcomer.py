"""A newcomer's first minutes in a real browser: set-up URL, account, this host's data, its charts, sign out."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from tests.live import Live
from tests.web.browser import assert_accessible, open_page

SHOTS = os.environ.get("OBSV_SHOTS")


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_newcomer(tmp_path: Path, chromium: str) -> None:
    live = Live(tmp_path, env={"OBSV_AGENT__SELF": "true"})
    begun = time.monotonic()
    live.start()
    try:
        async with open_page(chromium, width=1280, height=800) as page:
            await page.goto(live.setup_url())
            await assert_accessible(page)
            await page.get_by_label("Your name").fill("Ann Example")
            await page.get_by_label("Email").fill("ann@example.org")
            await page.get_by_label("Organisation").fill("Acme")
            await page.get_by_label("Password", exact=True).fill("correct horse battery 9")
            await page.get_by_label(re.compile("16")).check()
            await page.get_by_role("button", name="Create").click()
            await page.wait_for_url(re.compile(r"/app/acme"))

            host = page.get_by_role("link", name=re.compile(re.escape(os.uname().nodename.split(".")[0])))
            await host.first.wait_for(timeout=20_000)
            await page.get_by_text("Up", exact=True).first.wait_for(timeout=20_000)
            assert time.monotonic() - begun < 30
            await page.get_by_role("main").get_by_text(re.compile(r"\d\s?%")).first.wait_for(timeout=20_000)
            await assert_accessible(page)
            if SHOTS:
                await page.screenshot(path=f"{SHOTS}/overview.png")

            await host.first.click()
            await page.wait_for_url(re.compile(r"/hosts/"))
            await page.wait_for_selector(".uplot canvas", timeout=20_000)
            # A chart says in words what it shows; a chart without points says so instead.
            await page.wait_for_selector("[data-chart-points]:not([data-chart-points='0'], [data-chart-points='1'])")
            await assert_accessible(page)
            if SHOTS:
                await page.screenshot(path=f"{SHOTS}/host.png", full_page=True)

            await page.get_by_role("link", name="Settings").first.click()
            await page.get_by_role("button", name="Sign out").first.click()
            await page.wait_for_url(re.compile(r"/login"))
            assert not page.problems, page.problems  # type: ignore[attr-defined]  # collected by open_page
            await page.goto(live.url + "/app/acme")
            await page.wait_for_url(re.compile(r"/login"))
    finally:
        assert live.stop() == 0
