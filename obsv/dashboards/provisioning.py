"""The folder of `[dashboards] dir`: read at the start, and again as its files change."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

import structlog

from obsv.config import ConfigError, Problem
from obsv.config.documents import files_in
from obsv.config.model import DashboardFiles
from obsv.core.clock import Clock
from obsv.dashboards.files import FileDashboard, read_folder

LOOK_S: Final = 5.0
_log = structlog.get_logger("obsv.dashboards")
_State = tuple[tuple[str, int, int], ...]


class DashboardFolder:
    """What the folder holds now.

    A start with a mistake in a file fails and names it; one that is made later is logged, and what was there stays.
    """

    def __init__(
        self, settings: DashboardFiles, clock: Clock, organisation: Callable[[str], Awaitable[int | None]]
    ) -> None:
        """Reads it; raises ConfigError.  `organisation` finds one by its slug."""
        self._folder = Path(settings.dir) if settings.dir else None
        self._slug, self._clock, self._organisation = settings.org, clock, organisation
        self._found: Mapping[str, FileDashboard] = {}
        self._state: _State = ()
        self._looked_at = clock.monotonic()
        self._lock = asyncio.Lock()
        if self._folder is not None:
            self._state, self._found = _first(self._folder)

    async def of(self, org: int) -> Mapping[str, FileDashboard]:
        """An organisation's, by key."""
        if self._folder is None or await self._organisation(self._slug) != org:
            return {}
        if self._clock.monotonic() - self._looked_at >= LOOK_S:
            async with self._lock:
                await self._look(self._folder)
        return self._found

    async def _look(self, folder: Path) -> None:
        if self._clock.monotonic() - self._looked_at < LOOK_S:
            return
        self._looked_at = self._clock.monotonic()
        try:
            state = await asyncio.to_thread(_state, folder)
            if state != self._state:
                self._state = state
                self._found = await asyncio.to_thread(read_folder, folder)
                _log.info("dashboards.files_read", count=len(self._found))
        except (ConfigError, OSError) as error:
            _log.warning("dashboards.files_refused", reason=str(error))


def _first(folder: Path) -> tuple[_State, Mapping[str, FileDashboard]]:
    try:
        return _state(folder), read_folder(folder)
    except OSError as gone:
        said = gone.strerror or "cannot be read"
        raise ConfigError([Problem(str(gone.filename or folder), 0, "dashboards.dir", said)]) from None


def _state(folder: Path) -> _State:
    """What shows that a file has changed."""
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "is not a folder", str(folder))
    stats = ((str(path), path.stat()) for path in files_in(folder))
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
