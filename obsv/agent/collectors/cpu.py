"""CPU time by mode, clock frequencies and the scheduler's queues."""

from __future__ import annotations

import os
from typing import Iterator

from ..sample import Sample
from .files import Roots, list_dir, read, read_number, try_read

__all__ = ["CpuTimes", "frequencies", "schedstat"]

_MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_HZ = float(os.sysconf("SC_CLK_TCK"))
_HOTPLUG_S = 3.0
_FREQUENCIES = (
    ("cpuinfo_cur_freq", "node_cpu_frequency_hertz"),
    ("cpuinfo_min_freq", "node_cpu_frequency_min_hertz"),
    ("cpuinfo_max_freq", "node_cpu_frequency_max_hertz"),
    ("scaling_cur_freq", "node_cpu_scaling_frequency_hertz"),
    ("scaling_min_freq", "node_cpu_scaling_frequency_min_hertz"),
    ("scaling_max_freq", "node_cpu_scaling_frequency_max_hertz"),
)


class CpuTimes:
    """`node_cpu_seconds_total`.

    The kernel lets idle and iowait fall by a tick now and then, which a rate would read as a reset: a lower value is
    held back, unless the CPU was unplugged and starts anew.
    """

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._last: dict[str, list[float]] = {}

    def __call__(self) -> Iterator[Sample]:
        """Yield each CPU's seconds by mode."""
        for line in read(self._roots.at("/proc/stat")).splitlines():
            if not line.startswith("cpu") or line[3:4] == " ":
                continue
            fields = line.split()
            cpu = fields[0][3:]
            seconds = self._steady(cpu, [float(field) / _HZ for field in fields[1:11]])
            for mode, value in zip(_MODES, seconds):
                yield Sample("node_cpu_seconds_total", (("cpu", cpu), ("mode", mode)), value)
            for mode, value in zip(("user", "nice"), seconds[8:10]):
                yield Sample("node_cpu_guest_seconds_total", (("cpu", cpu), ("mode", mode)), value)

    def _steady(self, cpu: str, now: list[float]) -> list[float]:
        before = self._last.get(cpu)
        if before is not None and len(before) == len(now) and before[3] - now[3] < _HOTPLUG_S:
            now = [max(pair) for pair in zip(before, now)]
        self._last[cpu] = now
        return now


def frequencies(roots: Roots) -> Iterator[Sample]:
    """Yield clock frequencies, limits and governors from cpufreq."""
    base = roots.at("/sys/devices/system/cpu")
    for entry in list_dir(base):
        if not entry.startswith("cpu") or not entry[3:].isdigit():
            continue
        cpu = (("cpu", entry[3:]),)
        folder = f"{base}/{entry}/cpufreq/"
        governor = try_read(folder + "scaling_governor")
        if governor is None:
            continue
        for file, name in _FREQUENCIES:
            kilohertz = read_number(folder + file)
            if kilohertz is not None:
                yield Sample(name, cpu, kilohertz * 1000)
        for choice in (try_read(folder + "scaling_available_governors") or "").split():
            yield Sample("node_cpu_scaling_governor", (*cpu, ("governor", choice)), float(choice == governor))


def schedstat(roots: Roots) -> Iterator[Sample]:
    """Yield how long tasks ran and waited on each CPU."""
    for line in read(roots.at("/proc/schedstat")).splitlines():
        fields = line.split()
        if not line.startswith("cpu") or len(fields) < 10:
            continue
        cpu = (("cpu", fields[0][3:]),)
        yield Sample("node_schedstat_running_seconds_total", cpu, int(fields[7]) / 1e9)
        yield Sample("node_schedstat_waiting_seconds_total", cpu, int(fields[8]) / 1e9)
        yield Sample("node_schedstat_timeslices_total", cpu, float(fields[9]))
