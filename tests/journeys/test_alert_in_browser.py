"""From a rule that a person tries and makes to everybody who must hear of it, all of it clicked in a real browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.database import database_url, engine_name
from tests.journeys.test_alert_to_reader import OWNER, READER, ROUTING, Api, Mailbox, link_in, listening
from tests.live import Live
from tests.web.browser import new_page, open_browser
from tests.web.cabinet import PASSWORD, sign_in

__all__ = ["database_url", "engine_name"]

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

SOON_MS = 30_000


@pytest.fixture
def mailbox(tmp_path: Path, database_url: str, chromium: str) -> Iterator[tuple[Live, Mailbox]]:
    """A server that mails, and where its mails arrive."""
    assert chromium
    with listening() as (box, port):
        mail = {"TRANSPORT": "smtp", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "SMTP_SECURITY": "none"}
        live = Live(tmp_path, database_url, env={f"OBSV_MAIL__{name}": value for name, value in mail.items()})
        who = ("--email", OWNER, "--name", "Ann", "--org", "Operator", "--role", "owner")
        live.cli("admin", "create-user", *who, "--password-stdin", stdin=PASSWORD)
        live.start()
        try:
            yield live, box
        finally:
            assert live.stop() == 0, live.log


async def until(holds: Callable[[], Any]) -> Any:
    async with asyncio.timeout(SOON_MS / 1000):
        while not (found := holds()):
            await asyncio.sleep(0.1)
    return found


@asynccontextmanager
async def stranger(browser: Browser, url: str) -> AsyncIterator[Page]:
    """A page in a browser that never was here before."""
    async with new_page(browser, width=390, height=844) as page:
        await page.goto(url)
        yield page
        assert not page.problems, page.problems  # type: ignore[attr-defined]  # collected by new_page


async def make_status_page(page: Page, app: str) -> None:
    await page.goto(app + "/status/pages/new")
    form = page.get_by_role("form", name="New status page")
    await form.get_by_label("Title").fill("Shop")
    await form.get_by_label("Public at once").check()
    await form.get_by_role("button", name="Make the page").click()
    component = page.get_by_role("form", name="New component")
    await component.get_by_label("Name", exact=True).fill("Checkout")
    await component.get_by_text("Follow alerts").click()
    await component.get_by_label("Alerts with these labels").fill('{service="shop"}')
    await component.get_by_label("While one fires").select_option("Major outage")
    await component.get_by_label("It opens").select_option("An incident, with mail")
    await component.get_by_role("button", name="Add it").click()
    await expect(page.get_by_label("State of Checkout")).to_be_visible()


async def subscribe(browser: Browser, live: Live, mailbox: Mailbox) -> None:
    async with stranger(browser, live.url + "/status/shop") as page:
        await expect(page.get_by_role("heading", level=1)).to_have_text("All systems operational")
        await page.get_by_role("link", name="Subscribe", exact=True).click()
        await page.get_by_label("Email").fill(READER)
        await page.get_by_role("button", name="Mail me a link to confirm").click()
    mail = await until(lambda: mailbox.to(READER, "Confirm"))
    async with stranger(browser, link_in(mail, r"/status/shop/confirm\?token=\S+")) as page:
        await page.get_by_role("button").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("You are subscribed")


async def make_rule(page: Page, app: str) -> None:
    """Tried over what there was, then made."""
    await page.goto(app + "/alerts/rules/new?expr=shop_seconds+%3E+2")
    rule = page.get_by_role("form", name="Rule", exact=True)
    await rule.get_by_label("Name", exact=True).fill("ShopSlow")
    await rule.get_by_label("Severity").fill("critical")
    await rule.get_by_label("For", exact=True).fill("0s")
    await rule.get_by_label("Summary").fill("The shop takes {{ $value }} s")
    await rule.get_by_label("Name of the group").fill("shop")
    await rule.get_by_label("Evaluated every").fill("1s")
    await rule.get_by_role("button", name="Try it over the past 30 days").click()
    trial = rule.get_by_role("region", name="Trial")
    await expect(trial).to_contain_text("It would have fired 1 time, for", timeout=SOON_MS)
    await rule.get_by_role("button", name="Make the rule").click()
    await expect(page.get_by_role("link", name="ShopSlow")).to_be_visible()


async def test_an_alert_reaches_everybody_in_the_browser(mailbox: tuple[Live, Mailbox], chromium: str) -> None:
    live, box = mailbox
    app = f"{live.url}/app/operator"
    api = await asyncio.to_thread(Api, live)
    await asyncio.to_thread(api.ask, "PUT", "/routing", {"yaml": ROUTING})
    for seconds, back_s in ((5.0, 600), (1.0, 400)):
        await asyncio.to_thread(api.send, seconds, back_s)
    async with open_browser(chromium) as browser, new_page(browser, width=1280, height=800) as page:
        await sign_in(page, live, OWNER)
        await make_status_page(page, app)
        await subscribe(browser, live, box)
        await make_rule(page, app)

        await asyncio.to_thread(api.send, 9.0)
        told = await until(lambda: box.to(OWNER, "FIRING"))
        await page.goto(app + "/alerts")
        alert = page.get_by_role("listitem").filter(has_text="The shop takes 9 s")
        await expect(alert).to_contain_text("Firing")
        async with stranger(browser, link_in(told, r"/alert\?code=\S+")) as phone:
            await expect(phone.get_by_text("ShopSlow").first).to_be_visible()
            await phone.get_by_role("button", name="Acknowledge").click()
            await expect(phone.get_by_text("You are at it").first).to_be_visible()
        await page.get_by_role("button", name="Refresh now").click()
        await expect(alert).to_contain_text("Acknowledged")

        async with stranger(browser, live.url + "/status/shop") as seen:
            await expect(seen.get_by_text("Major outage").first).to_be_visible()
            await expect(seen.get_by_text("The shop takes 9 s").first).to_be_visible()
        news = await until(lambda: box.to(READER, "The shop takes 9 s"))
        async with stranger(browser, link_in(news, r"/status/shop/manage\?token=\S+")) as reader:
            await reader.get_by_role("button", name="Unsubscribe").click()
            await expect(reader.get_by_role("heading", level=1)).to_contain_text("unsubscribed")

        await asyncio.to_thread(api.send, 1.0)
        await until(lambda: box.to(OWNER, "RESOLVED"))
        async with stranger(browser, live.url + "/status/shop") as seen:
            await expect(seen.get_by_role("heading", level=1)).to_have_text("All systems operational")
        await page.goto(app + "/alerts/history")
        await expect(page.get_by_text("ShopSlow").first).to_be_visible()
        assert not page.problems, page.problems  # type: ignore[attr-defined]  # collected by new_page
    assert [str(one["To"]) for one in box.mails].count(READER) == 2
