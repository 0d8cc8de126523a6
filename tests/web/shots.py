"""Take pictures of the pages as they are: `python -m tests.web.shots DIR [--only NAME …] [--sizes …] [--readme]`.

Every page and state at several widths, light and dark, on a real appliance with a fleet of hosts; `--readme` renews the
one picture that the README shows.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, Route

from tests.live import Live, appliance
from tests.web.browser import find_chromium, new_page, open_browser
from tests.web.cabinet import (
    EMAIL,
    HOST,
    KINDS,
    NEWCOMER,
    PAGES,
    SIZES,
    Cabinet,
    create_owner,
    open_cabinet,
    populate,
    settle,
    sign_in,
)

README = Path("obsv/site/docs/images/overview.png")
DOORS = {
    "login": "/login",
    "register": "/register",
    "forgot": "/forgot",
    "home": "/",
    "docs": "/docs",
    "agent": "/docs/agent",
}


@dataclass(frozen=True)
class Scene:
    """A state of the cabinet: where it is, and what leads to it."""

    path: str
    act: Callable[[Page], Awaitable[object]] | None = None


async def press_button(page: Page, name: str) -> None:
    """The first of that name."""
    await page.get_by_role("button", name=name).first.click()


async def hover(page: Page) -> None:
    """Over the first chart."""
    await page.locator(".u-over").first.hover()


async def drag(page: Page) -> None:
    """Halfway through choosing a part of a chart."""
    box = await page.locator(".u-over").first.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 40)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 40, steps=4)


async def refused_token(page: Page) -> None:
    """A form with a mistake."""
    await press_button(page, "New token")
    await press_button(page, "Make the token")


async def made_token(page: Page) -> None:
    """The one time that a token is shown."""
    await press_button(page, "New token")
    await page.get_by_label("Name").fill("grafana")
    await press_button(page, "Make the token")


async def cut_off(page: Page) -> None:
    """The server does not answer any more."""
    await page.route("**/api/**", lambda route: route.abort())
    await press_button(page, "Refresh now")


async def failing_queries(page: Page) -> None:
    """The server refuses what charts ask for."""

    async def refuse(route: Route) -> None:
        error = {"status": "error", "errorType": "timeout", "error": "The query took longer than 30 s."}
        await route.fulfill(status=503, json=error, headers={"x-request-id": "0123456789abcdef"})

    await page.route("**/api/v1/query_range**", refuse)
    await press_button(page, "Refresh now")


async def unanswered(page: Page) -> None:
    """Nothing but who is signed in has come yet."""
    await page.add_init_script("""{
      const real = window.fetch
      window.fetch = (url, options) => (url.includes('/session') ? real(url, options) : new Promise(() => {}))
    }""")
    await page.reload()


TOLD_IN_ROWS = ("Memory", "Busy", "Load as a heatmap", "How often which load")


async def palette(page: Page) -> None:
    """Everything that has some letters in its name."""
    await page.keyboard.press("Control+k")
    await page.keyboard.type("ho")
    await page.wait_for_timeout(400)  # the server's lists join


async def as_tables(page: Page) -> None:
    """Kinds of panel that have a table of their own, each told in rows."""
    size = page.viewport_size
    assert size
    await page.set_viewport_size({"width": size["width"], "height": 4200})  # panels out of sight are not drawn
    for title in TOLD_IN_ROWS:
        panel = page.get_by_role("region", name=title, exact=True)
        await panel.get_by_role("button", name=f"{title}: more").click()
        await panel.get_by_role("button", name="View as table").click()


SCENES: Mapping[str, Scene] = {
    **{name: Scene(path) for name, path in PAGES.items()},
    "palette": Scene("", palette),
    "no-match": Scene("/hosts?q=nothing"),
    "no-host": Scene("/hosts/nobody"),
    "stale": Scene("/hosts/edge-fra%3A9100"),
    "full-disk": Scene("/hosts/backup-1%3A9100"),
    "week": Scene(HOST + "?from=now-7d"),
    "range": Scene(HOST, lambda page: press_button(page, "Time range")),
    "hover": Scene(HOST, hover),
    "drag": Scene(HOST, drag),
    "table": Scene(HOST, lambda page: press_button(page, "view as table")),
    "tables": Scene(KINDS, as_tables),
    "failing": Scene(HOST, failing_queries),
    "loading-host": Scene(HOST, unanswered),
    "loading-hosts": Scene("/hosts", unanswered),
    "cut-off": Scene("", cut_off),
    "add-a-host": Scene("", lambda page: press_button(page, "Add a host")),
    "shortcuts": Scene("", lambda page: page.keyboard.press("?")),
    "new-token": Scene("/settings/tokens", refused_token),
    "made-token": Scene("/settings/tokens", made_token),
    "revoke": Scene("/settings/tokens", lambda page: press_button(page, "Revoke")),
}


@dataclass(frozen=True)
class Studio:
    """What to take, and where to."""

    folder: Path
    only: Sequence[str]
    sizes: Sequence[str]

    def wants(self, name: str) -> bool:
        """Whether that picture is asked for."""
        return not self.only or name in self.only

    async def take(self, page: Page, name: str, look: str) -> None:
        """As it is seen, and whole if it is longer."""
        await page.wait_for_timeout(300)
        await page.screenshot(path=self.folder / f"{name}-{look}.png", full_page=name in PAGES)


async def cabinet_pictures(studio: Studio, cabinet: Cabinet) -> None:
    """Scenes of the operator's organisation."""
    for size in studio.sizes:
        for scheme in ("light", "dark"):
            for name, scene in SCENES.items():
                if not studio.wants(name):
                    continue
                async with cabinet.open(size, scheme) as page:
                    await page.goto(cabinet.url + scene.path)
                    await settle(page)
                    if scene.act is not None:
                        await scene.act(page)
                    await studio.take(page, name, f"{size}-{scheme}")


async def public_pictures(studio: Studio, cabinet: Cabinet) -> None:
    """Doors and public pages, and the cabinet of who has no host yet."""
    for size in studio.sizes:
        width, height = SIZES[size]
        for scheme in ("light", "dark"):
            async with new_page(cabinet.browser, width=width, height=height, color_scheme=scheme) as page:
                for name, path in DOORS.items():
                    if studio.wants(name):
                        await page.goto(cabinet.live.url + path)
                        await studio.take(page, name, f"{size}-{scheme}")
                if studio.wants("empty"):
                    await sign_in(page, cabinet.live, NEWCOMER)
                    await settle(page)
                    await studio.take(page, "empty", f"{size}-{scheme}")


async def take_all(studio: Studio, live: Live, chromium: str) -> None:
    """Everything that is asked for."""
    async with open_browser(chromium) as browser:
        cabinet = await open_cabinet(live, browser)
        await cabinet_pictures(studio, cabinet)
        await public_pictures(studio, cabinet)


async def readme(live: Live, chromium: str) -> None:
    """The picture of the README."""
    async with open_browser(chromium) as browser:
        cabinet = await open_cabinet(live, browser)
        async with cabinet.open() as page:
            await page.set_viewport_size({"width": 1280, "height": 520})
            await page.goto(cabinet.url)
            await settle(page)
            await page.screenshot(path=README)


def main() -> int:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path())
    parser.add_argument("--only", nargs="+", default=())
    parser.add_argument("--sizes", nargs="+", default=("wide", "phone"), choices=SIZES)
    parser.add_argument("--readme", action="store_true")
    options = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        parser.error("no chromium (apt-get install chromium)")
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, appliance(Path(scratch)) as live:
        create_owner(live, EMAIL, "operator")
        populate(live)
        studio = Studio(options.folder, options.only, options.sizes)
        asyncio.run(readme(live, chromium) if options.readme else take_all(studio, live, chromium))
    return 0


if __name__ == "__main__":
    sys.exit(main())
