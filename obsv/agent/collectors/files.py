"""Reading /proc and /sys cheaply, under roots that tests replace."""

from __future__ import annotations

import os
from typing import NamedTuple

__all__ = ["Roots", "list_dir", "read", "read_number", "try_read"]

_CHUNK = 65536


class Roots(NamedTuple):
    """Where the system's files are."""

    proc: str = "/proc"
    sys: str = "/sys"
    root: str = ""

    def at(self, path: str) -> str:
        """Place an absolute path, such as `/proc/stat`, under its root."""
        if path.startswith("/proc/"):
            return self.proc + path[5:]
        if path.startswith("/sys/"):
            return self.sys + path[4:]
        return self.root + path


def read(path: str) -> str:
    """Read a whole small file without the layers of `open`, which cost more than the read itself."""
    handle = os.open(path, os.O_RDONLY)
    try:
        data = os.read(handle, _CHUNK)
        if len(data) == 0:
            return ""
        # /proc hands out a page at a time: only an empty read is the end.
        parts = [data]
        while len(data) > 0:
            data = os.read(handle, _CHUNK)
            parts.append(data)
    finally:
        os.close(handle)
    return b"".join(parts).decode("utf-8", "replace")


def try_read(path: str) -> str | None:
    """Read a file and strip it; None if it is absent or its driver refuses (a downed link's speed)."""
    try:
        return read(path).strip()
    except OSError:
        return None


def read_number(path: str) -> float | None:
    """Read a file that holds one number; None if it does not."""
    text = try_read(path)
    if not text:
        return None
    try:
        return float(int(text, 0)) if text.lower().startswith("0x") else float(text)
    except ValueError:
        return None


def list_dir(path: str) -> list[str]:
    """Name what is in a directory, sorted; nothing if it is absent."""
    try:
        return sorted(os.listdir(path))
    except OSError:
        return []
