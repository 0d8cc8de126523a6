"""How a person wants the cabinet: its language, the time zone, the clock, the colours."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0034_preferences"

STATEMENTS = (
    "ALTER TABLE users ADD COLUMN language VARCHAR(16) NOT NULL DEFAULT ''",
    "ALTER TABLE users ADD COLUMN time_zone VARCHAR(64) NOT NULL DEFAULT ''",
    "ALTER TABLE users ADD COLUMN clock VARCHAR(4) NOT NULL DEFAULT ''",
    "ALTER TABLE users ADD COLUMN theme VARCHAR(8) NOT NULL DEFAULT ''",
)


async def forwards(run: Run) -> None:
    """Add the columns."""
    for statement in STATEMENTS:
        await run(statement)
