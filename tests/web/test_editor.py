"""Dashboards made and changed in the cabinet: by mouse, by keys, by two people at once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.live import Live
from tests.web.browser import assert_accessible
from tests.web.cabinet import Cabinet, settle
from tests.web.dashboards import CHAINED, KINDS, SCOPES, Document
from tests.web.test_keyboard import press

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

COLUMN_PX = 1032 / 24 + 1 / 3
"""Of the grid in a window of 1280 px, with its gap."""
ROW_PX = 40
EVERYBODYS = {KINDS["key"], CHAINED["key"]}
CPU = 'sum by (instance) (rate(node_cpu_seconds_total{mode!="idle"}[$__rate_interval]))'


def _panel(number: int, title: str, x: int, y: int, **more: object) -> Document:
    return {
        "id": number,
        "title": title,
        "grid": {"x": x, "y": y, "w": 12, "h": 5},
        "queries": [{"expr": "node_load1"}],
        **more,
    }


LAID_OUT: Document = {
    "key": "laid-out",
    "title": "Laid out",
    "panels": [
        _panel(1, "One", 0, 0),
        _panel(2, "Two", 12, 0),
        _panel(3, "Below", 0, 5, view={"kind": "row"}),
        _panel(4, "Four", 0, 6),
    ],
}


class Api:
    """The API as a script has it, beside the browser."""

    def __init__(self, page: Page, live: Live, token: str) -> None:
        self._request, self._base = page.request, f"{live.url}/api/obsv/v1/dashboards"
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str) -> Any:
        """What a path answers."""
        answer = await self._request.get(self._base + path, headers=self._headers)
        assert answer.ok, await answer.text()
        return await answer.json()

    async def put(self, document: Document, message: str = "") -> None:
        """Replace whatever is there."""
        body = {"dashboard": document, "message": message}
        answer = await self._request.put(f"{self._base}/{document['key']}", headers=self._headers, data=body)
        assert answer.ok, await answer.text()

    async def clear(self) -> None:
        """Throw away what is not there for all tests."""
        for one in (await self.get(""))["dashboards"]:
            if one["source"] == "stored" and one["key"] not in EVERYBODYS:
                answer = await self._request.delete(f"{self._base}/{one['key']}", headers=self._headers)
                assert answer.ok, await answer.text()

    async def places(self, key: str) -> dict[int, tuple[int, int, int, int]]:
        """Where each panel lies, as it is stored."""
        panels = (await self.get(f"/{key}"))["dashboard"]["panels"]
        usual = {"x": 0, "y": 0, "w": 12, "h": 8}
        grids = {one["id"]: usual | one.get("grid", {}) for one in panels}
        return {number: (grid["x"], grid["y"], grid["w"], grid["h"]) for number, grid in grids.items()}


@pytest.fixture(scope="session")
def token(live: Live) -> str:
    """For the script beside the browser."""
    return live.token(SCOPES)


@pytest_asyncio.fixture(loop_scope="session")
async def api(page: Page, live: Live, token: str) -> AsyncIterator[Api]:
    """Three panels and a row, as often as a test begins; what it made is gone after it."""
    api = Api(page, live, token)
    await api.put(LAID_OUT, "As it was")
    yield api
    await api.clear()


def place(page: Page, title: str) -> Locator:
    """A panel of the grid that is edited."""
    return page.locator("[data-place]").and_(page.get_by_role("group", name=title, exact=True))


async def edit(page: Page, cabinet: Cabinet, path: str = "/d/laid-out") -> None:
    """The grid, with all panels in it."""
    await page.goto(f"{cabinet.url}{path}?edit=grid")
    await page.wait_for_selector("[data-place]")


async def carry(page: Page, held: Locator, columns: float, rows: float, *, by_corner: bool = False) -> None:
    """A panel by its head, or its corner, so many columns and rows."""
    box = await held.bounding_box()
    assert box is not None
    x, y = (box["x"] + box["width"] - 8, box["y"] + box["height"] - 8) if by_corner else (box["x"] + 90, box["y"] + 14)
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + columns * COLUMN_PX, y + rows * ROW_PX, steps=6)
    await page.mouse.up()


async def save(page: Page) -> None:
    """And wait until it is told."""
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("region", name="Edit the dashboard")).to_contain_text("Saved")


async def test_a_dashboard_from_nothing_with_the_mouse(page: Page, cabinet: Cabinet, api: Api) -> None:
    await page.goto(cabinet.url + "/dashboards")
    await page.get_by_role("button", name="New dashboard").click()
    await page.get_by_role("button", name="Create").click()
    await expect(page.get_by_text("Give it a title.")).to_be_visible()
    await page.get_by_label("Title").fill("Made with the mouse")
    await page.get_by_role("combobox", name="Folder").fill("Made/Here")
    await page.get_by_role("button", name="Create").click()
    await expect(page).to_have_url(re.compile(r"/d/made-with-the-mouse\?edit=grid$"))
    await page.get_by_role("button", name="Add panel").click()
    await page.get_by_role("button", name="Time series").click()
    await expect(page).to_have_url(re.compile("edit=1$"))
    await page.get_by_label("Query A", exact=True).last.fill(CPU)
    await page.get_by_label("Legend", exact=True).first.fill("{{instance}}")
    await expect(page.locator("[data-panel='1'] .uplot")).to_be_visible()
    await expect(page.locator("[data-entry]", has_text="db-1:9100")).to_be_visible()
    await page.get_by_label("Title").first.fill("CPU")
    await page.get_by_role("button", name="All panels").click()
    await page.get_by_role("button", name="Add panel").click()
    await page.get_by_role("button", name="Stat", exact=True).click()
    await page.get_by_label("Title").first.fill("Hosts")
    await page.get_by_label("Query A", exact=True).last.fill("count(node_uname_info)")
    await expect(page.locator("[data-panel='2']")).to_contain_text(re.compile("[56]"))
    await page.get_by_role("button", name="All panels").click()
    await carry(page, place(page, "Hosts"), -12, 0)
    await carry(page, place(page, "CPU"), 6, -3, by_corner=True)
    await save(page)
    assert await api.places("made-with-the-mouse") == {1: (0, 4, 18, 5), 2: (0, 0, 6, 4)}
    await page.get_by_role("button", name="Done").click()
    await expect(page).to_have_url(re.compile("/d/made-with-the-mouse$"))
    await expect(page.locator("[data-panel='1'] .uplot")).to_be_visible()
    await expect(page.get_by_role("link", name="Made/Here")).to_be_visible()


async def test_a_dashboard_from_nothing_with_the_keyboard(page: Page, cabinet: Cabinet, api: Api) -> None:
    await settle(page)
    await press(page, "g", "d")
    await page.get_by_role("button", name="New dashboard").focus()
    await press(page, "Enter")
    await expect(page.get_by_label("Title")).to_be_focused()
    await page.keyboard.type("Keys")
    await press(page, "Enter")
    await expect(page).to_have_url(re.compile(r"/d/keys\?edit=grid$"))
    for title, expr in (("Load", "node_load1"), ("CPU", CPU)):
        await page.get_by_role("button", name="Add panel").focus()
        await press(page, "Enter", "Enter")  # the first kind is chosen already
        await page.get_by_label("Title").first.focus()
        await press(page, "Control+a")
        await page.keyboard.type(title)
        await page.get_by_label("Query A", exact=True).last.focus()
        await page.keyboard.type(expr)
        await press(page, "Control+Enter")
        await expect(page.locator("[data-panel] .uplot")).to_be_visible()
        await page.get_by_role("button", name="All panels").focus()
        await press(page, "Enter")
    await place(page, "CPU").focus()
    await press(page, "ArrowLeft", *["ArrowLeft"] * 11)
    await expect(page.get_by_text("CPU: column 1, row 1, 12 wide, 8 high")).to_be_attached()
    await expect(place(page, "CPU")).to_be_focused()
    await press(page, "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowUp")
    await expect(page.get_by_text("CPU: column 1, row 1, 14 wide, 7 high")).to_be_attached()
    await press(page, "Control+s")
    await expect(page.get_by_role("region", name="Edit the dashboard")).to_contain_text("Saved")
    assert await api.places("keys") == {1: (0, 7, 12, 8), 2: (0, 0, 14, 7)}


async def test_what_is_done_is_undone_and_done_again(page: Page, cabinet: Cabinet, api: Api) -> None:
    await edit(page, cabinet)
    await place(page, "One").focus()
    await press(page, "Delete")
    await expect(place(page, "One")).to_have_count(0)
    await expect(place(page, "Two")).to_be_focused()
    await page.locator(".toast").get_by_role("button", name="Undo").click()
    await expect(place(page, "One")).to_be_visible()
    await place(page, "Four").focus()
    await press(page, "ArrowUp")
    await expect(page.get_by_text("Four: column 1, row 6, 12 wide, 5 high")).to_be_attached()
    await press(page, "Control+z")
    await press(page, "Control+Shift+z")
    await save(page)
    assert (await api.places("laid-out"))[4] == (0, 5, 12, 5)
    await page.get_by_role("button", name="Undo saving").click()
    await expect(page.get_by_text("The version before is back")).to_be_visible()
    assert (await api.places("laid-out"))[4] == (0, 6, 12, 5)


async def test_panels_push_others_and_go_into_sections(page: Page, cabinet: Cabinet, api: Api) -> None:
    await edit(page, cabinet)
    await carry(page, place(page, "Two"), -6, 0)
    await save(page)
    assert await api.places("laid-out") == {1: (0, 5, 12, 5), 2: (6, 0, 12, 5), 3: (0, 10, 24, 1), 4: (0, 11, 12, 5)}
    await carry(page, place(page, "One"), 12, 7)
    await save(page)
    assert await api.places("laid-out") == {1: (12, 6, 12, 5), 2: (6, 0, 12, 5), 3: (0, 5, 24, 1), 4: (0, 6, 12, 5)}
    await page.mouse.move(600, 300)
    box = await place(page, "Two").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 90, box["y"] + 14)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 300, box["y"] + 200, steps=4)
    await press(page, "Escape")
    await page.mouse.up()
    await expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()


async def test_two_editors_meet(page: Page, cabinet: Cabinet, api: Api) -> None:
    await edit(page, cabinet)
    await place(page, "One").focus()
    await press(page, "Delete")
    theirs = {**LAID_OUT, "panels": [{**LAID_OUT["panels"][0], "title": "Theirs"}, *LAID_OUT["panels"][1:]]}
    await api.put(theirs, "Meanwhile")
    await page.get_by_role("button", name="Save", exact=True).click()
    dialog = page.get_by_role("dialog", name="Somebody else saved this dashboard")
    await expect(dialog).to_contain_text(re.compile(r"test saved version \d+"))
    await dialog.get_by_role("button", name="See what changed").click()
    await expect(dialog.locator("del")).to_have_text("One")
    await expect(dialog.locator("ins")).to_have_text("Theirs")
    await assert_accessible(page)
    await dialog.get_by_role("button", name="Take theirs").click()
    await expect(place(page, "Theirs")).to_be_visible()
    bar = page.get_by_role("region", name="Edit the dashboard")
    await bar.get_by_role("button", name="Undo", exact=True).click()
    await expect(place(page, "Theirs")).to_have_count(0)
    await api.put({**theirs, "description": "Again"})
    await page.get_by_role("button", name="Save", exact=True).click()
    await dialog.get_by_role("button", name="Save mine over it").click()
    await expect(bar).to_contain_text("Saved")
    assert 1 not in await api.places("laid-out")
    page.problems.clear()  # type: ignore[attr-defined]  # the refusals that were wanted


async def test_what_is_not_saved_is_offered_again(page: Page, cabinet: Cabinet, api: Api) -> None:
    await edit(page, cabinet)
    await place(page, "One").focus()
    await press(page, "Delete")
    await page.goto(cabinet.url + "/hosts")
    await page.goto(cabinet.url + "/d/laid-out")
    await expect(page.get_by_text("You have unsaved changes")).to_be_visible()
    await page.get_by_role("button", name="Go on editing").click()
    await expect(page.get_by_text(re.compile("Unsaved changes of .* are back"))).to_be_visible()
    await expect(place(page, "One")).to_have_count(0)
    await page.get_by_role("button", name="Discard").click()
    await expect(place(page, "One")).to_be_visible()
    await page.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("button", name="Edit", exact=True)).to_be_visible()
    await expect(page.get_by_text("You have unsaved changes")).to_have_count(0)


async def test_an_older_version_comes_back(page: Page, cabinet: Cabinet, api: Api) -> None:
    await api.put({**LAID_OUT, "title": "Renamed", "panels": LAID_OUT["panels"][1:]}, "One is gone")
    await page.goto(cabinet.url + "/d/laid-out")
    await page.get_by_role("button", name="This dashboard: more").click()
    await page.get_by_role("button", name="Versions").click()
    dialog = page.get_by_role("dialog", name="Versions")
    await expect(dialog.get_by_text("One is gone")).to_be_visible()
    await expect(dialog.get_by_role("heading", name="One", exact=True)).to_be_visible()
    await expect(dialog.locator("ins").first).to_have_text("Renamed")
    await assert_accessible(page)
    await dialog.get_by_role("button", name=re.compile("Restore version")).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Laid out")
    await expect(page.get_by_role("region", name="One", exact=True)).to_be_visible()
    await page.locator(".toast").get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Renamed")


async def test_copies_the_bin_and_what_is_read_only(page: Page, cabinet: Cabinet, api: Api) -> None:
    await page.goto(cabinet.url + "/d/laid-out")
    await page.get_by_role("button", name="This dashboard: more").click()
    await page.get_by_role("button", name="Duplicate").click()
    await expect(page).to_have_url(re.compile(r"/d/laid-out-copy\?edit=grid$"))
    await page.get_by_role("button", name="Done").click()
    await page.get_by_role("button", name="This dashboard: more").click()
    await page.get_by_role("button", name="Delete").click()
    await expect(page).to_have_url(re.compile("/dashboards$"))
    await page.locator(".toast").get_by_role("button", name="Undo").click()
    await expect(page).to_have_url(re.compile("/d/laid-out-copy$"))
    await page.get_by_role("button", name="This dashboard: more").click()
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("button", name="Bin").click()
    await assert_accessible(page)
    await page.get_by_role("button", name="Bring it back Laid out (copy)").click()
    await expect(page).to_have_url(re.compile("/d/laid-out-copy$"))
    shipped = next(one["key"] for one in (await api.get(""))["dashboards"] if one["source"] == "builtin")
    await page.goto(f"{cabinet.url}/d/{shipped}?edit=grid")
    await expect(page.get_by_role("button", name="Edit", exact=True)).to_have_count(0)
    await page.get_by_role("button", name="Duplicate to edit").click()
    await expect(page).to_have_url(re.compile(rf"/d/{shipped}-copy\?edit=grid$"))
    await expect(page.locator("[data-place]").first).to_be_visible()


async def test_the_options_of_a_panel_show_at_once(page: Page, cabinet: Cabinet, api: Api) -> None:
    await page.goto(cabinet.url + "/d/laid-out?edit=1")
    await expect(page.locator("[data-panel='1'] .uplot")).to_be_visible()
    await page.get_by_label("Kind of panel").select_option("Table")
    cells = page.locator("[data-panel='1']").get_by_role("cell")
    await expect(cells.first).to_be_visible()
    await page.get_by_label("Kind of panel").select_option("Stat")
    await page.get_by_label("Unit", exact=True).click()
    await page.get_by_role("combobox", name="Search units").fill("bytes kib")
    await press(page, "Enter")
    await expect(page.locator("[data-panel='1']")).to_contain_text("B")
    await page.get_by_role("searchbox", name="Search options").fill("mappings")
    await page.get_by_role("button", name="Add a mapping").click()
    await page.get_by_label("Where it is").select_option("Pattern")
    await page.get_by_label("Value", exact=True).fill(".")
    await page.get_by_label("Shown as").fill("anything")
    await expect(page.locator("[data-panel='1']")).to_contain_text("anything")
    await page.get_by_role("searchbox", name="Search options").fill("overrides")
    await page.get_by_role("button", name="Add an override").click()
    await page.get_by_label("Where", exact=True).select_option("Pattern")
    await page.get_by_label("is", exact=True).fill("db-1")
    await page.get_by_label("Add a property").select_option("Values: Shown for no value")
    await save(page)
    stored = (await api.get("/laid-out"))["dashboard"]["panels"][0]
    assert stored["view"]["kind"] == "stat"
    assert stored["field"]["unit"] == "bytes"
    assert stored["field"]["mappings"] == [{"kind": "regex", "value": ".", "text": "anything"}]
    assert stored["overrides"] == [{"by": "regex", "match": "db-1", "set": {"no_value": ""}}]


async def test_settings_variables_and_the_document(page: Page, cabinet: Cabinet, api: Api) -> None:
    await page.goto(cabinet.url + "/d/laid-out?edit=settings")
    await page.get_by_label("Tags").fill("one, two")
    await page.get_by_role("button", name="Variables").click()
    await page.get_by_role("button", name="Add a variable").click()
    await page.get_by_label("Name", exact=True).fill("host")
    await page.get_by_label("Query", exact=True).fill("label_values(node_uname_info, instance)")
    await expect(page.get_by_text("6 values now")).to_be_visible()
    await assert_accessible(page)
    await save(page)
    stored = (await api.get("/laid-out"))["dashboard"]
    assert stored["tags"] == ["one", "two"]
    assert stored["variables"] == [{"name": "host", "query": "label_values(node_uname_info, instance)"}]
    await page.get_by_role("button", name="JSON").click()
    document = page.get_by_label("The document")
    await expect(document).to_have_value(re.compile('"key": "laid-out"'))
    await document.fill("{")
    await page.get_by_role("button", name="Save the document").click()
    await expect(page.get_by_text("This is no JSON")).to_be_visible()
    await document.fill('{"key": "laid-out", "title": "By hand", "panels": [{"id": 1}, {"id": 1}]}')
    await page.get_by_role("button", name="Save the document").click()
    await expect(page.get_by_text("is there twice: 1").first).to_be_visible()
    await document.fill('{"key": "laid-out", "title": "By hand", "panels": [{"id": 7}]}')
    await page.get_by_role("button", name="Save the document").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("By hand")
    page.problems.clear()  # type: ignore[attr-defined]  # the refusal that was wanted


async def test_a_phone_has_a_list(cabinet: Cabinet, api: Api) -> None:
    async with cabinet.open("small") as page:
        await edit_on_phone(page, cabinet)
        items = page.get_by_role("main").get_by_role("listitem")
        await expect(items).to_have_count(4)
        await page.get_by_role("button", name="Move Two up").click()
        await expect(items.first).to_contain_text("Two")
        await save(page)
        assert (await api.places("laid-out"))[2][:2] == (0, 0)
        await assert_accessible(page)
        await page.get_by_role("button", name="Edit Two").click()
        await page.get_by_label("Title").first.fill("Second")
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        await page.get_by_role("button", name="All panels").click()
        await expect(items.first).to_contain_text("Second")


async def edit_on_phone(page: Page, cabinet: Cabinet) -> None:
    """The list of panels that is there instead of a grid."""
    await page.goto(cabinet.url + "/d/laid-out?edit=grid")
    await page.wait_for_selector("[data-item]")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_all_of_it_is_accessible(cabinet: Cabinet, api: Api, scheme: Any) -> None:
    tabs = [f"settings&tab={tab}" for tab in ("general", "variables", "annotations", "links", "json")]
    for size in ("wide", "small"):
        async with cabinet.open(size, scheme) as page:
            for where in ("grid", "1", "3", *tabs):
                await page.goto(f"{cabinet.url}/d/laid-out?edit={where}")
                await settle(page)
                await assert_accessible(page)
                assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, where
            assert not page.problems, page.problems  # type: ignore[attr-defined]  # collected by new_page
