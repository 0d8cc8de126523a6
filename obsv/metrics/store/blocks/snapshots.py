"""Copies of the blocks' file, in a folder beside it, for an admin to carry away."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

MOST = 3
"""So many are kept; a new one takes the place of the oldest."""


class Snapshots:
    """Folders named by their time, each with a whole file of blocks.  One call at a time, in threads."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._folder = file.parent / "snapshots"
        self._copying: sqlite3.Connection | None = None

    def add(self, name: str) -> None:
        """Make a copy of what is committed now.  Raises OSError and sqlite3.Error; then nothing of it is left."""
        making = self._folder / f".{name}"
        making.mkdir(parents=True, mode=0o700)
        try:
            with closing(sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)) as copying:
                self._copying = copying
                copying.execute("VACUUM INTO ?", (str(making / self._file.name),))
                self._copying = None
            making.rename(self._folder / name)
        except BaseException:
            self._copying = None
            shutil.rmtree(making, ignore_errors=True)
            raise
        for older in self._names()[:-MOST]:
            shutil.rmtree(self._folder / older)

    def drop(self, before: str) -> None:
        """Remove those whose names are lower, and what an ended process left of one."""
        for name in self._names():
            if name.lstrip(".") < before:
                shutil.rmtree(self._folder / name)

    def stop(self) -> None:
        """End a copy that is being made; its `add` raises."""
        if (copying := self._copying) is not None:
            copying.interrupt()

    def _names(self) -> list[str]:
        """The oldest first."""
        if not self._folder.exists():
            return []
        return sorted((entry.name for entry in self._folder.iterdir()), key=lambda name: name.lstrip("."))
