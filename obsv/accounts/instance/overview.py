"""How the instance does: sizes, and the work that recurs."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from obsv import __version__
from obsv.accounts.installed import accounts
from obsv.accounts.instance.types import InstanceJob, InstanceView
from obsv.audit import Who
from obsv.core.errors import NotFound
from obsv.db import fetch_value, is_postgres
from obsv.scheduler import last_runs, scheduler


async def instance(data_dir: str) -> InstanceView:
    """The instance at a glance."""
    folder = Path(data_dir)
    held, disk = await asyncio.to_thread(_size, folder), shutil.disk_usage(folder)
    return InstanceView(
        version=__version__,
        database="postgres" if is_postgres() else "sqlite",
        node=scheduler().node,
        is_leader=scheduler().is_leader,
        users=int(await fetch_value("SELECT COUNT(*) AS n FROM users")),
        organisations=int(await fetch_value("SELECT COUNT(*) AS n FROM organisations")),
        data_bytes=held,
        free_bytes=disk.free,
    )


async def jobs() -> list[InstanceJob]:
    """All that are declared, by name, with the last run of each."""
    ran = {status.job: status for status in await last_runs(accounts().clock.now_ms())}
    found: list[InstanceJob] = []
    for name, job in sorted(scheduler().jobs.items()):
        status = ran.get(name)
        found.append(
            InstanceJob(
                name=name,
                every_s=job.every_s,
                node=status.node if status else "",
                started_at_ms=status.started_at_ms if status else None,
                ended_at_ms=status.ended_at_ms if status else None,
                outcome=status.outcome if status else "",
                error=status.error if status else "",
                runs_24h=status.runs_24h if status else 0,
                failures_24h=status.failures_24h if status else 0,
            )
        )
    return found


async def run(name: str, *, by: Who) -> None:
    """Begin a job's run on this node, whoever leads; a lock keeps it from running twice at once.  Raises `NotFound`."""
    if name not in scheduler().jobs:
        raise NotFound("There is no such job.", code="no_job")
    await accounts().audit.write("job.requested", org=None, actor=by, target=("job", name))
    scheduler().begin(name)


def _size(folder: Path) -> int:
    """Bytes of all its files; one that vanishes meanwhile counts nothing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size
        except FileNotFoundError:
            continue
    return total
