"""The agent beside a real node exporter on the same host: the same names and labels."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from obsv.agent.collectors import Collectors
from obsv.agent.exposition import Parser
from obsv.agent.sample import Sample

pytestmark = pytest.mark.peers

LEFT_OUT = re.compile(
    r"""^(
      node_exporter_build_info|promhttp_.*|go_.*|process_.*  # of the exporter itself
    | node_scrape_collector_.*                               # named after each program's own collectors
    | node_(textfile|selinux|softirqs|buddyinfo|xfs|btrfs|nfs|md|edac|nvme|infiniband|bonding|ipvs|zfs|watchdog)_.*
    | node_(nfsd|rapl|zoneinfo|bcache|fibrechannel|tape|dmi)_.*
    | node_cpu_(core|package)_throttles_total|node_cpu_isolated
    | node_disk_(ata|device_mapper|filesystem)_.*
    | node_filesystem_purgeable_bytes                        # of other systems; always 0 on Linux
    | node_processes_threads_state                           # a file read for every thread
    | node_timex_offset_overflow_total|node_power_supply_.*|node_hwmon_.*
    | node_systemd_(system_running|timer_last_trigger_seconds|unit_(start|tasks).*)
    )$""",
    re.VERBOSE,
)
COME_AND_GO = {"node_processes_state", "node_tcp_connection_states", "node_arp_entries"}
STEADY = re.compile(
    r"^node_(boot_time_seconds|uname_info|os_info|memory_MemTotal_bytes|filesystem_size_bytes|filesystem_files|filefd_maximum"
    r"|network_(up|info|mtu_bytes|speed_bytes|flags|carrier|iface_id|protocol_type)|disk_info|entropy_pool_size_bits"
    r"|processes_max_(processes|threads)|filesystem_(readonly|device_error|mount_info)|os_version)$"
)


def peer(name: str) -> str:
    """Path of a peer's binary; skips without it."""
    folder = os.environ.get("OBSV_PEERS_DIR")
    binary = Path(folder or ".") / "usr" / "bin" / name
    if not folder or not binary.exists():
        pytest.skip("set OBSV_PEERS_DIR to the folder of tests/peers.sh")
    return str(binary)


@contextlib.contextmanager
def serving(command: list[str], flag: str) -> Iterator[str]:
    """Run a peer on a free port; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    child = subprocess.Popen([*command, f"{flag}={address}"], stderr=subprocess.DEVNULL)
    try:
        yield f"http://{address}"
    finally:
        child.terminate()
        child.wait()


@pytest.fixture(scope="module")
def exporter() -> Iterator[str]:
    extra = [f"--collector.{name}" for name in ("processes", "tcpstat", "interrupts")]
    with serving([peer("prometheus-node-exporter"), *extra], "--web.listen-address") as url:
        yield f"{url}/metrics"


def fetch(url: str) -> str:
    for _ in range(200):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.read().decode()
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


def read(url: str) -> list[Sample]:
    return list(Parser().parse(fetch(url), openmetrics=False))


def by_key(samples: list[Sample]) -> dict[tuple[object, ...], float | None]:
    """Samples by name and labels; empty labels are none, as on the wire.

    `rotational` is left out: the exporter says 0 whenever any file of the queue is unreadable.
    """
    return {
        (s.name, frozenset(pair for pair in s.labels if pair[1] and pair[0] != "rotational")): s.value for s in samples
    }


def test_names_and_labels_are_the_node_exporter_s(exporter):
    theirs = by_key([sample for sample in read(exporter) if not LEFT_OUT.match(sample.name)])
    ours = by_key(Collectors(extra=["interrupts"]).collect())
    missing = sorted(str(key) for key in theirs if key not in ours and key[0] not in COME_AND_GO)
    assert not missing
    names = {key[0] for key in theirs}
    wrong = sorted(str(key) for key in ours if key[0] in names and key not in theirs and key[0] not in COME_AND_GO)
    assert not wrong


def test_what_does_not_change_has_the_same_value(exporter):
    theirs, ours = by_key(read(exporter)), by_key(Collectors().collect())
    same = {key: value for key, value in theirs.items() if STEADY.match(str(key[0]))}
    assert len(same) > 20
    assert {key: ours.get(key) for key in same} == same


def test_what_changes_is_close(exporter):
    before = by_key(Collectors().collect())
    theirs = by_key(read(exporter))
    after = by_key(Collectors().collect())
    counters = [key for key in theirs if str(key[0]).endswith("_total") and key in before and key in after]
    counters = [key for key in counters if not str(key[0]).startswith(("process_", "node_timex", "node_disk_io"))]
    assert len(counters) > 50
    outside = [key for key in counters if not before[key] - 0.02 <= theirs[key] <= after[key] + 0.02]
    assert not outside


def test_prometheus_takes_what_the_agent_sends(tmp_path):
    (tmp_path / "prometheus.yml").write_text("global: {}\n")
    command = [peer("prometheus"), f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data"]
    with serving([*command, "--web.enable-remote-write-receiver"], "--web.listen-address") as url:
        fetch(f"{url}/-/ready")
        arguments = ["--url", url, "--token", "t", "--once", "--name", "web-1", "--state-dir", str(tmp_path / "state")]
        program = [sys.executable, "-m", "obsv.agent", *arguments, "--collect", "interrupts"]
        assert subprocess.run(program, cwd=Path(__file__).parents[2], check=False).returncode == 0
        query = urllib.parse.quote('{instance="web-1"}')
        stored = json.loads(fetch(f"{url}/api/v1/query?query={query}"))["data"]["result"]
    ours = {
        key: value
        for key, value in by_key(Collectors(extra=["interrupts"]).collect()).items()
        if STEADY.match(str(key[0]))
    }
    found = {}
    for series in stored:
        labels = series["metric"]
        assert labels.pop("job") == "node"
        assert labels.pop("instance") == "web-1"
        labels.pop("rotational", None)
        found[labels.pop("__name__"), frozenset(labels.items())] = float(series["value"][1])
    assert len(found) > 200
    assert {key: found.get(key) for key in ours} == ours
