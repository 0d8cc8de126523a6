"""An appliance with people and a fleet, and pages of its cabinet, for tests and for pictures."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, Page, StorageState

from tests.live import Live
from tests.web import dashboards, watched
from tests.web.browser import Scheme, new_page
from tests.web.fleet import Fleet

EMAIL = "ann@example.org"
NEWCOMER = "bob@example.org"
PASSWORD = "correct horse battery 9"
HOME = "/app/operator"
HOST = "/hosts/db-1%3A9100"
KINDS = "/d/kinds"
CHAINED = "/d/chained"
EXPLORE = "/explore?q=node_load1&q=sum+by+%28instance%29+%28rate%28node_cpu_seconds_total%5B5m%5D%29%29"
SECTIONS = (
    *("profile", "security", "devices", "my-tokens"),
    *("general", "members", "teams", "tokens", "support", "audit", "access"),
    *("instance", "accounts", "organisations", "announcements", "instance-audit"),
)
PAGES = {
    "overview": "",
    "hosts": "/hosts",
    "host": HOST,
    "dashboards": "/dashboards",
    "kinds": KINDS,
    "chained": CHAINED,
    "explore": EXPLORE,
    "alerts": "/alerts",
    "silences": "/alerts/silences/new",
    "editor": KINDS + "?edit=grid",
    "editor-panel": KINDS + "?edit=1",
    "editor-settings": CHAINED + "?edit=settings&tab=variables",
    "rules": "/alerts/rules",
    "rule-new": "/alerts/rules/new?expr=node_load1+%3E+0",
    "rules-ready": "/alerts/rules/ready",
    "rules-files": "/alerts/rules/files",
    "status": "/status",
    "status-new": "/status/pages/new",
    "incidents": "/status/incidents",
    "incident-new": "/status/incidents/new",
    "maintenance": "/status/maintenance",
    "maintenance-new": "/status/maintenance/new",
    "routing": "/alerts/routing?try=alertname%3DDiskFull",
    "routing-route": "/alerts/routing?edit=route-new:",
    "routing-interval": "/alerts/routing?edit=interval:new",
    "routing-text": "/alerts/routing/text",
    "history": "/alerts/history",
    "routing-import": "/alerts/routing/import",
    "send": "/send",
    "import": "/dashboards/import",
    "channels": "/alerts/channels/new?kind=webhook",
    "deliveries": "/alerts/channels/deliveries",
    "monitors": "/monitors",
    "monitor": "/monitors/shop",
    "monitor-heartbeat": "/monitors/backup",
    "monitor-new": "/monitors/new?kind=dns",
    "monitor-edit": "/monitors/shop/edit",
    "settings": "/settings",
    "unknown": "/nowhere",
    **{f"settings-{name}": f"/settings/{name}" for name in SECTIONS},
}
SIZES = {
    "small": (360, 740),
    "phone": (390, 844),
    "tablet": (768, 1024),
    "wide": (1280, 800),
    "huge": (1920, 1080),
}


def create_owner(live: Live, email: str, org: str) -> None:
    """Someone who owns an organisation."""
    arguments = ("--email", email, "--name", "Ann Example", "--org", org, "--role", "owner")
    live.cli("admin", "create-user", *arguments, "--password-stdin", stdin=PASSWORD)


def populate(live: Live) -> Fleet:
    """The owner of an empty organisation, and the operator's hosts."""
    with ThreadPoolExecutor() as pool:
        other, token = pool.submit(create_owner, live, NEWCOMER, "empty"), pool.submit(live.token, "metrics:write")
        dashboards.make_all(live.url, live.token(dashboards.SCOPES))
        watched.make_all(live.url, live.token(watched.SCOPES))
        other.result()
        return Fleet(live.url, token.result(), int(time.time() * 1000))


async def sign_in(page: Page, live: Live, email: str = EMAIL) -> None:
    """Through the door, into the cabinet."""
    await page.goto(live.url + "/login")
    await page.get_by_label("Email").fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    if "/login/age" in page.url:
        await page.get_by_label("16").check()
        await page.get_by_role("button", name="Continue").click()
    await page.wait_for_url("**/app/**")


@dataclass(frozen=True)
class Cabinet:
    """Someone's signed-in session, from which pages are opened in one browser."""

    live: Live
    browser: Browser
    session: StorageState

    @property
    def url(self) -> str:
        """Address of the overview."""
        return self.live.url + HOME

    @asynccontextmanager
    async def open(self, size: str = "wide", scheme: Scheme = "light") -> AsyncIterator[Page]:
        """A page that is signed in and still empty."""
        width, height = SIZES[size]
        async with new_page(
            self.browser,
            width=width,
            height=height,
            color_scheme=scheme,
            reduced_motion="reduce",
            storage_state=self.session,
        ) as page:
            yield page


async def open_cabinet(live: Live, browser: Browser) -> Cabinet:
    """Sign in once, for many pages."""
    async with new_page(browser, width=1280, height=800) as page:
        await sign_in(page, live)
        return Cabinet(live, browser, await page.context.storage_state())


async def prefer(page: Page, **wanted: str) -> None:
    """As the settings do it, without a look at them; all that is not named is left to the browser."""
    body = {"language": "", "time_zone": "", "clock": "", "theme": "", **wanted}
    status = await page.evaluate(
        """async (body) => {
          const session = await (await fetch('/api/obsv/v1/session')).json()
          const headers = { 'content-type': 'application/json', 'x-csrf-token': session.csrf }
          const request = { method: 'PUT', headers, body: JSON.stringify(body) }
          return (await fetch('/api/obsv/v1/me/preferences', request)).status
        }""",
        body,
    )
    assert status == 200


async def settle(page: Page) -> None:
    """Wait until the page stands and nothing loads any more."""
    await page.wait_for_selector("h1")
    await page.wait_for_load_state("networkidle")
