"""Which account elsewhere belongs to whom."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0005_oauth"

STATEMENTS = (
    """CREATE TABLE oauth_identities (
        id VARCHAR(40) PRIMARY KEY NOT NULL, user_id VARCHAR(40) NOT NULL, provider VARCHAR(32) NOT NULL,
        subject_index VARCHAR(64) NOT NULL UNIQUE, token_enc TEXT, created_at_ms {bigint} NOT NULL,
        last_used_at_ms {bigint}
    )""",
    # One account of each provider a person; it serves lookups by person too.
    "CREATE UNIQUE INDEX oauth_identities_once ON oauth_identities (user_id, provider)",
)


async def forwards(run: Run) -> None:
    """Create it."""
    for statement in STATEMENTS:
        await run(statement)
