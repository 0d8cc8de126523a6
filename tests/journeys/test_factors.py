"""Second factors in a real browser: an app, a recovery code, then a passkey alone, with Chromium's own authenticator."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pyotp
import pytest
from playwright.async_api import Page

from tests.journeys.authenticator import Keys
from tests.live import Live, appliance
from tests.web.browser import assert_accessible, open_page

PASSWORD = "correct horse battery 9"
SHOTS = os.environ.get("OBSV_SHOTS")

CALL = """async ([method, path, csrf, content]) => {
  const answer = await fetch('/api/obsv/v1' + path, {
    method,
    headers: {'X-CSRF-Token': csrf, ...(content && {'Content-Type': 'application/json'})},
    body: content && JSON.stringify(content),
  });
  return {status: answer.status, body: await answer.json()};
}"""
CREATE = """async (options) => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return (await navigator.credentials.create({publicKey})).toJSON();
}"""
OLD_BROWSER = """
delete PublicKeyCredential.parseRequestOptionsFromJSON;
delete PublicKeyCredential.prototype.toJSON;
PublicKeyCredential.isConditionalMediationAvailable = async () => false;
"""


class Cabinet:
    """Calls the API from a page of the cabinet, as its script would."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._csrf = ""

    async def must(self, method: str, path: str, content: object = None) -> Any:
        answer = await self._page.evaluate(CALL, [method, path, self._csrf, content])
        assert answer["status"] < 300, answer
        self._csrf = answer["body"].get("csrf", self._csrf)
        return answer["body"]


async def type_password(page: Page, url: str) -> None:
    await page.goto(f"{url}/login")
    await page.get_by_label("Email").fill("ann@example.org")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def forget_session(page: Page) -> None:
    """Leave first: the cabinet goes to the sign-in by itself as soon as an answer tells it that it is signed out."""
    await page.goto("about:blank")
    await page.context.clear_cookies()


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def code(secret: str, steps: int) -> str:
    """Of the step before (-1), this one (0), or the next (1): three codes that work without waiting."""
    return pyotp.TOTP(secret).generate_otp(int(time.time()) // 30 + steps)


async def steady() -> None:
    """Wait if a step of 30 s ends at this moment."""
    left = 30 - time.time() % 30
    if left < 12:
        await asyncio.sleep(left)


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Live]:
    with appliance(tmp_path) as live:
        arguments = ("--email", "ann@example.org", "--name", "Ann Example", "--org", "Acme", "--role", "owner")
        live.cli("admin", "create-user", *arguments, "--password-stdin", stdin=PASSWORD)
        yield live


@asynccontextmanager
async def enrolled(live: Live, chromium: str, **look: Any) -> AsyncIterator[tuple[Page, str, list[str]]]:
    """A page in the cabinet, whose person has an app and recovery codes."""
    async with open_page(chromium, **{"width": 1280, "height": 800, **look}) as page:
        await type_password(page, live.url)
        await page.get_by_label("16").check()
        await page.get_by_role("button", name="Continue").click()
        await page.wait_for_url("**/app/acme**")
        cabinet = Cabinet(page)
        await cabinet.must("GET", "/session")
        secret = (await cabinet.must("POST", "/me/totp"))["secret"]
        done = await cabinet.must("POST", "/me/totp/confirm", {"code": code(secret, -1)})
        yield page, secret, done["recovery_codes"]


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_factors(live: Live, chromium: str) -> None:
    await steady()
    async with enrolled(live, chromium) as (page, secret, recovery_codes):
        await forget_session(page)
        await type_password(page, live.url)
        await page.wait_for_url("**/login/factor")
        await assert_accessible(page)
        assert await page.evaluate("document.activeElement.id") == "code"
        await page.get_by_label("Code").fill("000000")
        await page.keyboard.press("Enter")
        await page.get_by_role("alert").get_by_text("4 tries are left").wait_for()
        await page.get_by_label("Code").fill(code(secret, 0))
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/app/acme**")

        await forget_session(page)
        await type_password(page, live.url)
        await page.get_by_role("link", name="Use a recovery code").click()
        await assert_accessible(page)
        await page.get_by_label("Recovery code").fill(recovery_codes[4])
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.wait_for_url("**/app/acme**")

        keys, cabinet = await Keys.plug_in(page), Cabinet(page)
        await keys.allow()
        assert (await cabinet.must("GET", "/session"))["user"]["email"] == "ann@example.org"
        options = (await cabinet.must("POST", "/me/passkeys/options"))["options"]
        made = {"credential": await page.evaluate(CREATE, options), "name": "this laptop"}
        added = await cabinet.must("POST", "/me/passkeys", made)
        assert added["passkey"]["name"] == "this laptop"
        assert (await cabinet.must("GET", "/me/security"))["recovery_codes_left"] == 9

        # After the password, as second factor.
        await forget_session(page)
        await keys.allow(present=False)
        await type_password(page, live.url)
        await page.wait_for_url("**/login/factor")
        await assert_accessible(page)
        await shot(page, "factor-passkey")
        await keys.allow()
        await page.get_by_role("button", name="Use a passkey").click()
        await page.wait_for_url("**/app/acme**")

        # Alone; the person's finger is refused first.
        await forget_session(page)
        await keys.allow(present=False)
        await page.goto(f"{live.url}/login?next=/app/acme/hosts")
        await page.get_by_role("button", name="Use a passkey").wait_for()
        await assert_accessible(page)
        await keys.allow(verified=False)
        await page.get_by_role("button", name="Use a passkey").click()
        await page.get_by_role("alert").get_by_text("The passkey was not used").wait_for()
        await assert_accessible(page)
        await shot(page, "passkey-refused")
        await keys.allow()
        await page.get_by_role("button", name="Use a passkey").click()
        await page.wait_for_url(re.compile(r":\d+/app/acme/hosts$"))
        security = await Cabinet(page).must("GET", "/me/security")
        assert (security["passkeys"], security["has_password"]) == (1, True)
        assert [problem for problem in page.problems if "CSP" in problem] == []  # type: ignore[attr-defined]


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("how", ["autofill", "old browser"])
async def test_a_passkey_alone(live: Live, chromium: str, how: str) -> None:
    """Offered in the email field, nothing is pressed; and pressed in a browser without the newer conversions."""
    await steady()
    async with enrolled(live, chromium) as (page, _, _codes):
        keys, cabinet = await Keys.plug_in(page), Cabinet(page)
        await keys.allow()
        await cabinet.must("GET", "/session")
        options = (await cabinet.must("POST", "/me/passkeys/options"))["options"]
        await cabinet.must("POST", "/me/passkeys", {"credential": await page.evaluate(CREATE, options)})
        await forget_session(page)
        if how == "old browser":
            await page.add_init_script(OLD_BROWSER)
        await page.goto(f"{live.url}/login")
        if how == "old browser":
            await page.get_by_label("Stay signed in").check()
            await page.get_by_role("button", name="Use a passkey").click()
        await page.wait_for_url("**/app/acme**")
        cookie = next(cookie for cookie in await page.context.cookies() if cookie["name"] == "obsv_session")
        assert (cookie["expires"] > 0) == (how == "old browser")


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_second_step_fits_every_screen(
    live: Live, chromium: str, width: int, height: int, scheme: Literal["light", "dark"]
) -> None:
    async with enrolled(live, chromium, width=width, height=height, color_scheme=scheme) as (page, _, _codes):
        name = f"{width}-{scheme}"
        await forget_session(page)
        for path in ("/login", "/login/factor", "/login/factor?with=recovery"):
            await page.goto(live.url + path)
            if path == "/login":
                await page.get_by_role("button", name="Use a passkey").wait_for()
            await assert_accessible(page)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            await shot(page, f"{re.sub(r'[^a-z]+', '-', path).strip('-')}-{name}")
            if path == "/login":
                await type_password(page, live.url)
                await page.wait_for_url("**/login/factor")
        await page.get_by_label("Recovery code").fill("not a code")
        await page.keyboard.press("Enter")
        await page.get_by_role("alert").wait_for()
        await shot(page, f"wrong-{name}")
