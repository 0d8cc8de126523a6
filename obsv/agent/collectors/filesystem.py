"""Space and inodes of mounted file systems, without waiting for those that hang."""

from __future__ import annotations

import os
import re
import threading
from typing import Callable, Iterator, NamedTuple

from ..sample import Sample
from .files import Roots, read

__all__ = ["Filesystems"]

_EXCLUDED_MOUNTS = re.compile(r"^/(dev|proc|run|sys|mnt|media|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)")
_EXCLUDED_TYPES = re.compile(
    r"^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|"
    r"proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$"
)
_ESCAPE = re.compile(r"\\([0-7]{3})")


class _Mount(NamedTuple):
    device: str
    mountpoint: str
    fstype: str
    number: str
    read_only: bool


class _Round:
    """One walk over the mounts in a thread of its own, which a hung server may hold for ever."""

    def __init__(self, paths: list[str], statvfs: Callable[[str], os.statvfs_result]) -> None:
        self.results: dict[str, os.statvfs_result | OSError] = {}
        self.current = ""
        self._paths = paths
        self._statvfs = statvfs
        self.thread = threading.Thread(target=self._walk, name="statvfs", daemon=True)
        self.thread.start()

    def _walk(self) -> None:
        for path in self._paths:
            self.current = path
            try:
                self.results[path] = self._statvfs(path)
            except OSError as error:
                self.results[path] = error


class Filesystems:
    """`node_filesystem_*`.

    A mount that does not answer in time is reported with `device_error` and left alone until its old call returns.
    """

    def __init__(
        self, roots: Roots, *, timeout: float = 5.0, statvfs: Callable[[str], os.statvfs_result] = os.statvfs
    ) -> None:
        self._roots = roots
        self._timeout = timeout
        self._statvfs = statvfs
        self._stuck: dict[str, threading.Thread] = {}

    def __call__(self) -> Iterator[Sample]:
        """Yield every mount's samples."""
        mounts = self._mounts()
        results = self._stat_all([mount.mountpoint for mount in mounts])
        for mount in mounts:
            yield from _samples(mount, results.get(mount.mountpoint))

    def _mounts(self) -> list[_Mount]:
        """List the mounts that matter, as process 1 sees them if we may know."""
        try:
            text = read(self._roots.at("/proc/1/mountinfo"))
        except OSError:
            text = read(self._roots.at("/proc/self/mountinfo"))
        mounts: dict[tuple[str, str, str], _Mount] = {}
        for line in text.splitlines():
            mount = _parse(line)
            if mount and not _EXCLUDED_MOUNTS.match(mount.mountpoint) and not _EXCLUDED_TYPES.match(mount.fstype):
                mounts.setdefault((mount.device, mount.mountpoint, mount.fstype), mount)
        return list(mounts.values())

    def _stat_all(self, paths: list[str]) -> dict[str, os.statvfs_result | OSError]:
        self._stuck = {path: thread for path, thread in self._stuck.items() if thread.is_alive()}
        left = [path for path in dict.fromkeys(paths) if path not in self._stuck]
        results: dict[str, os.statvfs_result | OSError] = {}
        while left:
            walk = _Round(left, self._statvfs)
            walk.thread.join(self._timeout)
            hung = walk.current if walk.thread.is_alive() else ""
            results.update(walk.results)
            if not hung:
                break
            self._stuck[hung] = walk.thread
            left = left[left.index(hung) + 1 :]
        return results


def _parse(line: str) -> _Mount | None:
    """Read a line of mountinfo."""
    before, _, after = line.partition(" - ")
    fields, source = before.split(), after.split()
    if len(fields) < 6 or len(source) < 3:
        return None
    options = {*fields[5].split(","), *source[2].split(",")}
    return _Mount(_plain(source[1]), _plain(fields[4]), source[0], fields[2], "ro" in options)


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match.group(1), 8)), text)


def _samples(mount: _Mount, stats: os.statvfs_result | OSError | None) -> Iterator[Sample]:
    """Yield one mount; of one that failed only that it did and why."""
    error = ""
    if stats is None:
        error = "mountpoint timeout"
    elif isinstance(stats, OSError):
        error = (stats.strerror or "error").lower()
    place = (("device", mount.device), ("mountpoint", mount.mountpoint))
    labels = (
        ("device", mount.device),
        ("device_error", error),
        ("fstype", mount.fstype),
        ("mountpoint", mount.mountpoint),
    )
    yield Sample("node_filesystem_device_error", labels, float(bool(error)))
    yield Sample("node_filesystem_readonly", labels, float(mount.read_only))
    if stats is None or isinstance(stats, OSError):
        return
    yield Sample("node_filesystem_size_bytes", labels, float(stats.f_blocks * stats.f_frsize))
    yield Sample("node_filesystem_free_bytes", labels, float(stats.f_bfree * stats.f_frsize))
    yield Sample("node_filesystem_avail_bytes", labels, float(stats.f_bavail * stats.f_frsize))
    yield Sample("node_filesystem_files", labels, float(stats.f_files))
    yield Sample("node_filesystem_files_free", labels, float(stats.f_ffree))
    major, _, minor = mount.number.partition(":")
    yield Sample("node_filesystem_mount_info", (*place, ("major", major), ("minor", minor)), 1.0)
