"""API tokens: made, shown once, revoked."""

from __future__ import annotations

import re
import urllib.error
import urllib.request

import pytest
from playwright.async_api import Page, expect

from tests.live import Live
from tests.web.browser import assert_accessible
from tests.web.cabinet import Cabinet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


def status_with(live: Live, token: str) -> int:
    """What a query with the token is answered."""
    request = urllib.request.Request(live.url + "/api/v1/query?query=up", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


async def test_a_token_is_made_shown_once_and_revoked(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/settings/tokens")
    await page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog")
    await assert_accessible(page)
    await dialog.get_by_role("button", name="Make the token").click()
    await expect(dialog).to_contain_text("Give it a name")
    await dialog.get_by_label("Name").fill("ci runner")
    await dialog.get_by_role("button", name="Make the token").click()
    shown = page.get_by_text(re.compile(r"^obsv_org_\w{8}_"))
    token = (await shown.inner_text()).strip()
    assert status_with(cabinet.live, token) == 200
    await page.reload()
    row = page.get_by_role("listitem").filter(has_text="ci runner")
    await expect(row).to_be_visible()
    await expect(shown).to_have_count(0)
    await row.get_by_role("button", name=re.compile("Revoke")).click()
    await expect(dialog.get_by_role("button", name="Revoke")).to_be_disabled()
    await dialog.get_by_label(re.compile("to revoke it")).fill("ci runner")
    await assert_accessible(page)
    await dialog.get_by_role("button", name="Revoke").click()
    await expect(row).to_have_count(0)
    assert status_with(cabinet.live, token) == 401
