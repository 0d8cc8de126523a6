"""Second factors that are to be removed for who lost them all."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0010_factor_removals"

STATEMENTS = (
    """CREATE TABLE factor_removals (
        user_id VARCHAR(40) PRIMARY KEY NOT NULL, asked_by VARCHAR(40) NOT NULL, asked_at_ms {bigint} NOT NULL,
        due_at_ms {bigint} NOT NULL
    )""",
)


async def forwards(run: Run) -> None:
    """Create it."""
    for statement in STATEMENTS:
        await run(statement)
