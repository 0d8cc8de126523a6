"""A real Prometheus that reads from obsv answers what obsv answers itself, native histograms among it; so does vmctl."""

from __future__ import annotations

import json
import math
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.bench.servers import running, victoria_metrics
from tests.live import Live, appliance
from tests.ports import free_port

pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.timeout(240)]

SECONDS = 20
SCRAPING = """
global: {{scrape_interval: 1s, scrape_protocols: [PrometheusProto, OpenMetricsText1.0.0]}}
scrape_configs:
  - job_name: prometheus
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
remote_write:
  - url: {url}/api/v1/write
    send_native_histograms: true
    authorization: {{credentials: {token}}}
    queue_config: {{batch_send_deadline: 1s}}
"""
READING = """
remote_read:
  - url: {url}/api/v1/read
    read_recent: true
    authorization: {{credentials: {token}}}
"""
FEATURES = "--enable-feature=native-histograms,promql-experimental-functions"
NATIVE = "prometheus_http_request_duration_seconds"
QUERIES = (
    "up", "count by (job) ({__name__=~'.+'})", "rate(prometheus_http_requests_total[10s])", "sum(process_cpu_seconds_total)",
    "{__name__=~'go_gc.*'}", "prometheus_http_requests_total{code!='200'}", "max_over_time(go_goroutines[10s])",
    "go_goroutines[5s]", "up[10s]", "absent(nothing)", "prometheus_tsdb_head_series offset 5s", "go_info", "topk(3, go_memstats_alloc_bytes)",
    NATIVE, f"{NATIVE}[5s]", f"histogram_quantile(0.9, rate({NATIVE}[10s]))", f"histogram_count({NATIVE})", f"sum by (handler) ({NATIVE})",
    f"increase({NATIVE}[15s])", f"histogram_avg(rate({NATIVE}[10s]))", f"histogram_fraction(0, 0.1, {NATIVE})", f"resets({NATIVE}[15s])",
    "histogram_quantile(0.5, rate(prometheus_http_response_size_bytes_bucket[10s]))", "stale_later", "stale_later[1m]",
)  # fmt: skip


@dataclass
class Setting:
    """obsv, and a Prometheus that keeps nothing itself and reads from it."""

    live: Live
    token: str
    reader: str
    end_s: float


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory, peers: Path) -> Iterator[Setting]:
    folder = tmp_path_factory.mktemp("read")
    port, reader = free_port(), free_port()
    with appliance(folder / "obsv", env={"OBSV_LOG__LEVEL": "warning"}) as live:
        token = live.token()

        def command(name: str, at: int, config: str) -> list[str]:
            path = folder / f"{name}.yml"
            path.write_text(config.format(port=port, url=live.url, token=token))
            storage = f"--storage.tsdb.path={folder}/{name}"
            return [
                str(peers / "prometheus"),
                f"--config.file={path}",
                storage,
                f"--web.listen-address=127.0.0.1:{at}",
                FEATURES,
            ]

        scraping, ready = command("scraping", port, SCRAPING), f"http://127.0.0.1:{port}/-/ready"
        with running(scraping, ready, folder / "scraping.log"):
            begun = time.time()
            while time.time() < begun + SECONDS:  # so that its own histograms move
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?query=up", timeout=10):
                    time.sleep(0.1)
            end = time.time()
            time.sleep(4)
        url = f"http://127.0.0.1:{reader}"
        with running(command("reading", reader, READING), url + "/-/ready", folder / "reading.log"):
            yield Setting(live, token, url, math.floor(end))


def ask(url: str, path: str, token: str, **params: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"{url}/api/v1/{path}?{urllib.parse.urlencode(params)}", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def ordered(answer: Any, *, digits: int) -> Any:
    """Rows by labels, and values with so many digits."""

    def rounded(found: Any) -> Any:
        match found:
            case [int() | float() as t, str(value)]:
                return [t, f"{float(value):.{digits}g}"]
            case list():
                return [rounded(one) for one in found]
            case dict():
                return {name: rounded(one) for name, one in found.items()}
        return found

    result = answer["data"]["result"]
    if result and isinstance(result[0], dict):
        result.sort(key=lambda row: json.dumps(row["metric"], sort_keys=True))
    return rounded(answer)


@pytest.mark.parametrize("text", QUERIES)
def test_a_reading_prometheus_answers_the_same(setting: Setting, text: str) -> None:
    span = {"start": f"{setting.end_s - 15}", "end": f"{setting.end_s}", "step": "3"}
    for path, moment in (("query", {"time": f"{setting.end_s}"}), ("query_range", span)):
        if path == "query_range" and text.endswith("]"):
            continue
        ours = ask(setting.live.url, path, setting.token, query=text, **moment)
        theirs = ask(setting.reader, path, "", query=text, **moment)
        # Within a native histogram's bucket values lie on a curve: Go's exp2 and C's differ in the last digit.
        digits = 12 if text.startswith(("histogram_quantile", "histogram_fraction")) else 17
        assert ordered(ours, digits=digits) == ordered(theirs, digits=digits)
        assert ours["data"]["result"] or text.startswith("stale") or "nothing" in text or "!=" in text


def test_the_answers_hold_native_histograms(setting: Setting) -> None:
    rows = ask(setting.reader, "query", "", query=f"{NATIVE}[5s]", time=f"{setting.end_s}")["data"]["result"]
    assert any(len(row.get("histograms", [])) >= 4 for row in rows)


def test_labels_and_series(setting: Setting) -> None:
    span = {"start": f"{setting.end_s - 20}", "end": f"{setting.end_s}"}
    ours = ask(setting.live.url, "series", setting.token, **{"match[]": "{__name__=~'go_.*'}"}, **span)["data"]
    theirs = ask(setting.reader, "series", "", **{"match[]": "{__name__=~'go_.*'}"}, **span)["data"]
    assert ours
    assert sorted(map(str, map(sorted, (one.items() for one in ours)))) == sorted(
        map(str, map(sorted, (one.items() for one in theirs)))
    )


@pytest.mark.parametrize("stream", ["true", "false"])
def test_vmctl_moves_all_samples(setting: Setting, tmp_path: Path, peers: Path, stream: str) -> None:
    """vmctl reads as SAMPLES, or as chunks, and imports what it read into a VictoriaMetrics."""
    with victoria_metrics(peers, tmp_path / "vm") as other:
        begin = setting.end_s - SECONDS - 5
        command = [
            str(peers / "vmctl"), "remote-read", "-s", "--disable-progress-bar", f"--remote-read-use-stream={stream}",
            f"--remote-read-src-addr={setting.live.url}", "--remote-read-user=x", f"--remote-read-password={setting.token}",
            "--remote-read-step-interval=minute", "--remote-read-filter-label=__name__", "--remote-read-filter-label-value=go_.*|up",
            f"--remote-read-filter-time-start={stamp(begin)}", f"--remote-read-filter-time-end={stamp(setting.end_s)}",
            f"--vm-addr={other.base_url}",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        other.flush()
        span = {"start": f"{begin}", "end": f"{setting.end_s}"}
        ours = export(setting.live.url, setting.token, **span)
        assert len(ours) > 20
        assert sum(map(len, ours.values())) > 20 * SECONDS * 0.8
        theirs = export(other.base_url, "", **span)
        assert theirs.keys() == ours.keys()
        for key, samples in ours.items():
            assert [t for t, _ in theirs[key]] == [t for t, _ in samples]
            # VictoriaMetrics keeps decimals, which is the same to 15 digits.
            assert [v for _, v in theirs[key]] == pytest.approx([v for _, v in samples], rel=1e-12)


def export(url: str, token: str, **span: str) -> dict[str, list[tuple[int, Any]]]:
    """Every sample, by label set."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    params = urllib.parse.urlencode({"match[]": '{__name__=~"go_.*|up"}', **span})
    found: dict[str, list[tuple[int, Any]]] = {}
    with urllib.request.urlopen(
        urllib.request.Request(f"{url}/api/v1/export?{params}", headers=headers), timeout=60
    ) as answer:
        for line in map(json.loads, answer):
            key = json.dumps(line["metric"], sort_keys=True)
            found.setdefault(key, []).extend(zip(line["timestamps"], line["values"], strict=True))
    return found


def stamp(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
