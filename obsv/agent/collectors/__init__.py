"""Collectors, one module a topic, under the names and labels of the node exporter."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import Callable, Iterable

from ..sample import Sample
from . import cpu, disk, hardware, kernel, memory, network, processes, sockets, system
from .files import Roots
from .filesystem import Filesystems
from .systemd import Systemd

__all__ = ["Collectors", "Roots"]

_log = logging.getLogger("obsv.agent")
_Collect = Callable[[], Iterable[Sample]]
_From = Callable[[Roots], Iterable[Sample]]
_STATELESS: dict[str, _From] = {
    "stat": kernel.stat,
    "loadavg": kernel.load,
    "pressure": kernel.pressure,
    "meminfo": memory.meminfo,
    "vmstat": memory.vmstat,
    "diskstats": disk.disk,
    "netdev": network.traffic,
    "netclass": network.interfaces,
    "arp": network.arp,
    "softnet": network.softnet,
    "netstat": sockets.netstat,
    "sockstat": sockets.sockstat,
    "tcpstat": sockets.tcp_states,
    "udp_queues": sockets.udp_queues,
    "conntrack": sockets.conntrack,
    "processes": processes.processes,
    "cpufreq": cpu.frequencies,
    "schedstat": cpu.schedstat,
    "entropy": kernel.entropy,
    "filefd": kernel.filefd,
    "kernel_hung": kernel.hung_tasks,
    "hwmon": hardware.hwmon,
    "thermal_zone": hardware.thermal,
    "powersupplyclass": hardware.power_supplies,
    "uname": system.uname,
    "os": system.os_release,
    "time": system.clock,
}
_ON_REQUEST: dict[str, _From] = {"interrupts": kernel.interrupts}


class Collectors:
    """All collectors of a host.  One that fails costs its own samples and no others."""

    def __init__(self, roots: Roots | None = None, *, extra: Iterable[str] = ()) -> None:
        self._collectors = _build(roots or Roots(), set(extra))
        self._failed: set[str] = set()

    @property
    def names(self) -> list[str]:
        """The collectors, in order."""
        return list(self._collectors)

    def collect(self) -> list[Sample]:
        """Take one sample of everything, and of how each collector fared."""
        samples: list[Sample] = []
        for name, collector in self._collectors.items():
            start = time.perf_counter()
            done = len(samples)
            try:
                samples.extend(collector())
                success = 1.0
            except (OSError, ValueError, LookupError) as error:
                del samples[done:]
                success = 0.0
                self._tell(name, error)
            label = (("collector", name),)
            samples.append(Sample("node_scrape_collector_duration_seconds", label, time.perf_counter() - start))
            samples.append(Sample("node_scrape_collector_success", label, success))
        return samples

    def _tell(self, name: str, error: Exception) -> None:
        """Log a collector's first failure; that a host lacks a feature is nothing to warn of."""
        if name not in self._failed:
            self._failed.add(name)
            level = logging.DEBUG if isinstance(error, FileNotFoundError) else logging.WARNING
            _log.log(level, "collector %s has nothing: %s", name, error)


def _build(roots: Roots, extra: set[str]) -> dict[str, _Collect]:
    """Make the collectors; `partial` binds the roots of those that keep no state."""
    plain = {**_STATELESS, **{name: collect for name, collect in _ON_REQUEST.items() if name in extra}}
    built: dict[str, _Collect] = {"cpu": cpu.CpuTimes(roots)}
    built.update({name: partial(collect, roots) for name, collect in plain.items()})
    built["filesystem"] = Filesystems(roots)
    built["systemd"] = Systemd(roots)
    try:
        built["timex"] = system.Timex()
    except (ImportError, AttributeError, OSError):
        _log.debug("collector timex is not to be had here")
    return built
