"""The account in the settings: members, an authenticator app, devices, the fresh proof that asks in between."""

from __future__ import annotations

import re
import sqlite3

import pyotp
import pytest
from playwright.async_api import Browser, Page, expect

from tests.live import Live
from tests.web.browser import assert_accessible
from tests.web.cabinet import PASSWORD, create_owner, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def settings_of(live: Live, browser: Browser, name: str, section: str) -> Page:
    """A section of a fresh owner's settings, in a browser context of their own."""
    email = f"{name}@example.org"
    create_owner(live, email, name)
    page = await (await browser.new_context()).new_page()
    await sign_in(page, live, email)
    await page.goto(f"{live.url}/app/{name}/settings/{section}")
    return page


async def test_somebody_is_invited_comes_and_gets_another_role(live: Live, browser: Browser) -> None:
    page = await settings_of(live, browser, "inviter", "members")
    await page.get_by_label("Invite by email").fill("guest@example.org")
    await page.get_by_role("button", name="Invite", exact=True).click()
    link = (await page.get_by_text(re.compile("/invite[?]code=")).inner_text()).strip()
    await assert_accessible(page)
    guest = await (await browser.new_context()).new_page()
    await guest.goto(link)
    await assert_accessible(guest)
    await guest.get_by_label("Your name").fill("Gus Guest")
    await guest.get_by_label("Password", exact=True).fill(PASSWORD)
    await guest.get_by_label(re.compile("16")).check()
    await guest.get_by_role("button", name="Create account and join").click()
    await guest.wait_for_url("**/app/inviter")
    await page.reload()
    role = page.get_by_label("Role of Gus Guest")
    await expect(role).to_have_value("viewer")
    await role.select_option("editor")
    await page.reload()
    await expect(role).to_have_value("editor")
    await page.get_by_role("button", name="Remove Gus Guest").click()
    await expect(role).to_have_count(0)


async def test_an_app_is_set_up_and_asked_for(live: Live, browser: Browser) -> None:
    page = await settings_of(live, browser, "careful", "security")
    await page.get_by_role("button", name="Set up").click()
    secret = (await page.get_by_label("The app's secret").inner_text()).strip()
    await page.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).now())
    await page.get_by_role("button", name="Confirm").click()
    codes = (await page.get_by_label("Recovery codes").inner_text()).split()
    assert len(codes) == 10
    await assert_accessible(page)
    other = await (await browser.new_context()).new_page()
    await other.goto(live.url + "/login")
    await other.get_by_label("Email").fill("careful@example.org")
    await other.get_by_label("Password", exact=True).fill(PASSWORD)
    await other.get_by_role("button", name="Sign in", exact=True).click()
    await other.wait_for_url("**/login/factor**")
    await other.get_by_role("link", name=re.compile("recovery code")).click()
    await other.get_by_label(re.compile("[Rr]ecovery code")).fill(codes[0])
    await other.get_by_role("button", name=re.compile("Sign in|Continue")).click()
    await other.wait_for_url("**/app/careful**")
    await page.get_by_role("link", name="Devices").click()
    await page.get_by_role("button", name="Sign out all others").click()
    await expect(page.get_by_role("button", name="Sign out all others")).to_have_count(0)
    await other.goto(f"{live.url}/app/careful/hosts")
    await other.wait_for_url("**/login**")


async def test_an_old_proof_is_asked_for_anew_and_what_was_wanted_is_done(live: Live, browser: Browser) -> None:
    page = await settings_of(live, browser, "patient", "security")
    with sqlite3.connect(live.folder / "data" / "obsv.sqlite") as database:
        # The newest is this person's.
        database.execute("UPDATE sessions SET sudo_until_ms = 0 WHERE id = (SELECT MAX(id) FROM sessions)")
    database.close()
    await page.wait_for_timeout(5100)  # a replica remembers a session for so long
    await page.get_by_role("button", name="Set up").click()
    dialog = page.get_by_role("dialog", name="Confirm that it is you")
    await assert_accessible(page)
    await dialog.get_by_label("Password").fill("not the password")
    await dialog.get_by_role("button", name="Confirm").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("not right")
    await dialog.get_by_label("Password").fill(PASSWORD)
    await dialog.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_label("The app's secret")).to_be_visible()
