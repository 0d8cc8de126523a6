"""Rules: tried before they are made, seen, paused, changed, deleted and back; ready groups; files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from tests.web.browser import assert_accessible
from tests.web.cabinet import Cabinet

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

RULES = "/alerts/rules"
TRIAL_MS = 30_000
FILE = """groups:
  - name: Imported
    rules:
      - alert: FromFile
        expr: node_load1 > 1000
        for: 3m
"""


def form(page: Page) -> Locator:
    """Where a rule is written."""
    return page.get_by_role("form", name="Rule", exact=True)


def listed(page: Page, name: str) -> Locator:
    """A rule in the list."""
    return page.get_by_role("listitem").filter(has_text=name)


def undo(page: Page) -> Locator:
    """The way back that a message offers."""
    return page.get_by_role("button", name="Undo", exact=True)


async def delete_group(page: Page, name: str) -> None:
    """By the menu of the group."""
    group = page.get_by_role("region", name=name, exact=True)
    await group.get_by_role("button", name=f"{name}: more").click()
    await group.get_by_role("button", name="Delete the group").click()
    await expect(group).to_have_count(0)


async def begin_in_explore(page: Page, cabinet: Cabinet) -> None:
    """From a query that was run to the form."""
    await page.goto(cabinet.url + "/explore?q=node_load1")
    await page.get_by_role("button", name="Results: more").click()
    await page.get_by_role("link", name="Make an alert of this").click()
    await expect(page).to_have_url(re.compile(re.escape(RULES) + r"/new\?expr=node_load1$"))


async def make_rule(page: Page) -> None:
    """Try it, and save it in a new group."""
    rule = form(page)
    expression = rule.get_by_role("textbox", name="Expression", exact=True)
    await expect(expression).to_contain_text("node_load1")
    await expression.fill("node_load1 > 0")
    await rule.get_by_label("Name", exact=True).fill("LoadSeen")
    await rule.get_by_label("Name of the group").fill("Web tests")
    await rule.get_by_label("Summary").fill("{{ $labels.instance }} does something")
    await rule.get_by_role("button", name="Try it over the past 30 days").click()
    trial = rule.get_by_role("region", name="Trial")
    await expect(trial).to_contain_text(re.compile(r"It would have fired \d+ times?, for"), timeout=TRIAL_MS)
    await expect(trial.get_by_role("img", name=re.compile("instance=web-1:9100"))).to_be_visible()
    await trial.get_by_text("As a table").click()
    await expect(trial.get_by_role("cell", name=re.compile("web-1:9100")).first).to_be_visible()
    await assert_accessible(page)
    await rule.get_by_role("button", name="Make the rule").click()
    await expect(listed(page, "LoadSeen")).to_contain_text("node_load1 > 0")


async def test_a_rule_is_tried_made_paused_changed_deleted_and_back(page: Page, cabinet: Cabinet) -> None:
    await begin_in_explore(page, cabinet)
    await make_rule(page)
    row = listed(page, "LoadSeen")
    await row.get_by_role("button", name="Pause LoadSeen").click()
    await expect(row).to_contain_text("Paused")
    await undo(page).click()
    await expect(row.get_by_role("button", name="Pause LoadSeen")).to_be_visible()
    await assert_accessible(page)

    await row.get_by_role("link", name="LoadSeen").click()
    await expect(form(page).get_by_label("For", exact=True)).to_have_value("5m")
    # A pause while the form is open is no conflict with what is saved from it.
    await page.get_by_role("button", name="Pause", exact=True).click()
    await page.get_by_role("button", name="Go on", exact=True).click()
    await expect(page.get_by_role("region", name="Versions")).to_contain_text("Version 5")
    await form(page).get_by_label("For", exact=True).fill("10m")
    await form(page).get_by_role("button", name="Save the rule").click()
    await row.get_by_role("link", name="LoadSeen").click()
    await expect(form(page).get_by_label("For", exact=True)).to_have_value("10m")
    await assert_accessible(page)

    await page.get_by_role("button", name="Delete", exact=True).click()
    await expect(page).to_have_url(re.compile(re.escape(RULES) + "$"))
    await expect(row).to_have_count(0)
    await undo(page).click()
    await expect(row).to_be_visible()
    await delete_group(page, "Web tests")


async def test_what_is_wrong_is_said_without_places(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + RULES + "/new?expr=node_load1")
    await form(page).get_by_label("Name", exact=True).fill("Wrong")
    await form(page).get_by_label("Name of the group").fill("Wrong")
    await form(page).get_by_label("For", exact=True).fill("soon")
    await form(page).get_by_role("button", name="Make the rule").click()
    note = form(page).get_by_role("alert")
    await expect(note).to_contain_text("soon")
    await expect(note).not_to_contain_text("/rules/0")
    page.problems[:] = [line for line in page.problems if "status of 422" not in line]  # type: ignore[attr-defined]


async def test_a_ready_group_is_one_switch(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + RULES + "/ready")
    switch = page.get_by_role("switch", name="Hosts", exact=True)
    await expect(switch).not_to_be_checked()
    await switch.click()
    await expect(switch).to_be_checked()
    await page.get_by_role("link", name="All rules").click()
    await expect(listed(page, "HostDiskFull")).to_be_visible()
    await page.get_by_label("Search rules").fill("memory")
    await expect(listed(page, "HostDiskFull")).to_have_count(0)
    await expect(listed(page, "HostMemoryFull")).to_be_visible()
    await page.goto(cabinet.url + RULES + "/ready")
    await switch.click()
    await expect(switch).not_to_be_checked()


async def test_rules_come_in_as_a_file_and_go_out_as_one(page: Page, cabinet: Cabinet) -> None:
    await page.goto(cabinet.url + RULES + "/files")
    await page.get_by_label("Or its text").fill(FILE)
    await page.get_by_role("button", name="Import", exact=True).click()
    await expect(listed(page, "FromFile")).to_be_visible()
    group = page.get_by_role("region", name="Imported", exact=True)
    await group.get_by_role("button", name="Imported: more").click()
    async with page.expect_download() as started:
        await group.get_by_role("button", name="Export as YAML").click()
    text = Path(await (await started.value).path()).read_text(encoding="utf-8")
    assert "alert: FromFile" in text
    assert "for: 3m" in text
    await delete_group(page, "Imported")
