"""The life of an account in a real Chromium, with real mail: register, verify, an app, a recovery code, a passkey alone,

and another device that is signed out from here.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pyotp
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from playwright.async_api import Browser, Page, expect

from tests.journeys.authenticator import Keys
from tests.live import Live
from tests.postgres import create_database
from tests.web.browser import assert_accessible, new_page, open_browser

PASSWORD = "correct horse battery 9"
EMAIL = "ann@example.org"


@dataclass
class Mailbox:
    """A mail server that keeps what it is handed."""

    port: int = 0
    texts: list[str] = field(default_factory=list[str])

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        body = message_from_bytes(envelope.content, policy=default).get_body(("plain",))
        assert body is not None
        self.texts.append(f"{envelope.rcpt_tos[0]}\n{body.get_content()}")
        return "250 OK"

    async def link(self, path: str) -> str:
        """The address in the mail to Ann that leads there."""
        for _ in range(200):
            for text in self.texts:
                if text.startswith(EMAIL) and (found := re.search(rf"http://\S+{path}\?code=\S+", text)):
                    return found[0]
            await asyncio.sleep(0.05)
        raise AssertionError(f"no mail with {path}: {self.texts}")


@asynccontextmanager
async def mailbox() -> AsyncIterator[Mailbox]:
    made = Mailbox()
    listening = await asyncio.get_running_loop().create_server(lambda: SMTP(made), "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        listening.close()


@asynccontextmanager
async def instance(folder: Path, database: str, mail: Mailbox) -> AsyncIterator[Live]:
    """Open to anybody, and somebody runs it already."""
    env = {
        "OBSV_AUTH__REGISTRATION": "open",
        "OBSV_MAIL__TRANSPORT": "smtp",
        "OBSV_MAIL__SMTP_HOST": "localhost",
        "OBSV_MAIL__SMTP_PORT": str(mail.port),
        "OBSV_MAIL__SMTP_SECURITY": "none",
    }
    live = Live(folder, database, env=env)
    who = ("--email", "root@example.org", "--name", "Root", "--org", "Operator", "--role", "owner")
    live.cli("admin", "create-user", *who, "--password-stdin", stdin=PASSWORD)
    live.start()
    try:
        yield live
    finally:
        live.stop()


def code(secret: str, steps: int) -> str:
    """Of the step before (-1), this one (0), or the next (1): three codes that work without waiting."""
    return pyotp.TOTP(secret).generate_otp(int(time.time()) // 30 + steps)


async def steady() -> None:
    """Wait if a step of 30 s ends at this moment."""
    if (left := 30 - time.time() % 30) < 12:
        await asyncio.sleep(left)


async def sign_out(page: Page, live: Live) -> None:
    await page.goto(f"{live.url}/app/acme/settings")
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/login**")


async def type_password(page: Page, live: Live) -> None:
    await page.goto(f"{live.url}/login")
    await page.get_by_label("Email").fill(EMAIL)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def second_step(page: Page, value: str, *, is_recovery: bool = False) -> None:
    if is_recovery:
        await page.get_by_role("link", name="Use a recovery code").click()
    await page.get_by_label("Recovery code" if is_recovery else "Code").fill(value)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/app/acme**")


async def register(page: Page, live: Live, mail: Mailbox) -> None:
    await page.goto(f"{live.url}/login")
    await page.get_by_role("link", name=re.compile("account", re.IGNORECASE)).first.click()
    await page.wait_for_url("**/register")
    await assert_accessible(page)
    await page.get_by_label("Your name").fill("Ann Example")
    await page.get_by_label("Email").fill(EMAIL)
    await page.get_by_label("Organisation").fill("Acme")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label(re.compile("16")).check()
    await page.get_by_role("button", name="Create").click()
    await page.get_by_role("heading", name="Look into your mail").wait_for()
    await page.goto(await mail.link("/verify"))
    await page.get_by_role("button", name="Confirm").click()
    await page.get_by_role("heading", name="Your address is confirmed").wait_for()


async def enrol_app(page: Page, live: Live) -> tuple[str, list[str]]:
    await page.goto(f"{live.url}/app/acme/settings/security")
    await page.get_by_role("button", name="Set up").click()
    secret = (await page.get_by_label("The app's secret").inner_text()).strip()
    await page.get_by_label("Code", exact=True).fill(code(secret, -1))
    await page.get_by_role("button", name="Confirm").click()
    return secret, (await page.get_by_label("Recovery codes").inner_text()).split()


async def add_passkey(page: Page, live: Live, keys: Keys) -> None:
    await keys.allow()
    await page.goto(f"{live.url}/app/acme/settings/security")
    await page.get_by_role("button", name="Add a passkey").click()
    await page.get_by_text(re.compile("Passkey, added")).wait_for()


async def end_the_other(page: Page, other: Page, live: Live) -> None:
    await page.goto(f"{live.url}/app/acme/settings/devices")
    await expect(page.get_by_role("listitem").filter(has_text="(this one)")).to_have_count(1)
    await assert_accessible(page)
    await page.get_by_role("button", name=re.compile("Sign out (?!all)")).last.click()
    await expect(page.get_by_role("button", name=re.compile("Sign out"))).to_have_count(0)
    await other.goto(f"{live.url}/app/acme/hosts")
    await other.wait_for_url("**/login**")
    await page.reload()
    await page.get_by_role("listitem").filter(has_text="(this one)").wait_for()


async def life(browser: Browser, live: Live, mail: Mailbox) -> None:
    async with (
        new_page(browser, width=1280, height=800) as page,
        new_page(browser, width=390, height=844) as other,
    ):
        await register(page, live, mail)
        await type_password(page, live)
        await page.wait_for_url("**/app/acme**")
        await steady()
        secret, recovery_codes = await enrol_app(page, live)
        await sign_out(page, live)

        await type_password(page, live)
        await second_step(page, code(secret, 0))
        await sign_out(page, live)

        await type_password(page, live)
        await second_step(page, recovery_codes[3], is_recovery=True)
        keys = await Keys.plug_in(page)
        await add_passkey(page, live, keys)
        await keys.allow(present=False)
        await sign_out(page, live)

        await keys.allow()
        await page.goto(f"{live.url}/login")  # the email field offers the passkey, and the person takes it
        await page.wait_for_url("**/app/acme**")

        await type_password(other, live)
        await second_step(other, code(secret, 1))
        await end_the_other(page, other, live)
        assert [problem for problem in page.problems if "CSP" in problem] == []  # type: ignore[attr-defined]


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_the_life_of_an_account(
    tmp_path: Path, chromium: str, engine: str, request: pytest.FixtureRequest
) -> None:
    database = "sqlite" if engine == "sqlite" else await create_database(request.getfixturevalue("postgres_url"))
    async with mailbox() as mail, instance(tmp_path, database, mail) as live, open_browser(chromium) as browser:
        await life(browser, live, mail)
