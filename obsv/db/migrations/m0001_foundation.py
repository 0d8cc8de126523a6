"""What every feature leans on: outgoing calls, mail queue, audit log, job runs."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0001_foundation"


async def forwards(run: Run) -> None:
    """Create the tables of egress, outbox, audit and scheduler."""
    await run(
        "CREATE TABLE job_runs (id {bigserial}, job VARCHAR(100) NOT NULL, node VARCHAR(100) NOT NULL, "
        "started_at_ms {bigint} NOT NULL, ended_at_ms {bigint}, outcome VARCHAR(20) NOT NULL, error TEXT NOT NULL, "
        "erase_on DATE)"
    )
    await run("CREATE INDEX job_runs_job ON job_runs (job, started_at_ms)")
    await run("CREATE INDEX job_runs_erase_on ON job_runs (erase_on)")
