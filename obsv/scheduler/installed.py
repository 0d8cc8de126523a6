"""The scheduler of this process."""

from __future__ import annotations

from obsv.core.installed import Installed
from obsv.scheduler.scheduler import Scheduler

_scheduler: Installed[Scheduler] = Installed("scheduler")


def install(made: Scheduler) -> Scheduler:
    """Make it the one that `scheduler` gives."""
    return _scheduler.put(made)


def uninstall() -> None:
    """Forget it."""
    _scheduler.clear()


def scheduler() -> Scheduler:
    """The installed one; raises RuntimeError when there is none."""
    return _scheduler.get()
