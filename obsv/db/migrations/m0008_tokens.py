"""API tokens: where from they are taken, from where one was last used, and what was told of its end."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0008_tokens"

STATEMENTS = (
    "ALTER TABLE api_tokens ADD COLUMN allowed_networks TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE api_tokens ADD COLUMN last_used_network VARCHAR(45) NOT NULL DEFAULT ''",
    "ALTER TABLE api_tokens ADD COLUMN expiry_stage INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX api_tokens_created_by ON api_tokens (created_by)",
)


async def forwards(run: Run) -> None:
    """Add them."""
    for statement in STATEMENTS:
        await run(statement)
