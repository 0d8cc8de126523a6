"""The organisation and the instance in the settings: what somebody does on each page."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.live import Live
from tests.web.browser import assert_accessible
from tests.web.cabinet import EMAIL, PASSWORD, Cabinet, create_owner, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def owner_of(live: Live, browser: Browser, name: str, section: str) -> Page:
    """A section of a fresh owner's settings, in a browser context of their own."""
    email = f"{name}@example.org"
    create_owner(live, email, name)
    page = await (await browser.new_context()).new_page()
    await sign_in(page, live, email)
    await page.goto(f"{live.url}/app/{name}/settings/{section}")
    return page


def add_viewer(live: Live, name: str, org: str) -> None:
    who = ("--email", f"{name}@example.org", "--name", name.title(), "--org", org, "--role", "viewer")
    live.cli("admin", "create-user", *who, "--password-stdin", stdin=PASSWORD)


async def test_it_gets_another_name_and_the_address_follows(live: Live, browser: Browser) -> None:
    page = await owner_of(live, browser, "renamed", "general")
    await page.get_by_label("Name", exact=True).fill("Better Name")
    await page.get_by_role("button", name="Rename").click()
    await page.wait_for_url("**/app/better-name/settings/general")
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Better Name")
    tick = page.get_by_label("Every member needs a second factor")
    await tick.click()
    await expect(page.get_by_role("alert")).to_contain_text("Set up a second factor yourself first")
    await expect(tick).not_to_be_checked()
    await assert_accessible(page)


async def test_it_is_given_away(live: Live, browser: Browser) -> None:
    page = await owner_of(live, browser, "giver", "general")
    add_viewer(live, "heir", "giver")
    await page.reload()
    await page.get_by_label("New owner").select_option(label="Heir · heir@example.org")
    give = page.get_by_role("button", name="Give the organisation away")
    await expect(give).to_be_disabled()
    await page.get_by_label(re.compile("to give it away")).fill("giver")
    await assert_accessible(page)
    await give.click()
    await expect(page.get_by_label("New owner")).to_have_count(0)
    await page.get_by_role("link", name="Members").click()
    await expect(page.get_by_label("Role of Heir")).to_have_value("owner")


async def test_a_team_gives_a_role(live: Live, browser: Browser) -> None:
    page = await owner_of(live, browser, "teams", "teams")
    add_viewer(live, "mate", "teams")
    await page.reload()
    await page.get_by_label("Name").fill("On call")
    await page.get_by_label("Members are at least").select_option("editor")
    await page.get_by_role("button", name="Make the team").click()
    await page.get_by_label("Put somebody into On call").select_option("Mate")
    out = page.get_by_role("button", name="Take out Mate of On call")
    await assert_accessible(page)
    await out.click()
    await expect(page.get_by_text("Nobody is in it yet.")).to_be_visible()
    await page.get_by_role("button", name="Remove the team On call").click()
    await expect(page.get_by_text("No team yet.")).to_be_visible()


async def test_support_comes_in_by_a_grant_alone(live: Live, browser: Browser, page: Page, cabinet: Cabinet) -> None:
    """Ann of the operator's organisation runs the instance."""
    theirs = await owner_of(live, browser, "tenant", "support")
    await page.goto(f"{live.url}/app/tenant")
    await expect(page.get_by_role("heading", name=re.compile("tenant|organisation", re.IGNORECASE))).to_be_visible()
    await theirs.get_by_label("What for").fill("the charts are empty")
    await theirs.get_by_role("button", name="Let support in").click()
    await expect(theirs.get_by_text("Nobody came in.")).to_be_visible()
    await page.goto(f"{live.url}/app/tenant/settings/general")
    await expect(page.get_by_text(re.compile("here as support"))).to_be_visible()
    assert "Support: tenant" in await page.get_by_label("Organisation").first.inner_text()
    await theirs.reload()
    await expect(theirs.get_by_text(re.compile("Ann Example came in"))).to_be_visible()
    await assert_accessible(theirs)
    await theirs.get_by_role("button", name="End it").click()
    await expect(theirs.get_by_text("Ended")).to_be_visible()
    page.problems.clear()  # type: ignore[attr-defined]  # Chromium tells of the refused requests by itself


async def test_the_audit_log_is_narrowed_and_taken_along(live: Live, browser: Browser, tmp_path: Path) -> None:
    page = await owner_of(live, browser, "auditor", "members")
    await page.get_by_label("Invite by email").fill("new@example.org")
    await page.get_by_role("button", name="Invite", exact=True).click()
    await page.get_by_text(re.compile("/invite[?]code=")).wait_for()
    await page.get_by_role("link", name="Audit log", exact=True).click()
    rows = page.get_by_role("region", name="Audit entries").locator("tbody tr")
    await expect(rows.first).to_contain_text("Member: invited")
    await page.get_by_label("What").select_option("org.")
    await expect(rows).to_have_count(1)
    assert "event=org." in page.url
    await expect(rows.first).to_contain_text("obsv itself")
    await page.get_by_role("button", name="No filters").click()
    await rows.first.get_by_role("button", name="Ann Example").click()
    await expect(rows).to_have_count(1)
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Take along as CSV").click()
    await (await waiting.value).save_as(tmp_path / "audit.csv")
    with (tmp_path / "audit.csv").open(newline="") as file:
        taken = list(csv.DictReader(file))
    assert [row["event"] for row in taken] == ["audit.exported", "member.invited"]
    await assert_accessible(page)


async def test_the_access_log_tells_of_calls(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/settings/access")
    sent = page.get_by_role("region", name="Calls that sent metrics")
    await expect(sent).to_contain_text("/api/v1/write")
    await page.get_by_label("Route").fill("/api/obsv/v1/session")
    await page.keyboard.press("Enter")
    calls = page.get_by_role("region", name="API calls")
    await expect(calls).to_contain_text("GET /api/obsv/v1/session")
    await expect(calls).not_to_contain_text("/api/obsv/v1/access-log")
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Take along as CSV").click()
    assert (await waiting.value).suggested_filename == "access-log.csv"


async def test_whoever_runs_the_instance_shuts_an_account(live: Live, page: Page, cabinet: Cabinet) -> None:
    add_viewer(live, "shut", "operator")
    await page.goto(cabinet.url + "/settings/accounts?email=shut@example.org")
    row = page.get_by_role("row").filter(has_text="shut@example.org")
    await row.get_by_role("button", name="Manage Shut").click()
    dialog = page.get_by_role("dialog", name="Shut")
    await assert_accessible(page)
    await dialog.get_by_role("button", name="Shut the account").click()
    await expect(dialog).to_have_count(0)
    await expect(row).to_contain_text("shut")
    await row.get_by_role("button", name="Manage Shut").click()
    await dialog.get_by_role("button", name="Open the account again").click()
    await expect(row).to_contain_text("open")
    await page.goto(cabinet.url + f"/settings/accounts?email={EMAIL}")
    await page.get_by_role("button", name="Manage Ann Example").click()
    await expect(page.get_by_role("button", name="Shut the account")).to_have_count(0)


async def test_jobs_run_and_registration_is_set(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/settings/instance")
    jobs = page.get_by_role("region", name="Jobs")
    await jobs.get_by_role("button", name="Run privacy.purge").click()
    await expect(jobs.get_by_role("row").filter(has_text="privacy.purge")).to_contain_text(re.compile("done|running"))
    await page.get_by_label("Nobody").check()
    await expect(page.get_by_role("status").filter(has_text="counts from now on")).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("Nobody")).to_be_checked()
    await page.get_by_label("By invitation").check()
    await expect(page.get_by_role("status").filter(has_text="counts from now on")).to_be_visible()


async def test_a_viewer_sees_what_is_theirs(live: Live, browser: Browser, cabinet: Cabinet) -> None:
    add_viewer(live, "looker", "operator")
    page = await (await browser.new_context()).new_page()
    await sign_in(page, live, "looker@example.org")
    await page.goto(cabinet.url + "/settings")
    links = page.get_by_role("navigation", name="Settings").get_by_role("link")
    await expect(links).to_have_text(["Profile", "Security", "Devices", "Personal tokens", "General", "Documentation"])
    await page.goto(cabinet.url + "/settings/audit")
    await expect(page.get_by_role("alert")).to_contain_text("There is no such section")
    await page.goto(cabinet.url + "/settings/my-tokens")
    await page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("checkbox")).to_have_count(1)
    await dialog.get_by_label("Name").fill("my script")
    await dialog.get_by_label("Only from these networks").fill("192.0.2.0/24")
    await dialog.get_by_role("button", name="Make the token").click()
    await expect(page.get_by_text(re.compile(r"^obsv_pat_\w{8}_"))).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text="my script")).to_contain_text("only from 192.0.2.0/24")
    await page.get_by_role("link", name="General").click()
    await page.get_by_label(re.compile("to leave it")).fill("Operator")
    await page.get_by_role("button", name="Leave the organisation").click()
    await expect(page.get_by_role("heading", name=re.compile("organisation"))).to_be_visible()
