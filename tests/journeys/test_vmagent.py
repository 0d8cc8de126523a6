"""A real vmagent scrapes and sends the same to obsv and to a real VictoriaMetrics: both keep the same samples."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.bench.servers import running, victoria_metrics
from tests.live import appliance
from tests.ports import free_port

SCRAPE = """
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: node
    static_configs:
      - targets: ["127.0.0.1:{exporter}"]
"""
PROTOCOLS = {"zstd": "-remoteWrite.forceVMProto", "snappy": "-remoteWrite.forcePromProto"}


def samples(url: str, headers: dict[str, str], begin_s: float, end_s: float) -> dict[str, list[Any]]:
    """Every raw sample in a window by label set."""
    asked = {"query": f'{{job="node"}}[{int(end_s - begin_s)}s]', "time": f"{end_s:.3f}"}
    request = urllib.request.Request(f"{url}/api/v1/query?{urllib.parse.urlencode(asked)}", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        result = json.load(answer)["data"]["result"]
    return {
        json.dumps(row["metric"], sort_keys=True): [(at, float(value)) for at, value in row["values"]] for row in result
    }


def _same(theirs: list[Any], ours: list[Any]) -> bool:
    """Times are; VictoriaMetrics keeps values in decimal, which moves some by the last bits of a double."""
    return [at for at, _ in ours] == [at for at, _ in theirs] and [value for _, value in ours] == pytest.approx(
        [value for _, value in theirs], rel=1e-14, abs=0
    )


@pytest.mark.peers
@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_vmagent_sends_is_kept_also_while_obsv_is_killed(tmp_path: Path, peers: Path, protocol: str) -> None:
    exporter, port = free_port(), free_port()
    scrape = tmp_path / "scrape.yml"
    scrape.write_text(SCRAPE.format(exporter=exporter))
    node = [str(peers / "prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{exporter}"]
    with (
        running(node, f"http://127.0.0.1:{exporter}/metrics", tmp_path / "exporter.log"),
        victoria_metrics(peers, tmp_path / "victoria") as victoria,
        appliance(tmp_path / "obsv") as live,
    ):
        token = live.token("metrics:read,metrics:write")
        command = [
            str(peers / "vmagent"), f"-promscrape.config={scrape}", f"-httpListenAddr=127.0.0.1:{port}",
            f"-remoteWrite.tmpDataPath={tmp_path}/queue", "-remoteWrite.flushInterval=200ms",
            f"-remoteWrite.url={live.url}/api/v1/write", f"-remoteWrite.bearerToken={token}", f"{PROTOCOLS[protocol]}=true",
            f"-remoteWrite.url={victoria.write_url}",
        ]  # fmt: skip
        with running(command, f"http://127.0.0.1:{port}/health", tmp_path / "vmagent.log"):
            begin = time.time()
            time.sleep(5)
            live.kill()
            time.sleep(2)
            live.start()
            time.sleep(5)
            end = time.time()
            time.sleep(5)  # what was scraped before the end is sent by now, what waited for the restart as well
            theirs = samples(victoria.base_url, {}, begin, end)
            ours = samples(live.url, {"Authorization": f"Bearer {token}"}, begin, end)
    assert len(theirs) > 100
    assert sum(map(len, theirs.values())) > 100 * (end - begin) * 0.8
    assert ours.keys() == theirs.keys()
    different = [key for key, values in theirs.items() if not _same(values, ours[key])]
    assert not different, (len(different), different[0], theirs[different[0]], ours[different[0]])
