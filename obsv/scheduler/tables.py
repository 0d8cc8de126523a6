"""The record of runs."""

from __future__ import annotations

from piccolo.columns import BigInt, BigSerial, Date, Varchar
from piccolo.table import Table

from obsv.core.holds import Erase, Holds, Subject, operational
from obsv.db import DB


class JobRun(Table, db=DB, tablename="job_runs"):
    """One run of a job: `outcome` is running, done, failed, cancelled or lost (its process died)."""

    id = BigSerial(primary_key=True)
    job = Varchar(length=100)
    node = Varchar(length=100)
    started_at_ms = BigInt()
    ended_at_ms = BigInt(null=True, default=None)
    outcome = Varchar(length=10)
    error = Varchar(length=300)
    erase_on = Date(null=True, default=None)

    holds = Holds(
        clause="ret.other",
        subject=Subject.INSTANCE,
        retention="job_runs",
        erase=Erase.KEEP,
        columns=operational("id", "job", "node", "started_at_ms", "ended_at_ms", "outcome", "error", "erase_on"),
    )
