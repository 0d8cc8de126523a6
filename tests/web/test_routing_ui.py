"""The routing: its tree, a form for each part, a trial, conflicts, an alertmanager.yml, and what a viewer sees."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.live import Live
from tests.web.browser import assert_accessible, new_page
from tests.web.cabinet import PASSWORD, Cabinet, sign_in
from tests.web.test_channels_ui import Api

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

ROUTING = "/alerts/routing"
PATH = "/api/obsv/v1/routing"
AT_FIRST = """
route: {receiver: team, group_by: [alertname], routes: [{matchers: [severity="low"], receiver: later}]}
receivers: [{name: team, channels: [Owners by email]}, {name: later}]
"""
NIGHTS = "every day · 22:00\N{EN DASH}06:00 · Europe/Berlin"
ALERTMANAGER = """
global: {smtp_smarthost: "mail:25"}
route: {receiver: pager, routes: [{match: {severity: low}, receiver: chat}]}
receivers: [{name: pager, pagerduty_configs: [{routing_key: x}]}, {name: chat}]
"""


@pytest.fixture
def api(live: Live) -> Iterator[Api]:
    """A routing with one route; what was there before comes back."""
    api = Api(live.url, live.token("alerts:read,alerts:write"))
    before = api.call("GET", PATH)["document"]
    api.call("PUT", PATH, {"yaml": AT_FIRST})
    yield api
    api.call("PUT", PATH, {"document": before})


def part(page: Page, name: str) -> Locator:
    """A part of the page."""
    return page.get_by_role("region", name=name, exact=True)


async def add_interval(page: Page) -> None:
    """Quiet hours over midnight, in words while they are typed."""
    await page.get_by_role("button", name="New time interval").click()
    form = page.get_by_role("dialog", name="New time interval")
    await form.get_by_label("Name", exact=True).fill("nights")
    await form.get_by_label("Hours").fill("22:00-06:00")
    await form.get_by_label("Time zone").fill("Europe/Berlin")
    await expect(form.get_by_role("status")).to_have_text(NIGHTS)
    await assert_accessible(page)
    await form.get_by_role("button", name="Save").click()
    await expect(part(page, "Time intervals")).to_contain_text(NIGHTS)


async def add_route(page: Page) -> None:
    """One that escalates, and is quiet at night."""
    await page.get_by_role("button", name="New route", exact=True).click()
    form = page.get_by_role("dialog", name="New route")
    await expect(form.get_by_role("button", name="Save")).to_be_disabled()
    await form.get_by_label("Alerts with all of these labels").fill('severity="page"\nteam=~"web|shop"')
    await form.get_by_label("Receiver", exact=True).select_option("later")
    await form.get_by_label("Wait for more").fill("soon")
    await form.get_by_role("group", name="Quiet within").get_by_label("nights").check()
    await form.get_by_label("As above: nothing more").uncheck()
    await form.get_by_role("button", name="Tell a further receiver").click()
    await form.get_by_label("Step 1: after").fill("15m")
    await form.get_by_label("Step 1: receiver").select_option("team")
    await assert_accessible(page)
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_role("alert")).to_contain_text("group_wait")
    page.problems[:] = [line for line in page.problems if "status of 422" not in line]  # type: ignore[attr-defined]
    await form.get_by_label("Wait for more").fill("10s")
    await form.get_by_role("button", name="Save").click()
    await expect(form).to_have_count(0)


@pytest.mark.usefixtures("api")
async def test_a_route_is_added_and_tried(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/alerts")
    await page.get_by_role("link", name="Routing").click()
    await add_interval(page)
    await add_route(page)
    added = part(page, "Routes").get_by_role("listitem").filter(has_text='severity="page"').last
    await expect(added).to_contain_text('team=~"web|shop"')
    for told in ("later", "waits 10s", "quiet: nights", "if nobody acknowledges: team after 15m"):
        await expect(added).to_contain_text(told)

    await page.get_by_label("Labels of an alert").fill('severity=page, team="shop"')
    tried = part(page, "Try it").get_by_role("status")
    await expect(tried).to_contain_text("later")
    await expect(tried).to_contain_text("nobody hears of it")
    await expect(added).to_contain_text("reached")
    await page.get_by_label("Labels of an alert").fill("severity=page team=other")
    await expect(tried).to_contain_text("team: Owners by email")
    await expect(added).not_to_contain_text("reached")
    await expect(page).to_have_url(re.compile("try=severity%3Dpage\\+team%3Dother"))
    await assert_accessible(page)


@pytest.mark.usefixtures("api")
async def test_parts_are_moved_renamed_deleted_and_back(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + ROUTING)
    receivers = part(page, "Receivers")
    await expect(receivers.get_by_role("button", name="Delete later")).to_be_disabled()
    await receivers.get_by_role("button", name="Change later").click()
    form = page.get_by_role("dialog", name="Receiver", exact=True)
    await form.get_by_label("Name", exact=True).fill("evenings")
    await form.get_by_label("Owners by email").check()
    await form.get_by_role("button", name="Save").click()
    routes = part(page, "Routes")
    await expect(routes).to_contain_text("evenings Owners by email")
    await page.get_by_role("button", name="New inhibition").click()
    form = page.get_by_role("dialog", name="New inhibition")
    await form.get_by_label("While an alert with these labels fires").fill("alertname=SiteDown")
    await form.get_by_label("Alerts with these labels are quiet").fill("alertname!=SiteDown")
    await form.get_by_label("If both have the same").fill("site")
    await form.get_by_role("button", name="Save").click()
    await expect(part(page, "Inhibition")).to_contain_text("with the same site")
    await routes.get_by_role("button", name='severity="low": more').click()
    await routes.get_by_role("button", name="Delete", exact=True).click()
    await expect(routes).not_to_contain_text("evenings")
    await page.get_by_role("button", name="Undo", exact=True).first.click()
    await expect(routes).to_contain_text("evenings")


async def test_what_others_save_meanwhile_is_a_conflict(page: Page, cabinet: Cabinet, api: Api) -> None:
    await page.goto(cabinet.url + ROUTING + "?edit=receiver:new")
    form = page.get_by_role("dialog", name="New receiver")
    await form.get_by_label("Name", exact=True).fill("mine")
    api.call("PUT", PATH, {"yaml": AT_FIRST.replace("later", "sooner")})
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_role("alert")).to_contain_text("Somebody changed the routing meanwhile")
    page.problems[:] = [line for line in page.problems if "status of 409" not in line]  # type: ignore[attr-defined]
    assert "mine" not in api.call("GET", PATH)["yaml"]


async def test_an_alertmanager_yml_is_read_and_used(page: Page, cabinet: Cabinet, api: Api) -> None:
    await page.goto(cabinet.url + ROUTING)
    await page.get_by_role("link", name="Import an alertmanager.yml").click()
    await page.get_by_label("Or its text").fill(ALERTMANAGER)
    await page.get_by_role("button", name="Read it").click()
    report = page.get_by_role("region", name="What it comes to")
    await expect(report).to_contain_text("global.smtp_smarthost")
    await report.get_by_role("group", name="pager").get_by_label("Owners by email").check()
    await expect(part(page, "Routes")).to_contain_text("pager Owners by email")
    await assert_accessible(page)
    await report.get_by_role("button", name="Use this routing").click()
    await expect(part(page, "Routes")).to_contain_text('severity="low"')
    found = api.call("GET", PATH)
    assert found["document"]["receivers"] == [{"name": "pager", "channels": ["Owners by email"]}, {"name": "chat"}]
    await page.get_by_role("link", name="As text").click()
    await expect(page.get_by_label("TOML")).to_have_text(found["toml"])


@pytest.mark.usefixtures("api")
async def test_a_viewer_sees_and_changes_nothing(live: Live, browser: Browser, cabinet: Cabinet) -> None:
    who = ("--email", "router@example.org", "--name", "Router", "--org", "operator", "--role", "viewer")
    live.cli("admin", "create-user", *who, "--password-stdin", stdin=PASSWORD)
    async with new_page(browser, width=390, height=844) as page:
        await sign_in(page, live, "router@example.org")
        await page.goto(cabinet.url + ROUTING + "?edit=receiver:new&try=severity=low")
        await expect(part(page, "Routes")).to_contain_text("reached")
        for name in ("New route", "Change", "Delete", "more", "Import"):
            await expect(part(page, "Routes").get_by_role("button", name=name)).to_have_count(0)
            await expect(part(page, "Receivers").get_by_role("button", name=name)).to_have_count(0)
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await expect(page.get_by_role("link", name="Import an alertmanager.yml")).to_have_count(0)
        await assert_accessible(page)
        await page.goto(cabinet.url + ROUTING + "/text")
        await expect(page.get_by_label("YAML", exact=True)).to_contain_text("receiver: team")
        await expect(page.get_by_role("textbox")).to_have_count(0)
