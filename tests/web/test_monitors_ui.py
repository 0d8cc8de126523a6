"""Monitors in the cabinet: a server that goes down and comes back, a job that reports, and the forms of all kinds."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.live import Live, appliance
from tests.monitors.servers import Web, answer, web
from tests.web import watched
from tests.web.browser import assert_accessible, new_page
from tests.web.cabinet import EMAIL, PASSWORD, Cabinet, create_owner, open_cabinet, settle, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

LATER_MS = 40_000


class Api:
    """The API of an appliance that may ask this machine."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self._token = live.token(watched.SCOPES)

    def do(self, method: str, path: str, body: object = None) -> Any:
        """What it answers."""
        return watched.call(self.live.url, self._token, method, path, body)

    def make(self, key: str, name: str, check: dict[str, Any], **more: object) -> None:
        """A monitor that is down after one failure, and looked at as often as may be."""
        rhythm = {} if check["kind"] == "heartbeat" else {"interval_s": 10, "failures": 1}
        self.do("POST", "/monitors", {"monitor": {"key": key, "name": name, "check": check, **rhythm, **more}})


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Api]:
    """Of an appliance of this file's own: elsewhere loopback is never asked."""
    assert chromium
    env = {"OBSV_EGRESS__HOSTS": '["127.0.0.0/8"]'}
    with appliance(tmp_path_factory.mktemp("monitors"), env=env) as live:
        create_owner(live, EMAIL, "operator")
        yield Api(live)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def mine(api: Api, browser: Browser) -> Cabinet:
    """Its owner, signed in."""
    return await open_cabinet(api.live, browser)


@pytest_asyncio.fixture(loop_scope="session")
async def opened(mine: Cabinet) -> AsyncIterator[Page]:
    """A page that must not complain."""
    async with mine.open() as page:
        yield page
        problems: list[str] = page.problems  # type: ignore[attr-defined]  # collected by new_page
        # The browser tells of each refusal that a form is meant to meet.
        assert not [one for one in problems if not re.search(r"status of (409|422)", one)]


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[Web]:
    """It answers 200, until a test has it do otherwise."""
    async with web() as made:
        yield made


def row_of(page: Page, name: str) -> Locator:
    """Of the list."""
    return page.get_by_role("list", name="Monitors").get_by_role("listitem").filter(has_text=name)


async def do(page: Page, name: str, wanted: str) -> None:
    """By the menu of a monitor's row."""
    await page.get_by_role("button", name=f"What to do with {name}").click()
    await page.get_by_role("button", name=wanted, exact=True).click()


async def test_the_first_monitor_is_one_field_away(opened: Page, mine: Cabinet, api: Api, server: Web) -> None:
    await opened.goto(mine.url + "/monitors")
    await expect(opened.get_by_role("heading", name="Nothing is watched yet")).to_be_visible()
    await assert_accessible(opened)
    field = opened.get_by_label("Address to watch")
    await field.fill("two words")
    await field.press("Enter")
    await expect(opened.get_by_text("Give an address such as")).to_be_visible()
    await field.fill(f"http://127.0.0.1:{server.port}/")
    await opened.get_by_role("button", name="Watch this address").click()
    await expect(opened).to_have_url(re.compile(r"/monitors/127-0-0-1-\d+$"))
    await expect(opened.locator(".head .state").first).to_contain_text("Up", timeout=LATER_MS)
    (made,) = api.do("GET", "/monitors")["monitors"]
    assert made["name"] == f"127.0.0.1:{server.port}"
    api.do("DELETE", f"/monitors/{made['id']}")


async def test_a_server_goes_down_and_comes_back(opened: Page, mine: Cabinet, api: Api, server: Web) -> None:
    api.make("shop", "Shop", {"kind": "http", "url": f"http://127.0.0.1:{server.port}/"}, tags=["web"])
    await opened.goto(mine.url + "/monitors?refresh=5s")
    row = row_of(opened, "Shop")
    await expect(row).to_contain_text("Up", timeout=LATER_MS)
    await expect(row).to_contain_text("ms")
    states, places = opened.get_by_role("group", name="States"), opened.get_by_role("navigation", name="Places")
    await expect(states.get_by_role("button", name="1 Up")).to_be_visible()
    await expect(places.get_by_label("1 down")).to_have_count(0)

    server.answer = lambda _: answer("", "503 Away")
    await expect(row).to_contain_text("Down", timeout=LATER_MS)
    await expect(row).to_contain_text("it answered 503")
    await expect(places.get_by_label("1 down")).to_be_visible(timeout=LATER_MS)
    await states.get_by_role("button", name="1 Down").click()
    await expect(opened).to_have_url(re.compile(r"state=down"))
    await expect(row).to_be_visible()
    await assert_accessible(opened)

    await row.get_by_role("link", name="Shop").click()
    await expect(opened.get_by_role("heading", level=1)).to_have_text("Shop")
    await opened.get_by_role("button", name="Test now").click()
    trial = opened.get_by_role("region", name="The check just now")
    await expect(trial).to_contain_text("The check fails")
    await expect(trial).to_contain_text("Wait for the first byte")

    server.answer = lambda _: answer()
    changes = opened.get_by_role("region", name="What happened").get_by_role("listitem")
    await opened.goto(opened.url.partition("?")[0] + "?refresh=5s")
    await expect(changes.first).to_contain_text("Up", timeout=LATER_MS)
    await expect(changes.nth(1)).to_contain_text("it answered 503")
    await expect(opened.locator("[data-chart-points]")).not_to_have_attribute(
        "data-chart-points", "0", timeout=LATER_MS
    )
    await expect(opened.locator("dl", has=opened.get_by_text("24 hours"))).to_contain_text("down for")
    await assert_accessible(opened)


async def test_pausing_and_deleting_can_be_undone(opened: Page, mine: Cabinet, api: Api) -> None:
    api.make("port", "A port", {"kind": "tcp", "host": "127.0.0.1", "port": 9})
    await opened.goto(mine.url + "/monitors?q=port")
    row = row_of(opened, "A port")
    await expect(row).to_contain_text("Down", timeout=LATER_MS)
    await do(opened, "A port", "Check now")
    await expect(opened.get_by_text("A port: The check fails")).to_be_visible()
    await do(opened, "A port", "Pause")
    await expect(row).to_contain_text("Paused")
    await opened.get_by_role("button", name="Undo").click()
    await expect(row).not_to_contain_text("Paused")
    await do(opened, "A port", "Delete")
    await expect(row).to_have_count(0)
    await opened.get_by_role("button", name="Undo").click()
    await expect(row).to_be_visible()
    assert api.do("GET", "/monitors/port/events")["events"], "its history is lost"
    # Who leaves the page does not want it back.
    await do(opened, "A port", "Delete")
    await expect(row).to_have_count(0)
    await opened.goto("about:blank")
    await opened.goto(mine.url + "/monitors")
    await expect(row_of(opened, "Shop")).to_be_visible()
    assert "port" not in [one["key"] for one in api.do("GET", "/monitors")["monitors"]]


async def test_a_job_reports_to_its_heartbeat(opened: Page, mine: Cabinet) -> None:
    await opened.goto(mine.url + "/monitors/new?kind=heartbeat")
    await opened.get_by_label("Name", exact=True).fill("Nightly backup")
    await opened.get_by_label("when a cron expression says").check()
    await opened.get_by_role("button", name="Make the monitor").click()
    cron = opened.get_by_role("textbox", name="Cron expression")
    await expect(cron).to_be_focused()
    await expect(opened.get_by_text("Give a cron expression such as")).to_be_visible()
    await cron.fill("30 99 * * *")
    await opened.get_by_label("Time zone").fill("Europe/Berlin")
    await opened.get_by_role("button", name="Make the monitor").click()
    # That of the server, at the field.
    await expect(cron).to_have_attribute("aria-invalid", "true")
    await cron.fill("30 4 * * *")
    await opened.get_by_role("button", name="Make the monitor").click()
    await expect(opened).to_have_url(re.compile(r"/monitors/nightly-backup$"))
    await expect(opened.get_by_text("The job has not reported yet")).to_be_visible()
    address = await opened.get_by_label("Address to report to").inner_text()
    for way, words in (
        ("cron", "30 4 * * *"),
        ("systemd", "ExecStopPost"),
        ("Exit code", "$code"),
        ("curl", "curl -fsS"),
    ):
        await opened.get_by_role("button", name=way, exact=True).click()
        snippet = opened.get_by_label(way, exact=True).last
        await expect(snippet).to_contain_text(words)
        await expect(snippet).to_contain_text(address)
    await opened.goto(opened.url + "?refresh=5s")
    for path in ("", "/start", "/3"):
        with urllib.request.urlopen(urllib.request.Request(address + path, data=b"disk is full"), timeout=10):
            pass
    reports = opened.get_by_role("region", name="Reports", exact=True).get_by_role("listitem")
    await expect(reports.first).to_contain_text("failed with exit code 3", timeout=LATER_MS)
    await reports.first.get_by_text("What it sent").click()
    await expect(reports.first).to_contain_text("disk is full")
    await expect(opened.locator(".head")).to_contain_text("Down", timeout=LATER_MS)
    await assert_accessible(opened)


async def test_forms_of_all_kinds(opened: Page, mine: Cabinet, api: Api, server: Web) -> None:
    async def begin(kind: str) -> None:
        await opened.goto(mine.url + "/monitors/new")
        await opened.get_by_role("radio", name=kind, exact=True).check()

    async def end(key: str) -> dict[str, Any]:
        await opened.get_by_role("button", name="Make the monitor").click()
        await expect(opened).to_have_url(re.compile(rf"/monitors/{key}$"))
        check: dict[str, Any] = api.do("GET", f"/monitors/{key}")["monitor"]["check"]
        return check

    await begin("Web page")
    await opened.get_by_label("Address", exact=True).fill("shop.example.com")
    await opened.get_by_label("Name", exact=True).fill("Web form")
    await expect(opened.get_by_text("Give an address that begins with")).to_be_visible()
    await opened.get_by_label("Address", exact=True).fill(f"http://127.0.0.1:{server.port}/health")
    await opened.get_by_label("Check every").select_option("10")
    await opened.get_by_text("What the answer must be").click()
    await opened.get_by_label("The answer contains").fill("ok")
    await opened.get_by_role("button", name="Add a condition").click()
    await opened.get_by_label("Condition 1: path").fill("$[")
    await opened.get_by_text("Request", exact=True).click()
    await opened.get_by_role("button", name="Add a secret header").click()
    await opened.get_by_label("Secret header 1: name").fill("X-Key")
    await opened.get_by_label("Secret header 1: value").fill("hush")
    await opened.get_by_role("button", name="Try it").click()
    await expect(opened.get_by_label("Condition 1: path")).to_be_focused()
    await expect(opened.get_by_label("Condition 1: path")).to_have_attribute("aria-invalid", "true")
    await opened.get_by_role("button", name="Remove condition 1").click()
    await opened.get_by_role("button", name="Try it").click()
    await expect(opened.get_by_text("The check succeeds")).to_be_visible()
    assert "X-Key: hush" in server.requests[-1]
    check = await end("web-form")
    assert check["secret_headers"] == {"X-Key": None}

    # What is kept stays, unless it is typed anew.
    await opened.get_by_role("link", name="Change", exact=True).click()
    await expect(opened.get_by_label("Secret header 1: value")).to_have_value("")
    await opened.get_by_label("The answer contains").fill("okay")
    await opened.get_by_role("button", name="Save").click()
    await expect(opened.get_by_text("Web form is saved.")).to_be_visible()
    await expect(opened.locator(".head")).to_contain_text("does not contain 'okay'", timeout=2 * LATER_MS)
    assert "X-Key: hush" in server.requests[-1]

    await begin("Port")
    await opened.get_by_label("Host", exact=True).fill("127.0.0.1")
    await opened.get_by_label("Port", exact=True).last.fill(str(server.port))
    assert (await end(f"127-0-0-1-{server.port}"))["port"] == server.port
    await begin("Ping")
    await opened.get_by_label("Host", exact=True).fill("127.0.0.1")
    assert (await end("127-0-0-1"))["kind"] == "ping"
    await begin("DNS")
    await opened.get_by_label("Name to look up").fill("example.com")
    await opened.get_by_label("Record").select_option("MX")
    await opened.get_by_label("Answers that must be there").fill("10 mail.example.com.")
    await opened.get_by_label("And no others").check()
    await opened.get_by_text("Advanced", exact=True).click()
    await opened.get_by_label("DNS server").fill("127.0.0.1")
    check = await end("example-com-mx")
    assert (check["record"], check["answers"], check["exactly"]) == ("MX", ["10 mail.example.com."], True)
    await begin("Heartbeat")
    await opened.get_by_label("Name", exact=True).fill("Web form")
    await opened.get_by_label("Every", exact=True).fill("15m")
    await opened.get_by_role("button", name="Make the monitor").click()
    await expect(opened.get_by_text("Another monitor is called Web form")).to_be_visible()
    await expect(opened.get_by_label("Name", exact=True)).to_be_focused()
    await opened.get_by_label("Name", exact=True).fill("Quarter")
    assert (await end("quarter"))["period_s"] == 900


async def test_ready_rules_and_a_rule_of_its_own(opened: Page, mine: Cabinet, api: Api) -> None:
    api.make("told", "Told", {"kind": "heartbeat"})
    await opened.goto(mine.url + "/monitors/told")
    alerts = opened.get_by_role("region", name="Alerts", exact=True)
    await alerts.get_by_role("button", name="Switch on Monitors").click()
    await expect(alerts.get_by_role("listitem").filter(has_text="Ready rules: Monitors")).to_contain_text("On")
    await alerts.get_by_role("link", name="Make an alert of this").click()
    await expect(opened.get_by_label("Name", exact=True)).to_have_value("MonitorDown")
    await expect(opened.get_by_label("Expression")).to_contain_text('monitor_up{job="monitor",monitor="Told"} == 0')
    await opened.get_by_label("Name of the group").fill("Own")
    await opened.get_by_role("button", name="Make the rule").click()
    await expect(opened.get_by_text("MonitorDown is made.")).to_be_visible()
    await expect(opened.get_by_role("link", name="HeartbeatMissing")).to_be_visible()


async def test_keys_and_the_palette_lead_there(opened: Page, mine: Cabinet, api: Api) -> None:
    api.make("found", "Found by its name", {"kind": "heartbeat"})
    await opened.goto(mine.url)
    await settle(opened)
    await opened.keyboard.press("g")
    await opened.keyboard.press("m")
    await expect(opened.get_by_role("heading", level=1)).to_have_text("Monitors")
    await opened.keyboard.press("Control+k")
    await opened.get_by_role("combobox", name="Go to or do").fill("found by")
    await expect(opened.get_by_role("listbox").get_by_role("option").first).to_contain_text("Found by its name")
    await opened.keyboard.press("Enter")
    await expect(opened).to_have_url(re.compile(r"/monitors/found$"))
    await opened.set_viewport_size({"width": 390, "height": 844})
    places = opened.get_by_role("navigation", name="Places")
    await places.get_by_role("button", name="More", exact=True).click()
    await places.get_by_role("link", name="Monitors").click()
    await expect(row_of(opened, "Found by its name")).to_be_visible()


async def test_who_only_looks_changes_nothing(browser: Browser, mine: Cabinet, api: Api) -> None:
    api.make("seen", "Seen", {"kind": "heartbeat"})
    who = ("--email", "lookout@example.org", "--name", "Lookout", "--org", "operator", "--role", "viewer")
    api.live.cli("admin", "create-user", *who, "--password-stdin", stdin=PASSWORD)
    async with new_page(browser, width=1280, height=800) as page:
        await sign_in(page, api.live, "lookout@example.org")
        await page.goto(mine.url + "/monitors")
        await expect(row_of(page, "Seen")).to_be_visible()
        for name in ("What to do with", "Watch this address"):
            await expect(page.get_by_role("button", name=name)).to_have_count(0)
        await expect(page.get_by_role("link", name="New monitor")).to_have_count(0)
        await row_of(page, "Seen").get_by_role("link").click()
        await expect(page.get_by_text("The address to report to is shown to editors.")).to_be_visible()
        for name in ("Pause", "Test now", "Switch on", "New address"):
            await expect(page.get_by_role("button", name=name)).to_have_count(0)
        for path, words in (("new", "Viewers cannot make monitors."), ("seen/edit", "Viewers cannot change monitors.")):
            await page.goto(f"{mine.url}/monitors/{path}")
            await expect(page.get_by_text(words)).to_be_visible()
            await expect(page.get_by_role("form")).to_have_count(0)
