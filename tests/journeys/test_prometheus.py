"""A real Prometheus scrapes a real node exporter and itself and remote_writes to obsv: all of it arrives, equal."""

from __future__ import annotations

import json
import os
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.bench.servers import running
from tests.live import appliance
from tests.ports import free_port

SECONDS = int(os.environ.get("OBSV_PROMETHEUS_SECONDS", "60"))

CONFIG = """
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: node
    static_configs:
      - targets: ["127.0.0.1:{exporter}"]
  - job_name: prometheus
    static_configs:
      - targets: ["127.0.0.1:{port}"]
remote_write:
  - url: {url}/api/v1/write
    protobuf_message: {message}
    send_native_histograms: true
    send_exemplars: true
    metadata_config:
      send_interval: 2s
    authorization:
      credentials: {token}
    queue_config:
      batch_send_deadline: 1s
"""


FEATURES = "native-histograms,exemplar-storage,metadata-wal-records"


def ask(url: str, headers: dict[str, str], path: str, **params: str) -> Any:
    request = urllib.request.Request(f"{url}/api/v1/{path}?{urllib.parse.urlencode(params)}", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["data"]


def samples(url: str, headers: dict[str, str], begin_s: float, end_s: float) -> dict[str, list[Any]]:
    """Every raw sample in a window, floats and histograms, by label set."""
    params = {"query": f'{{job=~"node|prometheus"}}[{int(end_s - begin_s)}s]', "time": f"{end_s:.3f}"}
    result = ask(url, headers, "query", **params)["result"]
    return {
        json.dumps(row["metric"], sort_keys=True): [*row.get("values", []), *row.get("histograms", [])]
        for row in result
    }


def quantiles(url: str, headers: dict[str, str], end_s: float) -> dict[str, Any]:
    """What is computed of native histograms."""
    asked = (
        "histogram_quantile(0.9, rate({}[15s]))",
        "histogram_count({})",
        "increase({}[10s])",
        "sum by (handler) ({})",
    )
    name = "prometheus_http_request_duration_seconds"
    return {one: ask(url, headers, "query", query=one.format(name), time=f"{end_s:.3f}")["result"] for one in asked}


@pytest.mark.peers
@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("message", "seconds"), [("prometheus.WriteRequest", SECONDS), ("io.prometheus.write.v2.Request", 20)]
)
def test_every_sample_is_equal(tmp_path: Path, peers: Path, message: str, seconds: int) -> None:
    exporter, port = free_port(), free_port()
    with appliance(tmp_path / "obsv") as live:
        token = live.token()
        config = tmp_path / "prometheus.yml"
        config.write_text(CONFIG.format(exporter=exporter, port=port, url=live.url, token=token, message=message))
        exporter_command = [str(peers / "prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{exporter}"]
        prometheus_command = [
            str(peers / "prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={tmp_path}/tsdb",
            f"--web.listen-address=127.0.0.1:{port}",
            f"--enable-feature={FEATURES}",
        ]
        prometheus_url = f"http://127.0.0.1:{port}"
        with (
            running(exporter_command, f"http://127.0.0.1:{exporter}/metrics", tmp_path / "exporter.log"),
            running(prometheus_command, prometheus_url + "/-/ready", tmp_path / "prometheus.log"),
        ):
            begin = time.time()
            time.sleep(seconds)
            end = time.time()
            time.sleep(5)  # what was scraped before the end is sent by now
            headers = {"Authorization": f"Bearer {token}"}
            theirs = samples(prometheus_url, {}, begin, end)
            ours = samples(live.url, headers, begin, end)
            assert quantiles(live.url, headers, end) == quantiles(prometheus_url, {}, end)
            told = ask(live.url, headers, "metadata")
            assert told["prometheus_http_request_duration_seconds"][0]["type"] == "histogram"
            assert told["node_load1"] == [{"type": "gauge", "help": "1m load average.", "unit": ""}]
    assert len(theirs) > 100
    assert sum(map(len, theirs.values())) > 100 * seconds * 0.8
    assert ours.keys() == theirs.keys()
    assert any("buckets" in str(values) for values in theirs.values())
    different = [key for key, values in theirs.items() if values != ours[key]]
    assert not different, (len(different), different[0], theirs[different[0]][:5], ours[different[0]][:5])
