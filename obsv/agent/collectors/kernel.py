"""Load, pressure, interrupts, entropy, open files: the kernel's own counts."""

from __future__ import annotations

from typing import Iterator

from ..sample import NO_LABELS, Sample
from .files import Roots, read, read_number

__all__ = ["entropy", "filefd", "hung_tasks", "interrupts", "load", "pressure", "stat"]

_STAT = {
    "intr": "node_intr_total",
    "ctxt": "node_context_switches_total",
    "processes": "node_forks_total",
    "btime": "node_boot_time_seconds",
    "procs_running": "node_procs_running",
    "procs_blocked": "node_procs_blocked",
}
_PRESSURE = (
    ("cpu", "some", "node_pressure_cpu_waiting_seconds_total"),
    ("io", "some", "node_pressure_io_waiting_seconds_total"),
    ("io", "full", "node_pressure_io_stalled_seconds_total"),
    ("memory", "some", "node_pressure_memory_waiting_seconds_total"),
    ("memory", "full", "node_pressure_memory_stalled_seconds_total"),
    ("irq", "full", "node_pressure_irq_stalled_seconds_total"),
)


def load(roots: Roots) -> Iterator[Sample]:
    """Yield the load averages."""
    for name, value in zip(("node_load1", "node_load5", "node_load15"), read(roots.at("/proc/loadavg")).split()):
        yield Sample(name, NO_LABELS, float(value))


def stat(roots: Roots) -> Iterator[Sample]:
    """Yield context switches, forks, interrupts, runnable processes and the boot time."""
    for line in read(roots.at("/proc/stat")).splitlines():
        key, _, rest = line.partition(" ")
        name = _STAT.get(key)
        if name:
            yield Sample(name, NO_LABELS, float(rest.split(" ", 1)[0]))


def pressure(roots: Roots) -> Iterator[Sample]:
    """Yield how long tasks waited for CPU, memory and I/O; raise if the kernel does not count it."""
    totals: dict[str, dict[str, float]] = {}
    for resource, kind, name in _PRESSURE:
        if resource not in totals:
            totals[resource] = _pressure_totals(roots, resource)
        if kind in totals[resource]:
            yield Sample(name, NO_LABELS, totals[resource][kind])
    if not any(totals.values()):
        raise FileNotFoundError("/proc/pressure")


def _pressure_totals(roots: Roots, resource: str) -> dict[str, float]:
    try:
        lines = read(roots.at(f"/proc/pressure/{resource}")).splitlines()
    except OSError:
        return {}
    return {line.split(" ", 1)[0]: int(line.rpartition("total=")[2]) / 1e6 for line in lines if "total=" in line}


def entropy(roots: Roots) -> Iterator[Sample]:
    """Yield the random pool's fill."""
    for file, name in (("entropy_avail", "node_entropy_available_bits"), ("poolsize", "node_entropy_pool_size_bits")):
        value = read_number(roots.at(f"/proc/sys/kernel/random/{file}"))
        if value is not None:
            yield Sample(name, NO_LABELS, value)


def filefd(roots: Roots) -> Iterator[Sample]:
    """Yield the open files and their bound."""
    fields = read(roots.at("/proc/sys/fs/file-nr")).split()
    yield Sample("node_filefd_allocated", NO_LABELS, float(fields[0]))
    yield Sample("node_filefd_maximum", NO_LABELS, float(fields[2]))


def hung_tasks(roots: Roots) -> Iterator[Sample]:
    """Yield how many tasks the kernel has found hung."""
    value = float(read(roots.at("/proc/sys/kernel/hung_task_detect_count")))
    yield Sample("node_kernel_hung_tasks_total", NO_LABELS, value)


def interrupts(roots: Roots) -> Iterator[Sample]:
    """Yield interrupts by CPU and source: many series, so only on request."""
    lines = read(roots.at("/proc/interrupts")).splitlines()
    cpus = [name[3:] for name in lines[0].split()]
    for line in lines[1:]:
        kind, _, rest = line.partition(":")
        fields = rest.split(None, len(cpus))
        if len(fields) < len(cpus):
            continue  # ERR and MIS count for the machine, not a CPU
        info, devices = _source(kind.strip(), fields[len(cpus)] if len(fields) > len(cpus) else "")
        for cpu, count in zip(cpus, fields):
            labels = (("cpu", cpu), ("devices", devices), ("info", info), ("type", kind.strip()))
            yield Sample("node_interrupts_total", labels, float(count))


def _source(kind: str, text: str) -> tuple[str, str]:
    """Tell the controller from the devices behind it; named interrupts have only a description."""
    if not kind.isdigit():
        return text.strip(), ""
    info, _, devices = " ".join(text.split()).partition(" ")
    return info, devices
