"""A server that goes away while someone looks, and comes back."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.web.cabinet import Cabinet
from tests.web.fleet import Fleet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def test_a_server_that_is_away_is_told_once_and_survived(cabinet: Cabinet, fleet: Fleet) -> None:
    async with cabinet.open() as page:
        await page.goto(cabinet.url)
        await expect(page.get_by_role("table")).to_be_visible()
        cabinet.live.stop()
        try:
            await page.get_by_role("button", name="Refresh now").click()
            await expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
            await expect(page.get_by_role("alert")).to_have_count(1)
            await expect(page.get_by_role("table")).to_be_visible()
        finally:
            cabinet.live.start()
        # It looks again by itself.
        await expect(page.get_by_role("alert")).to_have_count(0, timeout=10_000)
        await expect(page.get_by_role("table")).to_be_visible()
