"""A small fleet whose last hour looks like a working day: for pictures and for tests of pages that need history."""

from __future__ import annotations

import math
import random
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.remote import encode_request, snappy

STEP_S = 15
HISTORY_S = 3600
GIB = 2**30
Series = tuple[dict[str, str], list[tuple[int, float]]]


@dataclass(frozen=True)
class Machine:
    """A host as it is to appear; `load` is its mean CPU use, `silent_s` how long ago it last reported."""

    name: str
    cpus: int
    memory: int
    load: float
    disk: float
    network: float
    silent_s: int = 0


FLEET = (
    Machine("web-1", 4, 16 * GIB, 0.34, 0.41, 9e6),
    Machine("web-2", 4, 16 * GIB, 0.29, 0.38, 8e6),
    Machine("db-1", 8, 64 * GIB, 0.52, 0.83, 24e6),
    Machine("queue-1", 2, 8 * GIB, 0.11, 0.22, 1.4e6),
    Machine("backup-1", 2, 4 * GIB, 0.06, 0.93, 40e6),
    Machine("edge-fra", 2, 4 * GIB, 0.18, 0.30, 3e6, silent_s=900),
)


def history(machine: Machine, begin_ms: int, end_ms: int) -> Iterator[Series]:
    """The machine's series from one time to another, one sample each `STEP_S`; a later end makes the same ones longer."""
    noise = random.Random(machine.name)
    phase = noise.random() * 6
    times = list(range(begin_ms, end_ms + 1, STEP_S * 1000))
    waves = [
        1 + 0.45 * math.sin(phase + at / 400_000) + 0.12 * math.sin(at / 47_000) + noise.gauss(0, 0.05) for at in times
    ]
    common = {"job": "node", "instance": f"{machine.name}:9100"}

    def gauge(name: str, values: list[float], /, **labels: str) -> Series:
        return ({"__name__": name, **common, **labels}, list(zip(times, values, strict=True)))

    def counter(name: str, rates: list[float], /, **labels: str) -> Series:
        total, values = 0.0, []
        for rate in rates:
            total += max(0.0, rate) * STEP_S
            values.append(total)
        return gauge(name, values, **labels)

    def flat(name: str, value: float, /, **labels: str) -> Series:
        return gauge(name, [value] * len(times), **labels)

    busy = [min(0.97, machine.load * wave) for wave in waves]
    shares = {"user": 0.62, "system": 0.24, "iowait": 0.09, "softirq": 0.03, "steal": 0.02}
    for cpu in range(machine.cpus):
        for mode, share in shares.items():
            yield counter("node_cpu_seconds_total", [one * share for one in busy], cpu=str(cpu), mode=mode)
        yield counter("node_cpu_seconds_total", [1 - one for one in busy], cpu=str(cpu), mode="idle")
    for minutes, damp in (("1", 1.0), ("5", 0.95), ("15", 0.9)):
        yield gauge(f"node_load{minutes}", [one * machine.cpus * 1.1 * damp for one in busy])
    yield flat("node_memory_MemTotal_bytes", machine.memory)
    yield gauge("node_memory_MemAvailable_bytes", [machine.memory * (0.55 - 0.08 * wave) for wave in waves])
    yield gauge("node_memory_MemFree_bytes", [machine.memory * (0.22 - 0.06 * wave) for wave in waves])
    yield flat("node_memory_Cached_bytes", machine.memory * 0.3)
    yield flat("node_memory_Buffers_bytes", machine.memory * 0.02)
    yield flat("node_memory_SReclaimable_bytes", machine.memory * 0.02)
    for mount, size, used in (("/", 80 * GIB, machine.disk), ("/var", 400 * GIB, machine.disk * 0.8)):
        labels = {"mountpoint": mount, "fstype": "ext4", "device": "/dev/sda1"}
        yield flat("node_filesystem_size_bytes", size, **labels)
        yield flat("node_filesystem_avail_bytes", size * (1 - used), **labels)
    for name, share in (("node_network_receive_bytes_total", 0.7), ("node_network_transmit_bytes_total", 0.3)):
        yield counter(name, [machine.network * share * wave for wave in waves], device="eth0")
    for name, share in (("node_disk_read_bytes_total", 0.4), ("node_disk_written_bytes_total", 0.8)):
        yield counter(name, [machine.network * share * wave * wave for wave in waves], device="sda")
    for name, share in (("cpu", 0.25), ("memory", 0.02), ("io", 0.12)):
        yield counter(f"node_pressure_{name}_waiting_seconds_total", [share * one * one for one in busy])
    yield gauge("node_procs_running", [round(one * machine.cpus) for one in busy])
    yield flat("node_procs_blocked", 0)
    yield flat("node_network_up", 1, device="eth0")
    for number in range(60):
        yield flat("node_systemd_unit_state", 1, name=f"unit-{number}.service", state="active")
    yield flat("node_systemd_unit_state", int(machine.name == "backup-1"), name="restic.service", state="failed")
    yield flat("node_processes_pids", 90 + 17 * machine.cpus)
    yield flat("node_boot_time_seconds", begin_ms / 1000 - 86_400 * (3 + 11 * machine.cpus))
    yield flat("node_uname_info", 1, nodename=machine.name, sysname="Linux", release="6.1.0-28-amd64", machine="x86_64")
    yield flat("node_os_info", 1, pretty_name="Debian GNU/Linux 12 (bookworm)", id="debian")
    yield flat("obsv_agent_info", 1, version="0.1.0")


def write(url: str, token: str, series: Iterable[Series]) -> None:
    """Send samples to a server."""
    request = urllib.request.Request(
        url + "/api/v1/write",
        snappy(encode_request(series)),
        {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/x-protobuf",
            "Content-Encoding": "snappy",
            "X-Prometheus-Remote-Write-Version": "0.1.0",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status in (200, 204), answer.status


@dataclass
class Fleet:
    """Machines that report to a server: the hour before `now_ms` at first, then whatever came since."""

    url: str
    token: str
    now_ms: int
    begin_ms: int = field(init=False)
    sent_ms: int = field(init=False)

    def __post_init__(self) -> None:
        self.begin_ms = self.now_ms - HISTORY_S * 1000
        self.sent_ms = self.begin_ms - 1
        self.report(self.now_ms)

    def report(self, now_ms: int) -> None:
        """Send what is new since the last report."""
        for machine in FLEET:
            until = self.now_ms - machine.silent_s * 1000 if machine.silent_s else now_ms
            series = (
                (labels, [sample for sample in samples if sample[0] > self.sent_ms])
                for labels, samples in history(machine, self.begin_ms, until)
            )
            write(self.url, self.token, (one for one in series if one[1]))
        self.sent_ms = now_ms
