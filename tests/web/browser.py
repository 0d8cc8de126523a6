"""A real Chromium for tests: it stays on this machine, and what it complains about is collected."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, StorageState, async_playwright

AXE = Path(__file__).parents[2] / "obsv" / "web" / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
PHONE_WIDTH = 640
Scheme = Literal["light", "dark"]

_REPORT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) =>
  console.error(`CSP ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))
"""


def find_chromium() -> str | None:
    """Path of the machine's Chromium."""
    if given := os.environ.get("OBSV_CHROMIUM"):
        return given
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; skips where there is none, fails if one is required."""
    found = find_chromium()
    if found is None:
        reason = "browser: no chromium (apt-get install chromium as root, or OBSV_CHROMIUM=/path)"
        if os.environ.get("OBSV_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@asynccontextmanager
async def open_browser(chromium_path: str) -> AsyncIterator[Browser]:
    """A Chromium of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path, chromium_sandbox=False, args=list(ARGUMENTS)
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def new_page(
    browser: Browser,
    *,
    width: int,
    height: int,
    color_scheme: Scheme = "light",
    reduced_motion: Literal["reduce", "no-preference"] = "no-preference",
    storage_state: StorageState | None = None,
) -> AsyncIterator[Page]:
    """A page in a fresh profile.  Its `problems` lists console errors, policy violations and uncaught errors."""
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=color_scheme,
        reduced_motion=reduced_motion,
        has_touch=width < PHONE_WIDTH,
        is_mobile=width < PHONE_WIDTH,
        storage_state=storage_state,
    )
    try:
        await context.add_init_script(_REPORT_VIOLATIONS)
        page = await context.new_page()
        problems: list[str] = []

        def listen(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                problems.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

        page.on("console", listen)
        page.on("pageerror", lambda error: problems.append(f"uncaught: {error}"))
        page.problems = problems  # type: ignore[attr-defined]  # read by the tests beside the page
        yield page
    finally:
        await context.close()


@asynccontextmanager
async def open_page(
    chromium_path: str,
    *,
    width: int,
    height: int,
    color_scheme: Scheme = "light",
    reduced_motion: Literal["reduce", "no-preference"] = "no-preference",
) -> AsyncIterator[Page]:
    """`new_page` in a browser of its own."""
    async with (
        open_browser(chromium_path) as browser,
        new_page(browser, width=width, height=height, color_scheme=color_scheme, reduced_motion=reduced_motion) as page,
    ):
        yield page


async def assert_accessible(page: Page) -> None:
    """No violation of axe's rules.  It is evaluated, because a script element would break the page's policy."""
    if not AXE.exists():
        pytest.skip("axe: obsv/web/node_modules absent (make web)")
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("async () => (await axe.run()).violations")
    told = [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]} — {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]
    assert not told, "\n".join(told)
