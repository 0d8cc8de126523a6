"""An empty organisation's first data, by each way that the page offers: what it says to paste is pasted and run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.bench.servers import running
from tests.live import Live, appliance
from tests.ports import free_port
from tests.web.browser import assert_accessible, new_page, open_browser
from tests.web.cabinet import EMAIL, create_owner, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]
SCRAPE = (
    "global:\n  scrape_interval: 1s\nscrape_configs:\n  - job_name: node\n    static_configs:\n      - targets: [{}]\n"
)
PROGRAM = """
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
provider = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())], Resource({"service.name": "checkout"}))
provider.get_meter("shop").create_counter("orders").add(3)
provider.shutdown()
"""


@pytest.fixture
def live(tmp_path: Path, chromium: str) -> Iterator[Live]:
    assert chromium
    with appliance(tmp_path / "obsv") as live:
        create_owner(live, EMAIL, "acme")
        yield live


@pytest_asyncio.fixture
async def page(live: Live, chromium: str) -> AsyncIterator[Page]:
    """The cabinet of an organisation that nothing was sent to."""
    async with open_browser(chromium) as browser, new_page(browser, width=1280, height=900) as page:
        await sign_in(page, live)
        yield page
        assert not page.problems, page.problems  # type: ignore[attr-defined]  # collected by new_page


async def ask_for(page: Page, source: str, label: str) -> str:
    """What the page says to paste, with a token that is made now."""
    await page.get_by_role("radio", name=source).check()
    await page.get_by_role("button", name="Make a token").click()
    snippet = page.get_by_label(label)
    await expect(snippet).to_contain_text("obsv_ing_")
    await expect(page.get_by_text("Waiting for data…")).to_be_visible()
    return (await snippet.inner_text()).strip()


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a person's shell does with it."""
    return subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=90, check=False)


def received(sender: str) -> re.Pattern[str]:
    """What the page says of somebody's samples."""
    return re.compile(rf"Received \d+ samples? from {re.escape(sender)}")


async def test_the_agent_to_the_first_chart(page: Page, tmp_path: Path) -> None:
    begun = time.monotonic()
    await expect(page.get_by_role("heading", name="Waiting for the first host")).to_be_visible()
    await assert_accessible(page)
    command = await ask_for(page, "obsv agent", "Run this on the host")
    await assert_accessible(page)
    agent = f"{command} --name first-host --interval 1s --state-dir {shlex.quote(str(tmp_path / 'state'))}"
    process = subprocess.Popen(["bash", "-c", agent.replace("python3", f"exec {sys.executable}")], cwd=tmp_path)
    try:
        # The overview has its host now, and shows that.
        name = re.compile(re.escape(os.uname().nodename.split(".")[0]))
        await page.get_by_role("main").get_by_role("link", name=name).first.click(timeout=30_000)
        await page.wait_for_selector("[data-chart-points]:not([data-chart-points='0']) .uplot", timeout=30_000)
        told = time.monotonic() - begun
        print(f"\nfrom the empty overview to the first chart: {told:.1f} s, 1 command")
        assert told < 60
    finally:
        process.terminate()
        process.wait(20)


async def test_curl_and_what_was_refused(page: Page, tmp_path: Path, live: Live) -> None:
    await page.goto(f"{live.url}/app/acme/send")
    command = await ask_for(page, "curl", "Run this anywhere")
    broken = run(command.replace('"backup"} 42', '"backup"} forty-two'), tmp_path)
    assert broken.returncode != 0
    await expect(page.get_by_text(re.compile("Refused last: .*forty-two"))).to_be_visible(timeout=10_000)
    done = run(command, tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    name = run("hostname", tmp_path).stdout.strip()
    await expect(page.get_by_text(received(name))).to_be_visible(timeout=10_000)
    await assert_accessible(page)


async def test_a_line_of_influx(page: Page, tmp_path: Path, live: Live) -> None:
    await page.goto(f"{live.url}/app/acme/send")
    command = await ask_for(page, "Telegraf", "Or a line by curl")
    done = run(command, tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout
    await expect(page.get_by_text(received(run("hostname", tmp_path).stdout.strip()))).to_be_visible(timeout=10_000)


async def test_opentelemetry(page: Page, tmp_path: Path, live: Live) -> None:
    await page.goto(f"{live.url}/app/acme/send")
    command = await ask_for(page, "OpenTelemetry", "An SDK: set this")
    (tmp_path / "program.py").write_text(PROGRAM)
    done = run(f"{command}\n{sys.executable} program.py", tmp_path)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    await expect(page.get_by_text(received("checkout"))).to_be_visible(timeout=10_000)


@contextmanager
def with_prometheus(snippet: str, peers: Path, folder: Path, exporter: int) -> Generator[None]:
    port = free_port()
    (folder / "prometheus.yml").write_text(SCRAPE.format(f'"127.0.0.1:{exporter}"') + snippet)
    command = [
        *(str(peers / "prometheus"), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb"),
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(command, f"http://127.0.0.1:{port}/-/ready", folder / "prometheus.log"):
        yield


@contextmanager
def with_vmagent(snippet: str, peers: Path, folder: Path, exporter: int) -> Generator[None]:
    port = free_port()
    (folder / "prometheus.yml").write_text(SCRAPE.format(f'"127.0.0.1:{exporter}"'))
    more = f" -httpListenAddr=127.0.0.1:{port} -remoteWrite.tmpDataPath={shlex.quote(str(folder / 'queue'))}"
    command = f"cd {shlex.quote(str(folder))} && exec {peers}/{snippet}{more}"
    with running(["bash", "-c", command], f"http://127.0.0.1:{port}/health", folder / "vmagent.log"):
        yield


Start = Callable[[str, Path, Path, int], AbstractContextManager[None]]


@pytest.mark.peers
@pytest.mark.parametrize(
    ("source", "label", "start"),
    [
        ("Prometheus", "Put this into prometheus.yml", with_prometheus),
        ("vmagent", "vmagent: start it so", with_vmagent),
    ],
)
async def test_who_scrapes_already(
    page: Page, tmp_path: Path, live: Live, peers: Path, source: str, label: str, start: Start
) -> None:
    exporter = free_port()
    node = [str(peers / "prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{exporter}"]
    await page.goto(f"{live.url}/app/acme/send")
    snippet = await ask_for(page, source, label)
    with ExitStack() as stack:
        stack.enter_context(running(node, f"http://127.0.0.1:{exporter}/metrics", tmp_path / "node.log"))
        stack.enter_context(start(snippet, peers, tmp_path, exporter))
        await expect(page.get_by_text(re.compile(r"Received \d+ samples from "))).to_be_visible(timeout=60_000)
        # The dashboard for such metrics has come with them.
        await page.get_by_role("main").get_by_role("link", name="Host", exact=True).click(timeout=30_000)
        await page.wait_for_selector("[data-panel][data-series]:not([data-series='0'])", timeout=30_000)


async def test_who_may_make_no_token_is_told_whom_to_ask(live: Live, chromium: str) -> None:
    arguments = ("--email", "vic@example.org", "--name", "Vic", "--org", "acme", "--role", "viewer")
    live.cli("admin", "create-user", *arguments, "--password-stdin", stdin="correct horse battery 9")
    async with open_browser(chromium) as browser, new_page(browser, width=390, height=844, color_scheme="dark") as page:
        await sign_in(page, live, "vic@example.org")
        await page.goto(f"{live.url}/app/acme/send?source=prometheus")
        await expect(page.get_by_label("Put this into prometheus.yml")).to_contain_text("credentials: TOKEN")
        await expect(page.get_by_text("ask an administrator")).to_be_visible()
        await expect(page.get_by_role("button", name="Make a token")).to_have_count(0)
        await assert_accessible(page)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
