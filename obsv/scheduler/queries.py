"""What the page of jobs shows."""

from __future__ import annotations

from dataclasses import dataclass

from obsv.db import fetch

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class JobStatus:
    """How a job is doing: its newest run, its newest success, and the last day's count."""

    job: str
    node: str
    started_at_ms: int
    ended_at_ms: int | None
    outcome: str
    error: str
    done_at_ms: int | None
    runs_24h: int
    failures_24h: int


async def last_runs(now_ms: int) -> list[JobStatus]:
    """One line for each job that ever ran, by name."""
    rows = await fetch(
        """
        SELECT r.job, r.node, r.started_at_ms, r.ended_at_ms, r.outcome, r.error, s.done_at_ms, s.runs_24h,
            s.failures_24h
        FROM job_runs r JOIN (
            SELECT job, max(id) AS id, max(CASE WHEN outcome = 'done' THEN ended_at_ms END) AS done_at_ms,
                sum(CASE WHEN started_at_ms >= {} THEN 1 ELSE 0 END) AS runs_24h,
                sum(CASE WHEN started_at_ms >= {} AND outcome IN ('failed', 'lost') THEN 1 ELSE 0 END) AS failures_24h
            FROM job_runs GROUP BY job
        ) s ON s.id = r.id ORDER BY r.job
        """,
        now_ms - DAY_MS,
        now_ms - DAY_MS,
    )
    return [JobStatus(**row) for row in rows]
