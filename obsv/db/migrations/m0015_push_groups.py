"""What batch jobs push, so that it outlives a restart."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0015_push_groups"

STATEMENTS = (
    """CREATE TABLE push_groups (
        id {bigserial}, org {bigint} NOT NULL, group_id VARCHAR(32) NOT NULL, labels TEXT NOT NULL,
        families TEXT NOT NULL, pushed_at_ms {bigint} NOT NULL, failed_at_ms {bigint} NOT NULL
    )""",
    "CREATE UNIQUE INDEX push_groups_group ON push_groups (org, group_id)",
)


async def forwards(run: Run) -> None:
    """Make the table."""
    for statement in STATEMENTS:
        await run(statement)
