"""Processes and threads: how many there are, and in which state."""

from __future__ import annotations

import os
import time
from typing import Iterator

from ..sample import NO_LABELS, Sample
from .files import Roots, read, read_number

__all__ = ["own_process", "processes"]

_BOUNDS = (
    ("/proc/sys/kernel/pid_max", "node_processes_max_processes"),
    ("/proc/sys/kernel/threads-max", "node_processes_max_threads"),
)


def processes(roots: Roots) -> Iterator[Sample]:
    """Count processes by state and their threads."""
    states: dict[str, int] = {}
    threads = pids = 0
    for entry in os.listdir(roots.proc):
        if not entry.isdigit():
            continue
        try:
            # The name stands in parentheses and may hold any character, even a parenthesis.
            fields = read(f"{roots.proc}/{entry}/stat").rpartition(")")[2].split()
        except OSError:
            continue  # ended meanwhile
        pids += 1
        threads += int(fields[17])
        states[fields[0]] = states.get(fields[0], 0) + 1
    yield Sample("node_processes_pids", NO_LABELS, float(pids))
    yield Sample("node_processes_threads", NO_LABELS, float(threads))
    for state, count in sorted(states.items()):
        yield Sample("node_processes_state", (("state", state),), float(count))
    for path, name in _BOUNDS:
        value = read_number(roots.at(path))
        if value is not None:
            yield Sample(name, NO_LABELS, value)


def own_process(roots: Roots) -> Iterator[Sample]:
    """Yield the agent's own use of the host, under the names every exporter has for it."""
    fields = read(roots.at("/proc/self/stat")).rpartition(")")[2].split()
    hertz, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    times = os.times()
    uptime = float(read(roots.at("/proc/uptime")).split()[0])
    yield Sample("process_cpu_seconds_total", NO_LABELS, times.user + times.system)
    yield Sample("process_virtual_memory_bytes", NO_LABELS, float(fields[20]))
    yield Sample("process_resident_memory_bytes", NO_LABELS, float(fields[21]) * page)
    yield Sample("process_start_time_seconds", NO_LABELS, round(time.time() - uptime + int(fields[19]) / hertz, 2))
    yield Sample("process_open_fds", NO_LABELS, float(len(os.listdir(roots.at("/proc/self/fd")))))
    yield from _bounds(roots)


def _bounds(roots: Roots) -> Iterator[Sample]:
    for line in read(roots.at("/proc/self/limits")).splitlines():
        for title, name in (
            ("Max open files", "process_max_fds"),
            ("Max address space", "process_virtual_memory_max_bytes"),
        ):
            if line.startswith(title):
                soft = line[len(title) :].split()[0]
                yield Sample(name, NO_LABELS, 2.0**64 if soft == "unlimited" else float(soft))
