"""Each collector on a captured host."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from obsv.agent.collectors import Collectors, Roots, cpu
from obsv.agent.collectors.filesystem import Filesystems
from obsv.agent.collectors.systemd import Systemd
from obsv.agent.sample import Sample

UNITS = """\
cron.service                loaded    active   running Regular background program processing daemon
● broken.service            loaded    failed   failed  Broken
ssh.socket                  loaded    active   listening OpenBSD Secure Shell server socket
missing.service             not-found inactive dead    missing.service
multi-user.target           loaded    active   active  Multi-User System
"""


def values(samples: list[Sample]) -> dict[tuple[str, ...], float]:
    """Samples by name and label values."""
    return {(name, *(value for _, value in labels)): value for name, labels, value, _ in samples}


@pytest.fixture
def found(host: Roots) -> dict[tuple[str, ...], float]:
    return values(Collectors(host, extra=["interrupts"]).collect())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (("node_cpu_seconds_total", "0", "user"), 6.0),
        (("node_cpu_seconds_total", "1", "idle"), 490.0),
        (("node_cpu_guest_seconds_total", "1", "nice"), 0.03),
        (("node_load5",), 0.48),
        (("node_memory_MemTotal_bytes",), 16315620 * 1024),
        (("node_memory_Active_anon_bytes",), 524288 * 1024),
        (("node_memory_HugePages_Total",), 4),
        (("node_memory_SwapFree_bytes",), 1048576 * 1024),
        (("node_vmstat_pgmajfault",), 4321),
        (("node_vmstat_oom_kill",), 2),
        (("node_disk_read_bytes_total", "sda"), 80000 * 512),
        (("node_disk_write_time_seconds_total", "sda"), 9.0),
        (("node_disk_io_now", "sda"), 2),
        (("node_disk_flush_requests_total", "sda"), 60),
        (("node_disk_io_time_weighted_seconds_total", "nvme0n1"), 0.013),
        (("node_network_receive_bytes_total", "eth0"), 450253991),
        (("node_network_receive_multicast_total", "eth0"), 6),
        (("node_network_transmit_carrier_total", "eth0"), 11),
        (("node_network_transmit_compressed_total", "eth0"), 12),
        (("node_network_receive_nohandler_total", "eth0"), 13),
        (("node_network_up", "eth0"), 1),
        (("node_network_speed_bytes", "eth0"), 1.25e9),
        (("node_network_flags", "eth0"), 0x1003),
        (("node_arp_entries", "eth0"), 2),
        (("node_softnet_flow_limit_count_total", "0"), 6),
        (("node_netstat_TcpExt_ListenDrops",), 3),
        (("node_netstat_IpExt_InOctets",), 450068913),
        (("node_netstat_Tcp_MaxConn",), -1),
        (("node_netstat_Ip6_InOctets",), 128),
        (("node_sockstat_TCP_mem_bytes",), 2 * os.sysconf("SC_PAGE_SIZE")),
        (("node_sockstat_sockets_used",), 17),
        (("node_sockstat_TCP6_inuse",), 5),
        (("node_tcp_connection_states", "established"), 2),
        (("node_tcp_connection_states", "tx_queued_bytes"), 16),
        (("node_udp_queues", "v4", "rx"), 7),
        (("node_nf_conntrack_entries",), 12),
        (("node_nf_conntrack_stat_found",), 16),
        (("node_processes_pids",), 2),
        (("node_processes_threads",), 5),
        (("node_processes_state", "S"), 1),
        (("node_processes_max_threads",), 127000),
        (("node_forks_total",), 4242),
        (("node_intr_total",), 5311201),
        (("node_procs_blocked",), 1),
        (("node_boot_time_seconds",), 1795440000),
        (("node_pressure_cpu_waiting_seconds_total",), 11.063642),
        (("node_pressure_memory_stalled_seconds_total",), 1.0),
        (("node_pressure_irq_stalled_seconds_total",), 0.5),
        (("node_schedstat_waiting_seconds_total", "0"), 1.5),
        (("node_cpu_scaling_frequency_hertz", "0"), 1.8e9),
        (("node_cpu_scaling_governor", "0", "powersave"), 1),
        (("node_entropy_available_bits",), 256),
        (("node_filefd_allocated",), 1632),
        (("node_kernel_hung_tasks_total",), 1),
        (("node_interrupts_total", "1", "", "Local timer interrupts", "LOC"), 51000),
        (("node_interrupts_total", "0", "5-edge ACPI:Ged", "IO-APIC", "24"), 1),
        (("node_hwmon_temp_celsius", "platform_coretemp_0", "temp1"), 47.0),
        (("node_hwmon_temp_crit_alarm_celsius", "platform_coretemp_0", "temp1"), 0.0),
        (("node_hwmon_chip_names", "platform_coretemp_0", "coretemp"), 1),
        (("node_hwmon_sensor_label", "platform_coretemp_0", "temp1", "Package id 0"), 1),
        (("node_hwmon_fan_rpm", "platform_coretemp_0", "fan1"), 1234),
        (("node_hwmon_fan_min_rpm", "platform_coretemp_0", "fan1"), 300),
        (("node_hwmon_in_volts", "platform_coretemp_0", "in0"), 1.104),
        (("node_hwmon_power_average_watt", "platform_coretemp_0", "power1"), 15.0),
        (("node_hwmon_pwm", "platform_coretemp_0", "pwm1"), 128),
        (("node_thermal_zone_temp", "x86_pkg_temp", "0"), 46.5),
        (("node_cooling_device_max_state", "0", "Processor"), 10),
        (("node_power_supply_online", "AC"), 1),
        (("node_power_supply_energy_watthour", "BAT0"), 43.21),
        (("node_os_version", "debian", "", "Debian GNU/Linux"), 12),
    ],
    ids=lambda part: "/".join(part) if isinstance(part, tuple) else "",
)
def test_value(found, key, value):
    assert found[key] == pytest.approx(value)


def test_what_is_not_of_interest_is_left_out(found):
    devices = {key[1] for key in found if key[0] == "node_disk_io_now"}
    assert devices == {"sda", "nvme0n1"}
    assert ("node_vmstat_nr_free_pages",) not in found
    assert not any("sda1" in key or "bonding_masters" in key for key in found if key[0].startswith("node_network"))


def test_disks_and_interfaces_are_described(host):
    info = {name: dict(labels) for name, labels, _, _ in Collectors(host).collect() if name.endswith("_info")}
    assert info["node_network_info"]["adminstate"] == "up"
    assert info["node_network_info"]["duplex"] == "full"
    assert info["node_uname_info"]["nodename"] == os.uname().nodename
    assert info["node_os_info"]["version_codename"] == "bookworm"
    disks = [dict(labels) for name, labels, _, _ in Collectors(host).collect() if name == "node_disk_info"]
    assert {"device": "sda", "serial": "S123", "rotational": "1", "model": "SuperDisk_860"}.items() <= disks[0].items()


def test_a_missing_or_garbled_file_costs_only_its_collector(host):
    Path(host.proc, "meminfo").write_text("MemTotal: lots kB\n")
    Path(host.proc, "loadavg").unlink()
    found = values(Collectors(host).collect())
    success = {key[1]: value for key, value in found.items() if key[0] == "node_scrape_collector_success"}
    assert success["meminfo"] == success["loadavg"] == 0
    assert success["cpu"] == success["netdev"] == 1
    assert not any(key[0].startswith("node_memory_") for key in found)


def test_cpu_time_never_runs_backwards_but_for_hotplug(host):
    stat = Path(host.proc, "stat")
    times = cpu.CpuTimes(host)
    assert values(list(times()))["node_cpu_seconds_total", "0", "iowait"] == 1.1
    stat.write_text(stat.read_text().replace("cpu0 600 14 260 49000 110", "cpu0 600 14 260 48999 109"))
    assert values(list(times()))["node_cpu_seconds_total", "0", "iowait"] == 1.1
    stat.write_text("cpu0 1 1 1 1 1 1 1 1 1 1\n")
    assert values(list(times()))["node_cpu_seconds_total", "0", "iowait"] == 0.01


def test_filesystems_report_errors_and_do_not_wait_for_a_hung_one(host):
    release = threading.Event()
    calls: list[str] = []

    def statvfs(path: str) -> os.statvfs_result:
        calls.append(path)
        if path == "/srv/hung":
            release.wait(20)
        if path == "/srv/gone":
            raise OSError(5, "Input/output error")
        return os.statvfs_result((4096, 4096, 1000, 500, 400, 100, 90, 90, 0, 255))

    filesystems = Filesystems(host, timeout=0.2, statvfs=statvfs)
    start = time.monotonic()
    found = values(list(filesystems()))
    assert time.monotonic() - start < 5
    root = ("/dev/sda1", "", "ext4", "/")
    assert found["node_filesystem_size_bytes", *root] == 4096 * 1000
    assert found["node_filesystem_avail_bytes", *root] == 4096 * 400
    assert found["node_filesystem_readonly", *root] == 0
    assert found["node_filesystem_readonly", "/dev/sdb1", "", "xfs", "/srv/my data"] == 1
    assert found["node_filesystem_device_error", "filer:/export", "mountpoint timeout", "nfs4", "/srv/hung"] == 1
    assert found["node_filesystem_device_error", "/dev/sdc1", "input/output error", "ext4", "/srv/gone"] == 1
    assert {key[-1] for key in found if key[0] == "node_filesystem_readonly"} == {
        "/", "/srv/my data", "/srv/hung", "/srv/gone",
    }  # fmt: skip
    calls.clear()
    list(filesystems())
    assert "/srv/hung" not in calls  # still stuck: not asked again
    release.set()
    time.sleep(0.1)
    assert values(list(filesystems()))["node_filesystem_device_error", "filer:/export", "", "nfs4", "/srv/hung"] == 0


def test_systemd_units(host):
    asked: list[list[str]] = []

    def systemctl(arguments: list[str]) -> str:
        asked.append(arguments)
        if arguments[0] == "list-units":
            return UNITS
        if "--property=Version,Virtualization" in arguments:
            return "Version=252.22-1~deb12u1\nVirtualization=kvm\n"
        if arguments[-1] == "*.socket":
            return "Id=ssh.socket\nNAccepted=7\nNConnections=2\nNRefused=1\n"
        return "Id=broken.service\nType=simple\n\nId=cron.service\nType=notify\n"

    collect = Systemd(host, systemctl=systemctl)
    found = values(list(collect()))
    assert found["node_systemd_units", "active"] == 3
    assert found["node_systemd_units", "failed"] == 1
    assert found["node_systemd_unit_state", "cron.service", "notify", "active"] == 1
    assert found["node_systemd_unit_state", "broken.service", "simple", "failed"] == 1
    assert found["node_systemd_unit_state", "broken.service", "simple", "active"] == 0
    assert found["node_systemd_socket_accepted_connections_total", "ssh.socket"] == 7
    assert found["node_systemd_version", "252.22-1~deb12u1"] == 252.22
    assert not any(key[1] in {"missing.service", "multi-user.target"} for key in found if len(key) > 1)
    before = len(asked)
    list(collect())
    assert len(asked) - before == 2  # units and sockets; types are known


def test_without_systemd_nothing_is_run(tmp_path):
    collect = Systemd(Roots(root=str(tmp_path)), systemctl=lambda _: pytest.fail("called"))
    with pytest.raises(FileNotFoundError):
        list(collect())


def test_the_host_under_test():
    samples = Collectors().collect()
    names = {sample.name for sample in samples}
    assert {"node_cpu_seconds_total", "node_memory_MemTotal_bytes", "node_filesystem_size_bytes", "node_load1"} <= names
    keys = [(sample.name, sample.labels) for sample in samples]
    assert len(keys) == len(set(keys))
