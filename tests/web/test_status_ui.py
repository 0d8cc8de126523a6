"""Status pages in the cabinet, and what the public sees of them; announcements to the people of the instance."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.live import Live
from tests.web.browser import assert_accessible, new_page
from tests.web.cabinet import PASSWORD, Cabinet, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

API = "/api/obsv/v1"


def call(live: Live, method: str, path: str, body: object = None) -> Any:
    """The API as a program uses it."""
    request = urllib.request.Request(
        live.url + API + path,
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {live.token('status:write')}", "Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        content = answer.read()
    return json.loads(content) if content else None


def made(live: Live, slug: str, *components: str) -> tuple[str, dict[str, str]]:
    """A public page with components: its id, and theirs by name."""
    wish = {"slug": slug, "title": slug.title(), "is_public": True}
    page_id = call(live, "POST", "/status-pages", wish)["id"]
    path = f"/status-pages/{page_id}/components"
    return page_id, {name: call(live, "POST", path, {"name": name})["id"] for name in components}


@asynccontextmanager
async def public(cabinet: Cabinet, path: str) -> AsyncIterator[Page]:
    """A page as somebody sees it who is not signed in."""
    async with new_page(cabinet.browser, width=1280, height=800) as page:
        await page.goto(cabinet.live.url + path)
        yield page


def item(page: Page, text: str) -> Locator:
    """Of a list."""
    return page.get_by_role("listitem").filter(has_text=text)


def undo(page: Page) -> Locator:
    """The way back that a message offers."""
    return page.get_by_role("button", name="Undo", exact=True)


async def add_component(page: Page, name: str, group: str = "") -> None:
    """By the form, which is there again for the next one."""
    form = page.get_by_role("form", name="New component")
    await form.get_by_label("Name", exact=True).fill(name)
    await form.get_by_label("Group").fill(group)
    await form.get_by_role("button", name="Add it").click()
    await expect(page.get_by_label(f"State of {name}")).to_be_visible()


async def make_page(page: Page, cabinet: Cabinet) -> None:
    """Its title says where it is."""
    await page.goto(cabinet.url + "/status/pages/new")
    form = page.get_by_role("form", name="New status page")
    await form.get_by_label("Title").fill("Größe & Shop")
    await expect(form.get_by_label("Address")).to_have_value("groesse-shop")
    await form.get_by_label("Public at once").check()
    await assert_accessible(page)
    await form.get_by_role("button", name="Make the page").click()
    await expect(page).to_have_url(re.compile(r"/status/pages/spg_\w+\?component=new$"))


async def test_a_page_is_made_and_everybody_sees_it(page: Page, cabinet: Cabinet) -> None:
    await make_page(page, cabinet)
    await add_component(page, "API", "Core")
    await add_component(page, "Web", "Core")
    await add_component(page, "Mail")
    await page.get_by_role("button", name="Close", exact=True).click()
    mover = page.get_by_role("button", name="Web: up")
    await mover.focus()
    async with page.expect_response(re.compile("/components/order")):
        await page.keyboard.press("Enter")
    await expect(mover).to_be_focused()
    await page.get_by_label("State of Mail").select_option("Degraded")
    await expect(item(page, "Mail")).to_contain_text("said by hand")
    await assert_accessible(page)
    async with public(cabinet, "/status/groesse-shop") as seen:
        await expect(seen.get_by_text("Größe & Shop").first).to_be_visible()
        text = await seen.locator("main").inner_text()
        assert text.index("Web") < text.index("API") < text.index("Mail")
        await expect(seen.get_by_text("Some systems are degraded").first).to_be_visible()
    await undo(page).click()
    await expect(item(page, "Mail")).not_to_contain_text("said by hand")
    await page.get_by_role("button", name="Make it a draft").click()
    await expect(page.get_by_role("button", name="Publish", exact=True)).to_be_visible()
    async with public(cabinet, "/status/groesse-shop") as seen:
        await expect(seen.get_by_text("Größe & Shop")).to_have_count(0)
    await undo(page).click()
    await expect(page.get_by_role("link", name="Open the page")).to_be_visible()
    await page.get_by_label("Description").fill("All that we **do**.")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Größe & Shop is saved.")).to_be_visible()
    await page.get_by_role("button", name="Show the addresses").click()
    await expect(page.get_by_text("Nobody yet.")).to_be_visible()
    await delete_page(page)


async def delete_page(page: Page) -> None:
    """Only once its title is typed."""
    await page.get_by_role("button", name="Delete the page").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Delete", exact=True)).to_be_disabled()
    await dialog.get_by_label("Type Größe & Shop to delete it").fill("Größe & Shop")
    await assert_accessible(page)
    await dialog.get_by_role("button", name="Delete", exact=True).click()
    await expect(page).to_have_url(re.compile("/status$"))
    await expect(page.get_by_role("link", name="Größe & Shop")).to_have_count(0)


async def open_incident(page: Page, cabinet: Cabinet, page_id: str) -> None:
    """Payments are slow."""
    await page.goto(f"{cabinet.url}/status/incidents/new?page={page_id}")
    form = page.get_by_role("form", name="New incident")
    await form.get_by_label("Title").fill("Payments are slow")
    await form.get_by_label("Impact").select_option("Major")
    await form.get_by_label("Payments", exact=True).select_option("Partial outage")
    await form.get_by_label("Text").fill("We **look** into it.")
    await expect(form.get_by_text("(0 readers)")).to_be_visible()
    await assert_accessible(page)
    await form.get_by_role("button", name="Publish the incident").click()
    await expect(page.get_by_role("heading", name="Payments are slow")).to_be_visible()


async def test_an_incident_is_told_from_first_to_last(page: Page, cabinet: Cabinet) -> None:
    page_id, _ = made(cabinet.live, "shop", "Payments", "Search")
    await open_incident(page, cabinet, page_id)
    async with public(cabinet, "/status/shop") as seen:
        await expect(seen.get_by_text("Payments are slow").first).to_be_visible()
        await expect(seen.get_by_text("Partial outage").first).to_be_visible()
    form = page.get_by_role("form", name="New update")
    await form.get_by_label("Identified").check()
    await form.get_by_label("Text").fill("A disk is full.")
    await form.get_by_label("Payments", exact=True).select_option("Degraded")
    await form.get_by_role("button", name="Post the update").click()
    await expect(item(page, "A disk is full.")).to_contain_text("Identified")
    await expect(form.get_by_label("Text")).to_have_value("")
    await expect(form.get_by_label("Payments", exact=True)).to_have_value("degraded")
    await page.get_by_role("button", name="Edit Identified").click()
    entry = page.get_by_role("listitem").filter(has=page.get_by_role("button", name="Save", exact=True))
    await entry.get_by_label("Text").fill("The disk of a database is full.")
    await entry.get_by_role("button", name="Save", exact=True).click()
    await expect(item(page, "The disk of a database is full.")).to_contain_text("edited")
    await assert_accessible(page)
    address = await page.get_by_role("link", name="As others see it").get_attribute("href")
    assert address
    path = address.removeprefix(cabinet.live.url)
    async with public(cabinet, path) as seen:
        await expect(seen.get_by_text("The disk of a database is full.")).to_be_visible()
    await page.get_by_role("button", name="Resolve", exact=True).click()
    await expect(item(page, "It is solved, and everything works again.")).to_contain_text("Resolved")
    await expect(form).to_have_count(0)
    async with public(cabinet, path) as seen:
        await expect(seen.get_by_text("It is solved, and everything works again.")).to_be_visible()
    async with public(cabinet, "/status/shop") as seen:
        await expect(seen.get_by_text("All systems operational").first).to_be_visible()
    await page.get_by_role("link", name="All incidents").click()
    over = page.get_by_role("region", name="Resolved")
    await expect(over.get_by_role("listitem").filter(has_text="Payments are slow")).to_contain_text("Major")
    call(cabinet.live, "DELETE", f"/status-pages/{page_id}")


async def plan(page: Page, cabinet: Cabinet, page_id: str, title: str) -> None:
    """For the API, with the window that is offered."""
    await page.goto(f"{cabinet.url}/status/maintenance/new?page={page_id}")
    form = page.get_by_role("form", name="Plan maintenance")
    await form.get_by_label("Title").fill(title)
    await form.get_by_label("API", exact=True).check()
    await form.get_by_label("Begins").fill("2027-03-01T22:00")
    await expect(form.get_by_label("Ends")).to_have_value("2027-03-01T23:00")
    await expect(form.get_by_label("API", exact=True)).to_be_checked()
    await form.get_by_label("Remind").select_option("1 day before")
    await form.get_by_label("Text").fill("The API is away for some minutes.")
    await assert_accessible(page)
    await form.get_by_role("button", name="Plan it").click()
    planned = page.get_by_role("region", name="Planned")
    await planned.get_by_role("link", name=title).click()
    await expect(page.get_by_text("Reminder: 1 day before")).to_be_visible()


async def step(page: Page, name: str) -> None:
    """A button, and what it asks."""
    await page.get_by_role("button", name=name, exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_maintenance_is_planned_begun_and_over(page: Page, cabinet: Cabinet) -> None:
    page_id, _ = made(cabinet.live, "ops", "API")
    await plan(page, cabinet, page_id, "New disks")
    async with public(cabinet, "/status/ops") as seen:
        await expect(seen.get_by_text("New disks").first).to_be_visible()
    await step(page, "Begin now")
    await expect(page.get_by_text("Under way", exact=True)).to_be_visible()
    async with public(cabinet, "/status/ops") as seen:
        await expect(seen.get_by_text("Maintenance under way").first).to_be_visible()
    await step(page, "End now")
    await expect(page.get_by_text("Over", exact=True)).to_be_visible()
    await plan(page, cabinet, page_id, "New racks")
    await step(page, "Call off")
    await expect(page.get_by_text("(1 h)")).to_be_visible()
    await page.get_by_role("link", name="All maintenance").click()
    past = page.get_by_role("region", name="Past")
    await expect(past.get_by_role("listitem").filter(has_text="New racks")).to_contain_text("Called off")
    await expect(past.get_by_role("listitem").filter(has_text="New disks")).to_contain_text("Over")
    call(cabinet.live, "DELETE", f"/status-pages/{page_id}")


async def test_a_viewer_sees_and_changes_nothing(cabinet: Cabinet) -> None:
    live, email = cabinet.live, "vera.status@example.org"
    page_id, components = made(live, "seen", "API")
    told = {"page_id": page_id, "title": "Slow", "text": "We look.", "components": {components["API"]: "degraded"}}
    incident_id = call(live, "POST", "/incidents", told)["id"]
    arguments = ("--email", email, "--name", "Vera Example", "--org", "operator", "--role", "viewer")
    live.cli("admin", "create-user", *arguments, "--password-stdin", stdin=PASSWORD)
    async with new_page(cabinet.browser, width=1280, height=800) as page:
        await sign_in(page, live, email)
        for path, shown in (
            ("/status", "Seen"),
            (f"/status/pages/{page_id}", "API"),
            ("/status/incidents", "Slow"),
            (f"/status/incidents/{incident_id}", "We look."),
            ("/status/maintenance", "Nothing is planned."),
        ):
            await page.goto(cabinet.url + path)
            main = page.get_by_role("main")
            await expect(main.get_by_text(shown).first).to_be_visible()
            await expect(main.get_by_role("button")).to_have_count(0)
            await expect(main.get_by_role("combobox", name=re.compile("^State of"))).to_have_count(0)
            await expect(main.get_by_role("link", name=re.compile("^(New|Plan)"))).to_have_count(0)
            await assert_accessible(page)
        assert not page.problems, page.problems  # type: ignore[attr-defined]  # collected by new_page
    call(live, "DELETE", f"/status-pages/{page_id}")


async def test_an_announcement_is_written_previewed_and_sent(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/settings/announcements")
    await page.get_by_role("button", name="New announcement").click()
    form = page.get_by_role("form", name="Announcement")
    await form.get_by_label("Security").check()
    await expect(form.get_by_text("Everybody gets these")).to_be_visible()
    await form.get_by_label("To", exact=True).select_option("Who runs the instance")
    await form.get_by_label("Subject").fill("Change your passwords")
    await form.get_by_label("Text", exact=True).fill("A key was **lost**.\n\n<b>Do it</b> today.")
    await form.get_by_role("button", name="Preview", exact=True).click()
    preview = form.get_by_role("region", name="Preview")
    await expect(preview).to_contain_text("Goes to 1 person")
    await expect(preview.get_by_role("heading", name="Change your passwords")).to_be_visible()
    await expect(preview.locator("strong", has_text="lost")).to_be_visible()
    await expect(preview.get_by_text("<b>Do it</b> today.")).to_be_visible()
    await form.get_by_label("Subject").fill("Change your password")
    await expect(preview).to_contain_text("You changed it since.")
    await preview.get_by_label("As plain text").check()
    await expect(preview).to_contain_text("A key was **lost**.")
    await assert_accessible(page)
    await form.get_by_role("button", name="Save the draft").click()
    row = item(page, "Change your password").filter(has_text="1 person")
    await expect(row).to_contain_text("Draft")
    await row.get_by_role("button", name="Delete").click()
    await undo(page).click()
    await row.get_by_role("button", name="Send").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("goes to 1 person: Who runs the instance")
    await dialog.get_by_role("button", name="Send it").click()
    await expect(page.get_by_text("It is on its way.")).to_be_visible()
    await expect(row).to_contain_text(re.compile("Being sent|Sent"))
    await expect(row).to_contain_text("of 1 mails sent")


async def test_a_person_says_of_what_they_want_mail(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + "/settings/profile")
    card = page.get_by_role("region", name="Mail about")
    await expect(card.get_by_label("Security, which cannot be switched off")).to_be_disabled()
    await card.get_by_label("Maintenance of this instance").uncheck()
    await expect(page.get_by_text("That counts from the next mail on.")).to_be_visible()
    await page.reload()
    await expect(card.get_by_label("Maintenance of this instance")).not_to_be_checked()
    await expect(card.get_by_label("Incidents of this instance")).to_be_checked()
    await card.get_by_label("Maintenance of this instance").check()
    await expect(page.get_by_text("That counts from the next mail on.")).to_be_visible()
    await expect(card.get_by_label("Maintenance of this instance")).to_be_enabled()
