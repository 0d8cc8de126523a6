"""One run of a job: fenced, limited in time, recorded."""

from __future__ import annotations

import asyncio

import structlog

from obsv.core.clock import Clock
from obsv.core.days import erase_on
from obsv.core.redact import redact
from obsv.db import execute, insert
from obsv.scheduler.fence import Fences
from obsv.scheduler.job import Job
from obsv.scheduler.tables import JobRun

KEEP_DAYS = 14

_log = structlog.get_logger("obsv.scheduler")


class Runner:
    """Runs jobs for one node."""

    def __init__(self, clock: Clock, node: str) -> None:
        self._clock, self._node = clock, node
        self._fences = Fences()
        self._tasks: set[asyncio.Task[object]] = set()

    async def run(self, job: Job) -> str:
        """Run it once and return the outcome: done, failed, cancelled, or skipped (it runs elsewhere)."""
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        try:
            async with self._fences.hold(job.name) as is_free:
                return await self._record(job) if is_free else "skipped"
        except asyncio.CancelledError:
            return "cancelled"
        except Exception:  # noqa: BLE001  # the database is away: the next run finds what is due
            _log.exception("scheduler.run_failed", job=job.name)
            return "failed"
        finally:
            if task is not None:
                self._tasks.discard(task)

    async def _record(self, job: Job) -> str:
        started_ms = self._clock.now_ms()
        run_id = await insert(
            JobRun,
            {
                "job": job.name,
                "node": self._node,
                "started_at_ms": started_ms,
                "outcome": "running",
                "error": "",
                "erase_on": erase_on(started_ms, days=KEEP_DAYS),
            },
        )
        outcome, error, limit = "cancelled", "", asyncio.timeout(job.timeout_s)
        try:
            async with limit:
                await job.run()
            outcome = "done"
        except Exception as failure:  # noqa: BLE001  # whatever a job raises is recorded, and the next one runs
            _log.exception("scheduler.job_failed", job=job.name)
            reason = f"not done within {job.timeout_s:g} s" if limit.expired() else str(failure)
            outcome, error = "failed", redact(f"{type(failure).__name__}: {reason}")[:300]
        finally:
            await asyncio.shield(
                asyncio.ensure_future(
                    execute(
                        "UPDATE job_runs SET ended_at_ms = {}, outcome = {}, error = {} WHERE id = {}",
                        *(self._clock.now_ms(), outcome, error, run_id),
                    )
                )
            )
        return outcome

    async def cancel_all(self) -> None:
        """Stop what is running and wait until it is recorded."""
        running = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=10)

    async def forget_lost(self) -> None:
        """Mark the runs of a leader that died; called by the new one."""
        await execute(
            "UPDATE job_runs SET outcome = 'lost', ended_at_ms = {} WHERE outcome = 'running'", self._clock.now_ms()
        )

    async def close(self) -> None:
        """Stop what is running and close the fences' connections."""
        await self.cancel_all()
        await self._fences.close()
