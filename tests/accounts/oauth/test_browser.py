"""A real browser between a real appliance and a real provider: cookies, redirects and the page's policy hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.accounts.oauth.conftest import Elsewhere
from tests.live import Live
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET
from tests.web.browser import open_page

LINK = """async () => {
  const own = '/api/obsv/v1'
  const {csrf} = await (await fetch(`${own}/session`)).json()
  const headers = {'Content-Type': 'application/json', 'X-CSRF-Token': csrf}
  const body = JSON.stringify({next: location.pathname})
  const answer = await fetch(`${own}/me/identities/corp/link`, {method: 'POST', headers, body})
  location.assign((await answer.json()).url)
}"""
LINKED = "async () => (await (await fetch('/api/obsv/v1/me/identities')).json()).identities[0].linked_at_ms"


async def set_up(page: Page, live: Live) -> None:
    await page.goto(live.setup_url())
    await page.get_by_label("Your name").fill("Ann Example")
    await page.get_by_label("Email").fill("ann@example.org")
    await page.get_by_label("Organisation").fill("Acme")
    await page.get_by_label("Password", exact=True).fill("correct horse battery 9")
    await page.get_by_label(re.compile("16")).check()
    await page.get_by_role("button", name="Create").click()
    await page.wait_for_url(re.compile(r"/app/acme"))


@pytest.mark.browser
@pytest.mark.slow
async def test_link_and_sign_in(tmp_path: Path, chromium: str, elsewhere: Elsewhere) -> None:
    config = tmp_path / "obsv.toml"
    config.write_text(
        f'[[auth.provider]]\nslug = "corp"\nlabel = "Example Ltd"\nissuer = "{elsewhere.url}"\nallow_private = true\n'
        f'client_id = "{CLIENT_ID}"\nclient_secret = "{CLIENT_SECRET}"\n'
    )
    live = Live(tmp_path, options=("--config", str(config)))
    live.start()
    try:
        async with open_page(chromium, width=1280, height=800) as page:
            await set_up(page, live)
            async with page.expect_navigation(url=re.compile(r"/app/acme")):
                await page.evaluate(LINK)
            assert await page.evaluate(LINKED) > 0

            await page.goto("about:blank")  # the cabinet would go to the sign-in by itself
            await page.context.clear_cookies()
            await page.goto(live.url + "/login?next=/app/acme/hosts")
            await page.get_by_role("button", name="Sign in with Example Ltd").click()
            await page.wait_for_url(re.compile(r"/app/acme/hosts"))
            assert await page.evaluate(LINKED) > 0
            assert {cookie["name"] for cookie in await page.context.cookies()} == {"obsv_session"}

            await page.goto("about:blank")
            await page.context.clear_cookies()
            elsewhere.switch(sub="somebody else")
            await page.goto(live.url + "/login")
            await page.get_by_role("button", name="Sign in with Example Ltd").click()
            await page.get_by_role("heading", name="You have no account here yet").wait_for()
            problems = page.problems  # type: ignore[attr-defined]  # collected by open_page
            assert [problem for problem in problems if "403" not in problem] == []
    finally:
        assert live.stop() == 0
