"""Channels in the cabinet: made by the form of their kind, tested, switched off, deleted; and what was told through them."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.live import Live
from tests.web.browser import assert_accessible, new_page
from tests.web.cabinet import PASSWORD, Cabinet, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

LOOPBACK = "http://127.0.0.1:9/hook"
ALERT = {"labels": {"alertname": "ChannelsTold", "instance": "db-1:9100"}}
ROUTING = """
route: {receiver: on-call, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: on-call, channels: [Dead hook]}]
"""


def row_of(page: Page, name: str) -> Locator:
    """Of the channel, or of its deliveries."""
    return (
        page.get_by_role("listitem").filter(has=page.get_by_text(name, exact=True)).filter(has=page.locator("button"))
    )


@dataclass(frozen=True)
class Api:
    """The API as a program uses it."""

    url: str
    token: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        """What is answered, if anything."""
        request = urllib.request.Request(
            self.url + path,
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def delivery(self, channel: str, is_wanted: Callable[[Any], bool]) -> Any:
        """The channel's newest one, once it is as wanted."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            found = self.call("GET", f"/api/obsv/v1/deliveries?channel_id={channel}&limit=1")["deliveries"]
            detail = self.call("GET", f"/api/obsv/v1/deliveries/{found[0]['id']}") if found else None
            if detail and is_wanted(detail):
                return detail
            time.sleep(0.1)
        raise AssertionError("the delivery did not come about")


@dataclass(frozen=True)
class Told:
    """A channel through which nothing can be told."""

    api: Api
    channel: str


@pytest.fixture(scope="module")
def told(live: Live) -> Iterator[Told]:
    """An alert was to be told through a channel that no request may reach; all of it is gone at the end."""
    api = Api(live.url, live.token("alerts:read,alerts:write"))
    wish = {"name": "Dead hook", "kind": "webhook", "settings": {"url": LOOPBACK}}
    channel = api.call("POST", "/api/obsv/v1/channels", wish)["id"]
    before = api.call("GET", "/api/obsv/v1/routing")["document"]
    api.call("PUT", "/api/obsv/v1/routing", {"yaml": ROUTING})
    try:
        api.call("POST", "/api/v2/alerts", [ALERT])
        api.delivery(channel, lambda detail: detail["delivery"]["state"] == "dead")
        yield Told(api, channel)
    finally:
        api.call("POST", "/api/v2/alerts", [ALERT | {"endsAt": "2026-01-01T00:00:00Z"}])
        api.call("PUT", "/api/obsv/v1/routing", {"document": before})
        api.call("DELETE", f"/api/obsv/v1/channels/{channel}")


async def test_a_webhook_is_made_by_the_form_of_its_kind(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/alerts/channels")
    await expect(row_of(page, "Owners by email").get_by_text("On", exact=True)).to_be_visible()
    await assert_accessible(page)
    await page.get_by_role("link", name="New channel").click()
    form = page.get_by_role("form", name="New channel")
    await form.get_by_label("Kind").select_option(label="Webhook")
    address = form.get_by_label("Address", exact=True)
    await expect(form.get_by_label("Method", exact=True)).to_have_value("0")
    await form.get_by_role("button", name="Make the channel").click()
    await expect(form.get_by_text("This is needed.")).to_have_count(2)
    await assert_accessible(page)
    await form.get_by_label("Name of the channel").fill("Ops hook")
    await address.fill("ftp://files.example.org")
    await form.get_by_role("button", name="Make the channel").click()
    await expect(form).to_contain_text("expected an address that begins with https://")
    await expect(address).to_be_focused()
    await expect(address).to_have_attribute("aria-invalid", "true")
    page.problems.clear()  # type: ignore[attr-defined]  # the refusal that was wanted
    await address.fill(LOOPBACK)
    await form.get_by_role("button", name="Make the channel").click()
    row = row_of(page, "Ops hook")
    await row.get_by_role("button", name="Send test").click()
    await expect(row.get_by_role("status")).to_contain_text("The test was not taken")
    await expect(row.get_by_role("status")).to_contain_text("loopback")
    await assert_accessible(page)


async def test_a_secret_stays_where_it_is_left_empty(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/alerts/channels")
    row = row_of(page, "Ops hook")
    await row.get_by_role("link", name="Change").click()
    form = page.get_by_role("form", name="Change Ops hook")
    address = form.get_by_label("Address", exact=True)
    await expect(address).to_have_value("")
    await expect(address).to_have_attribute("placeholder", "Set; leave empty to keep it")
    await assert_accessible(page)
    await form.get_by_label("Method", exact=True).select_option(label="PUT")
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_have_count(0)
    await row.get_by_role("button", name="Send test").click()
    await expect(row.get_by_role("status")).to_contain_text("loopback")
    await row.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("cannot be undone")
    await assert_accessible(page)
    await dialog.get_by_role("button", name="Delete").click()
    await expect(row).to_have_count(0)


async def test_the_log_is_tested_switched_off_and_deleted(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/alerts/channels/new?kind=console")
    form = page.get_by_role("form", name="New channel")
    await form.get_by_label("Name of the channel").fill("Log")
    await form.get_by_label("Prefix", exact=True).fill("tried-in-cabinet")
    await form.get_by_role("button", name="Make the channel").click()
    row = row_of(page, "Log")
    await row.get_by_role("button", name="Send test").click()
    await expect(row.get_by_role("status")).to_contain_text("The test was taken")
    await expect(row.get_by_role("status")).to_contain_text("printed on standard error")
    assert "[tried-in-cabinet] [FIRING] Test of this channel" in cabinet.live.log
    await row.get_by_role("button", name="Switch off").click()
    await expect(row.get_by_text("Off", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Undo").click()
    await expect(row.get_by_text("On", exact=True)).to_be_visible()
    await row.get_by_role("button", name="Delete").click()
    await expect(row).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()
    await expect(row).to_be_visible()
    await row.get_by_role("button", name="Delete").click()
    await expect(row).to_have_count(0)


async def test_a_channel_in_use_stays(page: Page, cabinet: Cabinet, told: Told) -> None:
    assert told.channel
    await page.goto(cabinet.url + "/alerts/channels")
    row = row_of(page, "Dead hook")
    await expect(row).to_contain_text("used by on-call")
    await row.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(row.get_by_role("alert")).to_contain_text("used by the receiver on-call")
    page.problems.clear()  # type: ignore[attr-defined]  # the refusal that was wanted
    await page.reload()
    await expect(row).to_be_visible()


async def test_what_was_given_up_is_seen_and_tried_again(page: Page, cabinet: Cabinet, told: Told) -> None:
    await page.goto(cabinet.url + "/alerts/channels")
    await row_of(page, "Dead hook").get_by_role("link", name=re.compile("given up")).click()
    await expect(page.get_by_label("State", exact=True)).to_have_value("dead")
    await expect(page.get_by_label("Channel", exact=True)).to_have_value(told.channel)
    row = row_of(page, "Dead hook")
    await expect(row).to_contain_text("Given up")
    await row.get_by_role("button", name="Attempts").click()
    await expect(row.locator("ol > li")).to_have_count(1)
    await expect(row.locator("ol > li")).to_contain_text("loopback")
    await assert_accessible(page)
    await row.get_by_role("button", name="Try again").click()
    await expect(page.get_by_text("It is tried again.")).to_be_visible()
    told.api.delivery(told.channel, lambda detail: len(detail["attempts"]) == 2)
    await page.reload()
    await expect(row.locator("ol > li")).to_have_count(2)
    await page.get_by_label("State", exact=True).select_option(label="Delivered")
    await expect(page.get_by_text("No delivery is like this.")).to_be_visible()


async def test_who_only_looks_changes_nothing(live: Live, browser: Browser, cabinet: Cabinet) -> None:
    who = ("--email", "lookout@example.org", "--name", "Lookout", "--org", "operator", "--role", "viewer")
    live.cli("admin", "create-user", *who, "--password-stdin", stdin=PASSWORD)
    async with new_page(browser, width=1280, height=800) as page:
        await sign_in(page, live, "lookout@example.org")
        await page.goto(cabinet.url + "/alerts/channels/new")
        await expect(page.get_by_role("link", name="Deliveries Owners by email")).to_be_visible()
        await expect(page.get_by_role("form")).to_have_count(0)
        await expect(page.get_by_role("button", name="Send test")).to_have_count(0)
        await expect(page.get_by_role("link", name="New channel")).to_have_count(0)
