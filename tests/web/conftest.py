"""One appliance and one browser for all tests of the cabinet, one session for those of a file."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.live import Live, appliance
from tests.web.browser import open_browser
from tests.web.cabinet import EMAIL, Cabinet, create_owner, open_cabinet, populate
from tests.web.fleet import Fleet

FRESH_MS = 20_000


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Live]:
    """A running appliance, which Ann runs; only where there is a browser to look at it."""
    assert chromium
    with appliance(tmp_path_factory.mktemp("cabinet")) as live:
        create_owner(live, EMAIL, "operator")
        yield live


@pytest.fixture(scope="session")
def reporting(live: Live) -> Fleet:
    """The appliance's people and hosts."""
    return populate(live)


@pytest.fixture
def fleet(reporting: Fleet) -> Fleet:
    """The operator's hosts, that have just reported."""
    now_ms = int(time.time() * 1000)
    if now_ms - reporting.sent_ms > FRESH_MS:
        reporting.report(now_ms)
    return reporting


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A running Chromium."""
    async with open_browser(chromium) as browser:
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def cabinet(live: Live, reporting: Fleet, browser: Browser) -> Cabinet:
    """The operator's owner, signed in; anew for each file, since a proof of who one is holds for ten minutes."""
    assert reporting.url == live.url
    return await open_cabinet(live, browser)


@pytest_asyncio.fixture(loop_scope="session")
async def page(cabinet: Cabinet, fleet: Fleet) -> AsyncIterator[Page]:
    """The overview, wide and light; whatever the page complains about fails the test."""
    assert fleet
    async with cabinet.open() as page:
        await page.goto(cabinet.url)
        yield page
        assert not page.problems, page.problems  # type: ignore[attr-defined]  # collected by new_page
