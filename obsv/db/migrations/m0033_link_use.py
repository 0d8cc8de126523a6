"""On which day a shared link was opened last, so that one that nobody uses is seen."""

from __future__ import annotations

from obsv.db.migrate import Run

ID = "m0033_link_use"


async def forwards(run: Run) -> None:
    """Add the column."""
    await run("ALTER TABLE dashboard_links ADD COLUMN last_used_on DATE")
