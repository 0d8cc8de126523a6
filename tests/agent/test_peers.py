"""The agent beside a real node exporter on the same host: the same names and labels."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
import urllib.error
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


@pytest.fixture(scope="module")
def exporter() -> Iterator[str]:
    folder = os.environ.get("OBSV_PEERS_DIR")
    binary = Path(folder or ".") / "usr" / "bin" / "prometheus-node-exporter"
    if not folder or not binary.exists():
        pytest.skip("set OBSV_PEERS_DIR to the folder of tests/peers.sh")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    extra = [f"--collector.{name}" for name in ("processes", "tcpstat", "interrupts")]
    child = subprocess.Popen([str(binary), f"--web.listen-address=127.0.0.1:{port}", *extra], stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}/metrics"
    finally:
        child.terminate()
        child.wait()


def read(url: str) -> list[Sample]:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return list(Parser().parse(answer.read().decode(), openmetrics=False))
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError("the node exporter does not answer")


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
