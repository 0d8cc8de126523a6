"""Exemplars, and what is known of metric families."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0013_exemplars"

STATEMENTS = (
    """CREATE TABLE exemplars (
        id {bigserial}, org {bigint} NOT NULL, series_id VARCHAR(32) NOT NULL, at_ms {bigint} NOT NULL,
        series TEXT NOT NULL, labels TEXT NOT NULL, value {double} NOT NULL
    )""",
    "CREATE UNIQUE INDEX exemplars_series ON exemplars (org, series_id, at_ms)",
    "CREATE INDEX exemplars_at ON exemplars (org, at_ms)",
    """CREATE TABLE families (
        id {bigserial}, org {bigint} NOT NULL, family VARCHAR(255) NOT NULL, type VARCHAR(20) NOT NULL,
        help TEXT NOT NULL, unit VARCHAR(100) NOT NULL
    )""",
    "CREATE UNIQUE INDEX families_family ON families (org, family)",
)


async def forwards(run: Run) -> None:
    """Make both."""
    for statement in STATEMENTS:
        await run(statement)
