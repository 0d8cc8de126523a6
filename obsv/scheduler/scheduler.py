"""APScheduler in process, driven by whether this node leads."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from obsv.core.clock import Clock
from obsv.db import fetch, spawn
from obsv.scheduler.duty import Duties, Duty
from obsv.scheduler.job import Job
from obsv.scheduler.leader import leadership
from obsv.scheduler.runner import Runner

HEARTBEAT_S = 2.0
UNHEALTHY_AFTER_HEARTBEATS = 15
# APScheduler 3 publishes no types.
_asyncio_scheduler: Any = importlib.import_module("apscheduler.schedulers.asyncio")

_log = structlog.get_logger("obsv.scheduler")


class Scheduler:
    """Runs the declared jobs and duties while this node leads."""

    def __init__(
        self, jobs: Sequence[Job], clock: Clock, *, duties: Sequence[Duty] = (), heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        names = [job.name for job in jobs]
        if len(set(names)) != len(names):
            raise ValueError("two jobs have the same name")
        self.jobs = {job.name: job for job in jobs}
        self.node = f"{socket.gethostname()[:80]}:{os.getpid()}"
        self.is_leader = False
        self._clock, self._heartbeat_s = clock, heartbeat_s
        self._runner = Runner(clock, self.node)
        self._duties = Duties(duties)
        self._timer: Any = None
        self._contender: asyncio.Task[None] | None = None
        self._seen_s = clock.monotonic()
        self._begun = set[asyncio.Task[str]]()

    async def start(self) -> None:
        """Begin to contend for leadership."""
        self._timer = _asyncio_scheduler.AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 3600}
        )
        self._timer.start()
        self._contender = spawn(
            leadership(self._heartbeat_s).contend(self._gained, self._lost, self._alive), name="scheduler"
        )

    async def stop(self) -> None:
        """Give up leading, cancel what runs, and wait until it is recorded."""
        if self._contender is not None:
            self._contender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._contender
            self._contender = None
        if self._timer is not None:
            self._timer.shutdown(wait=False)
            self._timer = None
        await self._runner.close()

    async def run_now(self, name: str) -> str:
        """Run a job at once, whoever leads, and return its outcome; raises KeyError."""
        return await self._runner.run(self.jobs[name])

    def begin(self, name: str) -> None:
        """Run a job at once in the background, whoever leads; raises KeyError."""
        job = self.jobs[name]
        task = spawn(self._runner.run(job), name=f"job {name}")
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)

    def is_healthy(self) -> bool:
        """Whether this node knows who leads: the last heartbeat is recent."""
        age_s = self._clock.monotonic() - self._seen_s
        return self._contender is not None and age_s < self._heartbeat_s * UNHEALTHY_AFTER_HEARTBEATS

    def _alive(self) -> None:
        self._seen_s = self._clock.monotonic()

    async def _gained(self) -> None:
        self.is_leader = True
        _log.info("scheduler.leadership_gained", node=self.node)
        await self._runner.forget_lost()
        started = {
            row["job"]: row["started_at_ms"]
            for row in await fetch("SELECT job, max(started_at_ms) AS started_at_ms FROM job_runs GROUP BY job")
        }
        for job in self.jobs.values():
            due_ms = started.get(job.name, 0) + job.every_s * 1000
            delay = timedelta(milliseconds=max(0, due_ms - self._clock.now_ms()))
            self._timer.add_job(
                self._runner.run,
                "interval",
                args=[job],
                id=job.name,
                seconds=job.every_s,
                next_run_time=datetime.now(UTC) + delay,
            )
        self._duties.begin()

    async def _lost(self) -> None:
        self.is_leader = False
        _log.info("scheduler.leadership_lost", node=self.node)
        await self._duties.end()
        if self._timer is not None:
            self._timer.remove_all_jobs()
        await self._runner.cancel_all()
