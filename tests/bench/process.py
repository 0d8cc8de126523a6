"""What a server process costs, read from /proc: CPU seconds, memory, bytes on disk."""

from __future__ import annotations

import os
import threading
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def family(pid: int) -> list[int]:
    """A process and all its descendants."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                waiting += map(int, task.read_text().split())
            except OSError:
                continue
    return found


def usage(pid: int) -> tuple[float, int]:
    """(CPU seconds with those of reaped children, resident bytes) of a family."""
    seconds, resident = 0.0, 0
    for one in family(pid):
        try:
            columns = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        seconds += sum(map(int, columns[11:15])) / TICK
        resident += int(columns[21]) * PAGE
    return seconds, resident


def folder_bytes(folder: Path) -> int:
    """Sum of the file sizes below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


class PeakMemory(threading.Thread):
    """Watches a family's resident bytes ten times a second."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peak, self.ended = pid, 0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.1):
            self.peak = max(self.peak, usage(self.pid)[1])

    def stop(self) -> int:
        """End the watch and return the highest reading."""
        self.ended.set()
        self.join()
        return max(self.peak, usage(self.pid)[1])
