"""Recurring work: features declare jobs, one node of an instance runs them, each run is recorded.

::

    JOBS = (Job("outbox.forget_content", every_s=3600, run=forget_content),)

A job finds out from the database what is due, so that a run that was missed is caught up by the next. It must be
idempotent. Who runs them is decided by a lock (an advisory one on Postgres, a locked file on SQLite); a leader that
dies is replaced within seconds. Being leader is a hint only: on Postgres each run also takes a lock of its own, so that
a leader that does not know yet that it lost cannot run a job beside the new one.

Work that keeps its own time and would make too many runs to record (scraping) is a `Duty`: it begins when the node
comes to lead and is cancelled when it leads no more. For some seconds two nodes may do it, so that must do no harm.
"""

from __future__ import annotations

from obsv.scheduler.duty import Duty
from obsv.scheduler.installed import install, scheduler, uninstall
from obsv.scheduler.job import Job
from obsv.scheduler.queries import JobStatus, last_runs
from obsv.scheduler.scheduler import Scheduler

__all__ = ["Duty", "Job", "JobStatus", "Scheduler", "install", "last_runs", "scheduler", "uninstall"]
