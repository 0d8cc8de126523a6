"""How many calls a line of the ledger stands for."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0012_egress_calls"

STATEMENTS = ("ALTER TABLE egress_calls ADD COLUMN calls INTEGER NOT NULL DEFAULT 1",)


async def forwards(run: Run) -> None:
    """Add it."""
    for statement in STATEMENTS:
        await run(statement)
