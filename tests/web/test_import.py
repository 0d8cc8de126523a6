"""Grafana's dashboards, real ones among them, brought in through the cabinet over a real node exporter's data."""

from __future__ import annotations

import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.bench.servers import running
from tests.live import Live, appliance
from tests.ports import free_port
from tests.web.browser import Scheme, assert_accessible, new_page, open_browser
from tests.web.cabinet import EMAIL, Cabinet, create_owner, sign_in
from tests.web.test_charts import panel

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]
SMALL = {
    "title": "Small one",
    "uid": "small-one",
    "schemaVersion": 39,
    "panels": [
        {
            "id": 1,
            "type": "timeseries",
            "title": "Load",
            "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
            "targets": [{"refId": "A", "expr": "node_load1"}],
        },
        {"id": 2, "type": "canvas", "title": "A drawing", "gridPos": {"x": 12, "y": 0, "w": 12, "h": 8}},
    ],
}
UNFOLD = "() => document.querySelectorAll('.heading button[aria-expanded=false]').forEach((one) => one.click())"
# Whatever is in sight has its answer.
SETTLED = """() => ![...document.querySelectorAll('[data-panel] .skeleton')].some((one) => {
  const { top, bottom } = one.getBoundingClientRect()
  return bottom > 0 && top < innerHeight
})"""
AGENT = """
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: node
    static_configs:
      - targets: ["127.0.0.1:{exporter}"]
"""
# Everything but headings, by key: those that hold a series, those that hold none, those whose queries are refused.
COUNT = """() => [...document.querySelectorAll('[data-panel]')].map((one) => [
  one.dataset.panel,
  one.querySelector('[role=alert]') ? 'failed' : Number(one.dataset.series) > 0 && !one.querySelector('.empty') ? 'filled' : 'empty',
])"""


def file_of(name: str, content: bytes) -> FilePayload:
    """What a person chooses in the file dialog."""
    return {"name": name, "mimeType": "application/json", "buffer": content}


def card(page: Page, title: str) -> Locator:
    return (
        page.get_by_role("main").get_by_role("listitem").filter(has=page.get_by_role("heading", name=title, exact=True))
    )


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("scheme", "size"), [("light", "wide"), ("dark", "small")])
async def test_what_becomes_of_a_file_is_seen_before_it_is_kept(cabinet: Cabinet, scheme: Scheme, size: str) -> None:
    async with cabinet.open(size, scheme) as page:
        document = {**SMALL, "uid": f"small-{size}"}
        await page.goto(cabinet.url + "/dashboards")
        await page.get_by_role("link", name="Import").click()
        await page.get_by_label("Drop JSON files here").set_input_files(
            [file_of("small.json", json.dumps(document).encode()), file_of("broken.json", b"no dashboard")]
        )
        one = card(page, "Small one")
        await expect(one).to_contain_text("2 panels, 1 of them a placeholder.")
        await expect(one).to_contain_text(re.compile("Shown no more: 1.*A drawing", re.DOTALL))
        await expect(card(page, "broken.json").get_by_role("alert")).to_be_visible()
        await assert_accessible(page)
        width = page.viewport_size
        assert width is not None
        assert await page.evaluate("document.documentElement.scrollWidth") <= width["width"]
        await one.get_by_label("Folder").fill("From elsewhere")
        await one.get_by_label("Title").fill("Brought along")
        await card(page, "Brought along").get_by_role("button", name="Import").click()
        await expect(page.get_by_text("Imported:")).to_be_visible()
        # The same again is offered beside it, or in its place.
        await page.get_by_label("Or paste the JSON of one").fill(json.dumps(document))
        await page.get_by_role("button", name="Read it").click()
        again = card(page, "Small one")
        await again.get_by_role("button", name="Import").click()
        await again.get_by_role("button", name="Import beside it").click()
        await expect(page.get_by_text("Imported:")).to_have_count(2)
        await page.get_by_role("link", name="Brought along").click()
        await page.wait_for_selector("[data-panel='1'] .uplot")
        await expect(panel(page, "A drawing")).to_contain_text("canvas")
        page.problems.clear()  # type: ignore[attr-defined]  # refusals that were wanted


@pytest.mark.asyncio(loop_scope="session")
async def test_a_dashboard_is_taken_along_and_comes_back(page: Page, cabinet: Cabinet) -> None:
    for ending, name in (("for Grafana", "kinds-grafana.json"), ("as JSON", "kinds.json"), ("as TOML", "kinds.toml")):
        await page.goto(cabinet.url + "/d/kinds")
        await page.get_by_role("button", name="This dashboard: more").click()
        async with page.expect_download() as started:
            await page.get_by_role("button", name=f"Download {ending}", exact=True).click()
        kept = await started.value
        assert kept.suggested_filename == name
        text = Path(await kept.path()).read_text(encoding="utf-8")
        if name.endswith(".toml"):
            assert text.startswith('key = "kinds"\n')
            continue
        await page.goto(cabinet.url + "/dashboards/import")
        await page.get_by_label("Drop JSON files here").set_input_files([file_of(name, text.encode())])
        await expect(card(page, "Every kind of panel")).to_contain_text(re.compile("^.*15 panels"))
    page.problems.clear()  # type: ignore[attr-defined]


@dataclass
class Measured:
    """An appliance to which a real vmagent sends what it scrapes of a real node exporter."""

    live: Live

    def wait_for(self, expr: str) -> None:
        """Until the expression has series."""
        token = self.live.token("metrics:read", org="acme")
        url = f"{self.live.url}/api/v1/query?{urllib.parse.urlencode({'query': expr})}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        for _ in range(120):
            with urllib.request.urlopen(request, timeout=20) as answer:
                if json.load(answer)["data"]["result"]:
                    return
            time.sleep(0.5)
        raise AssertionError(expr)


@pytest.fixture
def measured(tmp_path: Path, chromium: str, peers: Path) -> Iterator[Measured]:
    assert chromium
    exporter, port = free_port(), free_port()
    scrape = tmp_path / "scrape.yml"
    scrape.write_text(AGENT.format(exporter=exporter))
    with (
        appliance(tmp_path / "obsv") as live,
        running(
            [str(peers / "prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{exporter}"],
            f"http://127.0.0.1:{exporter}/metrics",
            tmp_path / "exporter.log",
        ),
    ):
        create_owner(live, EMAIL, "acme")
        command = [
            *(str(peers / "vmagent"), f"-promscrape.config={scrape}", f"-httpListenAddr=127.0.0.1:{port}"),
            *(f"-remoteWrite.tmpDataPath={tmp_path}/queue", "-remoteWrite.flushInterval=200ms"),
            *(
                f"-remoteWrite.url={live.url}/api/v1/write",
                f"-remoteWrite.bearerToken={live.token('metrics:write', org='acme')}",
            ),
        ]
        with running(command, f"http://127.0.0.1:{port}/health", tmp_path / "vmagent.log"):
            measured = Measured(live)
            measured.wait_for("count_over_time(node_load1[5m]) >= 20")
            yield measured


async def shown(page: Page, url: str) -> dict[str, int]:
    """Look at a dashboard from top to end, its rows unfolded, and count its panels."""
    await page.goto(url)
    await page.wait_for_selector("[data-panel], .heading")
    await page.evaluate(UNFOLD)
    found: dict[str, str] = {}
    height, top = int(await page.evaluate("document.documentElement.scrollHeight")), 0
    while top < height:
        await page.evaluate("(top) => scrollTo(0, top)", top)
        await page.wait_for_timeout(200)
        await page.wait_for_function(SETTLED, timeout=60_000)
        for key, state in await page.evaluate(COUNT):
            found[key] = state if found.get(key, "empty") == "empty" else found[key]
        top += 900
    return {"panels": len(found), **{one: list(found.values()).count(one) for one in ("filled", "empty", "failed")}}


@pytest.mark.peers
async def test_real_dashboards_show_a_node_exporters_data(
    measured: Measured, conformance_dir: Path, chromium: str
) -> None:
    files = sorted((conformance_dir / "grafana").glob("*.json"))
    if not files:
        pytest.skip(f"no dashboards of Grafana in {conformance_dir}/grafana (set OBSV_CONFORMANCE_DIR)")
    async with open_browser(chromium) as browser, new_page(browser, width=1280, height=1000) as page:
        await sign_in(page, measured.live)
        home = f"{measured.live.url}/app/acme"
        await page.goto(f"{home}/dashboards/import")
        await page.get_by_label("Drop JSON files here").set_input_files(files)
        await page.get_by_role("button", name=f"Import all {len(files)}").click()
        await expect(page.get_by_text("Imported:")).to_have_count(len(files), timeout=30_000)
        links = page.get_by_text("Imported:").get_by_role("link")
        found = [(await one.inner_text(), str(await one.get_attribute("href"))) for one in await links.all()]
        counts: dict[str, dict[str, int]] = {}
        for file, (title, path) in zip(files, found, strict=True):
            counts[file.stem] = await shown(page, f"{measured.live.url}{path}?from=now-5m&refresh=off")
            print(f"\n{file.stem} ({title}): {counts[file.stem]}")
        assert counts["node-exporter-full"]["filled"] >= 100
        # Those of other exporters are laid out whole, and say that there is nothing.
        assert all(one["panels"] > 0 for one in counts.values())
