"""Memory, swap and paging."""

from __future__ import annotations

import re
from typing import Iterator

from ..sample import NO_LABELS, Sample
from .files import Roots, read

__all__ = ["meminfo", "vmstat"]

_PARENTHESES = re.compile(r"\((.*)\)")
_VMSTAT = re.compile(r"^(oom_kill|pgpg|pswp|pg.*fault).*")


def meminfo(roots: Roots) -> Iterator[Sample]:
    """Yield every line of meminfo, in bytes where it has a unit."""
    for line in read(roots.at("/proc/meminfo")).splitlines():
        key, _, rest = line.partition(":")
        fields = rest.split()
        if not fields:
            continue
        name = "node_memory_" + _PARENTHESES.sub(r"_\1", key)
        if len(fields) == 2:
            yield Sample(name + "_bytes", NO_LABELS, float(fields[0]) * 1024)
        else:
            yield Sample(name, NO_LABELS, float(fields[0]))


def vmstat(roots: Roots) -> Iterator[Sample]:
    """Yield paging, swapping, faults and kills for want of memory."""
    for line in read(roots.at("/proc/vmstat")).splitlines():
        key, _, value = line.partition(" ")
        if _VMSTAT.match(key):
            yield Sample("node_vmstat_" + key, NO_LABELS, float(value))
