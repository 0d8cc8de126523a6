"""How fast the cabinet is in a real Chromium: the first page, a large dashboard, and moving a full chart's time."""

from __future__ import annotations

import asyncio
import json
import math
import re
import statistics
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from playwright.async_api import Browser, Page

from tests.bench.servers import running
from tests.live import Live, appliance
from tests.ports import free_port
from tests.web.browser import find_chromium, new_page, open_browser
from tests.web.cabinet import EMAIL, HOME, Cabinet, create_owner, open_cabinet
from tests.web.dashboards import SCOPES
from tests.web.fleet import FLEET, Series, history, write

RUNS = 7
HOURS = 6
EXPORTER = "exporter:9100"
SERIES, POINTS, STEP_S = 50, 2000, 15
FRAMES = 60
MOST_MS, PAN_MS = 1500, 8

# Set before anything of the page runs: when the predicate first holds, by the page's own clock.
WATCH = """(() => {
  const look = () => { if (%s) window.benchDone = performance.now(); else requestAnimationFrame(look) }
  requestAnimationFrame(look)
})()"""
OVERVIEW_STANDS = "document.querySelectorAll('main table tbody tr').length > 0"
DASHBOARD_STANDS = (
    "document.querySelectorAll('[data-panel]').length >= 20 && !document.querySelector('[data-panel] .skeleton') "
    "&& document.querySelectorAll('[data-panel] canvas').length >= 20"
)
SCRIPT_BYTES = """performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js'))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)"""
PANNED = {
    "key": "bench",
    "title": "Waves",
    "panels": [
        {
            "id": 1,
            "title": "Waves",
            "view": {"kind": "timeseries"},
            "grid": {"x": 0, "y": 0, "w": 24, "h": 12},
            "queries": [{"expr": "bench_wave", "legend": "{{n}}"}],
        }
    ],
}


@dataclass(frozen=True)
class Figures:
    """Medians, with what they were taken of."""

    overview_ms: float
    script_kb: float
    dashboard_ms: float
    panels: int
    frame_ms: float
    points: int


def measure(scratch: Path, peers: Path) -> Figures:
    """Start an appliance with six hours of a node exporter, and look with a browser whose cache is empty each time."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("no chromium (apt-get install chromium)")
    with appliance(scratch) as live:
        create_owner(live, EMAIL, "operator")
        now_ms = int(time.time() * 1000)
        token = live.token(f"metrics:write,{SCOPES}")
        for machine in FLEET:
            write(live.url, token, history(machine, now_ms - 900_000, now_ms))
        exporter = _exporter_history(peers, scratch, now_ms)
        while some := list(islice(exporter, 50)):
            write(live.url, token, some)
        write(live.url, token, _waves(now_ms))
        _create(live, token)
        return asyncio.run(_look(live, chromium))


def _exporter_history(peers: Path, scratch: Path, now_ms: int) -> Iterator[Series]:
    """Six hours of all that a real node exporter tells here, its counters steady and its gauges in waves."""
    listen = f"127.0.0.1:{free_port()}"
    command = [str(peers / "usr/bin/prometheus-node-exporter"), f"--web.listen-address={listen}"]
    url = f"http://{listen}/metrics"
    with running(command, url, scratch / "exporter.log"), urllib.request.urlopen(url, timeout=30) as answer:
        text = answer.read().decode()
    counters = set(re.findall(r"^# TYPE (\S+) counter$", text, re.MULTILINE))
    times = range(now_ms - HOURS * 3_600_000, now_ms + 1, STEP_S * 1000)
    for name, labels, value in re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)$", f"up 1\n{text}", re.MULTILINE):
        told = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels))
        at_end = float(value)
        if name in counters:
            samples = [(at, at_end * (1 - (now_ms - at) / 2.5e7)) for at in times]
        else:
            samples = [(at, at_end * (1 + 0.05 * math.sin(at / 6e5)) if at_end % 1 else at_end) for at in times]
        yield ({"__name__": name, **told, "job": "node", "instance": EXPORTER}, samples)


def _waves(now_ms: int) -> list[Series]:
    times = range(now_ms - (POINTS - 1) * STEP_S * 1000, now_ms + 1, STEP_S * 1000)
    return [
        (
            {"__name__": "bench_wave", "n": str(number), "job": "bench", "instance": "bench"},
            [(at, number + math.sin(at / 3e5 + number)) for at in times],
        )
        for number in range(SERIES)
    ]


def _create(live: Live, token: str) -> None:
    request = urllib.request.Request(
        f"{live.url}/api/obsv/v1/dashboards",
        json.dumps({"dashboard": PANNED}).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()


async def _look(live: Live, chromium: str) -> Figures:
    async with open_browser(chromium) as browser:
        cabinet = await open_cabinet(live, browser)
        overviews = [await _opened(browser, cabinet, HOME, OVERVIEW_STANDS, 800) for _ in range(RUNS)]
        board = f"{HOME}/d/host?from=now-{HOURS}h&var-instance={EXPORTER}"
        boards = [await _opened(browser, cabinet, board, DASHBOARD_STANDS, 6000) for _ in range(RUNS)]
        frames = [await _panned(browser, cabinet) for _ in range(3)]
    return Figures(
        overview_ms=statistics.median(one[0] for one in overviews),
        script_kb=overviews[0][1] / 1000,
        dashboard_ms=statistics.median(one[0] for one in boards),
        panels=boards[0][2],
        frame_ms=statistics.median(one[0] for one in frames),
        points=frames[0][1],
    )


async def _opened(browser: Browser, cabinet: Cabinet, path: str, stands: str, height: int) -> tuple[float, float, int]:
    """Milliseconds from the navigation until it stands, bytes of script, panels."""
    async with new_page(browser, width=1280, height=height, storage_state=cabinet.session) as page:
        await page.add_init_script(WATCH % stands)
        await page.goto(cabinet.live.url + path)
        async with asyncio.timeout(60):
            while not (done_ms := await page.evaluate("window.benchDone")):
                await asyncio.sleep(0.05)
        return (
            float(done_ms),
            float(await page.evaluate(SCRIPT_BYTES)),
            int(await page.evaluate("document.querySelectorAll('[data-panel]').length")),
        )


async def _panned(browser: Browser, cabinet: Cabinet) -> tuple[float, int]:
    """Milliseconds of script a frame while the time of a chart is moved, and points of each of its series."""
    async with new_page(browser, width=2400, height=1000, storage_state=cabinet.session) as page:
        async with page.expect_response(lambda one: "/api/v1/query_range" in one.url) as told:
            await page.goto(f"{cabinet.live.url}{HOME}/d/bench?view=1&from=now-{POINTS * STEP_S}s&refresh=off")
        result = (await (await told.value).json())["data"]["result"]
        await page.wait_for_selector("[data-panel] canvas")
        await page.wait_for_load_state("networkidle")
        return await _script_a_frame(page), max(len(one["values"]) for one in result)


async def _script_a_frame(page: Page) -> float:
    box = await page.locator(".u-over").bounding_box()
    assert box
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")

    async def script_s() -> float:
        told = await session.send("Performance.getMetrics")
        return next(float(one["value"]) for one in told["metrics"] if one["name"] == "ScriptDuration")

    x, y = box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2
    await page.mouse.move(x, y)
    await page.keyboard.down("Shift")
    await page.mouse.down()
    await page.mouse.move(x - 10, y)
    begun = await script_s()
    for number in range(FRAMES):
        await page.mouse.move(x - 10 - number * 4, y)
        await page.evaluate("new Promise(requestAnimationFrame)")
    spent = await script_s() - begun
    await page.mouse.up()
    await page.keyboard.up("Shift")
    return spent * 1000 / FRAMES


def cabinet_table(found: Figures) -> list[str]:
    """Markdown."""
    return [
        f"Medians of {RUNS} pages (3 for the last row), each in a fresh profile with an empty cache.",
        "",
        "| what | measured | meant to be |",
        "|---|---|---|",
        f"| overview after sign-in, rows of hosts there | {found.overview_ms:.0f} ms | < 1000 ms |",
        f"| script that it loads, gzip | {found.script_kb:.0f} kB | <= 120 kB |",
        f"| host dashboard, {found.panels} panels over {HOURS} h, all drawn | {found.dashboard_ms:.0f} ms | < {MOST_MS} ms |",
        f"| moving {SERIES} series x {found.points} points, script a frame | {found.frame_ms:.1f} ms | <= {PAN_MS} ms |",
    ]
