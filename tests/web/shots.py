"""Take pictures of every page: `python -m tests.web.shots DIR [--readme]`.

Both widths, light and dark, on a real appliance with a fleet of hosts; `--readme` renews the one that the README shows.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from playwright.async_api import Page

from tests.live import Live, appliance
from tests.web import fleet
from tests.web.browser import find_chromium, open_page

README = Path("obsv/site/docs/images/overview.png")
PASSWORD = "correct horse battery 9"
SIZES = {"wide": (1280, 800), "phone": (390, 844)}
PAGES = {
    "overview": "",
    "hosts": "/hosts",
    "host": "/hosts/db-1%3A9100",
    "settings": "/settings",
    "unknown": "/nowhere",
}
DOORS = {"login": "/login", "home": "/", "docs": "/docs"}
Scheme = Literal["light", "dark"]


def prepare(live: Live) -> None:
    """An owner and a fleet."""
    arguments = ("--email", "ann@example.org", "--name", "Ann Example", "--org", "operator", "--role", "owner")
    live.cli("admin", "create-user", *arguments, "--password-stdin", stdin=PASSWORD)
    fleet.send(live.url, live.token("metrics:write"), int(time.time() * 1000))


@asynccontextmanager
async def signed_in(live: Live, chromium: str, size: str, scheme: Scheme) -> AsyncIterator[Page]:
    """A page in the cabinet."""
    width, height = SIZES[size]
    async with open_page(chromium, width=width, height=height, color_scheme=scheme, reduced_motion="reduce") as page:
        await page.goto(live.url + "/login")
        await page.get_by_label("Email").fill("ann@example.org")
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        if "/login/age" in page.url:
            await page.get_by_label("16").check()
            await page.get_by_role("button", name="Continue").click()
        await page.wait_for_url("**/app/**")
        yield page


async def settle(page: Page) -> None:
    """Wait until nothing loads any more."""
    await page.wait_for_load_state("networkidle")
    await page.wait_for_timeout(400)


async def every_page(live: Live, chromium: str, folder: Path) -> None:
    """All pages in all looks."""
    for size in SIZES:
        for scheme in ("light", "dark"):
            async with signed_in(live, chromium, size, scheme) as page:
                for name, path in PAGES.items():
                    await page.goto(f"{live.url}/app/operator{path}")
                    await settle(page)
                    await page.screenshot(path=folder / f"{name}-{size}-{scheme}.png")
                await dialogs(page, live, folder, f"{size}-{scheme}")
                print(size, scheme, *page.problems, sep="\n  ")  # type: ignore[attr-defined]  # set by open_page
            async with open_page(chromium, width=SIZES[size][0], height=SIZES[size][1], color_scheme=scheme) as page:
                for name, path in DOORS.items():
                    await page.goto(live.url + path)
                    await page.screenshot(path=folder / f"{name}-{size}-{scheme}.png")


async def dialogs(page: Page, live: Live, folder: Path, look: str) -> None:
    """What opens on a page."""
    await page.goto(f"{live.url}/app/operator")
    await page.get_by_role("button", name="Add a host").first.click()
    await settle(page)
    await page.screenshot(path=folder / f"add-a-host-{look}.png")
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await page.wait_for_timeout(300)
    await page.screenshot(path=folder / f"shortcuts-{look}.png")
    await page.goto(f"{live.url}/app/operator{PAGES['host']}")
    await settle(page)
    await page.get_by_role("button", name="Last 1 h").click()
    await page.screenshot(path=folder / f"range-{look}.png")


async def readme(live: Live, chromium: str) -> None:
    """The picture of the README."""
    async with signed_in(live, chromium, "wide", "light") as page:
        await page.set_viewport_size({"width": 1280, "height": 560})
        await settle(page)
        README.parent.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=README)


def main() -> int:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readme", action="store_true")
    options = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        parser.error("no chromium (apt-get install chromium)")
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, appliance(Path(scratch)) as live:
        prepare(live)
        asyncio.run(readme(live, chromium) if options.readme else every_page(live, chromium, options.folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
