"""Disk traffic and the disks themselves."""

from __future__ import annotations

import re
from typing import Iterator

from ..sample import Sample
from .files import Roots, read, try_read

__all__ = ["disk"]

_EXCLUDED = re.compile(r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$")
_SECTOR = 512.0
_FIELDS = (
    ("node_disk_reads_completed_total", 1.0),
    ("node_disk_reads_merged_total", 1.0),
    ("node_disk_read_bytes_total", _SECTOR),
    ("node_disk_read_time_seconds_total", 0.001),
    ("node_disk_writes_completed_total", 1.0),
    ("node_disk_writes_merged_total", 1.0),
    ("node_disk_written_bytes_total", _SECTOR),
    ("node_disk_write_time_seconds_total", 0.001),
    ("node_disk_io_now", 1.0),
    ("node_disk_io_time_seconds_total", 0.001),
    ("node_disk_io_time_weighted_seconds_total", 0.001),
    ("node_disk_discards_completed_total", 1.0),
    ("node_disk_discards_merged_total", 1.0),
    ("node_disk_discarded_sectors_total", 1.0),
    ("node_disk_discard_time_seconds_total", 0.001),
    ("node_disk_flush_requests_total", 1.0),
    ("node_disk_flush_requests_time_seconds_total", 0.001),
)
_UDEV = (("ID_MODEL", "model"), ("ID_PATH", "path"), ("ID_REVISION", "revision"), ("ID_WWN", "wwn"))
_SERIALS = ("SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL")


def disk(roots: Roots) -> Iterator[Sample]:
    """Yield each whole disk's counters; how many there are depends on the kernel."""
    for line in read(roots.at("/proc/diskstats")).splitlines():
        fields = line.split()
        if len(fields) < 14 or _EXCLUDED.match(fields[2]):
            continue
        device = (("device", fields[2]),)
        yield _info(roots, fields[0], fields[1], fields[2])
        for (name, unit), value in zip(_FIELDS, fields[3:]):
            yield Sample(name, device, float(value) * unit)


def _info(roots: Roots, major: str, minor: str, device: str) -> Sample:
    """Describe a disk as udev knows it."""
    known: dict[str, str] = {}
    for line in (try_read(roots.at(f"/run/udev/data/b{major}:{minor}")) or "").splitlines():
        if line.startswith("E:"):
            key, _, value = line[2:].partition("=")
            known[key] = value
    labels = [(label, known.get(key, "")) for key, label in _UDEV]
    serial = next((known[key] for key in _SERIALS if known.get(key)), "")
    rotational = try_read(roots.at(f"/sys/block/{device}/queue/rotational")) or ""
    labels += [("device", device), ("major", major), ("minor", minor), ("rotational", rotational), ("serial", serial)]
    return Sample("node_disk_info", tuple(labels), 1.0)
