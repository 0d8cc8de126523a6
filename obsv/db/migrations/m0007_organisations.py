"""Invitations."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0007_organisations"

STATEMENTS = (
    """CREATE TABLE invitations (
        id VARCHAR(40) PRIMARY KEY NOT NULL, org {bigint} NOT NULL, code_hash VARCHAR(64) NOT NULL UNIQUE,
        email_enc TEXT NOT NULL, email_index VARCHAR(64) NOT NULL, role VARCHAR(10) NOT NULL,
        invited_by VARCHAR(40) NOT NULL, created_at_ms {bigint} NOT NULL, expires_at_ms {bigint} NOT NULL,
        erase_on DATE
    )""",
    "CREATE UNIQUE INDEX invitations_once ON invitations (org, email_index)",
    "CREATE INDEX invitations_erase_on ON invitations (erase_on)",
)


async def forwards(run: Run) -> None:
    """Create them."""
    for statement in STATEMENTS:
        await run(statement)
