"""What the deltas of OpenTelemetry's senders add up to, so that it outlives a restart."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0020_delta_sums"

STATEMENTS = (
    """CREATE TABLE delta_sums (
        id {bigserial}, org {bigint} NOT NULL, series_id VARCHAR(32) NOT NULL, began_ns {bigint} NOT NULL,
        at_ns {bigint} NOT NULL, total {bytes} NOT NULL, erase_on DATE NOT NULL
    )""",
    "CREATE UNIQUE INDEX delta_sums_series ON delta_sums (org, series_id)",
    "CREATE INDEX delta_sums_erase_on ON delta_sums (erase_on)",
)


async def forwards(run: Run) -> None:
    """Make the table."""
    for statement in STATEMENTS:
        await run(statement)
